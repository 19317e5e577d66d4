package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// reserveSize is how much of the disk, in bytes, is set aside for the trail behind
// what is written of it: the disk may be full, what is said about that, and by whom
// it was filled, still finds its place. When half of it is used and no more can be
// had, that is told.
const reserveSize = 1 << 20

// reserve is the space behind the end of the segment. It is the writer's own.
type reserve struct {
	allocate func(f *os.File, at, n int64) error // sets n bytes from at on aside
	told     func(error)                         // nil: nothing is set aside
	end      int64                               // of what is set aside, in the file
	low      bool                                // no more can be had, and that was told
	resting  bool                                // it is not tried again before the timer says so
}

// Reserve sets part of the disk aside for the trail, from now on. told is called
// when that is used up by half and no more can be had, with the reason, and with nil
// when it is whole again. It must neither wait nor call the trail.
func (l *Log) Reserve(told func(error)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = told
	l.changed.Broadcast()
}

// keep sets the reserve aside anew when half of it is used. Its first call comes
// with the first record, or when Reserve asks for it.
func (l *Log) keep() {
	r := &l.reserve
	if r.told == nil || l.file == nil || r.resting || r.end-l.size > reserveSize/2 {
		return
	}
	err := r.allocate(l.file, l.size, reserveSize)
	switch {
	case err == nil:
		r.end = l.size + reserveSize
	case full(err):
		l.retryReserve()
		if !r.low {
			r.low = true
			r.told(fmt.Errorf("%w: room for %d bytes of records is left", err, max(r.end-l.size, 0)))
		}
		return
	default: // the file system does not know how to
		r.end = math.MaxInt64
	}
	if r.low {
		r.low = false
		r.told(nil)
	}
}

// retryReserve has keep try again soon, though nobody records anything.
func (l *Log) retryReserve() {
	l.reserve.resting = true
	time.AfterFunc(retryPause, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.due = true
		l.changed.Broadcast()
	})
}

// full tells an error that room on the disk mends.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// allocate sets space aside behind the end of f, which stays where it is.
func allocate(f *os.File, at, n int64) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.Fallocate(int(fd), unix.FALLOC_FL_KEEP_SIZE, at, n) }); err != nil {
		return err
	}
	return failed
}

// whole returns how many bytes of frames are whole frames, and how many these are.
func whole(frames []byte) (size int, n uint64) {
	for len(frames)-size >= 4 {
		next := size + 8 + int(binary.BigEndian.Uint32(frames[size:]))
		if next > len(frames) {
			break
		}
		size = next
		n++
	}
	return size, n
}
