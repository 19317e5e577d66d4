package op

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// Clients of Junos find the facts where they look for them, and they are those
// of this machine.
func TestFactsForPrograms(t *testing.T) {
	env := newEnv(t)
	class, problems := NewClass(ClassDefinition{Name: "ops", Permissions: []string{"view"}, DenyCommandsRegexps: []string{"clear .*", "set"}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	env.Class, env.Caller.User = func() *Class { return class }, "ann"
	env.Sessions = func() []Session {
		return []Session{{Subject: event.Subject{User: "bob", PID: 7, TTY: "p0"}, Since: noon.Add(-time.Hour), LastKey: noon.Add(-time.Minute), EditPath: "[edit system]"},
			{Subject: event.Subject{User: "eve", PID: 8}, Since: noon, LastKey: noon}}
	}
	for _, c := range []struct {
		rpc  Element
		want []string // paths that lead to a text
	}{
		{Group("get-chassis-inventory"), []string{"chassis/serial-number", "chassis/description"}},
		{Group("get-route-engine-information"), []string{"route-engine/mastership-state", "route-engine/memory-dram-size", "route-engine/cpu-idle", "route-engine/up-time"}},
		{Group("get-system-memory-information"), []string{"system-memory-summary-information/system-memory-total", "system-memory-summary-information/system-memory-free"}},
		{Group("get-interface-information", Leaf("detail", "")), []string{"physical-interface/name", "physical-interface/mtu", "physical-interface/admin-status"}},
		{Group("get-interface-information", Leaf("interface-name", "lo"), Leaf("terse", "")), []string{"physical-interface/oper-status"}},
		{Group("get-commit-revision-information", Leaf("level", "detail")), []string{"revision", "user", "date-time"}},
		{Group("get-syslog-filenames"), []string{"syslog-file-name"}},
		{Group("get-authorization-information"), []string{"user-information/user-class", "user-permission-list/permission/name", "command-authorization/deny-command"}},
		{Group("get-configuration-database-status"), []string{"database-status/user", "database-status/pid", "database-status/start-time", "database-status/idle-time", "database-status/edit-path"}},
	} {
		command, args, err := ResolveRPC(c.rpc)
		if err != nil {
			t.Errorf("%s: %v", c.rpc.Name, err)
			continue
		}
		res, err := command.Run(context.Background(), env, args)
		if err != nil {
			t.Errorf("%s: %v", c.rpc.Name, err)
			continue
		}
		for _, path := range c.want {
			at, ok := res.Element(), true
			for name := range strings.SplitSeq(path, "/") {
				if ok {
					at, ok = at.Child(name)
				}
			}
			if !ok || at.Text == "" {
				t.Errorf("%s: nothing at %s of %+v", c.rpc.Name, path, res.Element())
			}
		}
	}
}

// What is not there is an error, and no answer without contents: clients take
// such a one for the fact.
func TestFactsThatAreNotThere(t *testing.T) {
	env := newEnv(t)
	command, args, err := ResolveRPC(Group("get-interface-information", Leaf("interface-name", "ge-0/0/0")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := command.Run(context.Background(), env, args); err == nil || err.Error() != "device ge-0/0/0 not found" {
		t.Error(err)
	}
	if _, _, err := ResolveRPC(Group("get-interface-information", Leaf("routing-instance", "__juniper_private1__"), Leaf("terse", ""))); err == nil {
		t.Error("a routing instance that this machine does not have")
	}
}

func TestProcessorShares(t *testing.T) {
	shares, err := processorShares()
	sum := uint64(0)
	for _, s := range shares {
		sum += s
	}
	if err != nil || sum > 100 || sum < 95 {
		t.Errorf("%v %v", shares, err)
	}
	if m, err := readMemory(); err != nil || m.total < m.free || m.free == 0 {
		t.Errorf("%+v %v", m, err)
	}
}

// Who has a lock edits, too, and sessions that do neither are not told of.
func TestDatabaseStatus(t *testing.T) {
	env := newEnv(t)
	locker := Session{Subject: event.Subject{User: "eve", PID: 8, Client: "netconf"}, Since: noon.Add(-time.Minute), LastKey: noon.Add(-time.Minute)}
	env.Sessions = func() []Session {
		return []Session{locker, {Subject: event.Subject{User: "bob", PID: 7, TTY: "p0"}, Since: noon.Add(-time.Hour), LastKey: noon, EditPath: "[edit system]"},
			{Subject: event.Subject{User: "ann", PID: 9}, Since: noon, LastKey: noon}}
	}
	lock, err := env.Store.Exclusive(locker.Subject)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release()
	got, err := run(t, env, "show system configuration database status", nil)
	want := `Users currently editing the configuration:
  bob terminal p0 (pid 7) on since 2026-11-22 11:00:00 UTC
      [edit system]
  eve (pid 8) on since 2026-11-22 11:59:00 UTC, idle 00:01:00
      exclusive [edit]
`
	if err != nil || got != want {
		t.Errorf("%s%v", got, err)
	}
}

func TestChecksums(t *testing.T) {
	env := newEnv(t)
	f, err := env.Files.Create("x")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("abc")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{ // RFC 1321, FIPS 180-4
		"file checksum md5":     "MD5 (/var/home/user/x) = 900150983cd24fb0d6963f7d28e17f72\n",
		"file checksum sha1":    "SHA1 (/var/home/user/x) = a9993e364706816aba3e25717850c26c9cd0d89d\n",
		"file checksum sha-256": "SHA256 (/var/home/user/x) = ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n",
	} {
		if got, err := run(t, env, words, Args{"filename": "x"}); got != want || err != nil {
			t.Errorf("%s: %q, %v", words, got, err)
		}
	}
	for method, want := range map[string]string{"": "900150983cd24fb0d6963f7d28e17f72", "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d", "crc": ""} {
		rpc := Group("get-checksum-information", Leaf("path", "x"))
		if method != "" {
			rpc.Children = append(rpc.Children, Leaf("method", method))
		}
		command, args, err := ResolveRPC(rpc)
		if err != nil {
			t.Fatal(err)
		}
		res, err := command.Run(t.Context(), env, args)
		if want == "" {
			var bad *ArgumentError
			if !errors.As(err, &bad) || bad.Element != "method" {
				t.Errorf("%s: %v", method, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		e := res.Element()
		if file, ok := e.Child("file-checksum"); !ok || file.Children[2].Text != want {
			t.Errorf("%s: %+v", method, e)
		}
	}
	if _, err := run(t, env, "file checksum md5", Args{"filename": "nope"}); err == nil {
		t.Error("no error about a file that is not there")
	}
}

func TestEventSummary(t *testing.T) {
	env := newEnv(t)
	env.Logs.(logs)["messages"] = []string{
		"Dec 30 10:00:00 r1 mgd[7]: UI_COMMIT: of last year", // noon is in November
		"Nov 21 10:00:00 r1 sshd[8]: of UI_COMMIT no event",
		"Nov 22 10:00:00 r1 mgd[7]: UI_COMMIT: first",
		"<189>1 2026-11-22T10:30:00Z r1 mgd 7 UI_COMMIT [x] second",
		"Nov 22 11:00:00 r1 mgd[7]: UI_COMMIT_COMPLETED: third",
	}
	delete(env.Logs.(logs), "messages.0.gz")
	for _, c := range []struct {
		name string
		args []Element
		want string // the last words
	}{
		{"all", nil, "year event first second third"},
		{"event", []Element{Leaf("event-id", "UI_COMMIT")}, "year first second"},
		{"daemon", []Element{Leaf("daemon-name", "sshd")}, "event"},
		{"description", []Element{Leaf("event-description", "of last|third$")}, "year third"},
		{"since", []Element{Leaf("start-time", "11/22/2026 10:15")}, "second third"},
		{"between", []Element{Leaf("start-time", "11/21/2026 00:00"), Leaf("end-time", "11/22/2026 10:00")}, "event first"},
		{"the newest", []Element{Leaf("total-message-display", "2"), Leaf("new-search", "")}, "second third"},
		{"nothing", []Element{Leaf("event-id", "NOPE")}, ""},
		{"too many", []Element{Leaf("total-message-display", "101")}, "total-message-display: a number from 1 to 100"},
		{"no time", []Element{Leaf("start-time", "noon")}, "start-time: a time is mm/dd/yyyy hh:mm"},
		{"no log", []Element{Leaf("syslogfile", "nope")}, "could not resolve file: nope"},
	} {
		command, args, err := ResolveRPC(Group("get-event-summary", c.args...))
		if err != nil {
			t.Fatal(err)
		}
		res, err := command.Run(t.Context(), env, args)
		got := ""
		var bad *ArgumentError
		switch {
		case errors.As(err, &bad):
			got = bad.Element + ": " + bad.Error()
		case err != nil:
			got = err.Error()
		default:
			var b strings.Builder
			if err := res.WriteText(&b); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				f := strings.Fields(line)
				got = strings.TrimSpace(got + " " + f[len(f)-1])
			}
		}
		if got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
