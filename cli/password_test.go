package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-crypt/crypt/algorithm/shacrypt"
)

func TestAPasswordIsKeptAsAHashAlone(t *testing.T) {
	const password = "correct horse"
	l := newLab(t)
	l.typed(l.options("user"), "configure\r", "set system login user ada class super-user\r",
		"edit system login user ada\r", "set auth plain\r", password+"\r", password+"\r", "commit\r")
	user := l.store.Running().Tree.Root().Child("system").Child("login").Entry("user", "ada")
	hash := user.Child("authentication").Child("encrypted-password").Value()
	digest, err := shacrypt.Decode(hash)
	if err != nil || !strings.HasPrefix(hash, "$6$") || !digest.Match(password) {
		t.Errorf("%q: %v", hash, err)
	}
	if i := slices.IndexFunc(l.records.list, func(r string) bool { return strings.Contains(r, "plain-text-password") }); i < 0 {
		t.Error("the command is not on record")
	}
	for _, r := range l.records.list {
		if strings.Contains(r, "correct") || strings.Contains(r, hash) {
			t.Error(r)
		}
	}
}

func TestPlainTextPasswordStandsOnlyWhereAHashMay(t *testing.T) {
	l := newLab(t)
	s := New(l.options("user"))
	s.enterConfiguration(l.store.Shared())
	for _, line := range []string{
		"delete system root-authentication plain-text-password",
		"set system plain-text-password",
		"set system root-authentication plain-text-password hunter2",
		`set system root-authentication "plain-text-password"`,
		"show system root-authentication plain-text-password",
	} {
		_, w, f := s.parse(line)
		if f == nil {
			t.Errorf("%s: parses", line)
			continue
		}
		if shown, _ := w.showable(f, line); strings.Contains(shown, "hunter2") {
			t.Errorf("%s: shown as %s", line, shown)
		}
	}
}

func TestWhatMayBeAPasswordIsNoCommand(t *testing.T) {
	l := newLab(t)
	s := New(l.options("user"))
	for line, want := range map[string]string{
		"hunter2":       maskedSecret,
		"sh0w":          maskedSecret,
		"Passw0rd more": maskedSecret,
		"swordfish":     maskedSecret,
		"shwo version":  "shwo",
		"sohw log":      maskedSecret,
		"exitt":         "exitt",
		"show hunter2":  "show hunter2",
	} {
		_, w, f := s.parse(line)
		if f == nil {
			t.Errorf("%s: parses", line)
			continue
		}
		l.records.list = nil
		shown, _ := w.showable(f, line)
		s.recordMistake(w, f, line, shown)
		if got := "UI_CMDLINE_READ_LINE: User 'user', command '" + want + " '"; !slices.Equal(l.records.list, []string{got}) {
			t.Errorf("%s: %q", line, l.records.list)
		}
	}
}

func TestASourceThatCannotBeReadIsAFailure(t *testing.T) {
	l := newLab(t)
	_, errs, status := l.run("user", NewLineSource("dir", broken{}), true)
	if status != 1 || errs != "dir:1: error: is a directory\n" {
		t.Errorf("status %d: %s", status, errs)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("is a directory") }
