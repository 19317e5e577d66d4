package sink

import (
	"os"
	"sync"

	"loggia/syslogd/logfile"
)

// publisher tells readers how far the file has been written. It has its own
// lock, so that no reader waits for a write, nor a write for a reader.
type publisher struct {
	mu    sync.Mutex
	point logfile.Point
	wake  chan struct{} // closed at the next change; nil while nobody waits
}

func (p *publisher) publish(point logfile.Point) {
	p.mu.Lock()
	p.point = point
	if p.wake != nil {
		close(p.wake)
		p.wake = nil
	}
	p.mu.Unlock()
}

// Published implements logfile.Live.
func (f *File) Published() logfile.Point {
	f.pub.mu.Lock()
	defer f.pub.mu.Unlock()
	return f.pub.point
}

// Changed implements logfile.Live.
func (f *File) Changed(since logfile.Point) <-chan struct{} {
	f.pub.mu.Lock()
	defer f.pub.mu.Unlock()
	if f.pub.point != since {
		now := make(chan struct{})
		close(now)
		return now
	}
	if f.pub.wake == nil {
		f.pub.wake = make(chan struct{})
	}
	return f.pub.wake
}

// OpenLive implements logfile.Live. A file that was moved or replaced is
// noticed first.
func (f *File) OpenLive() (*os.File, logfile.Point, error) {
	f.mu.Lock()
	defer f.unlock()
	if f.closed {
		return nil, f.point, os.ErrClosed
	}
	f.look(f.now())
	if f.live == nil && !f.asleep {
		return nil, f.point, f.openErr
	}
	file, err := f.root.Open(f.name)
	return file, f.point, err
}
