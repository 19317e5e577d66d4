package sink

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"loggia/syslogd/logfile"
)

// shelf is the archives of all senders in the order in which they are to give
// way. It is listed when the disk is full, and anew when it is used up.
type shelf struct {
	mu    sync.Mutex // guards what follows; nothing else is locked under it
	books []book
	made  time.Time
	kept  bool // it was made with what is to be kept
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
	a := &archiver{root: root, index: index, name: p.config.Name}
	if s, ok, err := readState(index, a.name); ok && err == nil {
		a.kept.Store(s.kept)
	}
	return a, nil
}

func (a *archiver) closeDirectories() error { return errors.Join(a.root.Close(), a.index.Close()) }

// sweep looks after the senders that are not open: it removes the archives that
// are too old, and what a kill has left half compressed.
func (p *PerHost) sweep(now time.Time) {
	names, err := list(p.root)
	for _, name := range names {
		err = errors.Join(err, p.sweepOne(name, now))
	}
	if err != nil {
		p.mu.Lock()
		defer p.unlock()
		if !p.closed {
			p.alarm.raise(err)
		}
	}
}

// sweepOne is sweep for one sender, who is not opened meanwhile.
func (p *PerHost) sweepOne(name string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.open[name] != nil {
		return nil
	}
	a, err := p.keeper(name)
	if err != nil {
		return ignoreMissing(err)
	}
	a.retain = p.config.Retain
	return errors.Join(a.expire(now), a.dropPartial(), a.closeDirectories())
}

// dropPartial removes what was being compressed when the program was killed.
func (a *archiver) dropPartial() error {
	names, err := a.names()
	for _, name := range names {
		if part, _ := logfile.ParseName(a.name, name); part == logfile.Partial {
			err = errors.Join(err, remove(a.root, name))
		}
	}
	return err
}

// Oldest returns when the oldest archive of any sender was written last. Those
// that File.Oldest passes over are looked for when there are no others.
func (p *PerHost) Oldest(kept bool) (modified time.Time, ok bool) {
	p.shelf.mu.Lock()
	defer p.shelf.mu.Unlock()
	p.list(kept)
	if len(p.shelf.books) == 0 {
		return time.Time{}, false
	}
	return p.shelf.books[0].modified, true
}

// Reclaim removes the oldest archive of any sender. Like File.Reclaim it may be
// called while files are being written, these among them; an archive that is
// being renamed at this moment may be passed over.
func (p *PerHost) Reclaim(kept bool) (freed int64, err error) {
	p.shelf.mu.Lock()
	defer p.shelf.mu.Unlock()
	for p.list(kept); len(p.shelf.books) > 0; {
		b := p.shelf.books[0]
		p.shelf.books = p.shelf.books[1:]
		a, e := p.keeper(b.sender)
		if e != nil {
			err = errors.Join(err, ignoreMissing(e))
			continue
		}
		n, e := a.reclaim(kept)
		next, ok, _ := a.oldest(kept) // an error comes again when it is removed
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
func (p *PerHost) list(kept bool) {
	if len(p.shelf.books) > 0 || p.shelf.kept == kept && time.Since(p.shelf.made) < shelfFor {
		return
	}
	p.shelf.made, p.shelf.kept = time.Now(), kept
	names, err := list(p.root)
	if err != nil {
		return // nothing can be removed from what cannot be read
	}
	for _, name := range names {
		a, err := p.keeper(name)
		if err != nil {
			continue
		}
		if c, ok, _ := a.oldest(kept); ok {
			p.shelf.books = append(p.shelf.books, book{name, c.modified})
		}
		if a.closeDirectories() != nil {
			continue
		}
	}
	slices.SortFunc(p.shelf.books, older)
}
