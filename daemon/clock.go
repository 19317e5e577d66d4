package daemon

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
)

// clock records jumps of the system time. The difference between the system time
// and the boot clock changes by a jump and by nothing else: both are slewed alike.
// So the old time at the instant of a jump is what the boot clock says plus the
// difference from before. The difference is kept in STATE as well, for a change
// that is made while the program does not run.
type clock struct {
	// Built once.
	source clockSource
	file   string // keeps the difference
	boot   string // bootIdentity
	record func(by event.Subject, e event.Event)
	alarm  func(place string, err error)
	zone   func() *time.Location
	noise  time.Duration  // what is less is an error of measurement, not a jump
	wg     sync.WaitGroup // of watch

	mu     sync.Mutex    // makes a change of ours and its record one step, and guards what follows
	offset time.Time     // system time at the start of the boot clock
	since  time.Duration // boot clock when the program looked first
}

// How much of a difference is an error of measurement: beside a running program,
// and across two runs.
const (
	clockNoise = 500 * time.Microsecond
	restNoise  = 5 * time.Millisecond
)

// clockPlace is the place of the clock's alarms.
const clockPlace = "system clock"

// elsewhere is the origin of a change that no session of ours made: the kernel
// does not say who it was.
const (
	elsewhere = "another program of this machine"
	whileDown = "unknown, while the audit function was not running"
)

// begin compares with the run before and watches from then on.
func (c *clock) begin() {
	c.wg.Go(c.watch)
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.kept()
	if jump := c.offset.Sub(kept); ok && jump.Abs() > restNoise {
		now := c.offset.Add(c.since)
		c.record(itself(), event.TimeChanged{Old: c.local(now.Add(-jump)), New: c.local(now), Origin: whileDown})
	}
	c.keep()
}

// end returns when nothing is watched any more.
func (c *clock) end() error {
	err := c.source.close()
	c.wg.Wait()
	return err
}

func (c *clock) local(t time.Time) time.Time { return t.In(c.zone()) }

func (c *clock) watch() {
	for {
		err := c.source.wait()
		if errors.Is(err, os.ErrClosed) {
			return
		}
		if err == nil {
			err = c.jumped()
		}
		if err != nil {
			c.alarm(clockPlace, fmt.Errorf("changes of the time are not recorded: %w", err))
			return
		}
	}
}

// jumped looks what the clock was set to. Nothing has happened when the machine has
// slept, or when the jump is on record already.
func (c *clock) jumped() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, err := c.source.now()
	if err == nil {
		c.note(at)
	}
	return err
}

// note records a jump of somebody else's, if there was one. The lock is held.
func (c *clock) note(at instant) {
	jump := at.real.Add(-at.boot).Sub(c.offset)
	if jump.Abs() <= c.noise {
		return
	}
	c.offset = c.offset.Add(jump)
	c.keep()
	c.record(itself(), event.TimeChanged{Old: c.local(at.real.Add(-jump)), New: c.local(at.real), Origin: elsewhere})
}

// Set implements op.Clock: it sets the clock for a user. Attempts that fail are
// recorded as well.
func (c *clock) Set(by event.Subject, to time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, err := c.source.now()
	if err == nil {
		c.note(at)
		err = c.source.set(to)
	}
	if errors.Is(err, unix.EPERM) {
		err = errNoTimeRight
	}
	if err != nil {
		c.record(by, event.TimeChangeFailed{Old: c.local(at.real), New: c.local(to), Username: by.User, Origin: originOf(by), Reason: err.Error()})
		return err
	}
	now, err := c.source.now()
	if err != nil {
		return err
	}
	old := c.offset.Add(now.boot)
	c.offset = now.real.Add(-now.boot)
	c.keep()
	c.record(by, event.TimeChanged{Old: c.local(old), New: c.local(now.real), Username: by.User, Origin: originOf(by)})
	return nil
}

var errNoTimeRight = errors.New("the clock may be set by root, or with the capability CAP_SYS_TIME: " +
	"run loggia as root, or put AmbientCapabilities=CAP_SYS_TIME into its unit")

// originOf says where a session is: FPT_STM_EXT.1 asks for the origin of an attempt.
func originOf(by event.Subject) string {
	if f := strings.Fields(by.Remote); len(f) > 1 {
		return f[0] + " port " + f[1]
	}
	if by.TTY != "" {
		return "local terminal " + by.TTY
	}
	return "local"
}

// kept reads the difference that the last run of the program left, if it was in the
// same run of the machine.
func (c *clock) kept() (time.Time, bool) {
	text, err := os.ReadFile(c.file)
	if err != nil {
		return time.Time{}, false
	}
	boot, offset, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	ns, err := strconv.ParseInt(offset, 10, 64)
	return time.Unix(0, ns), err == nil && boot == c.boot && c.boot != ""
}

// keep writes the difference. The lock is held.
func (c *clock) keep() {
	// That it cannot be kept is worth an alarm, and no reason not to go on.
	err := replaceFile(c.file, []byte(c.boot+"\n"+strconv.FormatInt(c.offset.UnixNano(), 10)+"\n"), 0o600)
	c.alarm(clockPlace, err)
}

// openClock makes the clock of the daemon; begin starts it.
func (d *Daemon) openClock(source clockSource) {
	d.clock = &clock{source: source, file: d.state.path("clock"), zone: func() *time.Location { return d.system.Load().zone },
		record: func(by event.Subject, e event.Event) { d.recorder.Record(by, e) },
		alarm:  d.fault, noise: clockNoise,
	}
	var err error
	if d.clock.boot, err = bootIdentity(); err != nil {
		d.fault(clockPlace, err) // a change while the program does not run goes unnoticed
	}
	at, err := source.now()
	if err != nil {
		d.fault(clockPlace, err)
	}
	d.clock.offset, d.clock.since = at.real.Add(-at.boot), at.boot
}
