package store

import (
	"context"
	"time"

	"loggia/audit/event"
)

// watcher does what is pending when its time comes. It is one goroutine, from
// the first Start to Close.
type watcher struct {
	store   *Store
	of      *pending      // what the rest is about
	remind  time.Duration // when that much is left, the next reminder is due; 0 for none
	retry   time.Duration // after a rollback that failed, how long to wait
	retryAt time.Time
}

const (
	// lookAgain bounds a wait: clocks are set, and machines sleep.
	lookAgain = 30 * time.Second

	firstRetry = time.Minute
	maxRetry   = time.Hour
)

func (s *Store) watch() {
	w := &watcher{store: s}
	for {
		var alarm <-chan time.Time
		var timer *time.Timer
		if wait := w.attend(); wait < forever {
			timer = time.NewTimer(wait)
			alarm = timer.C
		}
		select {
		case <-s.closed:
		case <-s.repending:
		case <-alarm:
		}
		if timer != nil {
			timer.Stop()
		}
		select {
		case <-s.closed:
			return
		default:
		}
	}
}

// attend does what is due and returns how long nothing will be.
func (w *watcher) attend() time.Duration {
	s := w.store
	p := s.pending.Load()
	if p == nil {
		*w = watcher{store: s}
		return forever
	}
	left := s.left(p)
	if p != w.of {
		*w = watcher{store: s, of: p}
		w.remind = w.nextReminder(left)
	}
	switch {
	case left > 0:
		return min(w.reminded(left), lookAgain)
	case p.Kind == PendingCommit:
		// Its failure is on record, and it is over either way.
		if err := s.commitScheduled(context.Background()); err != nil {
			s.notice("%s: %v", p.Command, err)
		}
	case s.now().Before(w.retryAt):
		return lookAgain
	default:
		w.rollback()
	}
	if s.pending.Load() == nil {
		return forever
	}
	return lookAgain
}

// rollback tries to go back, and again later when that fails: the safety net
// must not be gone because of a full disk.
func (w *watcher) rollback() {
	err := w.store.rollbackUnconfirmed(context.Background())
	if err == nil {
		return
	}
	w.retry = min(max(2*w.retry, firstRetry), maxRetry)
	w.retryAt = w.store.now().Add(w.retry)
	w.store.notice("automatic rollback: %v", err)
}

// nextReminder returns which reminder comes next when that much time is left:
// one at half of the time, one a minute before the end.
func (w *watcher) nextReminder(left time.Duration) time.Duration {
	half := time.Duration(w.of.Minutes) * time.Minute / 2
	switch {
	case w.of.Kind != PendingRollback:
		return 0
	case half > time.Minute && left > half:
		return half
	case left > time.Minute:
		return time.Minute
	}
	return 0
}

// reminded gives the reminder that is due, and returns how long until there is
// something to do.
func (w *watcher) reminded(left time.Duration) time.Duration {
	if w.remind > 0 && left <= w.remind {
		minutes := int((w.remind + time.Minute - 1) / time.Minute)
		w.store.record(program(), event.CommitConfirmedReminder{Minutes: minutes})
		w.remind = w.nextReminder(left)
	}
	return left - w.remind
}
