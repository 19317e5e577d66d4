package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/schema"
)

// MaxRollbacks is how many revisions are kept besides the running one:
// `rollback 1` to `rollback 49`.
const MaxRollbacks = 49

// Recorder puts events on record: in the audit trail, and in syslog those that
// are not for the trail alone. It must not call the store.
type Recorder interface {
	// Record numbers and queues events; they keep the order of the calls. Many of
	// them cost less together.
	Record(by event.Subject, events ...event.Event)
	// RecordDurable returns when the event and all before it are on disk.
	RecordDurable(ctx context.Context, by event.Subject, e event.Event) error
}

// Options is what a Store needs.
type Options struct {
	Dir        string       // directory of its own, made if missing
	Schema     *schema.Node // linked
	Factory    []byte       // configuration text that the first start commits
	Recorder   Recorder
	Subsystems []Subsystem // in the order in which they prepare and apply
	Version    string      // of the program, noted in revisions

	// Former reports whether a password is one of the last n of a login. May be nil.
	Former func(login, plain string, n int) bool
	// Since tells since when a login has its password, if it has one. May be nil.
	Since func(login string) (time.Time, bool)
	// Broadcast tells every terminal something; it must not block. May be nil.
	Broadcast func(text string)

	// Waits reports whether something that is no statement, such as a certificate,
	// takes force with the next commit: that one makes a revision although the text
	// is the same. May be nil.
	Waits func() bool

	Heap Heap             // nil: nobody looks after the memory of the process
	Now  func() time.Time // nil is time.Now
	// Boot returns the name of this start of the machine and the time since then,
	// which nobody can set. nil asks Linux.
	Boot func() (id string, elapsed time.Duration)
	Disk func(DiskStep) error // for tests: called before each change of the disk, an error prevents it
}

// Store keeps the running configuration, its predecessors and the candidate.
// Its methods may be called concurrently.
type Store struct {
	// Built once.
	disk       *disk
	schema     *schema.Node
	recorder   Recorder
	subsystems []Subsystem
	version    string
	factory    []byte
	now        func() time.Time
	boot       func() (id string, elapsed time.Duration)
	former     func(login, plain string, n int) bool
	since      func(login string) (time.Time, bool)
	tell       func(text string)
	waits      func() bool
	shared     *Candidate
	committing chan struct{} // holds one token: who has it commits
	closed     chan struct{} // closed by Close
	prunable   chan struct{} // wakes the pruner
	repending  chan struct{} // wakes the watcher
	background sync.WaitGroup
	heap       Heap
	text       renderer

	// Replaced by every commit.
	running atomic.Pointer[Revision]
	pending atomic.Pointer[pending] // what is to happen by itself, nil for nothing

	// Guarded by the token of committing.
	next    uint64                  // number of the next revision
	obeyed  []*configtree.Effective // by subsystem: what it applied last
	watched bool                    // the watcher runs

	mu       sync.Mutex // guards what follows; held for moments only
	history  []Meta     // newest first, the running revision included
	notices  []string
	blamed   map[uint64]*delta // by revision; what is known of those in history
	privates []*Candidate      // one for each session that has one
}

// program is who does what nobody asked for.
func program() event.Subject { return event.Subject{User: "root", Client: "other"} }

// Open opens the store in o.Dir, recovers what an interrupted commit left and
// commits the factory default at the very first start. What it found it records,
// and tells in Notices where a user should know. It fails when the directory
// cannot be used, the finding cannot be recorded, or neither a revision nor the
// factory default is valid.
func Open(o Options) (*Store, error) {
	s := &Store{
		schema: o.Schema, recorder: o.Recorder, subsystems: slices.Clone(o.Subsystems), version: o.Version, factory: o.Factory,
		now: o.Now, boot: o.Boot, tell: o.Broadcast, former: o.Former, since: o.Since, waits: o.Waits, heap: o.Heap,
		committing: make(chan struct{}, 1), prunable: make(chan struct{}, 1), repending: make(chan struct{}, 1), closed: make(chan struct{}),
		obeyed: make([]*configtree.Effective, len(o.Subsystems)), blamed: map[uint64]*delta{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.boot == nil {
		s.boot = bootClock
	}
	if s.heap == nil {
		s.heap = anyHeap{}
	}
	var err error
	if s.disk, err = openDisk(o.Dir, o.Disk); err != nil {
		return nil, err
	}
	if err := s.recover(o.Factory); err != nil {
		return nil, errors.Join(err, s.disk.root.Close())
	}
	s.committing <- struct{}{}
	s.background.Go(s.pruneAlways)
	s.wakePruner()
	return s, nil
}

// Close ends the store once a commit under way has ended. Uncommitted edits
// stay on disk.
func (s *Store) Close() error {
	if err := s.lock(context.Background()); err != nil {
		return err
	}
	close(s.closed)
	close(s.prunable)
	s.background.Wait()
	return errors.Join(s.shared.close(), s.disk.root.Close())
}

// ErrClosed is the error of what is done after Close.
var ErrClosed = errors.New("the configuration store is closed")

// lock waits for the right to commit.
func (s *Store) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.closed:
		return ErrClosed
	case <-s.committing:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) unlock() { s.committing <- struct{}{} }

// Running returns the configuration in force.
func (s *Store) Running() *Revision { return s.running.Load() }

// Shared returns the one candidate that sessions share. It survives restarts.
func (s *Store) Shared() *Candidate { return s.shared }

// Notices returns what a user should be told about the state in which the
// store was found, and what went wrong in the background since.
func (s *Store) Notices() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notices)
}

// maxNotices bounds what is remembered.
const maxNotices = 100

func (s *Store) notice(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.notices) < maxNotices {
		s.notices = append(s.notices, fmt.Sprintf(format, args...))
	}
}

// History returns what is known of the running revision and of those before
// it. The index is the number that `rollback` takes.
func (s *Store) History() ([]Meta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.history), nil
}

// ErrNoRollback is the error about a rollback number that leads nowhere.
var ErrNoRollback = errors.New("no such rollback")

// Rollback returns the configuration n commits before the running one, which
// is number 0. The error is ErrNoRollback, or says how its file is damaged.
func (s *Store) Rollback(n int) (*configtree.Tree, Meta, error) {
	s.mu.Lock()
	if n < 0 || n >= len(s.history) {
		s.mu.Unlock()
		return nil, Meta{}, fmt.Errorf("rollback %d: %w", n, ErrNoRollback)
	}
	m := s.history[n]
	s.mu.Unlock()
	if running := s.Running(); running.Number == m.Revision {
		return running.Tree, running.Meta, nil
	}
	tree, m, problems, err := s.disk.readRevision(m.Revision, s.schema)
	if err == nil && len(problems) > 0 {
		err = Problems(problems)
	}
	if err != nil {
		return nil, m, fmt.Errorf("rollback %d: %w", n, err)
	}
	return tree, m, nil
}

func (s *Store) record(by event.Subject, e event.Event) { s.recorder.Record(by, e) }
