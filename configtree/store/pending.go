package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
	"loggia/configtree"
)

// PendingKind tells what is going to happen.
type PendingKind uint8

// What may be pending; never both.
const (
	PendingRollback PendingKind = iota // `commit confirmed` waits for its confirmation
	PendingCommit                      // `commit at` waits for its time
)

// Pending is something that the store will do by itself. It survives the end
// of the program.
type Pending struct {
	Kind    PendingKind
	By      event.Subject // who asked for it; User and Client alone after a restart
	Asked   time.Time
	Command string // as typed
	Due     time.Time
	Left    time.Duration // until then, when Pending was returned

	// PendingRollback.
	Minutes  int    // that were given
	Revision uint64 // waits to be confirmed
	Target   uint64 // comes back if it is not
	Persist  string // what whoever confirms it has to know, if anything
	Bound    bool   // it also comes back when the session of By ends

	// PendingCommit.
	Comment  string
	Reboot   bool // at the next start of the machine; Due means nothing
	Prepared bool // when it is activated; Due means nothing
}

// pending is a Pending with what the store needs to do it. It never changes.
type pending struct {
	Pending
	boot   time.Duration // when it is due, on the clock that runs since the machine started
	bootID string        // of that start, or of the one when `commit at reboot` was typed
	tree   *configtree.Tree
	hash   string // PendingCommit: of the file scheduled.conf
	seq    uint64 // PendingCommit: the newest edit that is in it
}

// bootClock reads the time since the machine started, sleep included, and the
// name of that start. Setting the clock does not touch it.
func bootClock() (id string, elapsed time.Duration) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return "", 0
	}
	name, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", 0 // nothing to compare with: the wall clock decides
	}
	return strings.TrimSpace(string(name)), time.Duration(ts.Nano())
}

// left returns how long until p is due. Within one start of the machine its
// own clock decides about a confirmation, after another the wall clock, which
// cannot make the time any longer than it was.
func (s *Store) left(p *pending) time.Duration {
	id, elapsed := s.boot()
	sameStart := id != "" && id == p.bootID
	switch {
	case p.Kind == PendingRollback && sameStart:
		return p.boot - elapsed
	case p.Kind == PendingRollback:
		return min(p.Due.Sub(s.now()), time.Duration(p.Minutes)*time.Minute)
	case p.Prepared:
		return forever
	case !p.Reboot:
		return p.Due.Sub(s.now())
	case sameStart:
		return forever
	}
	return 0
}

const forever = time.Duration(1<<63 - 1)

// Pending returns what the store is going to do by itself, if anything.
func (s *Store) Pending() (Pending, bool) {
	p := s.pending.Load()
	if p == nil {
		return Pending{}, false
	}
	shown := p.Pending
	shown.Left = max(0, s.left(p))
	return shown, true
}

// waiting returns p if it is of that kind.
func (s *Store) waiting(kind PendingKind) *pending {
	if p := s.pending.Load(); p != nil && p.Kind == kind {
		return p
	}
	return nil
}

// setPending replaces what is pending, and tells the watcher. The caller holds
// the token of committing.
func (s *Store) setPending(p *pending) {
	s.pending.Store(p)
	select {
	case s.repending <- struct{}{}:
	default: // it will look anyway
	}
}

// PendingError refuses a commit because `commit at` waits for its time, or one is prepared.
type PendingError struct{ Pending Pending }

// Error returns the error as the user sees it.
func (e *PendingError) Error() string {
	text := "'" + e.Pending.Command + "' of " + e.Pending.By.User + " is pending; "
	if e.Pending.Prepared {
		return text + "'commit activate' makes it, 'clear system commit prepared' cancels it"
	}
	return text + "'clear system commit' cancels it"
}

const (
	pendingName = "pending"
	maxPending  = 64 << 10 // bytes
)

// appendPending appends the frame of p.
func appendPending(dst []byte, p *pending) []byte {
	t := []byte("confirmed")
	field := func(name, form string, v any) { t = fmt.Appendf(t, "\n"+name+" "+form, v) }
	if p.Kind == PendingCommit {
		t = []byte("at")
		field("comment", "%q", p.Comment)
		field("hash", "%s", p.hash)
		field("seq", "%d", p.seq)
		field("reboot", "%t", p.Reboot)
		field("prepared", "%t", p.Prepared)
	} else {
		field("minutes", "%d", p.Minutes)
		field("revision", "%d", p.Revision)
		field("target", "%d", p.Target)
		field("boot", "%d", p.boot)
		field("persist", "%q", p.Persist)
		field("bound", "%t", p.Bound)
	}
	field("due", "%s", p.Due.UTC().Format(time.RFC3339Nano))
	field("boot-id", "%q", p.bootID)
	field("asked", "%s", p.Asked.UTC().Format(time.RFC3339Nano))
	field("user", "%q", p.By.User)
	field("client", "%q", p.By.Client)
	field("command", "%q", p.Command)
	return appendFrame(dst, t)
}

// decodePending reads the file pending. Its error concerns everything behind
// the frames that are returned.
func decodePending(data []byte) (all []*pending, err error) {
	for len(data) > 0 {
		var payload []byte
		if payload, data, err = cutFrame(data); err != nil {
			return all, err
		}
		lines := strings.Split(string(payload), "\n")
		p := new(pending)
		switch lines[0] {
		case "confirmed":
		case "at":
			p.Kind = PendingCommit
		default:
			return all, fmt.Errorf("%q is unknown", lines[0])
		}
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, " ")
			if err := p.field(name, value); err != nil {
				return all, fmt.Errorf("%s: %w", name, err)
			}
		}
		all = append(all, p)
	}
	return all, nil
}

func (p *pending) field(name, value string) (err error) {
	switch name {
	case "due":
		p.Due, err = time.Parse(time.RFC3339Nano, value)
	case "asked":
		p.Asked, err = time.Parse(time.RFC3339Nano, value)
	case "boot":
		var ns int64
		ns, err = strconv.ParseInt(value, 10, 64)
		p.boot = time.Duration(ns)
	case "boot-id":
		p.bootID, err = strconv.Unquote(value)
	case "user":
		p.By.User, err = strconv.Unquote(value)
	case "client":
		p.By.Client, err = strconv.Unquote(value)
	case "command":
		p.Command, err = strconv.Unquote(value)
	case "comment":
		p.Comment, err = strconv.Unquote(value)
	case "hash":
		p.hash = value
	case "minutes":
		if p.Minutes, err = strconv.Atoi(value); err == nil {
			err = checkMinutes(p.Minutes)
		}
	case "revision":
		p.Revision, err = strconv.ParseUint(value, 10, 64)
	case "target":
		p.Target, err = strconv.ParseUint(value, 10, 64)
	case "seq":
		p.seq, err = strconv.ParseUint(value, 10, 64)
	case "persist":
		p.Persist, err = strconv.Unquote(value)
	case "bound":
		p.Bound, err = strconv.ParseBool(value)
	case "reboot":
		p.Reboot, err = strconv.ParseBool(value)
	case "prepared":
		p.Prepared, err = strconv.ParseBool(value)
	}
	return err
}

// writePending makes what is pending durable. Of several confirmations the one
// whose revision is in force counts: a commit that changes over from one to
// another writes both before its commit point, which then decides.
func (d *disk) writePending(all ...*pending) error {
	var data []byte
	for _, p := range all {
		if p != nil {
			data = appendPending(data, p)
		}
	}
	return d.replace(".", pendingName, func(f *file) error {
		_, err := f.Write(data)
		return err
	})
}

// removePending makes it durable that nothing is pending.
func (d *disk) removePending() error {
	if err := d.remove(pendingName); err != nil {
		return err
	}
	return d.syncDir(".")
}

// readPending returns what the file pending holds, nothing when there is none.
func (d *disk) readPending() ([]*pending, error) {
	data, err := d.readFile(pendingName, maxPending)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := decodePending(data)
	if err != nil {
		return all, fmt.Errorf("%s: %w", pendingName, err)
	}
	return all, nil
}
