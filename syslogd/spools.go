package syslogd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"loggia/syslogd/sink"
	"loggia/syslogd/spool"
)

// spools are the queues on disk of all hosts, by the host's name. A host that is
// removed leaves its spool, for when it comes back.
type spools struct {
	mu       sync.Mutex // guards draining
	draining map[string]draining
}

// draining is a host that was removed and still sends what waits.
type draining struct {
	stop context.CancelFunc
	done chan struct{}
}

// drain returns what closes hosts that were removed: each sends what it can until
// ctx ends, or, from now on, it is wanted again.
func (s *spools) drain(ctx context.Context, hosts []*destination) func() []error {
	ctxs := make(map[*destination]context.Context, len(hosts))
	s.mu.Lock()
	for _, d := range hosts {
		one, stop := context.WithCancel(ctx)
		ctxs[d] = one
		s.draining[d.id.name] = draining{stop, make(chan struct{})}
	}
	s.mu.Unlock()
	return func() []error {
		return each(hosts, func(d *destination) error {
			err := d.close(ctxs[d])
			s.mu.Lock()
			defer s.mu.Unlock()
			gone := s.draining[d.id.name]
			delete(s.draining, d.id.name)
			gone.stop()
			close(gone.done)
			return err
		})
	}
}

// take ends the draining of a host, so that its spool can be opened again.
func (s *spools) take(host string) {
	s.mu.Lock()
	d, found := s.draining[host]
	s.mu.Unlock()
	if found {
		d.stop()
		<-d.done
	}
}

// spoolName is the directory of a host's spool.
func spoolName(host string) string {
	name := url.PathEscape(host)
	if strings.HasPrefix(name, ".") {
		name = "%2E" + name[1:]
	}
	return name
}

// spoolPath is where the spool of a host is; empty: in memory.
func (e *Engine) spoolPath(host string) string {
	if e.o.SpoolDir == "" {
		return ""
	}
	return filepath.Join(e.o.SpoolDir, spoolName(host))
}

// Spool is what waits for a host, on disk.
type Spool struct {
	Host    string // as configured
	Orphan  bool   // no such host is configured: it waits for one
	Records uint64
	Bytes   int64 // of files
	Limit   int64 // of files; 0 of an orphan, which does not grow
}

// ErrNoSpool is what ClearSpool returns of a host that has none.
var ErrNoSpool = errors.New("no such spool")

// Spools lists the spools, by host: those of all hosts that are configured, and
// those of others in which something waits.
func (e *Engine) Spools() ([]Spool, error) {
	if e.o.SpoolDir == "" {
		return nil, nil
	}
	var all []Spool
	active := e.remotes()
	for name, r := range active {
		st := r.State().Spool
		all = append(all, Spool{Host: name, Records: st.Waiting, Bytes: st.Disk, Limit: st.Limit})
	}
	entries, err := os.ReadDir(e.o.SpoolDir)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, entry := range entries {
		host, bad := url.PathUnescape(entry.Name())
		if _, there := active[host]; there || bad != nil || !entry.IsDir() {
			continue
		}
		records, bytes, look := spool.Look(filepath.Join(e.o.SpoolDir, entry.Name()))
		if look != nil {
			err = errors.Join(err, fmt.Errorf("spool of %s: %w", host, look))
		}
		if records > 0 {
			all = append(all, Spool{Host: host, Orphan: true, Records: records, Bytes: bytes})
		}
	}
	slices.SortFunc(all, func(a, b Spool) int { return cmp.Compare(a.Host, b.Host) })
	return all, err
}

// ClearSpool drops what waits for a host, configured or not, and returns how many
// messages that were. They count as dropped.
func (e *Engine) ClearSpool(host string) (uint64, error) {
	if r := e.remotes()[host]; r != nil {
		return r.ClearSpool()
	}
	path := e.spoolPath(host)
	if path == "" {
		return 0, ErrNoSpool
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, ErrNoSpool
	}
	// Nobody may open it meanwhile: that is what preparing a change does.
	select {
	case e.changing <- struct{}{}:
	case <-e.done:
		return 0, ErrClosed
	}
	defer func() { <-e.changing }()
	if r := e.remotes()[host]; r != nil {
		return r.ClearSpool()
	}
	e.spools.take(host)
	s, _, err := spool.Open(spool.Options{Dir: path})
	if err != nil {
		return 0, err
	}
	n, err := s.Clear()
	e.mu.Lock()
	a := e.accounts[destinationID{KindHost, host}]
	e.mu.Unlock()
	if a != nil {
		a.cleared()
	}
	return n, errors.Join(err, s.Close())
}

// remotes returns the hosts in force.
func (e *Engine) remotes() map[string]*sink.Remote {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make(map[string]*sink.Remote)
	for _, d := range e.state.destinations {
		if r, ok := d.sink.(*sink.Remote); ok {
			all[d.id.name] = r
		}
	}
	return all
}
