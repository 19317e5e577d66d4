package sink

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// shelf is the archives of all senders in the order in which they are to give
// way. It is listed when the disk is full, and anew when it is used up.
type shelf struct {
	mu    sync.Mutex // guards what follows; nothing else is locked under it
	books []book
	made  time.Time
}

// book is the archives of one sender.
type book struct {
	sender   string
	modified time.Time // of the oldest
}

// shelfFor is how long a list that is empty is believed.
const shelfFor = time.Second

// keeper is the archives of a sender whose file need not be open: to be expired
// or reclaimed, not to be added to.
func (p *PerHost) keeper(sender string) (*archiver, error) {
	root, err := openDirectory(filepath.Join(p.config.Dir, sender), 0o755)
	if err != nil {
		return nil, err
	}
	index, err := openDirectory(filepath.Join(p.config.IndexDir, sender), 0o700)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &archiver{root: root, index: index, name: p.config.Name}, nil
}

func (a *archiver) closeDirectories() error { return errors.Join(a.root.Close(), a.index.Close()) }

// sweep removes the archives that are too old of senders that are not open.
func (p *PerHost) sweep(now time.Time) error {
	names, err := list(p.root)
	for _, name := range names {
		if p.open[name] != nil {
			continue
		}
		a, e := p.keeper(name)
		if e != nil {
			err = errors.Join(err, ignoreMissing(e))
			continue
		}
		a.retain = p.config.Retain
		err = errors.Join(err, a.expire(now), a.closeDirectories())
	}
	return err
}

// Oldest returns when the oldest archive of any sender was written last.
func (p *PerHost) Oldest() (modified time.Time, ok bool) {
	p.shelf.mu.Lock()
	defer p.shelf.mu.Unlock()
	p.list()
	if len(p.shelf.books) == 0 {
		return time.Time{}, false
	}
	return p.shelf.books[0].modified, true
}

// Reclaim removes the oldest archive of any sender. Like File.Reclaim it may be
// called while files are being written, these among them; an archive that is
// being renamed at this moment may be passed over.
func (p *PerHost) Reclaim() (freed int64, err error) {
	p.shelf.mu.Lock()
	defer p.shelf.mu.Unlock()
	for p.list(); len(p.shelf.books) > 0; {
		b := p.shelf.books[0]
		p.shelf.books = p.shelf.books[1:]
		a, e := p.keeper(b.sender)
		if e != nil {
			err = errors.Join(err, ignoreMissing(e))
			continue
		}
		n, e := a.reclaim()
		next, ok, _ := a.oldest() // an error comes again when it is removed
		err = errors.Join(err, e, a.closeDirectories())
		if ok {
			b.modified = next.modified
			at, _ := slices.BinarySearchFunc(p.shelf.books, b, older)
			p.shelf.books = slices.Insert(p.shelf.books, at, b)
		}
		if n > 0 {
			return n, err
		}
	}
	return 0, err
}

func older(a, b book) int { return a.modified.Compare(b.modified) }

// list fills the shelf if it is empty. Its lock is held.
func (p *PerHost) list() {
	if len(p.shelf.books) > 0 || time.Since(p.shelf.made) < shelfFor {
		return
	}
	p.shelf.made = time.Now()
	names, err := list(p.root)
	if err != nil {
		return // nothing can be removed from what cannot be read
	}
	for _, name := range names {
		a, err := p.keeper(name)
		if err != nil {
			continue
		}
		if c, ok, _ := a.oldest(); ok {
			p.shelf.books = append(p.shelf.books, book{name, c.modified})
		}
		if a.closeDirectories() != nil {
			continue
		}
	}
	slices.SortFunc(p.shelf.books, older)
}
