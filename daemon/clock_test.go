package daemon

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
)

// handClock is a clock that a test turns.
type handClock struct {
	mu    sync.Mutex
	at    instant
	fails error // of set
	jumps chan struct{}
}

func newHandClock() *handClock {
	return &handClock{jumps: make(chan struct{}, 10),
		at: instant{real: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), boot: 2 * time.Hour}}
}

func (h *handClock) now() (instant, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at.real, h.at.boot = h.at.real.Add(time.Millisecond), h.at.boot+time.Millisecond
	return h.at, nil
}

func (h *handClock) set(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fails != nil {
		return h.fails
	}
	h.at.real = t
	h.jumps <- struct{}{}
	return nil
}

// turn sets the clock as another program does.
func (h *handClock) turn(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at.real = h.at.real.Add(by)
	h.jumps <- struct{}{}
}

// sleep is the machine being suspended: its clock goes on, and the timer is cancelled.
func (h *handClock) sleep(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.at.real, h.at.boot = h.at.real.Add(d), h.at.boot+d
	h.jumps <- struct{}{}
}

func (h *handClock) wait() error {
	if _, ok := <-h.jumps; !ok {
		return os.ErrClosed
	}
	return nil
}

func (h *handClock) close() error { close(h.jumps); return nil }

// watched is a clock whose records a test reads.
type watched struct {
	*clock
	t       *testing.T
	records chan event.Event
	alarms  chan error
}

func watchClock(t *testing.T, source clockSource, file string) *watched {
	t.Helper()
	w := &watched{t: t, records: make(chan event.Event, 10), alarms: make(chan error, 10)}
	at, err := source.now()
	if err != nil {
		t.Fatal(err)
	}
	w.clock = &clock{source: source, file: file, boot: "one boot", zone: func() *time.Location { return time.UTC },
		record: func(_ event.Subject, e event.Event) { w.records <- e },
		alarm: func(_ string, err error) {
			if err != nil {
				w.alarms <- err
			}
		},
		noise: clockNoise / 5, offset: at.real.Add(-at.boot), since: at.boot}
	w.begin()
	return w
}

// next is the next record.
func (w *watched) next() event.Event {
	w.t.Helper()
	select {
	case e := <-w.records:
		return e
	case err := <-w.alarms:
		w.t.Fatalf("alarm: %v", err)
	case <-time.After(time.Minute):
		w.t.Fatal("nothing was recorded")
	}
	return nil
}

// stop ends it; there is nothing more on record.
func (w *watched) stop() {
	w.t.Helper()
	if err := w.end(); err != nil {
		w.t.Error(err)
	}
	if len(w.records) > 0 {
		w.t.Errorf("recorded as well: %+v", <-w.records)
	}
}

func changed(t *testing.T, e event.Event, by time.Duration, user, origin string) event.TimeChanged {
	t.Helper()
	c, ok := e.(event.TimeChanged)
	const near = 100 * time.Millisecond
	if got := c.New.Sub(c.Old); !ok || (got-by).Abs() > near || c.Username != user || c.Origin != origin {
		t.Errorf("recorded %+v, want a change by %v of %q from %q", e, by, user, origin)
	}
	return c
}

func TestAJumpIsRecordedWithBothTimes(t *testing.T) {
	h := newHandClock()
	w := watchClock(t, h, filepath.Join(t.TempDir(), "clock"))
	h.turn(-90 * time.Minute)
	c := changed(t, w.next(), -90*time.Minute, "", elsewhere)
	if c.Old.Hour() != 12 || c.New.Hour() != 10 {
		t.Errorf("from %v to %v", c.Old, c.New)
	}
	h.sleep(time.Hour) // no jump: the boot clock has slept as well
	h.turn(time.Millisecond)
	changed(t, w.next(), time.Millisecond, "", elsewhere)
	w.stop()
}

func TestSettingTheClockIsRecordedOnceWithItsUser(t *testing.T) {
	h := newHandClock()
	w := watchClock(t, h, filepath.Join(t.TempDir(), "clock"))
	by := event.Subject{User: "ann", Remote: "192.0.2.7 4000 192.0.2.1 22"}
	if err := w.Set(by, time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	changed(t, w.next(), time.Hour, "ann", "192.0.2.7 port 4000")
	h.fails = unix.EPERM
	to := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := w.Set(event.Subject{User: "ben", TTY: "tty1"}, to); !errors.Is(err, errNoTimeRight) {
		t.Errorf("without the right: %v", err)
	}
	f, ok := w.next().(event.TimeChangeFailed)
	if !ok || !f.New.Equal(to) || f.Old.Year() != 2026 || f.Username != "ben" || f.Origin != "local terminal tty1" || !strings.Contains(f.Reason, "CAP_SYS_TIME") {
		t.Errorf("recorded %+v", f)
	}
	w.stop()
}

// A change that was made a moment before ours is its own record, and is not taken
// for a part of ours.
func TestTwoChangesAtOnceAreTwoRecords(t *testing.T) {
	h := newHandClock()
	w := watchClock(t, h, filepath.Join(t.TempDir(), "clock"))
	w.mu.Lock() // so that watch comes after Set
	h.turn(time.Hour)
	w.mu.Unlock()
	if err := w.Set(event.Subject{User: "ann"}, time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	changed(t, w.next(), time.Hour, "", elsewhere)
	changed(t, w.next(), 10*time.Hour, "ann", "local")
	if err := w.end(); err != nil {
		t.Error(err)
	}
}

func TestAChangeBetweenTwoRunsIsNoticed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clock")
	h := newHandClock()
	watchClock(t, h, file).stop()
	h.jumps = make(chan struct{}, 1)
	h.at.real = h.at.real.Add(time.Hour)
	w := watchClock(t, h, file)
	changed(t, w.next(), time.Hour, "", whileDown)
	w.stop()
	h.jumps = make(chan struct{}, 1)
	watchClock(t, h, file).stop()
	for _, text := range []string{"", "one boot\n", "one boot\nx\n", "another boot\n17\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h.jumps = make(chan struct{}, 1)
		watchClock(t, h, file).stop()
	}
}

func TestAClockThatCannotBeWatchedIsAnAlarm(t *testing.T) {
	w := watchClock(t, &machineClock{none: unix.ENOSYS}, filepath.Join(t.TempDir(), "clock"))
	if err := <-w.alarms; !errors.Is(err, unix.ENOSYS) {
		t.Error(err)
	}
	w.stop()
}

var setClock = flag.Bool("clock", false, "set the machine's clock by a second and back, which every program notices")

// The machine's own clock is set forth and back, where that is allowed: by less than
// what other loggias take for noise, so that tests beside this one do not see it; with
// -clock by a second. One at a time: other runs of this test would be noticed here.
func TestTheMachinesClock(t *testing.T) {
	lock, err := takeLockOf(filepath.Join(os.TempDir(), "loggia clock test"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	w := watchClock(t, newMachineClock(), filepath.Join(t.TempDir(), "clock"))
	by := 400 * time.Microsecond
	if *setClock {
		by = time.Second
	}
	if err := step(by); errors.Is(err, unix.EPERM) {
		t.Log("this user may not set the clock here: a clock in its place is turned, and the right is refused")
		if err := w.Set(event.Subject{User: "ann"}, time.Now()); !errors.Is(err, errNoTimeRight) {
			t.Errorf("Set: %v", err)
		}
		if _, ok := w.next().(event.TimeChangeFailed); !ok {
			t.Error("the refusal is not on record")
		}
		w.stop()
		TestAJumpIsRecordedWithBothTimes(t)
		return
	} else if err != nil {
		t.Fatal(err)
	}
	stepped(t, w.next(), by)
	// Slewing is none: what is recorded next is the step that follows it.
	slew(t, 200)
	slew(t, 0)
	if err := step(-by); err != nil {
		t.Fatal(err)
	}
	stepped(t, w.next(), -by)
	if *setClock {
		setAndBack(t, w)
	}
	w.stop()
}

// step moves the machine's clock by exactly that much.
func step(by time.Duration) error {
	sec, nsec := by/time.Second, by%time.Second
	if nsec < 0 {
		sec, nsec = sec-1, nsec+time.Second
	}
	const nano = 0x2000 // ADJ_NANO: Usec has nanoseconds
	tx := unix.Timex{Modes: unix.ADJ_SETOFFSET | nano, Time: unix.Timeval{Sec: int64(sec), Usec: int64(nsec)}}
	_, err := unix.Adjtimex(&tx)
	return err
}

// slew corrects the machine's clock slowly, as ntpd does.
func slew(t *testing.T, microseconds int64) {
	t.Helper()
	tx := unix.Timex{Modes: unix.ADJ_OFFSET_SINGLESHOT, Offset: microseconds}
	if _, err := unix.Adjtimex(&tx); err != nil {
		t.Error(err)
	}
}

func stepped(t *testing.T, e event.Event, by time.Duration) {
	t.Helper()
	c, ok := e.(event.TimeChanged)
	if !ok || (c.New.Sub(c.Old)-by).Abs() > by.Abs()/4 || c.Origin != elsewhere {
		t.Errorf("recorded %+v, want a change by %v", e, by)
	}
}

func setAndBack(t *testing.T, w *watched) {
	at, err := w.source.now()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Set(event.Subject{User: "ann"}, at.real.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	c, ok := w.next().(event.TimeChanged)
	if err := step(c.Old.Sub(c.New)); err != nil || !ok || c.Username != "ann" {
		t.Fatalf("recorded %+v; %v", c, err)
	}
	stepped(t, w.next(), c.Old.Sub(c.New))
}

// takeLockOf waits for a lock.
func takeLockOf(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	return f, unix.Flock(int(f.Fd()), unix.LOCK_EX)
}
