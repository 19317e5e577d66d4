package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"loggia/audit/event"
	"loggia/op"
)

// power has the machine reboot, halt or turn off by shutdown(8) of the operating
// system, which also waits for the time of it: whether loggia runs by then makes no
// difference. That of systemd leaves the waiting to logind and is done at once; others
// wait themselves. Who asked is kept in STATE/shutdown, as JSON, and counts as long
// as what was asked for is pending. It implements op.Power.
type power struct {
	// Built once.
	note      string                       // file that keeps who asked
	schedule  string                       // where systemd says what it waits for
	boot      string                       // bootIdentity
	find      func(string) (string, error) // exec.LookPath
	now       func() time.Time
	temporary string        // directory for what the program says
	grace     time.Duration // how long shutdown(8) may take to say that it cannot

	mu    sync.Mutex // makes one request of several, and guards what follows
	waits []waiting  // programs that wait for their time
}

// waiting is a shutdown program that was started and has not ended yet.
type waiting struct {
	cmd *exec.Cmd
	fd  int // a pidfd
}

// requested is what the note says.
type requested struct {
	Action  event.PowerAction `json:"action"`
	At      time.Time         `json:"at"`
	User    string            `json:"user"`
	Message string            `json:"message,omitempty"`
	PID     int               `json:"pid"`
	Start   string            `json:"start"` // of the process, in /proc
	Boot    string            `json:"boot"`
}

// powerGrace is the usual grace; one that leaves the waiting to systemd ends at once.
const powerGrace = 5 * time.Second

// cancelTime is how long cancelling may take.
const cancelTime = 30 * time.Second

// Shutdown implements op.Power.
func (p *power) Shutdown(s op.Shutdown) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reap()
	args := [...][]string{event.Reboot: {"-r"}, event.Halt: {"-h", "-H"}, event.PowerOff: {"-h", "-P"}}[s.Action]
	args = append(args[:len(args):len(args)], "--", p.when(s.At))
	if s.Message != "" {
		args = append(args, s.Message)
	}
	pid, runs, err := p.run(p.grace, args...)
	if err != nil || s.At.IsZero() {
		return pid, err
	}
	n := requested{Action: s.Action, At: s.At, User: s.User, Message: s.Message, Boot: p.boot}
	if runs {
		n.PID = pid
		_, n.Start = processState(pid)
	}
	text, err := json.Marshal(n)
	if err == nil {
		err = replaceFile(p.note, text, 0o600)
	}
	if err != nil {
		return pid, fmt.Errorf("the machine goes down as requested, but by whom is not kept: %w", err)
	}
	return pid, nil
}

// when is a time as shutdown(8) takes it: by the clock of the machine's own zone while that is
// clear, else in minutes.
func (p *power) when(at time.Time) string {
	left := at.Sub(p.now())
	switch {
	case at.IsZero():
		return "now"
	case at.Second() == 0 && left < 23*time.Hour:
		return at.In(time.Local).Format("15:04")
	}
	return "+" + strconv.Itoa(int((left+time.Minute-time.Nanosecond)/time.Minute))
}

// run starts shutdown(8), and reports whether it still runs after grace. What it says
// when it fails is the error.
func (p *power) run(grace time.Duration, args ...string) (pid int, runs bool, err error) {
	path, err := p.find("shutdown")
	if err != nil {
		return 0, false, errors.New("shutdown is not installed on this machine, or not where PATH leads to")
	}
	said, err := os.CreateTemp(p.temporary, "shutdown")
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, said.Close()) }()
	if err := os.Remove(said.Name()); err != nil {
		return 0, false, err
	}
	fd := -1
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, PidFD: &fd}
	if err := cmd.Start(); err != nil {
		return 0, false, err
	}
	if fd >= 0 && !endsWithin(fd, grace) {
		p.waits = append(p.waits, waiting{cmd, fd})
		return cmd.Process.Pid, true, nil
	}
	err = cmd.Wait()
	if fd >= 0 {
		err = errors.Join(err, unix.Close(fd))
	}
	if err != nil {
		return 0, false, complaint(said, err)
	}
	return cmd.Process.Pid, false, nil
}

// complaint is why a program failed: the first line that it wrote, if it did.
func complaint(said io.ReaderAt, err error) error {
	text, rerr := io.ReadAll(io.NewSectionReader(said, 0, 1024))
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	if line == "" {
		return errors.Join(fmt.Errorf("shutdown: %w", err), rerr)
	}
	return fmt.Errorf("shutdown: %s", strings.TrimPrefix(line, "shutdown: "))
}

// endsWithin waits for the end of a process.
func endsWithin(pidfd int, limit time.Duration) bool {
	until := time.Now().Add(limit)
	for {
		left := max(0, time.Until(until))
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, int(left/time.Millisecond))
		if !errors.Is(err, unix.EINTR) {
			return n > 0
		}
	}
}

// reap lets go of programs that have ended. The lock is held.
func (p *power) reap() {
	var still []waiting
	for _, w := range p.waits {
		if !endsWithin(w.fd, 0) {
			still = append(still, w)
			continue
		}
		// It was cancelled: how it ended is of no interest.
		_, _ = w.cmd.Wait(), unix.Close(w.fd)
	}
	p.waits = still
}

// Pending implements op.Power.
func (p *power) Pending() (op.Shutdown, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reap()
	return p.pending()
}

// pending is Pending under the lock.
func (p *power) pending() (op.Shutdown, bool, error) {
	n, noted, err := p.noted()
	if err != nil {
		return op.Shutdown{}, false, err
	}
	ours := op.Shutdown{Action: n.Action, At: n.At, User: n.User, Message: n.Message, PID: n.PID}
	planned, waits, err := readSchedule(p.schedule)
	switch {
	case err != nil:
		return op.Shutdown{}, false, err
	case waits && noted && planned.Action == n.Action && planned.At.Sub(n.At).Abs() <= time.Minute:
		return ours, true, nil
	case waits:
		return planned, true, nil
	case noted && n.PID != 0:
		state, start := processState(n.PID)
		return ours, state != "Z" && start != "" && start == n.Start, nil
	}
	return op.Shutdown{}, false, nil
}

// noted reads who asked, since the machine was started.
func (p *power) noted() (requested, bool, error) {
	var n requested
	text, err := os.ReadFile(p.note)
	if errors.Is(err, fs.ErrNotExist) {
		return n, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil || n.Action > event.PowerOff {
		return requested{}, false, errors.Join(fmt.Errorf("%s: not readable", p.note), err)
	}
	return n, n.Boot == p.boot && p.boot != "", nil
}

// Cancel implements op.Power.
func (p *power) Cancel() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	fd := -1
	if n, noted, err := p.noted(); err == nil && noted && n.PID != 0 {
		if fd, err = unix.PidfdOpen(n.PID, 0); err != nil {
			fd = -1 // it is gone
		}
	}
	_, _, err := p.run(cancelTime, "-c")
	if fd >= 0 {
		if err == nil {
			endsWithin(fd, cancelTime) // it has been told to
		}
		err = errors.Join(err, unix.Close(fd))
	}
	if err != nil {
		return err
	}
	p.reap()
	if _, waits, err := p.pending(); err != nil || waits {
		return errors.Join(err, errors.New("shutdown: it is still pending"))
	}
	if err := os.Remove(p.note); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// close lets go of what waits, which goes on without us.
func (p *power) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reap()
	var err error
	for _, w := range p.waits {
		err = errors.Join(err, w.cmd.Process.Release(), unix.Close(w.fd))
	}
	p.waits = nil
	return err
}

// systemdSchedule is where systemd-logind says what it waits for: lines such as
// USEC=1763900000000000 and MODE=reboot.
const systemdSchedule = "/run/systemd/shutdown/scheduled"

// readSchedule reads what systemd waits for. What it calls by other names than ours, such
// as kexec, is a reboot or a halt all the same.
func readSchedule(path string) (s op.Shutdown, waits bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "USEC":
			us, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return s, false, fmt.Errorf("%s: %q is no time", path, value)
			}
			s.At = time.UnixMicro(us)
		case "MODE":
			s.Action = event.Reboot
			switch value {
			case "halt":
				s.Action = event.Halt
			case "poweroff":
				s.Action = event.PowerOff
			}
		}
	}
	return s, !s.At.IsZero(), nil
}

// processState reads the state of a process and when it was started, in ticks since
// the start of the machine (proc(5)); both are empty when there is none.
func processState(pid int) (state, start string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", ""
	}
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(f) < 20 {
		return "", ""
	}
	return f[0], f[19]
}

// openPower makes the power of the daemon.
func (d *Daemon) openPower() {
	d.power = &power{note: d.state.path("shutdown"), schedule: systemdSchedule, boot: d.clock.boot, find: exec.LookPath, now: time.Now, temporary: d.state.path("tmp"), grace: powerGrace}
}
