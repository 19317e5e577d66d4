package scenario

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"loggia/bench/target"
	"loggia/bench/traffic"
)

// sending is the connections of a run and what is under way on them.
type sending struct {
	senders []sender
	silent  []net.Conn
	begin   time.Time     // just before the first byte
	took    time.Duration // until the last write(2) had returned; valid when done is closed
	err     error         // likewise
	done    chan struct{} // nil before start
}

// open opens all connections, those that stay silent too, and reads the
// daemon's memory before and after.
func (s Scenario) open(ctx context.Context, d *target.Daemon, at addresses, r *Result) (*sending, error) {
	var err error
	if r.Fresh, _, err = d.Memory(); err != nil {
		return nil, err
	}
	u := &sending{}
	if err := u.connect(s, at); err != nil {
		u.end()
		return nil, err
	}
	if s.Silent > 0 {
		select {
		case <-time.After(idleTime):
		case <-ctx.Done():
		}
	}
	if r.Connected, _, err = d.Memory(); err != nil {
		u.end()
		return nil, err
	}
	return u, nil
}

func (u *sending) connect(s Scenario, at addresses) error {
	for range s.Silent {
		c, err := net.DialTimeout("tcp", at.listen, 5*time.Second)
		if err != nil {
			return err
		}
		u.silent = append(u.silent, c)
	}
	for range s.Connections {
		c, err := dial(s, at)
		if err != nil {
			return err
		}
		u.senders = append(u.senders, c)
	}
	return nil
}

// start sends every stream at once.
func (u *sending) start(load *traffic.Load) {
	u.done = make(chan struct{})
	u.begin = time.Now()
	errs := make([]error, len(u.senders))
	var all sync.WaitGroup
	for i, c := range u.senders {
		all.Go(func() { errs[i] = c.send(&load.Streams[i]) })
	}
	go func() {
		defer close(u.done)
		all.Wait()
		u.took = time.Since(u.begin)
		u.err = errors.Join(errs...)
	}()
}

// end breaks off what is not yet sent and closes all connections.
func (u *sending) end() {
	for _, c := range u.senders {
		c.abort()
	}
	if u.done != nil {
		<-u.done
	}
	for _, c := range u.senders {
		c.close()
	}
	for _, c := range u.silent {
		c.Close()
	}
}
