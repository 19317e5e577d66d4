package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
	"loggia/op"
)

// machine is a power whose shutdown(8) is a script, which writes down how it was called.
type machine struct {
	*power
	t   *testing.T
	dir string
}

func newMachine(t *testing.T, script string) *machine {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "shutdown")
	text := "#!/bin/sh\necho \"$*\" >>" + dir + "/calls\n" + strings.ReplaceAll(script, "DIR", dir) + "\n"
	if err := os.WriteFile(program, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "runs"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &power{note: filepath.Join(dir, "note"), schedule: filepath.Join(dir, "scheduled"), boot: "this", temporary: dir, now: time.Now, grace: time.Minute,
		find: func(string) (string, error) { return program, nil }}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return &machine{p, t, dir}
}

func (m *machine) calls() string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, "calls"))
	if err != nil {
		m.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// waits returns what is pending.
func (m *machine) pendingNow() (op.Shutdown, bool) {
	m.t.Helper()
	s, ok, err := m.Pending()
	if err != nil {
		m.t.Fatal(err)
	}
	return s, ok
}

func TestShutdownAtOnce(t *testing.T) {
	for action, want := range map[event.PowerAction]string{event.Reboot: "-r -- now be back", event.Halt: "-h -H -- now be back", event.PowerOff: "-h -P -- now be back"} {
		m := newMachine(t, "exit 0")
		if pid, err := m.Shutdown(op.Shutdown{Action: action, Message: "be back"}); err != nil || pid == 0 {
			t.Errorf("%d %v", pid, err)
		}
		if got := m.calls(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if _, waits := m.pendingNow(); waits {
			t.Error("pending")
		}
	}
}

func TestShutdownSaysWhyNot(t *testing.T) {
	for script, want := range map[string]string{
		"echo 'shutdown: you must be root to do that!' >&2; exit 1": "shutdown: you must be root to do that!",
		"exit 3": "shutdown: exit status 3",
	} {
		m := newMachine(t, script)
		if _, err := m.Shutdown(op.Shutdown{At: time.Now().Add(time.Hour)}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		if _, waits := m.pendingNow(); waits {
			t.Error("pending")
		}
	}
	m := newMachine(t, "")
	m.find = func(string) (string, error) { return "", os.ErrNotExist }
	if _, err := m.Shutdown(op.Shutdown{}); err == nil || !strings.Contains(err.Error(), "not installed") {
		t.Error(err)
	}
}

// waitingProgram waits itself, as that of sysvinit.
const waitingProgram = `if [ "$1" = -c ]; then kill "$(cat DIR/pid)"; exit; fi
echo $$ >DIR/pid
: >DIR/runs
exec sleep 1000`

// ready waits until a waitingProgram runs, which then writes to a pipe.
func (m *machine) ready() {
	m.t.Helper()
	if _, err := os.ReadFile(filepath.Join(m.dir, "runs")); err != nil {
		m.t.Fatal(err)
	}
}

// TestShutdownThatWaitsItself: the next run of the program finds what the last one asked for, and
// cancels it.
func TestShutdownThatWaitsItself(t *testing.T) {
	m := newMachine(t, waitingProgram)
	m.grace = time.Millisecond
	at := time.Now().Add(30 * time.Hour)
	pid, err := m.Shutdown(op.Shutdown{Action: event.Halt, At: at, User: "op", Message: "night"})
	if err != nil || pid == 0 {
		t.Fatal(pid, err)
	}
	m.ready()
	if got := m.calls(); got != "-h -H -- +1800 night" {
		t.Error(got)
	}
	next := &power{note: m.note, schedule: m.schedule, boot: m.boot, find: m.find, now: m.now, temporary: m.temporary}
	s, waits, err := next.Pending()
	if err != nil || !waits || s.Action != event.Halt || s.User != "op" || s.PID != pid || s.Message != "night" || !s.At.Equal(at) {
		t.Errorf("%+v %v %v", s, waits, err)
	}
	if err := next.Cancel(); err != nil {
		t.Error(err)
	}
	if _, waits := m.pendingNow(); waits {
		t.Error("still pending")
	}
}

// TestShutdownOfSystemd: logind keeps the time, and says so in a file.
func TestShutdownOfSystemd(t *testing.T) {
	at := time.Now().Add(2 * time.Hour).Truncate(time.Minute)
	m := newMachine(t, fmt.Sprintf(`if [ "$1" = -c ]; then rm DIR/scheduled; exit; fi
printf 'USEC=%d\nWARN_WALL=1\nMODE=poweroff\n' >DIR/scheduled`, at.UnixMicro()))
	if _, err := m.Shutdown(op.Shutdown{Action: event.PowerOff, At: at, User: "op"}); err != nil {
		t.Fatal(err)
	}
	if got, want := m.calls(), "-h -P -- "+at.In(time.Local).Format("15:04"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if s, waits := m.pendingNow(); !waits || s.User != "op" || s.PID != 0 || s.Action != event.PowerOff {
		t.Errorf("%+v %v", s, waits)
	}
	// Somebody else changed it: it is not the user's any more.
	other := fmt.Sprintf("USEC=%d\nMODE=reboot\n", at.Add(time.Hour).UnixMicro())
	if err := os.WriteFile(m.schedule, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, waits := m.pendingNow(); !waits || s.User != "" || s.Action != event.Reboot || !s.At.Equal(at.Add(time.Hour)) {
		t.Errorf("%+v %v", s, waits)
	}
	if err := m.Cancel(); err != nil {
		t.Error(err)
	}
	if _, waits := m.pendingNow(); waits {
		t.Error("still pending")
	}
}

// TestShutdownOfAnotherRun: what was asked for before the machine was started anew is no more.
func TestShutdownOfAnotherRun(t *testing.T) {
	m := newMachine(t, waitingProgram)
	m.grace = time.Millisecond
	if _, err := m.Shutdown(op.Shutdown{At: time.Now().Add(time.Hour), User: "op"}); err != nil {
		t.Fatal(err)
	}
	m.ready()
	m.boot = "next"
	if _, waits := m.pendingNow(); waits {
		t.Error("pending")
	}
	m.boot = "this"
	if err := m.Cancel(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(m.note, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Pending(); err == nil || !strings.Contains(err.Error(), "note: not readable") {
		t.Error(err)
	}
}
