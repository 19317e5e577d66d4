package sink

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"sync"
	"time"

	"loggia/syslogd/logfile"
)

// Cabinet is the log directory and that of the indexes, as the files in them
// share it: they are opened once, listed once for all files of a commit, and of
// the files no more than a number is open. The one that was not written for the
// longest time gives way; it is opened again for its next line.
type Cabinet struct {
	// Built once.
	root, index *directory
	group       int // of files; -1 leaves it
	most        int // files open at a time

	listing        sync.Mutex // guards the three below
	sharing        int        // callers of Share
	texts, indexes map[string][]string

	mu     sync.Mutex // guards all below; taken with the lock of a file held, and never waits for one
	open   []*File
	hand   int       // where the search for one to close goes on
	looked time.Time // when the directories were compared with their names
}

// OpenCabinet opens the directories of files, of which at most most are open at
// a time, with two descriptors each. The error names the directory.
func OpenCabinet(dir, indexDir string, most int) (*Cabinet, error) {
	return openCabinet(dir, indexDir, most, admGroup())
}

func openCabinet(dir, indexDir string, most, group int) (*Cabinet, error) {
	c := &Cabinet{group: group, most: most}
	var err error
	if c.root, err = openDirectory(dir, 0o755); err != nil {
		return nil, err
	}
	if c.index, err = openDirectory(indexDir, 0o700); err != nil {
		return nil, errors.Join(err, c.root.Close())
	}
	return c, nil
}

// Close closes the directories. Its files are closed already.
func (c *Cabinet) Close() error { return errors.Join(c.root.Close(), c.index.Close()) }

// admGroup returns the group that Debian gives its logs, if we may give it.
func admGroup() int {
	if os.Geteuid() != 0 {
		return -1
	}
	g, err := user.LookupGroup("adm")
	if err != nil {
		return -1
	}
	id, err := strconv.Atoi(g.Gid)
	if err != nil {
		return -1
	}
	return id
}

// Share makes the files that are opened, or look for what else is theirs, use
// one listing of the directories until the function that it returns is called.
// Nobody but the files themselves may change what they have there meanwhile.
func (c *Cabinet) Share() (end func()) {
	c.listing.Lock()
	defer c.listing.Unlock()
	c.sharing++
	return func() {
		c.listing.Lock()
		defer c.listing.Unlock()
		if c.sharing--; c.sharing == 0 {
			c.texts, c.indexes = nil, nil
		}
	}
}

// textsOf returns what the log directory holds of the log of that name. Entries
// of other logs may be among them.
func (c *Cabinet) textsOf(name string) ([]string, error) { return c.parts(c.root, &c.texts, name) }

// indexesOf is textsOf for the directory of the indexes.
func (c *Cabinet) indexesOf(name string) ([]string, error) {
	return c.parts(c.index, &c.indexes, name)
}

func (c *Cabinet) parts(d *directory, shared *map[string][]string, name string) ([]string, error) {
	c.listing.Lock()
	defer c.listing.Unlock()
	if c.sharing == 0 {
		return list(d)
	}
	if *shared == nil {
		all, err := byLog(d)
		if err != nil {
			return nil, err
		}
		*shared = all
	}
	return (*shared)[name], nil
}

// byLog lists a directory by the names of logs.
func byLog(d *directory) (map[string][]string, error) {
	entries, err := list(d)
	all := make(map[string][]string, len(entries))
	for _, entry := range entries {
		all[entry] = append(all[entry], entry)
		if name, ok := logfile.LogName(entry); ok {
			all[name] = append(all[name], entry)
		}
	}
	return all, err
}

// refresh compares the directories with their names, unless that was done just
// before now.
func (c *Cabinet) refresh(now time.Time) error {
	c.mu.Lock()
	d := now.Sub(c.looked)
	due := d >= checkEvery || d < 0
	if due {
		c.looked = now
	}
	c.mu.Unlock()
	if !due {
		return nil
	}
	return c.look()
}

// look compares the directories with their names.
func (c *Cabinet) look() error { return errors.Join(c.root.refresh(), c.index.refresh()) }

// enter notes that f is open, and closes another file if there are too many. The
// lock of f is held.
func (c *Cabinet) enter(f *File) {
	if f.entered {
		return
	}
	f.entered = true
	c.mu.Lock()
	f.seat = len(c.open)
	c.open = append(c.open, f)
	other := c.tired(f)
	c.mu.Unlock()
	if other != nil {
		other.sleep()
		other.mu.Unlock() // what it has to say is said with its next line
	}
}

// tired returns a file to close, with its lock held, if there are too many. A
// file that was written since the search last came by is passed over once, and
// one that is at work always.
func (c *Cabinet) tired(but *File) *File {
	if len(c.open) <= c.most {
		return nil
	}
	for range 2 * len(c.open) {
		c.hand = (c.hand + 1) % len(c.open)
		f := c.open[c.hand]
		if f == but || f.written.Swap(false) || !f.mu.TryLock() {
			continue
		}
		c.remove(f)
		return f
	}
	return nil
}

// leave notes that f is not open. The lock of f is held.
func (c *Cabinet) leave(f *File) {
	if !f.entered {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(f)
}

// remove takes f out of the files that are open. Both locks are held.
func (c *Cabinet) remove(f *File) {
	last := len(c.open) - 1
	c.open[f.seat] = c.open[last]
	c.open[f.seat].seat = f.seat
	c.open[last] = nil
	c.open = c.open[:last]
	f.entered = false
}
