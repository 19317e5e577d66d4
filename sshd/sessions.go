package sshd

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// sessions serves the session channels of a connection, so many at a time.
type sessions struct {
	most    int
	run     func(ctx context.Context, ch ssh.Channel, requests <-chan *ssh.Request)
	refused func(what string) // told of other channels; may be nil
}

// serve returns when the connection, and with it each session, has ended.
func (s sessions) serve(ctx context.Context, channels <-chan ssh.NewChannel) {
	ctx, cancel := context.WithCancel(ctx)
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	open := make(chan struct{}, s.most)
	for nc := range channels {
		if kind := nc.ChannelType(); kind != "session" {
			if s.refused != nil {
				s.refused(forwarding(kind))
			}
			_ = nc.Reject(ssh.Prohibited, "only sessions are served here")
			continue
		}
		select {
		case open <- struct{}{}:
		default:
			_ = nc.Reject(ssh.ResourceShortage, "too many sessions")
			continue
		}
		ch, requests, err := nc.Accept()
		if err != nil {
			<-open
			continue
		}
		serving.Go(func() {
			defer func() { <-open }()
			s.run(ctx, ch, requests)
		})
	}
}

// forwarding is what a channel of another kind would be for.
func forwarding(kind string) string {
	switch kind {
	case "direct-tcpip":
		return "local forwarding"
	case "direct-streamlocal@openssh.com":
		return "forwarding to a unix socket"
	case "x11":
		return "forwarding of X11"
	case "tun@openssh.com":
		return "a tunnel"
	}
	return "a channel " + printable(kind, 64)
}

// session serves one channel of a connection on the network.
func (c *conn) session(ctx context.Context, ch ssh.Channel, requests <-chan *ssh.Request) {
	c.open.Add(1)
	defer c.open.Add(-1)
	peer := Peer{UID: Nobody, PID: c.s.number(), Login: &Login{User: c.user.Name, Class: c.present().Class, Root: c.user.Root, Remote: c.remote()}}
	s := &service{handle: c.s.o.Handle, subsystems: c.s.o.Subsystems, only: c.only, begin: c.begin, refused: c.refused}
	s.serveChannel(ctx, peer, ch, requests)
}

// begin records the start of a session, and returns what records its end.
func (c *conn) begin(ch *Channel) (end func(reason string)) {
	c.mu.Lock()
	e := event.SSHSession{From: c.from, Username: c.user.Name, ID: c.ids}
	c.ids++
	c.mu.Unlock()
	terminal := -1
	if ch.PTY {
		terminal = c.s.takeTerminal()
		ch.TTY = fmt.Sprintf("ssh%d", terminal)
	}
	e.What = ch.what()
	c.record(e)
	return func(reason string) {
		e.Ended, e.Reason = true, reason
		c.record(e)
		if terminal >= 0 {
			c.s.leaveTerminal(terminal)
		}
	}
}

// takeTerminal returns the lowest number that no terminal has.
func (s *Server) takeTerminal() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for s.terminals[n] {
		n++
	}
	s.terminals[n] = true
	return n
}

func (s *Server) leaveTerminal(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.terminals, n)
}
