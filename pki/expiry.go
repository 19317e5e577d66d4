package pki

import (
	"context"
	"fmt"
	"time"

	"loggia/audit/event"
)

// notices are how long before the end of a certificate it is announced, the
// longest first; at its end it is once more.
func notices() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{30 * day, 7 * day, day, 0}
}

// recheck is how often certificates are looked at when nothing is due: the clock
// may be set.
const recheck = time.Hour

// told is what was announced about a certificate.
type told struct {
	version int
	stage   int // how many of notices were due
}

// watch announces that certificates expire, until ctx ends.
func (s *Store) watch(ctx context.Context) {
	defer close(s.watched)
	for {
		timer := time.NewTimer(s.announce())
		select {
		case <-timer.C:
		case <-s.changed:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// stage returns how many notices of a certificate that ends in left are due and
// how long it is to the next.
func stage(left time.Duration) (due int, next time.Duration) {
	for _, before := range notices() {
		if left > before {
			return due, left - before
		}
		due++
	}
	return due, recheck
}

// announcement is what is to be said about one certificate.
type announcement struct {
	place string
	event *event.CertificateExpiry // nil: its alarm is void
	alarm error
}

// announce tells what is due, and returns when to look again.
func (s *Store) announce() time.Duration {
	now := s.o.Now()
	next := recheck
	var all []announcement
	s.mu.Lock()
	for i, v := range s.force {
		c := s.items[i][v]
		if c == nil {
			continue
		}
		due, wait := stage(c.Expires().Sub(now))
		next = min(next, wait)
		before := s.told[i]
		if before.version == v && before.stage == due {
			continue
		}
		s.told[i] = told{v, due}
		if due > 0 {
			all = append(all, c.announcement(now))
		} else if before.stage > 0 {
			all = append(all, announcement{place: placeOf(i)})
		}
	}
	s.mu.Unlock()
	for _, a := range all {
		s.o.Alarm(a.place, a.alarm)
		if a.event != nil {
			s.o.Record(*a.event)
		}
	}
	return next
}

func (c *Certificate) announcement(now time.Time) announcement {
	e := event.CertificateExpiry{Kind: c.Kind.statement(), Name: c.Name, Expires: c.Expires(), Expired: !now.Before(c.Expires())}
	reason := fmt.Errorf("certificate %s expires on %s", c.Name, e.Expires.UTC().Format(time.DateTime+" UTC"))
	if e.Expired {
		reason = fmt.Errorf("certificate %s expired on %s", c.Name, e.Expires.UTC().Format(time.DateTime+" UTC"))
	}
	return announcement{placeOf(id{c.Kind, c.Name}), &e, reason}
}

// statement is the word by which commands call the kind.
func (k Kind) statement() string { return k.String() + [...]string{"-certificate", "-certificate"}[k] }

// placeOf names a certificate in alarms.
func placeOf(i id) string { return "security pki " + i.kind.statement() + " " + i.name }
