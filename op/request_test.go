package op

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/store"
)

// change gives the shared candidate another host name.
func change(t *testing.T, env *Env, name string) {
	t.Helper()
	words := []configtree.Word{{Text: "system"}, {Text: "host-name"}, {Text: name}}
	res, p := configtree.Resolve(env.Store.Running().Tree.Schema(), configtree.Set, nil, words)
	if p != nil {
		t.Fatal(p)
	}
	if _, _, err := env.Store.Shared().Edit(context.Background(), env.Caller, res.Edits); err != nil {
		t.Fatal(err)
	}
}

func TestDiscardChanges(t *testing.T) {
	env := newEnv(t)
	change(t, env, "other")
	shows(t, env, "request system configuration discard-changes", Args{}, "")
	if env.Store.Shared().Dirty() {
		t.Error("the changes are still there")
	}
}

func TestRescueIsListed(t *testing.T) {
	env := newEnv(t)
	fails(t, env, "request system configuration rescue delete", Args{}, store.ErrNoRescue.Error())
	shows(t, env, "request system configuration rescue save", Args{}, "")
	out, err := run(t, env, "show system commit", Args{})
	if err != nil || !strings.Contains(out, "\nrescue  2026-11-22 ") {
		t.Errorf("%v\n%s", err, out)
	}
	shows(t, env, "request system configuration rescue delete", Args{}, "")
}

func TestAScheduledCommitIsListedAndCleared(t *testing.T) {
	env := newEnv(t)
	change(t, env, "other")
	at := store.At{Time: noon.Add(time.Hour)}
	if _, err := env.Store.Shared().Commit(context.Background(), env.Caller, store.CommitOptions{Command: "commit at 13:00", At: at}); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, env, "show system commit", Args{})
	if err != nil || !strings.HasPrefix(out, "commit requested by ") || !strings.Contains(out, "at Sun Nov 22 13:00:00 2026\n0   ") {
		t.Errorf("%v\n%s", err, out)
	}
	class, problems := NewClass(ClassDefinition{Name: "ops", Permissions: []string{"view", "configure"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	bob := *env
	bob.Caller.User, bob.Class = "bob", func() *Class { return class }
	if out, err := run(t, &bob, "clear system commit", Args{}); err == nil || !strings.HasSuffix(err.Error(), "'s: clearing it needs the permission 'maintenance'") {
		t.Errorf("%q %v", out, err)
	}
	env.Class = bob.Class // who asked for it needs nothing more
	shows(t, env, "clear system commit", Args{}, "Pending commit cleared\n")
	shows(t, env, "clear system commit", Args{}, "No commit scheduled.\n")
}

func TestLogout(t *testing.T) {
	env := newEnv(t)
	var ended []int
	env.Logout = func(s Session) { ended = append(ended, s.PID) }
	var told []int
	env.Show = func(s Session, _ string) bool { told = append(told, s.PID); return true }
	env.Sessions = func() []Session {
		return []Session{{Subject: event.Subject{User: "ann", PID: 1, TTY: "pts/0"}}, {Subject: event.Subject{User: "bob", PID: 2}},
			{Subject: event.Subject{User: "ann", PID: 3, TTY: "pts/1"}}}
	}
	fails(t, env, "request system logout", Args{}, "say which session: pid, user or terminal")
	fails(t, env, "request system logout", Args{"pid": "4"}, "there is no such session")
	fails(t, env, "request system logout", Args{"user": "ann"}, "2 sessions fit: say all, or which by its pid")
	shows(t, env, "request system logout", Args{"user": "bob"}, "")
	shows(t, env, "request system logout", Args{"user": "ann", "terminal": "pts/1"}, "")
	shows(t, env, "request system logout", Args{"user": "ann", "all": ""}, "")
	if want := []int{2, 3, 1, 3}; !slices.Equal(ended, want) || !slices.Equal(told, want) {
		t.Errorf("ended %v, told %v", ended, told)
	}
	if got := len(sessionUsers(env, "")); got != 2 {
		t.Errorf("%d users", got)
	}
}

func TestProgramsOfTheSystem(t *testing.T) {
	env := newEnv(t)
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	fails(t, env, "ping", Args{"host": "gate"}, "ping is not installed on this machine")
	for _, name := range []string{"ping", "traceroute"} {
		script := "#!/bin/sh\necho " + name + " \"$@\"\n[ \"$1\" != -c ]\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	shows(t, env, "ping", Args{"host": "gate", "ttl": "3"}, "ping -t 3 -- gate\n")
	shows(t, env, "traceroute", Args{"host": "192.0.2.1", "no-resolve": ""}, "traceroute -n -- 192.0.2.1\n")
	if out, err := run(t, env, "ping", Args{"host": "gate", "count": "1"}); err == nil || err.Error() != "no success: exit status 1" || out != "ping -c 1 -- gate\n" {
		t.Errorf("%v %s", err, out)
	}
	for _, host := range []string{"-f", "", "a b", "a\nb"} {
		if _, err := run(t, env, "traceroute", Args{"host": host}); err == nil {
			t.Errorf("%q is taken for a host", host)
		}
	}
}

func TestAProgramEndsWithItsReader(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	if err := os.WriteFile(filepath.Join(dir, "ping"), []byte("#!/bin/sh\nexec sleep 60\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	res, err := ping(ctx, nil, Args{"host": "gate"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := res.WriteText(&strings.Builder{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
