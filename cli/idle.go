package cli

import (
	"time"

	"loggia/cli/terminal"
)

// idleWarnings are how long before the end of an idle session it is warned.
var idleWarnings = [...]struct {
	before time.Duration
	text   string
}{{5 * time.Minute, "5 minutes"}, {time.Minute, "1 minute"}, {10 * time.Second, "10 seconds"}}

// watchIdle ends the session when no key was pressed for the idle timeout. The
// returned function ends the watch.
func (s *Session) watchIdle(term *terminal.Session) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		warned := time.Duration(1 << 62)
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			limit := time.Duration(s.idleMinutes.Load()) * time.Minute
			if limit == 0 {
				continue
			}
			left := limit - time.Since(term.Idle())
			if left > idleWarnings[0].before {
				warned = limit
			}
			if left <= 0 {
				term.Print("Idle timeout exceeded: closing session")
				_ = term.Close()
				return
			}
			for _, w := range idleWarnings {
				if left <= w.before && warned > w.before && limit > w.before {
					warned = w.before
					term.Print("Warning: session will be closed in " + w.text + " if there is no activity")
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}
