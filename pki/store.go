package pki

import (
	"cmp"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"loggia/audit/event"
)

// Options is what a Store needs from its surroundings.
type Options struct {
	// Now is the clock; nil is time.Now.
	Now func() time.Time

	// Record is told what happened by itself: that a certificate is about to
	// expire. It must not call the store. Nil: nobody is told.
	Record func(event.Event)

	// Alarm is told of a certificate that expires soon, and with a nil error that
	// it no longer matters. It must not call the store. Nil: nobody is told.
	Alarm func(place string, err error)
}

// Store is the certificates under their names. Its methods may be called from
// many goroutines at once.
type Store struct {
	// Built once.
	o       Options
	disk    *disk
	stop    context.CancelFunc
	watched chan struct{} // closed when the watch for expiry has ended
	changed chan struct{} // capacity 1: other certificates are in force

	mu    sync.Mutex                  // guards what follows
	items map[id]map[int]*Certificate // complete versions
	force map[id]int                  // versions in force
	view  *View                       // in force
	told  map[id]told                 // whose expiry was announced
}

// Open opens the store in dir, which is made if it is missing. A version that
// does not read back is an error of Problems, not of Open.
func Open(dir string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Record == nil {
		o.Record = func(event.Event) {}
	}
	if o.Alarm == nil {
		o.Alarm = func(string, error) {}
	}
	d, err := openDisk(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{o: o, disk: d, watched: make(chan struct{}), changed: make(chan struct{}, 1),
		items: make(map[id]map[int]*Certificate), force: make(map[id]int), told: make(map[id]told)}
	s.view = newView(s, nil)
	for _, k := range []Kind{Local, Authority} {
		if err := s.load(k); err != nil {
			return nil, errors.Join(err, d.root.Close())
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go s.watch(ctx)
	return s, nil
}

// Close ends the watch for expiry.
func (s *Store) Close() error {
	s.stop()
	<-s.watched
	return s.disk.root.Close()
}

// load reads every version of a kind.
func (s *Store) load(k Kind) error {
	names, err := s.disk.names(k.String())
	if err != nil {
		return err
	}
	for _, name := range names {
		if checkName(name) != nil {
			continue // not ours
		}
		i := id{k, name}
		versions, err := s.disk.versions(i)
		if err != nil {
			return err
		}
		for _, n := range versions {
			c, err := s.disk.load(i, n)
			if err != nil {
				return fmt.Errorf("%s: %w", i.file(n, ".crt"), err)
			}
			s.keep(c)
		}
	}
	return nil
}

// load reads one version.
func (d *disk) load(i id, version int) (*Certificate, error) {
	data, err := d.read(i.file(version, ".crt"))
	if err != nil {
		return nil, err
	}
	chain, err := parseCertificates(data, maxBundle)
	if err != nil {
		return nil, err
	}
	c := &Certificate{Kind: i.kind, Name: i.name, Version: version, Chain: chain}
	if i.kind == Authority {
		return c, nil
	}
	if data, err = d.read(i.file(version, ".key")); err != nil {
		return nil, err
	}
	if c.key, err = parseKey(data); err != nil {
		return nil, err
	}
	if !sameKey(c.key, chain[0].PublicKey) {
		return nil, errKeyMismatch
	}
	return c, nil
}

var errKeyMismatch = errors.New("the private key is not that of the certificate")

// keep remembers a version. The lock is held, or nobody else knows the store.
func (s *Store) keep(c *Certificate) {
	i := id{c.Kind, c.Name}
	if s.items[i] == nil {
		s.items[i] = make(map[int]*Certificate)
	}
	s.items[i][c.Version] = c
}

// newest returns the last version of i, 0 if there is none. The lock is held.
func (s *Store) newest(i id) int {
	n := 0
	for v := range s.items[i] {
		n = max(n, v)
	}
	return n
}

// put writes c as the next version of its name.
func (s *Store) put(c *Certificate) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := id{c.Kind, c.Name}
	if _, known := s.items[i]; !known && len(s.items) >= 2*maxNames {
		return fmt.Errorf("more than %d certificates", 2*maxNames)
	}
	c.Version = s.newest(i) + 1
	if c.key != nil {
		key, err := keyPEM(c.key)
		if err != nil {
			return err
		}
		if err := s.disk.write(i.file(c.Version, ".key"), key); err != nil {
			return err
		}
	}
	if err := s.disk.write(i.file(c.Version, ".crt"), c.pem()); err != nil {
		return err
	}
	s.keep(c)
	return s.sweep(i)
}

// sweep removes the versions of i that are neither in force nor the newest.
// The lock is held.
func (s *Store) sweep(i id) error {
	var errs []error
	for v := range s.items[i] {
		if v != s.newest(i) && v != s.force[i] {
			errs = append(errs, s.disk.remove(i.file(v, ".crt")), s.disk.remove(i.file(v, ".key")))
			delete(s.items[i], v)
		}
	}
	return errors.Join(errs...)
}

// Status is a certificate as `show` lists it.
type Status struct {
	*Certificate
	InForce bool // the others wait for a commit
}

// List returns the certificates of a kind by name: of each the version in
// force and the one that waits for a commit.
func (s *Store) List(k Kind) []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Status
	for i, versions := range s.items {
		if i.kind != k {
			continue
		}
		for v, c := range versions {
			if v == s.force[i] || v == s.newest(i) {
				all = append(all, Status{c, v == s.force[i]})
			}
		}
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version)) })
	return all
}

// KeyPairs returns the names of key pairs that wait for a certificate, sorted.
func (s *Store) KeyPairs() ([]string, error) {
	names, err := s.disk.names(Local.String())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		if checkName(name) != nil {
			return true
		}
		_, err := s.disk.root.Stat(id{Local, name}.newKey())
		return err != nil
	}), nil
}

// Pending reports whether a certificate waits for a commit.
func (s *Store) Pending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.items {
		if s.newest(i) != s.force[i] {
			return true
		}
	}
	return false
}

// Clear removes what stands under a name, key pair included. What is in use is
// refused.
func (s *Store) Clear(k Kind, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := id{k, name}
	if s.view.uses(i) {
		return fmt.Errorf("%s is in use: commit a configuration without it first", name)
	}
	names, err := s.disk.names(i.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return errAbsent(i)
	}
	if err != nil {
		return err
	}
	delete(s.items, i)
	delete(s.force, i)
	delete(s.told, i)
	var errs []error
	for _, f := range names {
		errs = append(errs, s.disk.remove(i.dir()+"/"+f))
	}
	errs = append(errs, s.disk.remove(i.dir()), s.disk.sync(k.String()))
	s.o.Alarm(placeOf(i), nil)
	return errors.Join(errs...)
}

func errAbsent(i id) error {
	if i.kind == Authority {
		return fmt.Errorf("no certificate is loaded for ca-profile %s (request security pki ca-certificate load)", i.name)
	}
	return fmt.Errorf("there is no local certificate %s (request security pki local-certificate generate or load)", i.name)
}

// Config is what the configuration says about certificates.
type Config struct {
	Groups map[string][]string // trusted-ca-group: names of ca-profiles
}

// Change is a change-over to another configuration.
type Change struct {
	Config   Config
	Revision uint64 // that the configuration has or will have
	Start    bool   // the configuration is in force already: what it has is not changed
	Try      bool   // nothing will come of it
}

// Plan is a change-over that is ready. One of Apply and Abort must be called.
type Plan struct {
	store   *Store
	change  Change
	view    *View
	force   map[id]int
	written bool
}

// Prepare makes everything that waits ready to take force with the change. It
// writes nothing but the note that belongs to the revision.
func (s *Store) Prepare(c Change) (*Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &Plan{store: s, change: c, force: make(map[id]int)}
	if c.Start {
		if err := s.recover(c.Revision); err != nil {
			return nil, err
		}
		maps.Copy(p.force, s.force)
	} else {
		for i := range s.items {
			p.force[i] = s.newest(i)
		}
	}
	if !c.Start && !c.Try && !maps.Equal(p.force, s.force) {
		if err := s.disk.writeForce(c.Revision, p.force); err != nil {
			return nil, err
		}
		p.written = true
	}
	p.view = newView(s, p)
	return p, nil
}

// recover reads what is in force with revision and removes the notes of commits
// that were never made. The lock is held.
func (s *Store) recover(revision uint64) error {
	all, err := s.disk.forces()
	if err != nil {
		return err
	}
	s.force = make(map[id]int)
	for _, r := range all {
		if r > revision {
			if err := s.disk.remove(forceName(r)); err != nil {
				return err
			}
			continue
		}
		if s.force, err = s.disk.readForce(r); err != nil {
			return err
		}
	}
	maps.DeleteFunc(s.force, func(i id, v int) bool { return s.items[i][v] == nil })
	return nil
}

// View returns the certificates as they are when the plan is applied.
func (p *Plan) View() *View { return p.view }

// Apply puts the plan in force.
func (p *Plan) Apply() {
	s := p.store
	s.mu.Lock()
	s.force, s.view = p.force, p.view
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	if p.written {
		s.forgetForces(p.change.Revision)
	}
}

// forgetForces removes the notes of revisions before. One that stays does no
// harm: a later one overrules it.
func (s *Store) forgetForces(revision uint64) {
	all, err := s.disk.forces()
	for _, r := range all {
		if r < revision {
			err = errors.Join(err, s.disk.remove(forceName(r)))
		}
	}
	if err != nil {
		s.o.Record(event.Fault{Reason: "certificates: " + err.Error()})
	}
}

// Abort gives the plan up.
func (p *Plan) Abort() {
	if !p.written {
		return
	}
	if err := p.store.disk.remove(forceName(p.change.Revision)); err != nil {
		p.store.o.Record(event.Fault{Reason: "certificates: " + err.Error()})
	}
}

// privateKey returns the key of a name that a new certificate is for: the key
// pair that waits, else that of the newest certificate; nil if there is neither.
// The lock is not held.
func (s *Store) privateKeys(name string) ([]crypto.Signer, error) {
	var all []crypto.Signer
	i := id{Local, name}
	data, err := s.disk.read(i.newKey())
	if err == nil {
		key, err := parseKey(data)
		if err != nil {
			return nil, err
		}
		all = append(all, key)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.items[i][s.newest(i)]; c != nil {
		all = append(all, c.key)
	}
	return all, nil
}
