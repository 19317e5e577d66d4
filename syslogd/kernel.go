package syslogd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"loggia/syslogd/wire"
)

const (
	// kernelBuffer holds one record of /dev/kmsg: the kernel's bound is 8 KiB with
	// every byte of a 1 KiB text escaped, and the device named.
	kernelBuffer = 16 << 10

	// kernelRecords is how many are routed at once.
	kernelRecords = 256

	// positionEvery is how often the position is kept: after a kill so much is read
	// twice at most.
	positionEvery = time.Second
)

// kernelPath is where the kernel's messages are read.
const kernelPath = "/dev/kmsg"

// kernelEndpoint is the input `kernel`.
func kernelEndpoint() endpoint { return endpoint{network: "kernel", path: kernelPath} }

// KernelInput is `kernel`: the messages of this machine's kernel.
type KernelInput struct{ Place string }

// openKernel opens /dev/kmsg, and names the remedy where that is not permitted.
func openKernel() (*os.File, error) {
	f, err := os.OpenFile(kernelPath, os.O_RDONLY|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("open %s: %w: reading it needs root or CAP_SYSLOG (setcap, or AmbientCapabilities= in a unit)", kernelPath, plainError(err))
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("open %s: %w: a container must be given the device", kernelPath, plainError(err))
	case err != nil:
		return nil, fmt.Errorf("open %s: %w", kernelPath, plainError(err))
	}
	return f, nil
}

// uptime is the clock that the kernel stamps its messages with.
func uptime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return 0 // there is no Linux without it
	}
	return time.Duration(ts.Nano())
}

// kernel reads the kernel's messages, each once: it begins behind the last one
// of this start of the machine that it has read before.
type kernel struct {
	// Built once.
	engine *Engine
	source *source
	file   *os.File
	raw    syscall.RawConn
	boot   string
	begun  chan struct{} // closed by begin
	once   sync.Once
	ending atomic.Bool // retire has been called
	done   chan struct{}

	// The goroutine's own.
	batch   wire.Batch
	buf     []byte
	err     error
	held    kmsg   // a fragment that may go on
	holding bool   // there is one
	text    []byte // its text so far
	offset  int64  // wall clock less the kernel's, in nanoseconds
	next    uint64 // sequence of the record to come, once known
	known   bool
	kept    uint64 // as in the file of the position
	looked  time.Time
}

// openKernelInput opens the input; begin makes it read.
func (e *Engine) openKernelInput() (*kernel, error) {
	f, err := e.o.Kernel()
	if err != nil {
		return nil, err
	}
	k := &kernel{engine: e, file: f, source: e.source(kernelEndpoint().String()), buf: make([]byte, kernelBuffer),
		begun: make(chan struct{}), done: make(chan struct{})}
	if k.raw, err = f.SyscallConn(); err == nil {
		err = f.SetReadDeadline(time.Time{}) // that one can be set
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if text, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		k.boot = strings.TrimSpace(string(text))
	}
	k.resume()
	e.running.Add(1)
	go k.run()
	return k, nil
}

func (k *kernel) endpoint() endpoint { return kernelEndpoint() }

func (k *kernel) statistics() SourceStatistics { return k.source.snapshot() }

func (k *kernel) syscallConn() syscall.Conn { return k.file }

func (k *kernel) obey(*inputRules) {}

// begin is called when the configuration that names the input is in force: the
// kernel keeps its messages, and all there are at once, of the whole start of the
// machine, go by the new routes.
func (k *kernel) begin() { k.once.Do(func() { close(k.begun) }) }

// retire ends the reading and closes the device.
func (k *kernel) retire(bool) error {
	k.ending.Store(true)
	err := k.wake(time.Unix(1, 0))
	k.begin() // without anything to read
	<-k.done
	return errors.Join(err, k.file.Close())
}

// wake ends the read at a time, or at once if the input is to end: that is what
// retire asks for, whoever comes first.
func (k *kernel) wake(at time.Time) error {
	err := k.file.SetReadDeadline(at)
	if k.ending.Load() {
		err = errors.Join(err, k.file.SetReadDeadline(time.Unix(1, 0)))
	}
	return err
}

// run reads until the deadline that retire sets. Another one wakes it when the
// position is still to be kept.
func (k *kernel) run() {
	defer k.engine.running.Done()
	defer close(k.done)
	<-k.begun
	read := k.read
	for {
		err := k.raw.Read(read)
		if err == nil {
			err = k.err
		}
		k.flush()
		if at := k.keepPosition(err != nil); k.wake(at) != nil {
			k.source.errors.Add(1)
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && k.ending.Load():
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err == io.EOF:
			k.engine.report(kernelEndpoint().String(), errors.New("the device has ended"))
			return
		case err != nil:
			k.source.errors.Add(1)
			pause(k.engine.done, errorPause)
		}
	}
}

// read takes what is there; it reports false when there was nothing. It has the
// shape that RawConn.Read wants.
func (k *kernel) read(fd uintptr) bool {
	k.err = nil
	now := k.engine.now()
	k.batch.Received, k.batch.Origin = now, wire.Origin{Kind: wire.Kern}
	k.offset = now.UnixNano() - int64(k.engine.o.Uptime())
	for got := false; ; got = true {
		n, err := unix.Read(int(fd), k.buf)
		switch {
		case err == unix.EINTR || err == unix.EPIPE: // overwritten before it was read: the sequence tells
			continue
		case err == unix.EAGAIN:
			return got
		case err != nil:
			k.err = err
			return true
		case n == 0:
			k.err = io.EOF
			return true
		}
		k.take(k.buf[:n])
		if len(k.batch.Records) >= kernelRecords {
			return true
		}
	}
}

// take handles one record.
func (k *kernel) take(record []byte) {
	m, ok := parseKmsg(record)
	if !ok {
		k.source.errors.Add(1)
		return
	}
	if k.known && m.seq < k.next {
		return // read before
	}
	if k.known && m.seq > k.next {
		k.source.kernelDrops.Add(m.seq - k.next)
	}
	k.next, k.known = m.seq+1, true
	if m.flag == '+' && k.holding {
		if len(k.text) <= maxMessageLimit {
			k.text = appendUnescaped(k.text, m.text)
		}
		return
	}
	k.release()
	k.held, k.holding = m, true
	k.text = appendUnescaped(k.text[:0], m.text)
	if m.flag != 'c' {
		k.release()
	}
}

// release makes a message of what is held.
func (k *kernel) release() {
	if !k.holding {
		return
	}
	k.holding = false
	if appendKmsg(&k.batch, &k.held, k.text, k.offset+int64(k.held.micros)*int64(time.Microsecond), k.engine.table.Load().settings.maxMessage) {
		k.source.truncated.Add(1)
	}
}

// flush routes what was read.
func (k *kernel) flush() {
	k.release()
	if len(k.batch.Records) > 0 {
		k.source.accepted.Add(uint64(len(k.batch.Records)))
		k.engine.Submit(&k.batch)
	}
	k.batch.Buf, k.batch.Records = k.batch.Buf[:0], k.batch.Records[:0]
}

// resume reads where an earlier process has stopped.
func (k *kernel) resume() {
	if k.engine.o.KernelPosition == "" {
		return
	}
	text, err := os.ReadFile(k.engine.o.KernelPosition)
	if err != nil {
		return // the first time: from the beginning
	}
	var boot string
	var next uint64
	if n, err := fmt.Sscan(string(text), &boot, &next); n == 2 && err == nil && boot == k.boot && boot != "" {
		k.next, k.known, k.kept = next, true, next
	}
}

// keepPosition notes where to go on, now and then, and without more to read in any
// case. It returns when it is to be called again though nothing is read; zero is
// never.
func (k *kernel) keepPosition(idle bool) (again time.Time) {
	name := k.engine.o.KernelPosition
	if name == "" || !k.known || k.next == k.kept {
		return again
	}
	if due := k.looked.Add(positionEvery); !idle && time.Now().Before(due) {
		return due
	}
	k.looked = time.Now()
	temporary := filepath.Join(filepath.Dir(name), filepath.Base(name)+".tmp")
	err := os.WriteFile(temporary, fmt.Appendf(nil, "%s %d\n", k.boot, k.next), 0o600)
	if err == nil {
		err = os.Rename(temporary, name)
	}
	if err != nil {
		k.source.errors.Add(1)
		return k.looked.Add(positionEvery)
	}
	k.kept = k.next
	return again
}
