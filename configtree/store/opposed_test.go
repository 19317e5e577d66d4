package store

import (
	"context"
	"errors"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/format"
)

// TestPrivateLeavesWhatIsProtected: what was protected after a private candidate was begun is
// neither changed by its commit nor by `update`, however often it is asked for.
func TestPrivateLeavesWhatIsProtected(t *testing.T) {
	for _, row := range []struct {
		committed   string // before both
		mine, other string
		want        string // problems; none where mine is committed
	}{
		{"", "set system syslog host h1 port 999", "set system syslog host h1 any any|protect system syslog host h1",
			"[system syslog host h1] is protected, 'system syslog host h1 port' cannot be changed"},
		{"set system syslog host h1 any any", "set system syslog host h1 port 999", "protect system syslog host h1",
			"[system syslog host h1] is protected, 'system syslog host h1 port' cannot be changed"},
		{"set system syslog host h1 any any", "delete system syslog host h1", "protect system syslog host h1",
			"[system syslog host h1] is protected, 'system syslog host h1' cannot be deleted"},
		{"set system syslog host h1 any any", "delete system syslog", "protect system syslog host h1 any",
			"[system syslog host h1 any] is protected, 'system syslog host h1 any' cannot be deleted"},
		{"set system syslog host h1 any any", "deactivate system syslog", "protect system syslog host h1",
			"[system syslog host h1] is protected, 'system syslog' cannot be deactivated"},
		{"set system syslog host h1 any any", "annotate system syslog host h1 x", "protect system syslog host h1",
			"[system syslog host h1] is protected, 'system syslog host h1' cannot be annotated"},
		{"set system host-name a", "set system host-name b", "set system host-name c|protect system host-name",
			"[system host-name] is protected, 'system host-name' cannot be changed"},
		{"set system syslog host h1 any any", "set system host-name b|delete system syslog host h1", "set system host-name c|protect system syslog host h1",
			"conflict: mine is 'host-name b', theirs is 'host-name c'|[system syslog host h1] is protected, 'system syslog host h1' cannot be deleted"},
		{"set system syslog host h1 any any", "set system syslog host h2 any any", "protect system syslog host h1", ""},
		{"set system syslog host h1 any any|protect system syslog host h1", "unprotect system syslog host h1|set system syslog host h1 port 999",
			"set system host-name x", ""},
		{"set system syslog host h1 any any", "protect system syslog host h1", "protect system syslog host h1", ""},
	} {
		s := open(t, t.TempDir(), new(tape))
		if row.committed != "" {
			edit(t, s.Shared(), ann, strings.Split(row.committed, "|")...)
			commit(t, s.Shared(), ann, "")
		}
		a, b := private(t, s, ann), private(t, s, bob)
		edit(t, b, bob, strings.Split(row.mine, "|")...)
		edit(t, a, ann, strings.Split(row.other, "|")...)
		commit(t, a, ann, "")
		before := s.Running()
		for range 2 {
			_, updated := b.Update(context.Background(), bob)
			_, err := b.Commit(context.Background(), bob, CommitOptions{})
			if row.want == "" {
				if err != nil {
					t.Errorf("%s: %v", row.mine, err)
				}
				break
			}
			for _, err := range []error{updated, err} {
				conflict, ok := errors.AsType[*ConflictError](err)
				if !ok {
					t.Errorf("%s: %v", row.mine, err)
					continue
				}
				if got := texts(conflict.Problems()); got != row.want || conflict.Again {
					t.Errorf("%s:\n%s\nwant\n%s", row.mine, got, row.want)
				}
			}
			if s.Running() != before || !b.Dirty() {
				t.Errorf("%s: something changed", row.mine)
			}
		}
		closed(t, s)
	}
}

func texts(problems []configtree.Problem) string {
	var all []string
	for i := range problems {
		all = append(all, problems[i].Error())
	}
	return strings.Join(all, "|")
}

// TestUndoLeavesWhatIsProtected: a row is what sessions do: "a" and "b" edit, "a-" undoes, "a+"
// redoes, "a<" rolls back by so many; with ! it is refused because of what is protected.
func TestUndoLeavesWhatIsProtected(t *testing.T) {
	const u, v = "set system syslog file u any any", "set system syslog file v any any"
	for _, row := range []struct{ steps, want string }{
		{"a " + u + "|a " + v + "|b protect system syslog file u|a- 2!|a- 1|a- 1!", u + "|protect system syslog file u"},
		{"a " + u + "|b protect system syslog|a- 1!|b- 1|a- 1", ""},
		{"a " + u + "|a protect system syslog file u|a- 2", ""},
		{"a " + u + "|a protect system syslog file u|a- 1", u},
		{"a " + u + "|a protect system syslog file u|b protect system syslog file u any|a- 2!|a- 1", u + "|protect system syslog file u any"},
		{"a " + u + "|a- 1|b set system host-name b|b protect system|a+ 1!|b unprotect system|a+ 1", "set system host-name b|" + u},
		{"a " + u + "|b protect system syslog file u|a delete system syslog|a- 1|a+ 1", u + "|protect system syslog file u"},
		{"a " + u + "|b protect system syslog file u|a< 0|a- 1", u + "|protect system syslog file u"},
		{"b set system host-name b|b protect system|b commit|a< 1|a- 1|a+ 1", ""},
		{"a " + u + "|a protect system syslog file u|b delete system syslog file u;set system time-zone UTC|a- 1", "set system time-zone UTC|" + u},
		{"a " + u + "|a " + v + "|a protect system syslog file u|b delete system syslog|a- 1", u},
		{"b set system host-name b|b protect system|b commit|a< 1|a- 1", "set system host-name b|protect system"},
		{"b set system host-name b|b commit|a< 1|a- 1|b protect system|a+ 1!", "set system host-name b|protect system"},
		{"b set system host-name b|b commit|a< 1|b set system time-zone UTC|b protect system time-zone|a- 1", "set system host-name b|set system time-zone UTC|protect system time-zone"},
	} {
		s := open(t, t.TempDir(), new(tape))
		for step := range strings.SplitSeq(row.steps, "|") {
			err := protectStep(t, s, strings.TrimSuffix(step, "!"))
			problems, opposed := errors.AsType[Problems](err)
			opposed = opposed && len(problems) == 1 && problems[0].Kind == configtree.Protected && problems[0].Warning
			if opposed != strings.HasSuffix(step, "!") || err != nil && !opposed {
				t.Errorf("%s: %s: %v", row.steps, step, err)
			}
		}
		want := ""
		if row.want != "" {
			want = strings.ReplaceAll(row.want, "|", "\n") + "\n"
		}
		if got := strings.Replace(text(t, s.Shared().Tree()), "set system syslog file messages any notice\n", "", 1); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", row.steps, got, want)
		}
		closed(t, s)
	}
}

// protectStep is a step of TestUndoLeavesWhatIsProtected.
func protectStep(t *testing.T, s *Store, step string) (err error) {
	by, ctx, c := ann, context.Background(), s.Shared()
	if step[0] == 'b' {
		by = bob
	}
	how, rest, _ := strings.Cut(step, " ")
	switch how[1:] {
	case "-":
		_, err = c.UndoLast(ctx, by, int(rest[0]-'0'))
	case "+":
		_, err = c.RedoLast(ctx, by, int(rest[0]-'0'))
	case "<":
		err = c.Rollback(ctx, by, int(rest[0]-'0'))
	default:
		if rest == "commit" {
			commit(t, c, by, "")
			return nil
		}
		edit(t, c, by, strings.Split(rest, ";")...)
	}
	return err
}

// TestNoSecretKeyIsTold: a key that is a secret stands in no error and no record.
func TestNoSecretKeyIsTold(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7n3FzJv4nM3o0c1mVv8j1Qm5Vj6c8iQm0c2q0c9dQe root@vm"
	told := new(tape)
	s := open(t, t.TempDir(), told)
	defer closed(t, s)
	a, b := private(t, s, ann), private(t, s, bob)
	add := `set system root-authentication ssh-ed25519 "` + key + `"`
	edit(t, a, ann, add, add+" from 192.0.2.1", strings.Replace(add, "set", "protect", 1))
	edit(t, b, bob, add, add+" from 192.0.2.2")
	commit(t, a, ann, "")
	_, err := b.Commit(context.Background(), bob, CommitOptions{})
	conflict, ok := errors.AsType[*ConflictError](err)
	if !ok {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, p := range conflict.Problems() {
		if err := format.Report(&shown, &p); err != nil {
			t.Fatal(err)
		}
		shown.WriteString(p.Token + " " + p.Path.MaskedBanner() + "\n")
	}
	shown.WriteString(FailureReason(err) + "\n" + strings.Join(told.lines(), "\n"))
	if got := shown.String(); strings.Contains(got, "AAAA") || strings.Count(got, configtree.SecretMark) < 4 {
		t.Errorf("told is\n%s", got)
	}
}
