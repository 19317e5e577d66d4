package pki

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"sync"
)

// View is the certificates and groups of one configuration. What it makes for
// equal options is the same pointer, from one configuration to the next as long
// as the certificates are the same: whoever compares pointers knows whether
// something has changed.
type View struct {
	// Built once.
	store  *Store
	certs  map[id]*Certificate
	groups map[string][]string
	before map[string]*tls.Config // of the view that this one replaces

	mu      sync.Mutex             // guards what follows
	used    map[id]bool            // asked for
	configs map[string]*tls.Config // by what they are made of
}

// newView makes the view of a plan; without one it is empty. The store's lock
// is held, or nobody else knows it.
func newView(s *Store, p *Plan) *View {
	v := &View{store: s, certs: make(map[id]*Certificate), used: make(map[id]bool), configs: make(map[string]*tls.Config)}
	if p == nil {
		return v
	}
	v.groups = p.change.Config.Groups
	for i, n := range p.force {
		v.certs[i] = s.items[i][n]
	}
	s.view.mu.Lock()
	defer s.view.mu.Unlock()
	v.before = maps.Clone(s.view.configs)
	return v
}

func (v *View) uses(i id) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.used[i]
}

// get returns a certificate and notes that it is in use.
func (v *View) get(i id) (*Certificate, error) {
	if v == nil {
		return nil, errAbsent(i)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.used[i] = true // also what is missing: it is alarming soon enough
	if c := v.certs[i]; c != nil {
		return c, nil
	}
	return nil, errAbsent(i)
}

// authorities returns the certificates that the profiles of a group stand for.
func (v *View) authorities(group string) ([]*x509.Certificate, error) {
	if v == nil || v.groups[group] == nil {
		return nil, fmt.Errorf("there is no trusted-ca-group %s", group)
	}
	if len(v.groups[group]) == 0 {
		return nil, fmt.Errorf("trusted-ca-group %s names no ca-profiles", group)
	}
	return v.profiles(v.groups[group])
}

func (v *View) profiles(names []string) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	var errs []error
	for _, name := range names {
		c, err := v.get(id{Authority, name})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, c.Chain...)
	}
	return all, errors.Join(errs...)
}

// memo returns the configuration made of the same things, or what build makes.
func (v *View) memo(key string, own *Certificate, trusted []*x509.Certificate, build func() *tls.Config) *tls.Config {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", key)
	if own != nil {
		fmt.Fprintf(h, "own %d\n", own.Version)
		for _, x := range own.Chain {
			h.Write(x.Raw)
		}
	}
	for _, x := range trusted {
		h.Write(x.Raw)
	}
	digest := hex.EncodeToString(h.Sum(nil))
	v.mu.Lock()
	defer v.mu.Unlock()
	c := v.configs[digest]
	if c == nil {
		c = v.before[digest]
	}
	if c == nil {
		c = build()
	}
	v.configs[digest] = c
	return c
}
