package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"loggia/configtree"
	"loggia/configtree/store"
)

// The bounds of the metrics server: a collector asks for one page, now and then.
const (
	metricsTimeout     = 10 * time.Second
	metricsConnections = 32
	metricsHeader      = 16 << 10 // bytes
	metricsGrace       = time.Second
	metricsRetry       = time.Second
)

// metrics is [edit system services metrics], and what serves it.
type metrics struct {
	// Built once.
	page  http.Handler
	alarm func(place string, err error)

	mu      sync.Mutex // guards what follows
	running *metricsServer
}

// metricsPlace is where its statements are.
const metricsPlace = "system services metrics"

// metricsServer serves one address.
type metricsServer struct {
	// Built once.
	at     netip.AddrPort
	server *http.Server
	alarm  func(error)
	stop   chan struct{} // closed when it is to end
	done   chan struct{} // closed when it has ended

	mu       sync.Mutex   // guards listener
	listener net.Listener // nil: the address is not to be had yet
}

// socket returns what it listens on; nil while there is nothing.
func (s *metricsServer) socket() net.Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listener
}

// decodeMetrics reads [edit system services metrics]; the address is invalid
// where there is none.
func decodeMetrics(r *configtree.Reader) (at netip.AddrPort, path configtree.Path) {
	services := r.Child("system").Child("services")
	if !services.Has("metrics") {
		return at, nil
	}
	m := services.Child("metrics")
	return netip.AddrPortFrom(m.Address("address").Unmap(), uint16(m.Uint("port"))), m.Path()
}

// metricsPlan swaps servers.
type metricsPlan struct {
	m    *metrics
	next *metricsServer // nil: none
	keep bool           // the one that runs stays
}

// prepareMetrics binds the socket.
func (d *Daemon) prepareMetrics(ctx context.Context, c store.Change) (store.Plan, error) {
	at, path := decodeMetrics(d.read(c.Next).Reader)
	var said store.Problems
	if at.IsValid() && !at.Addr().IsLoopback() {
		said = append(said, configtree.Problem{Path: path, Warning: true, Kind: configtree.Constraint,
			Err: errors.New("whoever reaches this address may read the counters: they are served without a password")})
	}
	plan, err := d.metrics.prepare(ctx, at, c.Reason == store.ReasonStart)
	if err != nil {
		return nil, store.Problems{{Path: path, Err: err, Kind: configtree.Environment}}
	}
	return plan, warnings(said)
}

// prepare binds at. At the start an address that is not to be had is tried
// again, under an alarm, until it is.
func (m *metrics) prepare(ctx context.Context, at netip.AddrPort, start bool) (*metricsPlan, error) {
	m.mu.Lock()
	running := m.running
	m.mu.Unlock()
	if running != nil && running.at == at {
		return &metricsPlan{m: m, keep: true}, nil
	}
	if !at.IsValid() {
		return &metricsPlan{m: m}, nil
	}
	l, err := listenBeside(ctx, at, running)
	if err != nil && !start {
		return nil, err
	}
	next := &metricsServer{at: at, listener: l, stop: make(chan struct{}), done: make(chan struct{}),
		alarm: func(err error) { m.alarm(metricsPlace, err) },
		server: &http.Server{Handler: m.page, ReadHeaderTimeout: metricsTimeout, ReadTimeout: metricsTimeout, WriteTimeout: metricsTimeout,
			IdleTimeout: time.Minute, MaxHeaderBytes: metricsHeader, ErrorLog: log.New(io.Discard, "", 0)}}
	if err != nil {
		next.alarm(err)
	}
	return &metricsPlan{m: m, next: next}, nil
}

// listenBeside binds at, also where running, which is to end, has the port on an
// address that at covers.
func listenBeside(ctx context.Context, at netip.AddrPort, running *metricsServer) (net.Listener, error) {
	config := net.ListenConfig{}
	if running != nil && running.at.Port() == at.Port() {
		config.Control = func(_, _ string, c syscall.RawConn) error { return reusePort(c, 1) }
		if l, ok := running.socket().(*net.TCPListener); ok {
			raw, err := l.SyscallConn()
			if err == nil {
				err = reusePort(raw, 1)
			}
			if err != nil {
				return nil, fmt.Errorf("port %d: %w", at.Port(), err)
			}
			defer func() { _ = reusePort(raw, 0) }() // so that nobody else gets the port
		}
	}
	l, err := config.Listen(ctx, "tcp", at.String())
	if err != nil {
		return nil, fmt.Errorf("port %d: %w", at.Port(), cause(err))
	}
	return l, nil
}

func reusePort(c syscall.RawConn, on int) error {
	var err error
	if cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, on) }); cerr != nil {
		return cerr
	}
	return err
}

// cause leaves out what the place of the error says already.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// Apply implements store.Plan.
func (p *metricsPlan) Apply() {
	if p.keep {
		return
	}
	if p.next == nil || p.next.socket() != nil {
		p.m.alarm(metricsPlace, nil)
	}
	p.m.swap(p.next)
}

// Abort implements store.Plan.
func (p *metricsPlan) Abort() {
	if p.next != nil && p.next.socket() != nil {
		_ = p.next.socket().Close() // it has served nobody
	}
}

// swap lets next serve and the one before it end.
func (m *metrics) swap(next *metricsServer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if next != nil {
		go next.run()
	}
	if m.running != nil {
		m.running.end()
	}
	m.running = next
}

// run serves until end.
func (s *metricsServer) run() {
	defer close(s.done)
	for pause := metricsRetry; s.socket() == nil; pause = min(2*pause, time.Minute) {
		select {
		case <-time.After(pause):
		case <-s.stop:
			return
		}
		l, err := listenBeside(context.Background(), s.at, nil)
		if s.alarm(err); err == nil {
			s.mu.Lock()
			s.listener = l
			s.mu.Unlock()
		}
	}
	err := s.server.Serve(&bounded{Listener: s.socket(), places: make(chan struct{}, metricsConnections)})
	if !errors.Is(err, http.ErrServerClosed) {
		s.alarm(err)
	}
}

// end closes the socket and gives answers under way a moment.
func (s *metricsServer) end() {
	close(s.stop)
	ctx, cancel := context.WithTimeout(context.Background(), metricsGrace)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close() // whoever still reads is cut off
	}
	<-s.done
}

// close ends what serves.
func (m *metrics) close() { m.swap(nil) }

// metricsHandler answers the one path there is.
func (d *Daemon) metricsHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		page := metricsOf(counters{d}.Statistics(), d.storage(), len(d.alarms.list()), d.started, Version)
		_, _ = page.WriteTo(w) // the collector has gone: nobody is to be told
	})
	return mux
}

// bounded is a listener with so many connections at once; more wait for their
// turn.
type bounded struct {
	net.Listener
	places chan struct{}
}

// Accept implements net.Listener.
func (b *bounded) Accept() (net.Conn, error) {
	b.places <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.places
		return nil, err
	}
	return &boundedConn{Conn: c, places: b.places}, nil
}

// boundedConn gives its place back when it is closed.
type boundedConn struct {
	net.Conn
	places chan struct{}
	once   sync.Once
}

// Close implements net.Conn.
func (c *boundedConn) Close() error {
	c.once.Do(func() { <-c.places })
	return c.Conn.Close()
}
