package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

const factory = "system {\n    syslog {\n        file messages {\n            any notice;\n        }\n    }\n}\n"

var (
	ann = event.Subject{User: "ann", Class: "super-user", PID: 11, Client: "cli"}
	bob = event.Subject{User: "bob", Class: "super-user", PID: 12, Client: "netconf"}
)

// tape is a Recorder that remembers.
type tape struct {
	mu      sync.Mutex
	entries []event.Entry
	durable int   // entries[:durable] are on disk
	refuse  error // RecordDurable's answer, if set
}

func (r *tape) Record(_ event.Subject, events ...event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		r.entries = append(r.entries, e.Entry())
	}
}

func (r *tape) RecordDurable(ctx context.Context, by event.Subject, e event.Event) error {
	if err := errors.Join(ctx.Err(), r.refuse); err != nil {
		return err
	}
	r.Record(by, e)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.durable = len(r.entries)
	return nil
}

// lines returns what was recorded as "TAG text" and forgets it.
func (r *tape) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.entries {
		lines = append(lines, e.Tag+" "+e.Text)
	}
	r.entries, r.durable = nil, 0
	return lines
}

// part is a Subsystem that notes what happens to it.
type part struct {
	name    string
	notes   *[]string
	refuse  error
	noPlan  bool
	entered func(Change)
}

func (p *part) subsystem() Subsystem {
	return Subsystem{p.name, func(_ context.Context, c Change) (Plan, error) {
		p.note("prepare")
		if p.entered != nil {
			p.entered(c)
		}
		if p.noPlan || (p.refuse != nil && problemsOf(p.refuse).fatal()) {
			return nil, p.refuse
		}
		return p, p.refuse
	}}
}

func (p *part) note(what string) { *p.notes = append(*p.notes, what+" "+p.name) }
func (p *part) Apply()           { p.note("apply") }
func (p *part) Abort()           { p.note("abort") }

// load decodes the grammar once: paths of one copy are no paths of another.
var load = sync.OnceValues(schema.Load)

func grammar(t testing.TB) *schema.Node {
	t.Helper()
	root, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// clock goes on by a second each time that it is read, by whichever session.
func clock() func() time.Time {
	start := time.Date(2026, 11, 22, 10, 22, 33, 0, time.UTC)
	var reads atomic.Int64
	return func() time.Time { return start.Add(time.Duration(reads.Add(1)) * time.Second) }
}

func open(t testing.TB, dir string, r Recorder, change ...func(*Options)) *Store {
	t.Helper()
	o := Options{Dir: dir, Schema: grammar(t), Factory: []byte(factory), Recorder: r, Version: "24.4R1.9", Now: clock()}
	for _, f := range change {
		f(&o)
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// edits reads commands, one a line.
func edits(t testing.TB, lines ...string) []configtree.Edit {
	t.Helper()
	var all []configtree.Edit
	for e, p := range format.Read(strings.NewReader(strings.Join(lines, "\n")), "test", nil, format.SetLines, grammar(t)) {
		if p != nil {
			t.Fatal(p)
		}
		all = append(all, e)
	}
	return all
}

func edit(t testing.TB, c *Candidate, by event.Subject, lines ...string) {
	t.Helper()
	if _, _, err := c.Edit(context.Background(), by, edits(t, lines...)); err != nil {
		t.Fatal(err)
	}
}

func commit(t testing.TB, c *Candidate, by event.Subject, comment string) Result {
	t.Helper()
	r, err := c.Commit(context.Background(), by, CommitOptions{Command: "commit", Comment: comment})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text returns a tree as set lines.
func text(t testing.TB, tree *configtree.Tree) string {
	t.Helper()
	var b strings.Builder
	if err := format.Write(&b, tree.Root(), format.Options{Syntax: format.SetLines}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wantLines(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestFirstStartCommitsTheFactoryDefault(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config")
	var r tape
	s := open(t, dir, &r)
	defer closed(t, s)
	run := s.Running()
	if run.Number != 1 || run.Meta.User != "root" || run.Meta.Client != "other" || text(t, run.Tree) != "set system syslog file messages any notice\n" {
		t.Errorf("running: %+v\n%s", run.Meta, text(t, run.Tree))
	}
	if target, err := os.Readlink(filepath.Join(dir, "active")); err != nil || target != "commit/1.conf" {
		t.Errorf("active: %q, %v", target, err)
	}
	for name, mode := range map[string]os.FileMode{".": 0o700, "commit": 0o700, "commit/1.conf": 0o600, "candidate.log": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if n := s.Notices(); len(n) != 0 {
		t.Errorf("notices: %q", n)
	}
	wantLines(t, r.lines(),
		"CONFIG_COMMIT_INTENT Revision 1, made from 0, is about to take force",
		"CONFIG_COMMIT_DONE Revision 1 is in force",
		"CONFIG_FOUND Revision 1 is in force")
}

func TestCommitKeepsOrderOnRecordAndAmongSubsystems(t *testing.T) {
	var r tape
	var notes []string
	one, two := &part{name: "one", notes: &notes}, &part{name: "two", notes: &notes}
	var seen []Change
	two.entered = func(c Change) { seen = append(seen, c) }
	s := open(t, t.TempDir(), &r, func(o *Options) { o.Subsystems = []Subsystem{one.subsystem(), two.subsystem()} })
	defer closed(t, s)
	if p := s.Start(context.Background()); len(p) != 0 {
		t.Fatal(p)
	}
	first := s.Running()
	edit(t, s.Shared(), ann, "set system syslog file messages authorization info")
	if !s.Shared().Dirty() {
		t.Error("an edit leaves the candidate clean")
	}
	r.lines()
	var steps []string
	result, err := s.Shared().Commit(context.Background(), ann, CommitOptions{Command: "commit", Comment: "first", Progress: func(step string) { steps = append(steps, step) }})
	if err != nil || result.Revision != 2 || result.Empty {
		t.Fatalf("%+v, %v", result, err)
	}
	wantLines(t, notes, "prepare one", "apply one", "prepare two", "apply two", "prepare one", "prepare two", "apply one", "apply two")
	last := seen[len(seen)-1]
	if seen[0].Reason != ReasonStart || seen[0].Prev != nil || last.Reason != ReasonCommit || last.Prev != first.Effective || last.Next != s.Running().Effective || last.Revision != 2 {
		t.Errorf("changes: %+v", seen)
	}
	wantLines(t, r.lines(),
		"UI_COMMIT User 'ann' requested 'commit' operation (comment: first)",
		"UI_COMMIT_PROGRESS Commit operation in progress: Obtaining lock for commit",
		"UI_COMMIT_PROGRESS Commit operation in progress: expanding groups",
		"UI_COMMIT_PROGRESS Commit operation in progress: daemons checking new configuration",
		"UI_COMMIT_PROGRESS Commit operation in progress: updating commit revision",
		"CONFIG_COMMIT_INTENT Revision 2, made from 1, is about to take force",
		"UI_COMMIT_PROGRESS Commit operation in progress: notifying daemons of new configuration",
		"UI_COMMIT_PROGRESS Commit operation in progress: commit wrapup...",
		"CONFIG_COMMIT_DONE Revision 2 is in force",
		"UI_COMMIT_PROGRESS Commit operation in progress: commit complete",
		"UI_COMMIT_COMPLETED commit complete")
	wantLines(t, steps, "Obtaining lock for commit", "expanding groups", "daemons checking new configuration", "updating commit revision",
		"notifying daemons of new configuration", "commit wrapup...", "commit complete")
	if s.Shared().Dirty() || s.Shared().Base() != s.Running() {
		t.Error("the candidate does not stand on the new revision")
	}
}

func TestEmptyCommitMakesNoRevision(t *testing.T) {
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	edit(t, s.Shared(), ann, "set system host-name a")
	edit(t, s.Shared(), ann, "delete system host-name")
	result := commit(t, s.Shared(), ann, "")
	if !result.Empty || result.Revision != 1 || s.Running().Number != 1 {
		t.Errorf("%+v", result)
	}
	if lines := r.lines(); lines[len(lines)-1] != "UI_COMMIT_COMPLETED commit complete" {
		t.Errorf("%q", lines)
	}
}

func TestRefusedCommitChangesNothing(t *testing.T) {
	for _, row := range []struct {
		name    string
		lines   []string
		refuse  [2]error
		notes   []string
		message string
		count   int
	}{
		{"check", []string{"set system syslog file a any any", "set system syslog file a explicit-priority", "set system syslog file a structured-data"}, [2]error{},
			nil, "configuration check-out failed: (statements constraint check failed)", 1},
		{"first", []string{"set system host-name a"}, [2]error{errors.New("port in use"), nil},
			[]string{"prepare one", "prepare two", "abort two"}, "configuration check-out failed", 1},
		{"both", []string{"set system host-name a"}, [2]error{Problems{{Err: errors.New("x")}, {Err: errors.New("y")}}, &configtree.Problem{Err: errors.New("z")}},
			[]string{"prepare one", "prepare two"}, "configuration check-out failed", 3},
		{"second", []string{"set system host-name a"}, [2]error{nil, fmt.Errorf("wrapped: %w", errors.New("no space left on device"))},
			[]string{"prepare one", "prepare two", "abort one"}, "configuration check-out failed", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var r tape
			var notes []string
			one, two := &part{name: "one", notes: &notes, refuse: row.refuse[0]}, &part{name: "two", notes: &notes, refuse: row.refuse[1]}
			dir := t.TempDir()
			s := open(t, dir, &r, func(o *Options) { o.Subsystems = []Subsystem{one.subsystem(), two.subsystem()} })
			defer closed(t, s)
			edit(t, s.Shared(), ann, row.lines...)
			before := s.Shared().Tree()
			r.lines()
			_, err := s.Shared().Commit(context.Background(), ann, CommitOptions{Command: "commit"})
			check, ok := errors.AsType[*CheckError](err)
			if !ok || err.Error() != row.message || len(check.Problems) != row.count {
				t.Fatalf("%v %+v", err, check)
			}
			if !slices.Equal(notes, row.notes) {
				t.Errorf("subsystems: %q, want %q", notes, row.notes)
			}
			if s.Running().Number != 1 || s.Shared().Tree() != before {
				t.Error("running configuration or candidate changed")
			}
			if names, _ := filepath.Glob(dir + "/commit/*"); len(names) != 1 {
				t.Errorf("files: %q", names)
			}
			tags := []string{}
			for _, line := range r.lines() {
				tags = append(tags, strings.Fields(line)[0])
			}
			errs := slices.Index(tags, "UI_CONFIGURATION_ERROR")
			if errs < 0 || len(tags)-errs != row.count+1 || tags[len(tags)-1] != "CONFIG_COMMIT_ABANDONED" {
				t.Errorf("records: %q", tags)
			}
		})
	}
}

func TestCommitCheckAborts(t *testing.T) {
	var r tape
	var notes []string
	one := &part{name: "one", notes: &notes, refuse: Problems{{Err: errors.New("nothing will be logged"), Warning: true}}}
	one.entered = func(c Change) {
		if c.Reason != ReasonCheck || c.Revision != 0 {
			t.Errorf("%+v", c)
		}
	}
	s := open(t, t.TempDir(), &r, func(o *Options) { o.Subsystems = []Subsystem{one.subsystem()} })
	defer closed(t, s)
	edit(t, s.Shared(), ann, "set system host-name a")
	result, err := s.Shared().Check(context.Background(), ann, CommitOptions{Command: "commit check"})
	if err != nil || result.Revision != 1 || len(result.Warnings) != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	wantLines(t, notes, "prepare one", "abort one")
	if !s.Shared().Dirty() {
		t.Error("a check takes the changes")
	}
	for _, line := range r.lines() {
		if strings.Contains(line, "COMPLETED") || strings.Contains(line, "ABANDONED") {
			t.Error(line)
		}
	}
}

func TestStartRunsTheRestAndRetries(t *testing.T) {
	var notes []string
	one, two := &part{name: "one", notes: &notes, refuse: errors.New("port in use"), noPlan: true}, &part{name: "two", notes: &notes}
	s := open(t, t.TempDir(), new(tape), func(o *Options) { o.Subsystems = []Subsystem{one.subsystem(), two.subsystem()} })
	defer closed(t, s)
	if p := s.Start(context.Background()); len(p) != 1 || p[0].Err.Error() != "port in use" || p[0].Token != "one" {
		t.Errorf("%+v", p)
	}
	one.refuse, one.noPlan = nil, false
	one.entered = func(c Change) {
		if c.Prev != nil {
			t.Error("a subsystem that obeys nothing is told otherwise")
		}
	}
	if p := s.Start(context.Background()); len(p) != 0 {
		t.Errorf("%+v", p)
	}
	wantLines(t, notes, "prepare one", "prepare two", "apply two", "prepare one", "apply one")
}

func TestCancelCountsUntilTheCommitPoint(t *testing.T) {
	for _, step := range []event.Step{event.StepLock, event.StepCheck, event.StepRevision, event.StepActivate} {
		var r tape
		s := open(t, t.TempDir(), &r)
		edit(t, s.Shared(), ann, "set system host-name a")
		ctx, cancel := context.WithCancel(context.Background())
		_, err := s.Shared().Commit(ctx, ann, CommitOptions{Command: "commit", Progress: func(now string) {
			if now == string(step) {
				cancel()
			}
		}})
		cancel()
		if behind := step == event.StepActivate; behind != (err == nil) || behind != (s.Running().Number == 2) || (!behind && !errors.Is(err, context.Canceled)) {
			t.Errorf("%s: %v, revision %d", step, err, s.Running().Number)
		}
		closed(t, s)
	}
}

func TestNoRecordNoChange(t *testing.T) {
	dir := t.TempDir()
	var r tape
	s := open(t, dir, &r)
	edit(t, s.Shared(), ann, "set system host-name a")
	r.refuse = errors.New("trail is full")
	if _, err := s.Shared().Commit(context.Background(), ann, CommitOptions{Command: "commit"}); err == nil || s.Running().Number != 1 {
		t.Errorf("%v, revision %d", err, s.Running().Number)
	}
	r.refuse = nil
	if got := commit(t, s.Shared(), ann, ""); got.Revision != 3 {
		t.Errorf("revision %d: the number of an abandoned commit came back", got.Revision)
	}
	m, err := s.History()
	if err != nil || len(m) != 2 || m[0].Parent != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	closed(t, s)
	s = open(t, dir, &r)
	defer closed(t, s)
	if again, _ := s.History(); len(again) != 2 || again[0] != m[0] || again[1] != m[1] {
		t.Errorf("history after a restart: %+v, want %+v", again, m)
	}
}

func TestLaterEditsStayOnTop(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	c := s.Shared()
	edit(t, c, ann, "set system host-name a")
	_, err := c.Commit(context.Background(), ann, CommitOptions{Command: "commit", Progress: func(step string) {
		if step == string(event.StepCheck) {
			edit(t, c, bob, "set system time-zone UTC")
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text(t, s.Running().Tree), "time-zone") || !strings.Contains(text(t, s.Running().Tree), "host-name a") {
		t.Error(text(t, s.Running().Tree))
	}
	if !c.Dirty() || !strings.Contains(text(t, c.Tree()), "time-zone") {
		t.Error("the later edit is gone")
	}
}

func TestRollbackAndHistory(t *testing.T) {
	dir := t.TempDir()
	var r tape
	s := open(t, dir, &r)
	for i := range 60 {
		edit(t, s.Shared(), ann, fmt.Sprintf("set system host-name h%d", i))
		commit(t, s.Shared(), ann, fmt.Sprintf("number %d", i))
	}
	check := func(s *Store) {
		t.Helper()
		m, err := s.History()
		if err != nil || len(m) != 50 || m[0].Comment != "number 59" || m[49].Comment != "number 10" {
			t.Fatalf("%d, %v", len(m), err)
		}
		for _, n := range []int{0, 1, 49} {
			tree, m, err := s.Rollback(n)
			if err != nil || !strings.Contains(text(t, tree), fmt.Sprintf("host-name h%d\n", 59-n)) || m.Revision != uint64(61-n) {
				t.Errorf("rollback %d: %+v %v", n, m, err)
			}
		}
		for _, n := range []int{-1, 50} {
			if _, _, err := s.Rollback(n); !errors.Is(err, ErrNoRollback) {
				t.Errorf("rollback %d: %v", n, err)
			}
		}
	}
	check(s)
	closed(t, s)
	if names, _ := filepath.Glob(dir + "/commit/*"); len(names) != 50 {
		t.Errorf("%d files", len(names))
	}
	s = open(t, dir, &r)
	defer closed(t, s)
	check(s)
	r.lines()
	if err := s.Shared().Rollback(context.Background(), ann, 3); err != nil {
		t.Fatal(err)
	}
	wantLines(t, r.lines(), "UI_LOAD_EVENT User 'ann' is performing a 'rollback 3'", "UI_CFG_AUDIT_OTHER User 'ann' rollback: 3",
		`UI_CFG_AUDIT_SET User 'ann' set: [system host-name] "h59 -- "h56"`)
	if err := s.Shared().Rollback(context.Background(), ann, 0); err != nil || s.Shared().Dirty() {
		t.Errorf("rollback 0: %v", err)
	}
	wantLines(t, r.lines(), "UI_LOAD_EVENT User 'ann' is performing a 'rollback'", "UI_CFG_AUDIT_OTHER User 'ann' rollback: 0",
		`UI_CFG_AUDIT_SET User 'ann' set: [system host-name] "h56 -- "h59"`)
}

func TestCommentsAreBounded(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	edit(t, s.Shared(), ann, "set system host-name a")
	if _, err := s.Shared().Commit(context.Background(), ann, CommitOptions{Command: "commit", Comment: strings.Repeat("x", 513)}); err == nil {
		t.Error("513 bytes taken")
	}
	hostile := "## \n##\nhash \x00\xff\"" + strings.Repeat("\xff", 400)
	commit(t, s.Shared(), event.Subject{User: "a\n##\n", Client: "cli"}, hostile)
	m, err := s.disk.readMeta(2)
	if err != nil || m.Comment != hostile || m.User != "a\n##\n" {
		t.Errorf("%+v, %v", m, err)
	}
}
