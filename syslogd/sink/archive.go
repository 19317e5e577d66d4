package sink

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"loggia/syslogd/logfile"
)

// archiver keeps the archives of one file: it compresses what was turned over,
// oldest first, in one background goroutine of low priority that lives as long
// as there is something to do. What was turned over waits on disk under its
// generation, at most `files` of them; if compression falls behind by more than
// that, the oldest are what retention removes anyway.
//
// Generation 17 becomes archive 0 in four steps:
//
//	1  messages.0000000017 is compressed to messages.0000000017.gz, which is synced unless young
//	2  messages.8.gz becomes messages.9.gz … messages.0.gz becomes messages.1.gz
//	3  messages.0000000017.gz becomes messages.0.gz
//	4  messages.0000000017 is removed
//
// A crash in step 1 or before 3 leaves a partial file, which is removed at the
// next start, and perhaps a gap in the numbers, which the next shift closes. A
// crash between 3 and 4 leaves generation 17 twice, which archive 0's label
// shows; the unpacked one is removed.
type archiver struct {
	cabinet     *Cabinet // nil of a sender whose file is not open
	root, index *directory
	name        string
	mode        func() (perm fs.FileMode, group int)
	report      func([]Alarm)
	now         func() time.Time
	step        func(string) // tests stop here as a crash would

	careful atomic.Bool   // everything is synced before the original goes
	kept    atomic.Uint64 // generation that reclaim passes over; 0: none

	disk sync.Mutex // held while archives are renamed or removed; taken before mu

	mu      sync.Mutex // guards all below; of disk work, only trim is done under it
	waiting []logfile.Label
	added   time.Time // when one came to wait
	rushed  time.Time // since when they come one close behind the other
	files   int
	retain  time.Duration // 0: by number alone
	running bool
	idle    chan struct{} // closed when the worker ends; nil while nobody waits for that
	closed  bool
	alarm   alarm
	queue   []Alarm

	closing chan struct{} // closed by close
	stop    context.CancelFunc
	ctx     context.Context // ends when Close's deadline has passed
	done    sync.WaitGroup
}

// retry is how long the worker waits after a failure: it doubles from the first
// to the second.
const (
	retryFirst = time.Second
	retryMost  = time.Minute
)

// While files are turned over so quickly, the worker leaves the processor and the
// disk to the writer, for rushMost at a time: retention would remove most of what
// it made.
const (
	rush     = 50 * time.Millisecond
	rushMost = time.Second
)

// rush waits a moment if files come to wait one close behind the other, and
// reports whether it did.
func (a *archiver) rush() bool {
	a.mu.Lock()
	now := time.Now()
	left := rush - now.Sub(a.added)
	if now.Sub(a.rushed) >= rushMost {
		left, a.rushed = 0, now
	}
	many := len(a.waiting) > 1 || a.added != a.rushed
	a.mu.Unlock()
	if left <= 0 || !many {
		return false
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.closing:
		return false
	}
}

// add takes over a file that was turned over. It does not wait.
func (a *archiver) add(l logfile.Label) {
	a.mu.Lock()
	a.waiting = append(a.waiting, l)
	if now := time.Now(); now.Sub(a.added) < rush {
		a.added = now
	} else {
		a.added, a.rushed = now, now
	}
	a.trim()
	a.start()
	a.mu.Unlock()
}

// said returns what there is to say since the last call.
func (a *archiver) said() []Alarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	queue := a.queue
	a.queue = nil
	return queue
}

// busy reports whether something waits to be compressed.
func (a *archiver) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.running
}

// start runs the worker unless it runs. The lock is held.
func (a *archiver) start() {
	if a.running || a.closed || len(a.waiting) == 0 {
		return
	}
	a.running = true
	a.done.Add(1)
	go a.work()
}

// trim removes what is beyond retention among the waiting. The lock is held.
func (a *archiver) trim() {
	for len(a.waiting) > a.files {
		name := logfile.WaitingName(a.name, a.waiting[0].Generation)
		a.failed(errors.Join(remove(a.root, name), remove(a.index, name)))
		a.waiting = a.waiting[1:]
	}
}

// failed raises the alarm if err is one. The lock is held.
func (a *archiver) failed(err error) {
	if err != nil {
		a.alarm.raise(err)
	}
}

// fail is failed for who does not hold the lock.
func (a *archiver) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed(err)
}

// remove removes a file that may be gone already.
func remove(root *directory, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// keep changes the number of archives that are kept, and for how long.
func (a *archiver) keep(n int, retain time.Duration, now time.Time) {
	a.disk.Lock()
	defer a.disk.Unlock()
	a.mu.Lock()
	changed := a.files != n
	a.files, a.retain = n, retain
	a.trim()
	a.mu.Unlock()
	if changed {
		a.fail(a.drop(n))
	}
	a.fail(a.expire(now))
}

// clear removes all archives.
func (a *archiver) clear() error {
	a.disk.Lock()
	defer a.disk.Unlock()
	a.mu.Lock()
	waiting := a.waiting
	a.waiting = nil
	a.mu.Unlock()
	var err error
	for _, l := range waiting {
		name := logfile.WaitingName(a.name, l.Generation)
		err = errors.Join(err, remove(a.root, name), remove(a.index, name))
	}
	return errors.Join(err, a.drop(0))
}

// wait returns when nothing waits to be compressed, or with ctx's error.
func (a *archiver) wait(ctx context.Context) error {
	for {
		a.mu.Lock()
		if !a.running {
			a.mu.Unlock()
			return nil
		}
		if a.idle == nil {
			a.idle = make(chan struct{})
		}
		idle := a.idle
		a.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// close lets the worker finish until ctx ends. What then waits is compressed at
// the next start.
func (a *archiver) close(ctx context.Context) {
	a.mu.Lock()
	if !a.closed {
		a.closed = true
		close(a.closing)
	}
	a.mu.Unlock()
	finished := make(chan struct{})
	go func() {
		a.done.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-ctx.Done():
		a.stop()
		<-finished // it looks at a.ctx for every 64 KiB
	}
	a.stop()
	a.mu.Lock()
	a.alarm.clear() // nobody is to wait for a file that is no more
	a.mu.Unlock()
	a.report(a.said())
}

// work is the worker.
func (a *archiver) work() {
	defer a.done.Done()
	runtime.LockOSThread() // never unlocked: the thread of low priority ends with the goroutine
	a.fail(unix.Setpriority(unix.PRIO_PROCESS, 0, 10))
	delay := retryFirst
	for {
		l, ok := a.next()
		if !ok {
			return
		}
		if a.rush() {
			continue
		}
		err := a.compress(&l)
		if err == nil {
			err = a.publish(l)
		}
		if a.settle(l, err) {
			delay = retryFirst
			continue
		}
		select {
		case <-time.After(delay):
			delay = min(2*delay, retryMost)
		case <-a.closing: // one more attempt
		}
	}
}

// next returns the oldest file that waits. If there is none, or no time for it,
// the worker has ended.
func (a *archiver) next() (logfile.Label, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) > 0 && a.ctx.Err() == nil {
		return a.waiting[0], true
	}
	a.running = false
	if a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
	return logfile.Label{}, false
}

// settle says what came of one file, and reports whether to go on at once. A
// shutdown does not wait for a disk that refuses.
func (a *archiver) settle(l logfile.Label, err error) bool {
	a.mu.Lock()
	switch {
	case err == nil:
		a.alarm.clear()
	case len(a.waiting) == 0 || a.waiting[0].Generation != l.Generation || errors.Is(err, fs.ErrNotExist) && !a.stillThere():
		err = nil // cleared, or beyond retention, while it was being compressed
	case a.ctx.Err() == nil:
		a.alarm.raise(err)
		if a.closed {
			a.stop()
		}
	}
	a.mu.Unlock()
	if queue := a.said(); len(queue) > 0 {
		a.report(queue)
	}
	return err == nil
}

// stillThere drops the oldest waiting file if somebody removed it from the
// disk, and reports whether it is there. The lock is held.
func (a *archiver) stillThere() bool {
	if _, err := a.root.Lstat(logfile.WaitingName(a.name, a.waiting[0].Generation)); !errors.Is(err, fs.ErrNotExist) {
		return true
	}
	a.waiting = a.waiting[1:]
	return false
}
