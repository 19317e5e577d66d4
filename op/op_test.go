package op

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/files"
)

// noon is when everything in these tests happens.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

type nobody struct{}

func (nobody) Record(event.Subject, ...event.Event) {}

func (nobody) RecordDurable(context.Context, event.Subject, event.Event) error { return nil }

// logs are log files that are lists of lines.
type logs map[string][]string

func (l logs) List() ([]LogFile, error) {
	var out []LogFile
	for name, lines := range l {
		out = append(out, LogFile{Name: name, Size: int64(100 * len(lines)), Mode: "-rw-r-----", Owner: "root", Group: "adm", Modified: noon.Add(-time.Hour)})
	}
	slices.SortFunc(out, func(a, b LogFile) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (l logs) Names(prefix string) ([]string, error) {
	var names []string
	for name := range l {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (l logs) Stat(name string) (LogFile, error) {
	list, err := l.List()
	for _, f := range list {
		if f.Name == name {
			return f, err
		}
	}
	return LogFile{}, fs.ErrNotExist
}

func (l logs) Open(name string) (LogText, error) {
	if _, ok := l[name]; !ok {
		return nil, fs.ErrNotExist
	}
	return logText(l[name]), nil
}

// logText is a log of which each line is a section.
type logText []string

func (t logText) Close() error { return nil }

func (t logText) Sections() []LogSection {
	var all []LogSection
	for _, line := range t {
		var err error
		if line == "broken" {
			err = errors.New("archive messages.3.gz: checksum differs")
		}
		all = append(all, func(context.Context) iter.Seq2[[]byte, error] {
			return func(yield func([]byte, error) bool) { yield([]byte(line+"\n"), err) }
		})
	}
	return all
}

func (l logs) Follow(context.Context, string) iter.Seq2[[]byte, error] {
	return func(func([]byte, error) bool) {}
}

func (l logs) Clear(_ context.Context, _ event.Subject, name string, all bool) error {
	l[name] = nil
	if all {
		delete(l, name+".0.gz")
	}
	return nil
}

type engine Statistics

func (e engine) Statistics() Statistics { return Statistics(e) }

func (engine) ClearStatistics() {}

func (engine) Explain(Message) Explanation                             { return Explanation{} }
func (engine) Impact(*configtree.Effective, time.Time) (Impact, error) { return Impact{}, nil }

func newEnv(t *testing.T) *Env {
	t.Helper()
	state := t.TempDir()
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(store.Options{Dir: filepath.Join(state, "config"), Schema: root, Recorder: nobody{}, Version: "24.4R1.9",
		Factory: []byte("system { host-name gate; syslog { file messages { any notice; } } }"), Now: func() time.Time { return noon.Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := os.Mkdir(filepath.Join(state, "log"), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := files.New(files.Options{State: state, User: "user", Logs: true})
	if err != nil {
		t.Fatal(err)
	}
	return &Env{
		Store: s, Files: f, Recorder: nobody{}, Class: SuperUser, Now: func() time.Time { return noon }, Started: noon.Add(-26 * time.Hour), StateDir: state, Home: f.Home(),
		Logs:     logs{"messages": {"one", "two", "three"}, "messages.0.gz": {"zero"}, "audit": nil},
		Engine:   engine{},
		Sessions: func() []Session { return nil }, Alarms: func() []Alarm { return nil },
		Product: Product{Version: "0.1.0", Model: "loggia", Junos: "24.4R1.9"},
	}
}

// run runs a command as it is typed: its words, then its arguments in order.
func run(t *testing.T, env *Env, words string, args Args) (string, error) {
	t.Helper()
	for _, c := range All() {
		if c.Words != words {
			continue
		}
		res, err := c.Run(t.Context(), env, args)
		if err != nil || res == nil {
			return "", err
		}
		var b strings.Builder
		err = res.WriteText(&b)
		return b.String(), err
	}
	t.Fatalf("no command %q", words)
	return "", nil
}

func shows(t *testing.T, env *Env, words string, args Args, want string) {
	t.Helper()
	if got, err := run(t, env, words, args); err != nil || got != want {
		t.Errorf("%s %v: %v\n%s\nwant:\n%s", words, args, err, got, want)
	}
}

func fails(t *testing.T, env *Env, words string, args Args, want string) {
	t.Helper()
	if _, err := run(t, env, words, args); err == nil || err.Error() != want {
		t.Errorf("%s %v: %v, want %s", words, args, err, want)
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All() {
		if seen[c.Words] {
			t.Errorf("%s: twice", c.Words)
		}
		seen[c.Words] = true
		if c.Help == "" || c.Run == nil {
			t.Errorf("%s: no help, or does nothing", c.Words)
		}
		for _, p := range c.Params {
			if p.Help == "" || p.Name == "" {
				t.Errorf("%s %s: no help", c.Words, p.Name)
			}
		}
	}
}

func TestLogs(t *testing.T) {
	env := newEnv(t)
	shows(t, env, "show log", Args{}, `total 2
-rw-r-----  1 root     adm               0 Nov 22 11:00 audit
-rw-r-----  1 root     adm             300 Nov 22 11:00 messages
-rw-r-----  1 root     adm             100 Nov 22 11:00 messages.0.gz
`)
	shows(t, env, "show log", Args{"filename": "messages"}, "one\ntwo\nthree\n")
	shows(t, env, "show log", Args{"filename": "/var/log/messages"}, "one\ntwo\nthree\n")
	fails(t, env, "show log", Args{"filename": "nix"}, "could not resolve file: nix")
	got, shown := LogNames(env, "")
	if !slices.Equal(got, []string{"audit", "messages", "messages.0.gz"}) || shown("messages") != (Choice{"messages", "Size: 300, Last changed: Nov 22 11:00:00"}) || shown("gone") != (Choice{"gone", ""}) {
		t.Errorf("%v", got)
	}
	fails(t, env, "clear log", Args{"filename": "nix"}, "could not resolve file: nix")
	shows(t, env, "clear log", Args{"filename": "messages", "all": ""}, "")
	if l := env.Logs.(logs); len(l["messages"]) != 0 || l["messages.0.gz"] != nil {
		t.Error("not cleared")
	}
	if got, want := Monitored(env, "audit", " | match x"), "monitor start \"audit\" (Last changed Nov 22 11:00:00) | match x\n"; got != want {
		t.Errorf("%q", got)
	}
	if got := Monitored(env, "gone", ""); !strings.Contains(got, "not there at the moment") {
		t.Errorf("%q", got)
	}
}

func TestWhatOfALogCannotBeReadKeepsNothingBack(t *testing.T) {
	env := newEnv(t)
	env.Logs.(logs)["messages"] = []string{"broken", "two", "three"}
	res := NewLogLines(t.Context(), env.Logs, "messages")
	var b strings.Builder
	if err := res.WriteText(&b); err == nil || err.Error() != "archive messages.3.gz: checksum differs" || b.String() != "two\nthree\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}

func TestVersion(t *testing.T) {
	env := newEnv(t)
	shows(t, env, "show version", Args{}, "Hostname: gate\nModel: loggia\nJunos: 24.4R1.9\nloggia 0.1.0\n")
}

func TestCommits(t *testing.T) {
	env := newEnv(t)
	by := event.Subject{User: "user", Client: "cli"}
	c := env.Store.Shared()
	res, p := configtree.Resolve(env.Store.Running().Tree.Schema(), configtree.Set, nil,
		[]configtree.Word{{Text: "system"}, {Text: "host-name"}, {Text: "x"}})
	if p != nil {
		t.Fatal(p)
	}
	if _, _, err := c.Edit(t.Context(), by, res.Edits); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Commit(t.Context(), by, store.CommitOptions{Comment: "renamed", Command: "commit"}); err != nil {
		t.Fatal(err)
	}
	shows(t, env, "show system commit", Args{}, `0   2026-11-22 11:00:00 UTC by user via cli
    renamed
1   2026-11-22 11:00:00 UTC by root via other
    factory default
`)
	shows(t, env, "show system commit", Args{"include-configuration-revision": ""}, `0   2026-11-22 11:00:00 UTC by user via cli re0-1795345200-2
    renamed
1   2026-11-22 11:00:00 UTC by root via other re0-1795345200-1
    factory default
`)
	shows(t, env, "show system commit revision", Args{}, "Revision: re0-1795345200-2\n")
	shows(t, env, "show system commit revision", Args{"detail": ""},
		"Revision: re0-1795345200-2\nUser: user\nClient: cli\nTime: 2026-11-22 11:00:00 UTC\nComment: renamed\n")
	if got := Rollbacks(env, ""); len(got) != 2 || got[0] != (Choice{"0", "2026-11-22 11:00:00 UTC by user via cli"}) {
		t.Errorf("%v", got)
	}
}

func TestEditorAndClock(t *testing.T) {
	s := Session{Subject: event.Subject{User: "root", PID: 1088, TTY: "p3"}, Since: noon.Add(-time.Hour), LastKey: noon.Add(-44 * time.Second), EditPath: "[edit system]"}
	if got, want := Editor(s, noon), "  root terminal p3 (pid 1088) on since 2026-11-22 11:00:00 UTC, idle 00:00:44\n      [edit system]\n"; got != want {
		t.Errorf("%q", got)
	}
	s.TTY, s.LastKey = "", noon
	if got, want := Editor(s, noon), "  root (pid 1088) on since 2026-11-22 11:00:00 UTC\n      [edit system]\n"; got != want {
		t.Errorf("%q", got)
	}
	const day = 24 * time.Hour
	for d, want := range map[time.Duration]string{
		0: "00:00:00", 44 * time.Second: "00:00:44", 11*time.Hour + 3*time.Minute + 5*time.Second: "11:03:05",
		day: "1d 00:00", 6*day + 16*time.Hour + 12*time.Minute: "6d 16:12", 154*day + 19*time.Hour + 16*time.Minute: "22w0d 19:16",
		(47*7 + 6*7) * day: "53w0d 00:00", 48*day + 16*time.Hour: "6w6d 16:00",
	} {
		if got := clock(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestUptime(t *testing.T) {
	env := newEnv(t)
	env.Sessions = func() []Session { return make([]Session, 2) }
	got, err := run(t, env, "show system uptime", Args{})
	want := regexp.MustCompile(`^Current time: 2026-11-22 12:00:00 UTC
Time Source:  LOCAL CLOCK 
System booted: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \([0-9:wd ]+ ago\)
Protocols started: 2026-11-21 10:00:00 UTC \(1d 02:00 ago\)
Last configured: 2026-11-22 11:00:00 UTC \(01:00:00 ago\) by root
12:00PM  up (\d+ days?, )?(\d+:\d\d|\d+ mins), 2 users, load averages: \d+\.\d\d, \d+\.\d\d, \d+\.\d\d
$`)
	if err != nil || !want.MatchString(got) {
		t.Errorf("%v\n%s", err, got)
	}
}

// setClock is a clock of a machine that is set to what it holds.
type setClock struct{ to time.Time }

func (c *setClock) Set(_ event.Subject, to time.Time) error { c.to = to; return nil }

// TestSetDate: by the clock of the configured zone, at once and without a question, as in Junos.
func TestSetDate(t *testing.T) {
	env := newEnv(t)
	clock := &setClock{}
	env.Clock = clock
	zone := time.FixedZone("CET", 3600)
	env.Now = func() time.Time { return noon.In(zone) }
	for date, want := range map[string]time.Time{
		"202611231405.30": time.Date(2026, 11, 23, 14, 5, 30, 0, zone),
		"202611231405":    time.Date(2026, 11, 23, 14, 5, 0, 0, zone),
	} {
		shows(t, env, "set date", Args{"date": date}, "Sun Nov 22 13:00:00 CET 2026\n")
		if !clock.to.Equal(want) {
			t.Errorf("%s: set to %v", date, clock.to)
		}
	}
	clock.to = noon
	for _, date := range []string{"tomorrow", "202602301405", "202613231405", "20261123", "202611231405.60", "196001011200", "ntp"} {
		want := errNoDate
		if date == "ntp" {
			want = errNTP
		}
		fails(t, env, "set date", Args{"date": date}, want.Error())
	}
	if !clock.to.Equal(noon) {
		t.Errorf("set to %v by what is no time", clock.to)
	}
	for _, c := range All() {
		if c.Words == "set date" && (c.Question != "" || c.Permission != "maintenance") {
			t.Errorf("question %q, permission %q", c.Question, c.Permission)
		}
	}
}

// behind is a log server that waits for what was written at noon.
type behind struct{}

func (behind) Hosts() ([]Host, error) {
	return []Host{{Name: "r2", State: "connected", Since: noon, Waiting: 1, Oldest: noon}}, nil
}
func (behind) ClearSpool(event.Subject, string) (uint64, error) { return 0, nil }

// TestNoTimeIsNegative: the clock was set back behind all that is told the age of.
func TestNoTimeIsNegative(t *testing.T) {
	env := newEnv(t)
	env.Hosts = behind{}
	env.Now = func() time.Time { return noon.AddDate(-1, 0, 0) }
	env.Sessions = func() []Session {
		return []Session{{Subject: event.Subject{User: "ann"}, Since: noon, LastKey: noon, EditPath: "[edit]"}}
	}
	negative := regexp.MustCompile(`[ (]-\d|:-\d|seconds="-`)
	for command, want := range map[string]string{
		"show system uptime":                        "Protocols started: 2025-11-22 12:00:00 UTC (00:00:00 ago)\nLast configured: 2026-11-22 11:00:00 UTC (00:00:00 ago)",
		"show system users":                         "12:00PM     - -cli",
		"show system syslog host":                   "  0s\n",
		"show system configuration database status": "on since 2026-11-22 12:00:00 UTC\n",
	} {
		got, err := run(t, env, command, Args{})
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %v\n%s", command, err, got)
		}
		for _, c := range All() {
			if c.Words != command {
				continue
			}
			res, err := c.Run(t.Context(), env, Args{})
			if err != nil {
				t.Fatal(err)
			}
			var xml strings.Builder
			if err := WriteXML(&xml, res.Element(), Layout{}); err != nil || negative.MatchString(got+xml.String()) {
				t.Errorf("%s: %v\n%s%s", command, err, got, &xml)
			}
		}
	}
}

func TestUsers(t *testing.T) {
	env := newEnv(t)
	env.Sessions = func() []Session {
		return []Session{
			{Subject: event.Subject{User: "cisco", TTY: "pts/0", Remote: "10.1.0.1 57238 10.0.0.1 22"}, Since: noon.Add(-9*time.Hour - 25*time.Minute), LastKey: noon},
			{Subject: event.Subject{User: "root"}, Since: noon, LastKey: noon.Add(-5 * time.Minute), Command: "show log"},
		}
	}
	got, err := run(t, env, "show system users", Args{})
	_, table, _ := strings.Cut(got, "\n")
	want := `USER     TTY      FROM                              LOGIN@  IDLE WHAT
cisco    pts/0    10.1.0.1                          2:35AM     - -cli (cli)
root     -        -                                12:00PM     5 show log
`
	if err != nil || table != want {
		t.Errorf("%v\n%s", err, table)
	}
}

func TestAlarms(t *testing.T) {
	env := newEnv(t)
	shows(t, env, "show system alarms", Args{}, "No alarms currently active\n")
	env.Alarms = func() []Alarm {
		return []Alarm{{Since: noon, Place: "[edit system services syslog udp]", Reason: "address already in use"}}
	}
	shows(t, env, "show system alarms", Args{}, `1 alarms currently active
Alarm time               Class  Description
2026-11-22 12:00:00 UTC  Major  [edit system services syslog udp] address already in use
`)
}

func TestStatistics(t *testing.T) {
	env := newEnv(t)
	env.Engine = engine{
		Sources: []SourceStatistics{{Name: "udp 0.0.0.0:514", Received: 10, Accepted: 8, Refused: []Reason{{"source", 2}, {"rate", 0}}, Truncated: 1,
			KernelDrops: 3, TurnedAway: 4}},
		Destinations: []DestinationStatistics{{Name: "host 192.0.2.9", Accepted: 8, Delivered: 5, Waiting: 1, Dropped: []Reason{{"queue full", 2}},
			State: "connecting", LastError: "connection refused"}},
	}
	shows(t, env, "show system syslog statistics", Args{}, `Source            Received   Accepted   Refused   Truncated
udp 0.0.0.0:514         10          8         2           1
    refused, source: 2
    never received, dropped by the kernel: 3
    never received, connections turned away: 4

Destination      Accepted   Delivered   Filtered   Repeated   Dropped   Waiting
host 192.0.2.9          8           5          0          0         2         1
    dropped, queue full: 2
    state: connecting
    last error: connection refused
`)
	env.Engine = engine{
		Sources:      []SourceStatistics{{Name: "udp 0.0.0.0:514", Received: 1 << 63, Accepted: 1 << 63}},
		Destinations: []DestinationStatistics{{Name: "host log-server.example.net", Accepted: 123456789012, Delivered: 123456789012, Filtered: 123456789}},
	}
	shows(t, env, "show system syslog statistics", Args{}, `Source                      Received             Accepted  Refused  Truncated
udp 0.0.0.0:514  9223372036854775808  9223372036854775808        0          0

Destination      Accepted     Delivered   Filtered  Repeated  Dropped  Waiting
host log-server.example.net
             123456789012  123456789012  123456789         0        0        0
`)
}

func TestFiles(t *testing.T) {
	env := newEnv(t)
	f, err := env.Files.Create("notes")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		t.Fatal(err)
	}
	shows(t, env, "file show", Args{"filename": "notes"}, "hello\n")
	shows(t, env, "file copy", Args{"source": "notes", "destination": "copy"}, "")
	shows(t, env, "file copy", Args{"source": "copy", "destination": "/var/tmp"}, "")
	shows(t, env, "file show", Args{"filename": "/var/tmp/copy"}, "hello\n")
	shows(t, env, "file list", Args{}, "\n/var/home/user/:\ncopy\nnotes\n")
	shows(t, env, "file rename", Args{"source": "copy", "destination": "new"}, "")
	shows(t, env, "file delete", Args{"filename": "notes"}, "")
	shows(t, env, "file list", Args{"path": "/var/home/user"}, "\n/var/home/user/:\nnew\n")
	got, err := run(t, env, "file list", Args{"detail": ""})
	want := regexp.MustCompile(`^\n/var/home/user/:\n-rw-------  1 \S+ +\S+ +6 \w{3} [ \d]\d \d\d:\d\d /var/home/user/new\n\ntotal files: 1\n$`)
	if err != nil || !want.MatchString(got) {
		t.Errorf("%v\n%s", err, got)
	}
	fails(t, env, "file show", Args{"filename": "nix"}, "could not resolve file: nix (in /var/home/user)")
	fails(t, env, "file copy", Args{"source": "nix", "destination": "x"}, "could not resolve file: nix (in /var/home/user)")
	fails(t, env, "file copy", Args{"source": "new", "destination": "/etc/x"}, "/etc/x: permission denied")
	fails(t, env, "file show", Args{"filename": "/etc/passwd"}, "/etc/passwd: permission denied")
	if got, _ := FileNames(env, "/var/t"); !slices.Equal(got, []string{"/var/tmp/"}) {
		t.Errorf("%v", got)
	}
	if got, _ := FileNames(env, "/var/tmp/"); !slices.Equal(got, []string{"/var/tmp/copy"}) {
		t.Errorf("%v", got)
	}
	if got, _ := FileNames(env, ""); !slices.Equal(got, []string{"new"}) {
		t.Errorf("%v", got)
	}
}

func TestACopyThatIsInterruptedLeavesWhatWasThere(t *testing.T) {
	env := newEnv(t)
	for _, name := range []string{"a", "b"} {
		f, err := env.Files.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, name); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := fileCopy(ctx, env, Args{"source": "a", "destination": "b"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	shows(t, env, "file show", Args{"filename": "b"}, "b")
	shows(t, env, "file list", Args{}, "\n/var/home/user/:\na\nb\n")
}

// The name that a copy has until it is whole is nobody's.
func TestACopySparesOtherFiles(t *testing.T) {
	env := newEnv(t)
	for _, name := range []string{"a", "b.tmp"} {
		f, err := env.Files.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "text of "+name); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	shows(t, env, "file copy", Args{"source": "a", "destination": "b"}, "")
	shows(t, env, "file show", Args{"filename": "b.tmp"}, "text of b.tmp")
	shows(t, env, "file list", Args{}, "\n/var/home/user/:\na\nb\nb.tmp\n")
}

func TestKindMarks(t *testing.T) {
	for m, want := range map[fs.FileMode]string{0o644: "", 0o755: "*", fs.ModeDir | 0o755: "/", fs.ModeSymlink | 0o777: "@"} {
		if got := kindMark(m); got != want {
			t.Errorf("%v: %q", m, got)
		}
	}
}

func TestStorage(t *testing.T) {
	s := unix.Statfs_t{Bsize: 4096, Blocks: 1 << 20, Bfree: 1 << 19, Bavail: 1 << 18}
	var row strings.Builder
	if err := (storage{disks: []fileSystem{newFileSystem("/dev/sda1", "/", s)}}).WriteText(&row); err != nil {
		t.Fatal(err)
	}
	if got, want := row.String(), "Filesystem              Size       Used      Avail  Capacity   Mounted on\n/dev/sda1               4.0G       2.0G       1.0G       67%  /\n"; got != want {
		t.Errorf("%q", got)
	}
	got, err := run(t, newEnv(t), "show system storage", Args{})
	if err != nil || !strings.HasPrefix(got, "Filesystem              Size       Used      Avail  Capacity   Mounted on\n") || !strings.Contains(got, "  /var/log\n") {
		t.Errorf("%v\n%s", err, got)
	}
	for n, want := range map[uint64]string{0: "0B", 1023: "1023B", 1536: "1.5K", 10 << 20: "10M", 1 << 40: "1.0T"} {
		if got := human(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

func TestProcesses(t *testing.T) {
	p, err := newProcess(42, "42 (a (b) c) S 1 42 42 0 -1 4194560 1 0 0 0 6100 50 0 0 20 0 1 0 1 1 1")
	if err != nil {
		t.Fatal(err)
	}
	var line strings.Builder
	if err := (processes{p}).WriteText(&line); err != nil || line.String() != "  PID STAT    TIME COMMAND\n   42 S       1:01 a (b) c\n" {
		t.Errorf("%q %v", line.String(), err)
	}
	for _, bad := range []string{"", "42 (x", "42 (x) S 1", "42 (x) S 1 2 3 4 5 6 7 8 9 10 a b c"} {
		if _, err := newProcess(42, bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	got, err := run(t, newEnv(t), "show system processes", Args{})
	if err != nil || !strings.HasPrefix(got, "  PID STAT    TIME COMMAND\n    1 ") {
		t.Errorf("%v\n%.200s", err, got)
	}
}

func TestArgs(t *testing.T) {
	a := Args{"flag": "", "n": "12", "bad": "x"}
	if !a.Has("flag") || a.Has("nix") || a.Int("n", 1) != 12 || a.Int("nix", 1) != 1 || a.Int("bad", 3) != 3 {
		t.Error(a)
	}
}

func TestFileListRecursive(t *testing.T) {
	env := newEnv(t)
	home := filepath.Join(env.StateDir, "home", "user")
	for _, dir := range []string{"a/deep", "hidden", "z"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, dir, "f"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("..", filepath.Join(home, "a", "up")); err != nil {
		t.Fatal(err)
	}
	class, problems := NewClass(ClassDefinition{Permissions: []string{"view"}, DenyCommands: "file list .*hidden"})
	if problems != nil {
		t.Fatal(problems)
	}
	env.Class = func() *Class { return class }
	shows(t, env, "file list", Args{"recursive": ""}, `
/var/home/user/:
a/
hidden/
z/

/var/home/user/a/:
deep/
up@

/var/home/user/a/deep/:
f

/var/home/user/z/:
f
`)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := fileList(ctx, env, Args{"recursive": ""}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
