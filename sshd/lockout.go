package sshd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// Lockout is a user who may not log in for some time.
type Lockout struct {
	User         string
	Start, Until time.Time
}

// lockouts count the wrong passwords of each name, and lock those that had too
// many in a row. They are kept in a file, so that a restart forgives nothing:
// JSON, an object of {"count", "start", "until"} by name.
//
// Names that are no users are counted like others, so that nobody can tell them
// apart, but are not kept in the file, and no more than maxStrangers of them.
type lockouts struct {
	// Built once.
	path   string
	now    func() time.Time
	ended  func(user string) // told when a lockout is over
	failed func(error)       // told when the file cannot be written

	mu     sync.Mutex // guards what follows, and the file
	by     map[string]*strikes
	closed bool
}

// strikes are the wrong passwords of one name since the last right one.
type strikes struct {
	Count int       `json:"count"`
	Start time.Time `json:"start,omitzero"`
	Until time.Time `json:"until,omitzero"` // zero: not locked

	stranger bool
	last     time.Time
	timer    *time.Timer // ends the lockout
}

// maxStrangers bounds the names that are counted and are no users.
const maxStrangers = 1000

// openLockouts reads the file. One that cannot be read is an error: to forget
// whom one has locked out would be worse.
func openLockouts(path string, now func() time.Time, ended func(string), failed func(error)) (*lockouts, error) {
	l := &lockouts{path: path, now: now, ended: ended, failed: failed, by: map[string]*strikes{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &l.by); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for name, s := range l.by {
		if s == nil {
			delete(l.by, name)
			continue
		}
		l.arm(name, s)
	}
	return l, nil
}

// close ends the timers.
func (l *lockouts) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, s := range l.by {
		s.disarm()
	}
}

func (s *strikes) disarm() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

// arm sees to it that a lockout ends. The lock is held, or nobody knows l yet.
func (l *lockouts) arm(name string, s *strikes) {
	s.disarm()
	if s.Until.IsZero() || l.closed {
		return
	}
	s.timer = time.AfterFunc(max(s.Until.Sub(l.now()), 0), func() {
		l.mu.Lock()
		if l.closed || l.by[name] != s {
			l.mu.Unlock()
			return
		}
		stranger := s.stranger
		delete(l.by, name)
		l.save()
		l.mu.Unlock()
		if !stranger {
			l.ended(name)
		}
	})
}

// fail counts a wrong password, and reports whether that locks the name: when
// the count reaches r.Tries and there is a time to lock for.
func (l *lockouts) fail(name string, known bool, r Retry) (locked bool) {
	if r.Lockout == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.by[name]
	if s == nil {
		if !known {
			l.makeRoom()
		}
		s = &strikes{stranger: !known}
		l.by[name] = s
	}
	s.Count++
	s.last = l.now()
	if s.Count >= r.Tries && s.Until.IsZero() {
		s.Start, s.Until = s.last, s.last.Add(r.Lockout)
		l.arm(name, s)
		locked = true
	}
	if known {
		s.stranger = false
	}
	l.save() // for strangers too, of whom nothing is kept: it would be felt
	return locked
}

// makeRoom forgets the stranger of longest ago when there are too many.
func (l *lockouts) makeRoom() {
	var oldest string
	n := 0
	for name, s := range l.by {
		if !s.stranger {
			continue
		}
		n++
		if oldest == "" || s.last.Before(l.by[oldest].last) {
			oldest = name
		}
	}
	if n >= maxStrangers {
		l.by[oldest].disarm()
		delete(l.by, oldest)
	}
}

// locked reports whether a name is locked now.
func (l *lockouts) locked(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.by[name]
	return s != nil && !s.Until.IsZero()
}

// succeed forgets the wrong passwords before a right one.
func (l *lockouts) succeed(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.by[name]; s != nil && s.Until.IsZero() {
		delete(l.by, name)
		l.save()
	}
}

// clear ends a lockout, and reports whether there was one.
func (l *lockouts) clear(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.by[name]
	if s == nil {
		return false
	}
	s.disarm()
	delete(l.by, name)
	l.save()
	return !s.Until.IsZero()
}

// list returns the users that are locked, by name.
func (l *lockouts) list() []Lockout {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Lockout
	for name, s := range l.by {
		if !s.Until.IsZero() && !s.stranger {
			all = append(all, Lockout{name, s.Start, s.Until})
		}
	}
	slices.SortFunc(all, func(a, b Lockout) int { return strings.Compare(a.User, b.User) })
	return all
}

// save writes the file. The lock is held: the order of the files is that of what
// happened, and a login waits for the disk, as it does for the audit trail.
func (l *lockouts) save() {
	kept := map[string]*strikes{}
	for name, s := range l.by {
		if !s.stranger {
			kept[name] = s
		}
	}
	text, err := json.Marshal(kept)
	if err == nil {
		err = replaceFile(l.path, append(text, '\n'))
	}
	if err != nil {
		l.failed(err)
	}
}
