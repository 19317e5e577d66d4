package cli

import (
	"time"

	"loggia/audit/event"
	"loggia/cli/terminal"
)

// idleWarnings are how long before the end of an idle session it is warned.
var idleWarnings = [...]struct {
	before time.Duration
	text   string
}{{5 * time.Minute, "5 minutes"}, {time.Minute, "1 minute"}, {10 * time.Second, "10 seconds"}}

// idleLimit is after how long without a key the session ends, zero for never: what
// the configuration says, or less, when the user wants that.
func (s *Session) idleLimit() time.Duration {
	own, configured := time.Duration(s.idleMinutes.Load())*time.Minute, s.configuredIdle()
	if own == 0 || configured > 0 && configured < own {
		return configured
	}
	return own
}

// configuredIdle is what the configuration says for the user's class, at this moment.
func (s *Session) configuredIdle() time.Duration {
	if s.o.IdleTimeout == nil {
		return 0
	}
	return s.o.IdleTimeout()
}

// watchIdle ends or locks the session when no key was pressed for the idle timeout.
// The returned function ends the watch.
func (s *Session) watchIdle(term *terminal.Session) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		w := idleWatch{term: term, locks: s.o.Lock != nil}
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			limit := s.idleLimit()
			if w.exceeded && w.locks {
				s.record(event.SessionLock{Username: s.env.Caller.User, TTY: s.env.Caller.TTY})
				s.o.Lock(done)
				term.Resume()
				w = idleWatch{term: term, locks: true}
				continue
			}
			if w.exceeded {
				s.record(event.IdleTimeout{Username: s.env.Caller.User})
				// What was said a second ago is on the screen now. The end of ReadLine
				// ends the session; an error has nobody left to be told.
				_ = term.Close()
				return
			}
			if limit > 0 {
				w.look(limit, limit-time.Since(term.Idle()))
			}
		}
	}()
	return func() { close(done); <-ended }
}

// idleWatch is what an idle session was told.
type idleWatch struct {
	term     *terminal.Session
	locks    bool // the session is locked, and does not end
	warned   int  // how many of idleWarnings
	exceeded bool
}

// look warns when the time left of limit has become short.
func (w *idleWatch) look(limit, left time.Duration) {
	if left <= 0 {
		w.exceeded = true
		if w.locks {
			w.term.Print("Idle timeout exceeded: locking session")
		} else {
			w.term.Print("Idle timeout exceeded: closing session")
		}
		return
	}
	due := 0
	for i, warning := range idleWarnings {
		if left <= warning.before {
			due = i + 1
		}
	}
	if due > w.warned && limit > idleWarnings[due-1].before {
		fate := "closed"
		if w.locks {
			fate = "locked"
		}
		w.term.Print("Warning: session will be " + fate + " in " + idleWarnings[due-1].text + " if there is no activity")
	}
	w.warned = due
}
