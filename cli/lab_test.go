package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/cli/terminal"
	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/files"
	"loggia/op"
)

// lab is a machine to try sessions on: a real store and real files, log files
// that are lists of lines, and a clock that stands still.
type lab struct {
	t        testing.TB
	state    string
	now      time.Time
	store    *store.Store
	records  *records
	logs     *fakeLogs
	sessions []op.Session
	shown    []string                   // on terminals of other sessions, by Env.Show
	refuse   func(c store.Change) error // what a subsystem thinks of a commit
	class    func() *op.Class           // if given, that of all sessions
}

const factory = `system {
    root-authentication {
        encrypted-password "$6$salt$hash"; ## SECRET-DATA
    }
    syslog {
        user * {
            any emergency;
        }
        file audit {
            interactive-commands any;
        }
        file messages {
            any notice;
            authorization info;
        }
    }
}
`

func newLab(t testing.TB) *lab {
	t.Helper()
	l := &lab{t: t, state: t.TempDir(), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC), records: &records{},
		logs: &fakeLogs{news: make(chan string), files: map[string][]string{
			"messages": {"Nov 22 09:00:00 gate a: one", "Nov 22 09:00:01 gate b: two", "Nov 22 09:00:02 gate a: three"},
			"audit":    {"first"},
		}}}
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	subsystem := store.Subsystem{Name: "test", Prepare: func(_ context.Context, c store.Change) (store.Plan, error) {
		if l.refuse != nil {
			return nil, l.refuse(c)
		}
		return nil, nil
	}}
	l.store, err = store.Open(store.Options{Dir: filepath.Join(l.state, "config"), Schema: root, Factory: []byte(factory),
		Recorder: l.records, Now: func() time.Time { return l.now }, Version: "24.4R1.9", Subsystems: []store.Subsystem{subsystem}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// options are those of a super-user's session unless flags are given.
func (l *lab) options(user string, flags ...string) Options {
	l.t.Helper()
	if flags == nil {
		flags = []string{"all"}
	}
	root, err := files.New(files.Options{State: l.state, User: user, Logs: true, Config: true})
	if err != nil {
		l.t.Fatal(err)
	}
	uid := uint32(os.Geteuid())
	caller := event.Subject{User: user, Class: "super-user", PID: 4711, Client: "cli", TTY: "pts/1"}
	own := op.Session{Subject: caller, Since: l.now.Add(-time.Minute), LastKey: l.now}
	class := l.class
	if class == nil {
		own, problems := op.NewClass(op.ClassDefinition{Name: "super-user", Permissions: flags})
		if problems != nil {
			l.t.Fatal(problems)
		}
		class = func() *op.Class { return own }
	}
	return Options{
		HostName: func() string { return "gate" },
		Env: op.Env{Store: l.store, Logs: l.logs, Files: root, Recorder: l.records, Now: func() time.Time { return l.now },
			Sessions: func() []op.Session { return append(slices.Clone(l.sessions), own) }, Alarms: func() []op.Alarm { return nil },
			Show: func(to op.Session, text string) bool {
				l.shown = append(l.shown, to.User+":"+text)
				return to.TTY != ""
			},
			Logins: func() ([]op.Login, error) {
				return []op.Login{{User: user, TTY: "pts/1", Since: l.now, Open: true}}, nil
			},
			Product: op.Product{Version: "0.1.0", Model: "loggia", Junos: "24.4R1.9"},
			UID:     &uid,
			Started: l.now, StateDir: l.state, Home: root.Home(),
			Caller: caller, Class: class},
	}
}

// batch runs commands, one a line, and returns what went where.
func (l *lab) batch(user, commands string, flags ...string) (out, errs string, status int) {
	l.t.Helper()
	return l.run(user, NewLineSource("stdin", strings.NewReader(commands)), false, flags...)
}

func (l *lab) run(user string, source Source, keepGoing bool, flags ...string) (out, errs string, status int) {
	l.t.Helper()
	o := l.options(user, flags...)
	var stdout, stderr strings.Builder
	o.Batch, o.Screen = true, NewBatchScreen(&stdout, source)
	status = New(o).RunBatch(context.Background(), Batch{Source: source, Output: &stdout, Errors: &stderr, KeepGoing: keepGoing})
	return stdout.String(), stderr.String(), status
}

// stopClocks gives all files of the user the time of the lab.
func (l *lab) stopClocks() {
	l.t.Helper()
	for _, dir := range []string{"tmp", "home"} {
		err := filepath.WalkDir(filepath.Join(l.state, dir), func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Chtimes(path, l.now, l.now))
		})
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

// must runs commands that have to go well and returns what they say.
func (l *lab) must(commands string, flags ...string) string {
	l.t.Helper()
	out, errs, status := l.batch("user", commands, flags...)
	if status != 0 || errs != "" {
		l.t.Fatalf("status %d, %s\n%s", status, out, errs)
	}
	return out
}

// typed types keys at a terminal of 100 columns and as many rows as the test
// needs, hangs up at the end, and returns all that was shown.
func (l *lab) typed(o Options, keys ...string) string {
	l.t.Helper()
	m := terminal.NewMemory(100, 0)
	m.Feed(strings.Join(keys, ""))
	m.EOF()
	New(o).Interact(context.Background(), m)
	return m.Text()
}

// records keeps what was recorded, as the log would show it.
type records struct {
	mu   sync.Mutex
	list []string
	also func(tag string) // if set, before the session runs, is told of each
	most int              // commands that were recorded at once
}

func (r *records) Record(by event.Subject, events ...event.Event) {
	if r.also != nil {
		for _, e := range events {
			r.also(e.Entry().Tag)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	commands := 0
	for _, e := range events {
		entry := e.Entry()
		r.list = append(r.list, entry.Tag+": "+entry.Text)
		if _, ok := e.(event.CommandLine); ok {
			commands++
		}
	}
	r.most = max(r.most, commands)
}

// refusals returns the records of what a class was refused.
func (r *records) refusals() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.list {
		if strings.Contains(line, "_REFUSED: ") {
			list = append(list, line)
		}
	}
	return list
}

func (r *records) RecordDurable(_ context.Context, by event.Subject, e event.Event) error {
	r.Record(by, e)
	return nil
}

// fakeLogs are log files that are lists of lines.
type fakeLogs struct {
	files map[string][]string
	news  chan string // lines of messages to follow
}

func (f *fakeLogs) List() ([]op.LogFile, error) {
	var out []op.LogFile
	for name, lines := range f.files {
		out = append(out, op.LogFile{Name: name, Size: int64(len(lines)) * 30, Mode: "-rw-r-----", Owner: "root", Group: "adm",
			Modified: time.Date(2026, 11, 22, 9, 0, 2, 0, time.UTC)})
	}
	slices.SortFunc(out, func(a, b op.LogFile) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (f *fakeLogs) Names(prefix string) ([]string, error) {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(f.files)), func(name string) bool { return !strings.HasPrefix(name, prefix) }), nil
}

func (f *fakeLogs) Stat(name string) (op.LogFile, error) {
	list, err := f.List()
	if i := slices.IndexFunc(list, func(l op.LogFile) bool { return l.Name == name }); i >= 0 {
		return list[i], err
	}
	return op.LogFile{}, fs.ErrNotExist
}

// Open makes a section of every two lines.
func (f *fakeLogs) Open(name string) (op.LogText, error) {
	lines, ok := f.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	var text fakeText
	for two := range slices.Chunk(lines, 2) {
		text = append(text, func(context.Context) iter.Seq2[[]byte, error] {
			return func(yield func([]byte, error) bool) {
				yield([]byte(strings.Join(two, "\n")+"\n"), nil)
			}
		})
	}
	return text, nil
}

type fakeText []op.LogSection

func (t fakeText) Sections() []op.LogSection { return t }
func (t fakeText) Close() error              { return nil }

func (f *fakeLogs) Follow(ctx context.Context, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			select {
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			case l := <-f.news:
				if !yield([]byte(l), nil) {
					return
				}
			}
		}
	}
}

func (f *fakeLogs) Clear(_ context.Context, _ event.Subject, name string, _ bool) error {
	f.files[name] = nil
	return nil
}

// grow puts n files, of some statements each, into the running configuration.
func (l *lab) grow(n int) {
	l.t.Helper()
	by := event.Subject{User: "lab", Client: "cli"}
	edits := func(yield func(configtree.Edit, *configtree.Problem) bool) {
		for i := range n {
			for _, rest := range []string{"any notice", "kernel info", "authorization info", "daemon warning"} {
				var words []configtree.Word
				for _, w := range strings.Fields(fmt.Sprintf("system syslog file f%06d %s", i, rest)) {
					words = append(words, configtree.Word{Text: w})
				}
				res, p := configtree.Resolve(l.store.Running().Tree.Schema(), configtree.Set, nil, words)
				if p != nil {
					l.t.Error(p)
					return
				}
				for _, e := range res.Edits {
					if !yield(e, nil) {
						return
					}
				}
			}
		}
	}
	if _, _, err := l.store.Shared().Load(context.Background(), by, store.LoadMerge, "lab", edits); err != nil {
		l.t.Fatal(err)
	}
}
