package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/configtree"
	"loggia/configtree/password"
)

// TestMinimumLifetime: a password is not changed again before its days are over.
func TestMinimumLifetime(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	since := map[string]time.Time{"ada": now.AddDate(0, 0, -5), "bob": now.AddDate(0, 0, -5).Add(time.Second)}
	s := open(t, t.TempDir(), new(tape), func(o *Options) {
		o.Now = func() time.Time { return now }
		o.Since = func(login string) (time.Time, bool) { at, ok := since[login]; return at, ok }
	})
	defer closed(t, s)
	change := func(login string) error {
		e := edits(t, "set system login user "+login+" authentication "+password.PlainStatement+` "Correct 1"`)
		_, _, err := s.Shared().Edit(t.Context(), ann, e)
		return err
	}
	for _, login := range []string{"ada", "bob", "eve"} {
		if err := change(login); err != nil {
			t.Errorf("without a rule, %s: %v", login, err)
		}
	}
	edit(t, s.Shared(), ann, "delete system login", "set system login password minimum-lifetime 5")
	commit(t, s.Shared(), ann, "")
	for login, want := range map[string]string{"ada": "", "bob": "the password must not be changed before 2026-11-22 10:00:01 UTC", "eve": ""} {
		var problems Problems
		if err := change(login); err != nil {
			problems = err.(Problems)
		}
		if got := errorsOf(problems); got != want {
			t.Errorf("%s: %q, want %q", login, got, want)
		}
	}
}

func errorsOf(problems []configtree.Problem) string {
	var all []string
	for i := range problems {
		all = append(all, problems[i].Err.Error())
	}
	return strings.Join(all, "; ")
}

// TestProblemsOfALoadAreInOrder: what reading finds and what a rule finds are told in
// the order of the lines, what is about no line at last.
func TestProblemsOfALoadAreInOrder(t *testing.T) {
	var lines []int
	for _, p := range inOrder([]configtree.Problem{{Line: 3}, {}, {Line: 9}, {Line: 2}}) {
		lines = append(lines, p.Line)
	}
	if !slices.Equal(lines, []int{2, 3, 9, 0}) {
		t.Error(lines)
	}
}
