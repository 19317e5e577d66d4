package daemon

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"loggia/audit/event"
	"loggia/sshd"
)

// passwords remember which passwords logins had, and since when: so that one does
// not come back (minimum-reuse), and lasts (minimum-lifetime) and ends (maximum-lifetime). The file in STATE has
// a line for each, oldest first:
//
//	LOGIN SECONDS HASH
//
// where SECONDS is when it came into force, since 1970. A login that is gone takes
// its passwords along.
type passwords struct {
	// Built once.
	file   string
	now    func() time.Time
	record func(by event.Subject, e event.Event)
	alarm  func(place string, err error)

	mu   sync.Mutex // guards list
	list map[string][]formerPassword
}

// formerPassword is one that a login has, if it is the last, or had.
type formerPassword struct {
	hash  string
	since time.Time
}

// keptPasswords is how many of a login are kept: minimum-reuse asks for 20 at most.
const keptPasswords = 20

// passwordsPlace is the place of their alarm.
const passwordsPlace = "former passwords"

// openPasswords reads what the last run left.
func (d *Daemon) openPasswords() {
	d.passwords = &passwords{file: d.state.path("passwords"), now: time.Now, alarm: d.fault, list: map[string][]formerPassword{},
		record: func(by event.Subject, e event.Event) { d.recorder.Record(by, e) }}
	if err := d.passwords.load(); err != nil {
		d.fault(passwordsPlace, err)
	}
}

func (p *passwords) load() error {
	text, err := os.ReadFile(p.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		var seconds int64
		if err = errors.New("three words are expected"); len(f) == 3 {
			seconds, err = strconv.ParseInt(f[1], 10, 64)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", p.file, n, err)
		}
		p.list[f[0]] = append(p.list[f[0]], formerPassword{f[2], time.Unix(seconds, 0)})
	}
	return nil
}

// applied takes over the hashes of the configuration that is in force now, by login.
// With told, what has changed is recorded as that user's.
func (p *passwords) applied(by event.Subject, hashes map[string]string, told bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := false
	for _, login := range slices.Sorted(maps.Keys(hashes)) {
		list := p.list[login]
		if n := len(list); n > 0 && list[n-1].hash == hashes[login] {
			continue
		}
		list = append(list, formerPassword{hashes[login], p.now()})
		p.list[login] = list[max(0, len(list)-keptPasswords):]
		if changed = true; told {
			p.record(by, event.PasswordChanged{Username: login, By: by.Actor()})
		}
	}
	for _, login := range slices.Sorted(maps.Keys(p.list)) {
		if _, has := hashes[login]; !has {
			delete(p.list, login)
			if changed = true; told {
				p.record(by, event.PasswordChanged{Username: login, Removed: true, By: by.Actor()})
			}
		}
	}
	if changed {
		// The configuration is in force: that its history is not kept is an alarm.
		p.alarm(passwordsPlace, p.save())
	}
}

// save writes the file. The lock is held.
func (p *passwords) save() error {
	var b strings.Builder
	for _, login := range slices.Sorted(maps.Keys(p.list)) {
		for _, f := range p.list[login] {
			fmt.Fprintf(&b, "%s %d %s\n", login, f.since.Unix(), f.hash)
		}
	}
	return replaceFile(p.file, []byte(b.String()), 0o600)
}

// former reports whether a password is one of the last n of a login.
func (p *passwords) former(login, plain string, n int) bool {
	p.mu.Lock()
	list := slices.Clone(p.list[login])
	p.mu.Unlock()
	return slices.ContainsFunc(list[max(0, len(list)-n):], func(f formerPassword) bool {
		hash, err := sshd.ParsePassword(f.hash)
		return err == nil && hash.Matches(plain)
	})
}

// since is since when a login has the password that it has, if it has one.
func (p *passwords) since(login string) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.list[login]
	if len(list) == 0 {
		return time.Time{}, false
	}
	return list[len(list)-1].since, true
}

// until is when a password of a login, which may be about to come into force, stops
// to let in: zero for never.
func (p *passwords) until(login, hash string, days int) time.Time {
	if days == 0 || hash == "" {
		return time.Time{}
	}
	since := p.now()
	p.mu.Lock()
	if list := p.list[login]; len(list) > 0 && list[len(list)-1].hash == hash {
		since = list[len(list)-1].since
	}
	p.mu.Unlock()
	return since.AddDate(0, 0, days)
}
