package daemon

import (
	"errors"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// instant is one moment by the clocks of the machine.
type instant struct {
	real time.Time     // the system time
	boot time.Duration // since the machine booted, sleep included; nobody can set it
}

// clockSource is the machine's clock, and what tests put in its place.
type clockSource interface {
	now() (instant, error)
	set(t time.Time) error
	// wait returns nil when the system time has jumped, or the machine has slept,
	// since it last returned. close ends it with an error.
	wait() error
	close() error
}

// machineClock is the clock of the kernel. Its jumps are told by a timer that
// never expires but is cancelled whenever the clock is set
// (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)): an event, not a poll, and one
// that slewing does not cause.
type machineClock struct {
	timer  *os.File // nil where the kernel has none
	none   error    // why
	closed sync.Once
}

// endOfTime is when the timer would expire.
const endOfTime = 1<<62 - 1

func newMachineClock() *machineClock {
	fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return &machineClock{none: err}
	}
	never := unix.ItimerSpec{Value: unix.Timespec{Sec: endOfTime}}
	if err := unix.TimerfdSettime(fd, unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET, &never, nil); err != nil {
		return &machineClock{none: errors.Join(err, unix.Close(fd))}
	}
	return &machineClock{timer: os.NewFile(uintptr(fd), "timer")}
}

func (c *machineClock) wait() error {
	if c.timer == nil {
		return c.none
	}
	var expired [8]byte
	_, err := c.timer.Read(expired[:])
	if errors.Is(err, unix.ECANCELED) {
		return nil
	}
	return err
}

func (c *machineClock) close() (err error) {
	if c.timer != nil {
		c.closed.Do(func() { err = c.timer.Close() })
	}
	return err
}

func (*machineClock) set(t time.Time) error {
	ts := unix.NsecToTimespec(t.UnixNano())
	return unix.ClockSettime(unix.CLOCK_REALTIME, &ts)
}

// readings is how often the clocks are read, to find readings that nothing came
// between.
const readings = 8

// now reads the clocks as nearly at once as it can: the system time between two
// readings of the boot clock, and the closest pair of several.
func (*machineClock) now() (instant, error) {
	var best instant
	closest := time.Duration(1<<63 - 1)
	for range readings {
		before, err := clockTime(unix.CLOCK_BOOTTIME)
		if err != nil {
			return instant{}, err
		}
		real, err := clockTime(unix.CLOCK_REALTIME)
		if err != nil {
			return instant{}, err
		}
		after, err := clockTime(unix.CLOCK_BOOTTIME)
		if err != nil {
			return instant{}, err
		}
		if apart := after - before; apart < closest {
			closest = apart
			best = instant{real: time.Unix(0, int64(real)), boot: before + apart/2}
		}
	}
	return best, nil
}

func clockTime(id int32) (time.Duration, error) {
	var ts unix.Timespec
	err := unix.ClockGettime(id, &ts)
	return time.Duration(ts.Nano()), err
}

// bootIdentity names the run of the boot clock: it starts anew with the machine, and
// has an offset in a time namespace.
func bootIdentity() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(string(id))
	if space, err := os.Readlink("/proc/self/ns/time"); err == nil {
		name += " " + space
	}
	return name, nil
}
