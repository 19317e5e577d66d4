package sink

import (
	"context"
	"errors"
	"net"
	"time"
)

// The pauses between attempts to connect: doubled from the first to the last,
// less up to a half by chance, so that a fleet does not come back in step. A
// connection that lasts begins them anew.
const (
	firstPause  = 500 * time.Millisecond
	longPause   = 60 * time.Second
	steadyAfter = 2 * time.Second // a peer that accepts and dies at once does not hurry us
)

// justTried is how long an attempt that failed is believed when the destination is
// closed: there is no other then.
const justTried = 5 * time.Second

// errPeerClosed is a connection that the peer ended.
var errPeerClosed = errors.New("connection closed by the peer")

// errMoved is a connection given up because the target changed.
var errMoved = errors.New("the target was changed")

// errIdle is said of a connection that lives, and over which nothing is to be sent.
var errIdle = errors.New("nothing is to be sent")

// transport is one connection.
type transport interface {
	// send delivers what is in the spool until nothing is to be sent for now
	// (errIdle, and send is called again later), the connection is lost (its error),
	// the target changes (errMoved), or all is delivered and the destination is
	// closing (nil).
	send(changed <-chan struct{}) error

	// lost reports, beside send, whether a connection that is idle has been lost.
	lost() bool

	// end is called once, after the last send: nothing works for it any more.
	end()
}

// sender is what Remote.run remembers. It belongs to whoever has the turn.
type sender struct {
	window  window
	pause   time.Duration // before the next attempt, when one fails; 0: the first
	hurried bool          // Close was heard while there was no connection
	target  target
	changed <-chan struct{} // closed when target no longer holds
	since   time.Time       // of line
	place   *place          // of an attempt that is to be made; nil: none
	line    *line           // nil: not connected
	until   time.Time       // the end of a rest; zero: there is none
	failed  time.Time       // when it began
	timer   *time.Timer     // wakes at until
	parked  time.Time       // when there was nothing to do last
	busy    bool            // there was again soon after
	pending *time.Timer     // of lull
}

// line is a connection.
type line struct {
	conn    net.Conn
	channel Channel
	over    transport
	unblock func() bool // ends the watch over Remote.ctx
}

// next is what follows a step of the sender.
type next uint8

// What may follow.
const (
	again next = iota
	parked
	ended
)

// run is the sender: it connects, sends, and connects again, until it has nothing to
// do. Whoever has the turn calls it.
func (r *Remote) run() {
	s := &r.sender
	s.busy = time.Since(s.parked) < linger
	for {
		switch r.step() {
		case parked:
			return // somebody else may have the turn
		case ended:
			r.leavePlace()
			r.unrest()
			r.fault(s.window.reader.Close())
			close(r.done)
			return
		}
	}
}

// step does what comes next.
func (r *Remote) step() next {
	switch s := &r.sender; {
	case s.line != nil:
		return r.use()
	case !s.until.IsZero():
		return r.rest()
	case r.ctx.Err() != nil:
		return ended
	default:
		return r.begin()
	}
}

// fault tells of an error that nobody waits for.
func (r *Remote) fault(err error) {
	if err != nil {
		r.config.Fault(err)
	}
}

// ends reports whether Close was called.
func (r *Remote) ends() bool { return isClosed(r.closing) }

// lazy reports whether t is connected when something is to be sent: on demand, or
// where the peer sees nothing of it.
func (t *target) lazy() bool { return t.onDemand || t.network == "udp" }

// begin makes one attempt to connect, once it is wanted and there is a place for it.
func (r *Remote) begin() next {
	s := &r.sender
	s.target, s.changed = r.current()
	t := s.target
	if t.lazy() && r.spool.Empty() && !r.ends() {
		r.leavePlace()
		r.note(Idle, nil)
		return r.parks(idle)
	}
	if s.hurried = s.hurried || r.ends(); s.hurried && r.spool.Empty() {
		return ended
	}
	r.note(Connecting, nil)
	if t.network != "udp" || !isAddress(t.host) {
		if s.place == nil {
			s.place = r.config.Dials.ask(s.pause > 2*r.config.FirstPause, r.wake) // it has failed more than once
		}
		if !s.place.granted() {
			return r.parks(resting)
		}
	}
	conn, err := r.connect(t, s.changed)
	r.leavePlace()
	if err != nil {
		if !errors.Is(err, errMoved) {
			r.failed(t, err)
		}
		return r.after(err, 0)
	}
	s.since = r.config.Now()
	r.opened(conn)
	return again
}

// parks is park as a step.
func (r *Remote) parks(how uint32) next {
	if r.park(how) {
		return parked
	}
	return again
}

// leavePlace gives back the place of an attempt.
func (r *Remote) leavePlace() {
	if p := r.sender.place; p != nil {
		r.sender.place = nil
		p.leave()
	}
}

// opened makes conn the connection.
func (r *Remote) opened(conn net.Conn) {
	s := &r.sender
	t := s.target
	l := &line{conn: conn, channel: channelOf(t, conn)}
	c := &l.channel
	r.mu.Lock()
	r.state.Address, r.state.Local, r.state.Peer = c.Peer, c.Local, c.certificate()
	r.mu.Unlock()
	r.note(Up, nil)
	if t.network != "udp" {
		c.Reason = r.outage.ends()
		r.config.Channel(*c)
	}
	l.unblock = context.AfterFunc(r.ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }) // an error means it is closed
	s.window.rewind()
	if t.network == "udp" {
		l.over = newUDP(r, conn, !isAddress(t.host))
	} else {
		l.over = startTCP(r, conn, t.octets, s.changed)
	}
	s.line = l
}

// use sends over the connection until it is lost, or idle.
func (r *Remote) use() next {
	s := &r.sender
	l := s.line
	err := l.over.send(s.changed)
	if errors.Is(err, errIdle) {
		return r.parks(idle)
	}
	s.line = nil
	l.over.end()
	l.unblock()
	datagrams := s.target.network == "udp"
	if e := l.conn.Close(); err == nil && e != nil && !errors.Is(e, net.ErrClosed) && datagrams {
		r.note(Down, e)
	}
	if !datagrams {
		l.channel.Change, l.channel.Reason = Ended, "closed in order"
		if err != nil {
			l.channel.Reason = err.Error()
		}
		r.config.Channel(l.channel)
	}
	if err == nil {
		return ended // closing, and all is delivered
	}
	return r.after(err, r.config.Now().Sub(s.since))
}

// after has the sender rest when an attempt has failed, or a connection that has
// lasted so long has ended.
func (r *Remote) after(err error, lasted time.Duration) next {
	s := &r.sender
	if errors.Is(err, errMoved) {
		s.pause = r.config.FirstPause
		return again
	}
	r.note(Down, err)
	if s.pause == 0 || lasted >= steadyAfter {
		s.pause = r.config.FirstPause
	}
	s.failed = time.Now()
	s.until = s.failed.Add(time.Duration(float64(s.pause) * (1 - r.config.Rand()/2)))
	s.pause = min(2*s.pause, r.config.LongPause)
	if s.hurried && r.config.Spool != "" {
		return ended // what waits, waits on disk for the next one
	}
	return again
}

// rest waits before the next attempt. It is the end when there will be none: the
// destination is closing and has nothing left, or its time is over. Closing makes
// one attempt come at once, unless there was one just now.
func (r *Remote) rest() next {
	s := &r.sender
	closing := r.ends() && !s.hurried
	switch {
	case r.ctx.Err() != nil:
		return ended
	case closing:
		s.hurried = true
		if r.config.Spool != "" && time.Since(s.failed) < justTried {
			return ended
		}
	case isClosed(s.changed): // a user is at it, and waits for what comes of it
		s.pause = r.config.FirstPause
	case time.Now().Before(s.until):
		return r.parks(resting)
	}
	r.unrest()
	if s.hurried && r.spool.Empty() {
		return ended
	}
	return again
}

// unrest ends a rest.
func (r *Remote) unrest() {
	s := &r.sender
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer, s.until = nil, time.Time{}
}
