package sshd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// Recorder puts events on record.
type Recorder interface {
	Record(by event.Subject, e ...event.Event)
	RecordDurable(ctx context.Context, by event.Subject, e event.Event) error
}

// Options are what a Server needs.
type Options struct {
	Dir        string // of host keys and lockouts
	Recorder   Recorder
	Handle     Handler            // shells and commands
	Subsystems map[string]Handler // by name
	Now        func() time.Time
	// Alarm is told of a place that does not work, and with nil when it does again.
	Alarm func(place string, err error)
}

// Server serves SSH on the network as its Config says. Prepare and Plan.Apply
// change it while it runs: sockets that stay the same stay open, and so do the
// connections of those who may still log in.
type Server struct {
	// Built once.
	o Options
	// rekeyWithin is how long a client may take to agree upon new keys.
	rekeyWithin time.Duration
	keys        hostKeys
	lockouts    *lockouts
	quiet       quiet
	gate        gate
	numbers     atomic.Int64 // of connections and sessions, above every process id
	hashing     chan struct{}
	ctx         context.Context // of all connections
	cancel      context.CancelFunc
	wg          sync.WaitGroup // listeners, connections, retries

	// Replaced by every commit.
	config atomic.Pointer[Config]

	making sync.Mutex // one makes host keys at a time; taken before mu

	mu        sync.Mutex // guards what follows
	signers   map[HostKeyType]ssh.Signer
	listeners []*listener
	retry     context.CancelFunc // of the addresses that could not be bound at start
	conns     map[*conn]struct{}
	calls     callings
	terminals map[int]bool // numbers of terminals that are taken
	closed    bool
}

// firstNumber lies above every process id of Linux (PID_MAX_LIMIT), so that no
// session has the number of another that came over the unix socket.
const firstNumber = 1 << 22

// hashesAtOnce bounds the passwords that are checked at the same time: more would
// take the processor from the engine.
const hashesAtOnce = 2

// NewServer makes a server that serves nothing yet.
func NewServer(o Options) (*Server, error) {
	s := &Server{o: o, signers: map[HostKeyType]ssh.Signer{}, conns: map[*conn]struct{}{}, terminals: map[int]bool{}, hashing: make(chan struct{}, hashesAtOnce), rekeyWithin: rekeyWithin}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.numbers.Store(firstNumber)
	s.gate.now = o.Now
	s.quiet.report = func(kind string, n int) {
		o.Recorder.Record(itself(), event.SSHSuppressed{Kind: kind, Count: n})
	}
	s.keys = hostKeys{dir: o.Dir}
	s.config.Store(&Config{})
	var err error
	s.lockouts, err = openLockouts(filepath.Join(o.Dir, "lockout"), o.Now,
		func(user string) { o.Recorder.Record(itself(), event.AccountUnlocked{Username: user}) },
		func(err error) {
			o.Recorder.Record(itself(), event.Fault{Reason: "lockouts are not kept: " + err.Error()})
		})
	if err != nil {
		s.cancel()
		return nil, err
	}
	return s, nil
}

// itself is the subject of what the server does by itself.
func itself() event.Subject { return event.Subject{User: "root", Client: "other"} }

// Plan is a change that is prepared.
type Plan struct {
	s       *Server
	next    *Config
	bound   []*listener // new ones
	pending []Listen    // could not be bound at start; tried again
}

// Prepare does everything about a change that can fail: it makes the host keys
// that are missing and binds the sockets that are new. At start-up an address
// that cannot be bound is no error: it raises an alarm and is tried again.
func (s *Server) Prepare(c Config, startup bool) (*Plan, error) {
	p := &Plan{s: s, next: &c}
	if !c.serves() {
		return p, nil
	}
	if err := s.haveKeys(c.HostKeys); err != nil {
		return nil, err
	}
	s.mu.Lock()
	ours := slices.Clone(s.listeners)
	s.mu.Unlock()
	for _, l := range c.Listens {
		key := l.endpoint()
		if slices.ContainsFunc(ours, func(o *listener) bool { return o.key == key && o.only == l.Only }) {
			continue
		}
		t, err := bind(key, ours)
		if err == nil {
			b := &listener{TCPListener: t, key: key, only: l.Only}
			p.bound, ours = append(p.bound, b), append(ours, b)
			continue
		}
		if !startup {
			p.Abort()
			return nil, &BindError{l.Place, err}
		}
		s.o.Alarm(l.Place, err)
		p.pending = append(p.pending, l)
	}
	return p, nil
}

// haveKeys sees to it that the host keys are there.
func (s *Server) haveKeys(types []HostKeyType) error {
	s.making.Lock()
	defer s.making.Unlock()
	keys := s.recorded(itself())
	for _, t := range types {
		if s.signer(t) != nil {
			continue
		}
		signer, err := keys.load(t)
		if err != nil {
			return fmt.Errorf("host key %s: %w", t, err)
		}
		s.setSigner(t, signer)
	}
	return nil
}

func (s *Server) signer(t HostKeyType) ssh.Signer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.signers[t]
}

func (s *Server) setSigner(t HostKeyType, signer ssh.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signers[t] = signer
}

// BindError is an address that cannot be served.
type BindError struct {
	Place string // of the Listen
	Err   error
}

func (e *BindError) Error() string { return e.Err.Error() }

// Unwrap returns the error without its place.
func (e *BindError) Unwrap() error { return e.Err }

// recorded returns the keys, whose changes are recorded as somebody's.
func (s *Server) recorded(by event.Subject) hostKeys {
	k := s.keys
	k.change = func(made bool, t HostKeyType, fingerprint string) {
		var e event.Event = event.HostKeyDeleted{Username: by.Actor(), Type: string(t), Fingerprint: fingerprint}
		if made {
			e = event.HostKeyGenerated{Username: by.Actor(), Type: string(t), Fingerprint: fingerprint}
		}
		// What goes wrong with the trail raises its alarm.
		_ = s.o.Recorder.RecordDurable(s.ctx, by, e)
	}
	return k
}

// Abort gives up what was prepared.
func (p *Plan) Abort() {
	for _, l := range p.bound {
		// Nobody was served on it.
		_ = l.Close()
	}
}

// Apply puts the change in force. Connections of those who may not log in any
// more are ended.
func (p *Plan) Apply() {
	s := p.s
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		p.Abort()
		return
	}
	s.config.Store(p.next)
	if s.retry != nil {
		s.retry()
		s.retry = nil
	}
	wanted := map[netip.AddrPort]string{}
	for _, l := range p.next.Listens {
		wanted[l.endpoint()] = l.Only
	}
	var retired []*listener
	s.listeners = slices.DeleteFunc(s.listeners, func(l *listener) bool {
		only, keep := wanted[l.key]
		if keep && only == l.only {
			return false
		}
		retired = append(retired, l)
		return true
	})
	for _, l := range p.bound {
		s.listeners = append(s.listeners, l)
		s.wg.Go(func() { s.accept(l) })
	}
	if len(p.pending) > 0 {
		ctx, cancel := context.WithCancel(s.ctx)
		s.retry = cancel
		s.wg.Go(func() { s.tryAgain(ctx, p.pending) })
	}
	s.call(p.next.Callers)
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, l := range retired {
		// It accepts no more; what it accepted goes on.
		_ = l.Close()
	}
	for _, c := range conns {
		c.review(p.next)
	}
}

// Pauses between two tries of an address that could not be bound.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// tryAgain binds the addresses that could not be bound at start.
func (s *Server) tryAgain(ctx context.Context, pending []Listen) {
	for pause := firstRetry; len(pending) > 0; pause = min(2*pause, lastRetry) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pending = slices.DeleteFunc(pending, func(l Listen) bool { return s.bindLate(ctx, l) })
	}
}

// bindLate serves an address, and reports whether that worked.
func (s *Server) bindLate(ctx context.Context, l Listen) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return true // a commit or the end has taken over
	}
	t, err := bind(l.endpoint(), s.listeners)
	if err != nil {
		return false
	}
	b := &listener{TCPListener: t, key: l.endpoint(), only: l.Only}
	s.listeners = append(s.listeners, b)
	s.wg.Go(func() { s.accept(b) })
	s.o.Alarm(l.Place, nil)
	return true
}

// accept takes connections until the listener is closed.
func (s *Server) accept(l *listener) {
	for {
		c, err := l.AcceptTCP()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // out of descriptors, or a peer that left at once: it passes
			select {
			case <-s.ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		s.admit(c, l.only)
	}
}

// Close ends all connections and waits for them.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	s.cancel()
	for _, l := range listeners {
		// Nothing is left to be done with it.
		_ = l.Close()
	}
	s.wg.Wait()
	s.quiet.close()
	s.lockouts.close()
}

// number returns a number that no session or process has.
func (s *Server) number() int { return int(s.numbers.Add(1)) }

// HostKeys returns the host keys that were made.
func (s *Server) HostKeys() ([]HostKey, error) { return s.keys.list(s.config.Load().MD5) }

// Regenerate makes host keys anew: those of the given types, those in use when
// there are none. New connections see them.
func (s *Server) Regenerate(by event.Subject, types ...HostKeyType) error {
	s.making.Lock()
	defer s.making.Unlock()
	if len(types) == 0 {
		types = s.config.Load().HostKeys
	}
	if len(types) == 0 {
		types = DefaultHostKeys()
	}
	keys := s.recorded(by)
	for _, t := range types {
		signer, err := keys.make(t)
		if err != nil {
			return fmt.Errorf("host key %s: %w", t, err)
		}
		s.setSigner(t, signer)
	}
	return nil
}

// Lockouts returns the users that are locked out.
func (s *Server) Lockouts() []Lockout { return s.lockouts.list() }

// Unlock ends the lockout of a user, and reports whether there was one.
func (s *Server) Unlock(by event.Subject, user string) bool {
	if !s.lockouts.clear(user) {
		return false
	}
	s.o.Recorder.Record(by, event.AccountUnlocked{Username: user, By: by.Actor()})
	return true
}
