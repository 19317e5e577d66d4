package syslogd

import "time"

// Start puts c in force at start-up: what can be opened works at once, every
// other part raises an alarm with its place and is tried again, with pauses
// that double, until it works or a plan is applied that no longer names it. The
// only errors are ErrClosed and those of a change that cannot be finished.
// Start is called once, before the first Prepare.
func (e *Engine) Start(c Config) error {
	p, err := e.prepare(c)
	if err != nil {
		return err
	}
	p.Apply()
	return nil
}

// defaultRotateCheck is Junos' log-rotate-frequency.
const defaultRotateCheck = 15 * time.Minute

// inspect looks at the files from time to time: one that was moved or removed
// is noticed although nothing is written.
func (e *Engine) inspect() {
	defer e.running.Done()
	for {
		e.mu.Lock()
		every := e.state.config.RotateCheck
		e.mu.Unlock()
		if every <= 0 {
			every = defaultRotateCheck
		}
		timer := time.NewTimer(every)
		select {
		case <-timer.C:
			e.Reopen()
		case <-e.applied:
		case <-e.done:
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// retry tries, until the engine is closed, the parts that are not in force.
func (e *Engine) retry() {
	defer e.running.Done()
	for {
		select {
		case <-e.failed:
		case <-e.done:
			return
		}
		for next := e.o.RetryFirst; ; next = min(2*next, e.o.RetryMost) {
			pause(e.done, next)
			if e.retryOnce() {
				break
			}
		}
	}
}

// retryOnce prepares the configuration in force again, and applies it if more
// of it works than before. It returns true when there is nothing more to try;
// when there is, Apply has said so through failed.
func (e *Engine) retryOnce() bool {
	e.mu.Lock()
	s, closed := e.state, e.closed
	e.mu.Unlock()
	if closed || len(s.failing) == 0 {
		return true
	}
	p, err := e.prepare(s.config)
	if err != nil {
		return false // closed meanwhile, or a log file cannot be written now
	}
	if p.old != s || len(p.next.failing) >= len(s.failing) {
		p.Abort()
		return false
	}
	p.Apply()
	return true
}
