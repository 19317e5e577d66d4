package sink

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// directory is a directory that a File works in, by its name: when somebody
// removes or replaces it, refresh goes on in the one that has the name now. Its
// methods are those of os.Root, and are safe for concurrent use.
type directory struct {
	path string
	perm fs.FileMode // of a directory that must be made anew
	root atomic.Pointer[os.Root]

	refreshing sync.Mutex // held by refresh
}

func openDirectory(path string, perm fs.FileMode) (*directory, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	d := &directory{path: path, perm: perm}
	d.root.Store(root)
	return d, nil
}

// refresh opens the directory that has the name now, and makes it if it is
// gone. A file that another goroutine opens at this moment may be of the old one.
func (d *directory) refresh() error {
	d.refreshing.Lock()
	defer d.refreshing.Unlock()
	held, err := d.root.Load().Stat(".")
	if err != nil {
		return err
	}
	now, err := os.Stat(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.Mkdir(d.path, d.perm); err == nil {
			now, err = os.Stat(d.path)
		}
	}
	if err != nil || os.SameFile(held, now) {
		return err
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return err
	}
	return d.root.Swap(root).Close()
}

func (d *directory) Open(name string) (*os.File, error) { return d.OpenFile(name, os.O_RDONLY, 0) }

func (d *directory) OpenFile(name string, flag int, perm fs.FileMode) (f *os.File, err error) {
	err = d.in(func(r *os.Root) error {
		f, err = r.OpenFile(name, flag, perm)
		return err
	})
	var p *fs.PathError
	if errors.As(err, &p) {
		p.Op = "open" // not openat: it is told to users
	}
	return f, err
}

// in calls f with the directory, once more if refresh has closed it meanwhile.
func (d *directory) in(f func(*os.Root) error) error {
	for {
		root := d.root.Load()
		err := f(root)
		if !errors.Is(err, os.ErrClosed) || d.root.Load() == root {
			return err
		}
	}
}

func (d *directory) Stat(name string) (info fs.FileInfo, err error) {
	err = d.in(func(r *os.Root) error {
		info, err = r.Stat(name)
		return err
	})
	return info, err
}

func (d *directory) Lstat(name string) (info fs.FileInfo, err error) {
	err = d.in(func(r *os.Root) error {
		info, err = r.Lstat(name)
		return err
	})
	return info, err
}

func (d *directory) Remove(name string) error {
	return d.in(func(r *os.Root) error { return r.Remove(name) })
}

func (d *directory) Rename(from, to string) error {
	return d.in(func(r *os.Root) error { return r.Rename(from, to) })
}

func (d *directory) Chmod(name string, perm fs.FileMode) error {
	return d.in(func(r *os.Root) error { return r.Chmod(name, perm) })
}

func (d *directory) Mkdir(name string, perm fs.FileMode) error {
	return d.in(func(r *os.Root) error { return r.Mkdir(name, perm) })
}

func (d *directory) Chtimes(name string, t time.Time) error {
	return d.in(func(r *os.Root) error { return r.Chtimes(name, t, t) })
}

func (d *directory) Close() error { return d.root.Load().Close() }

// sync forces the directory's entries to the disk.
func (d *directory) sync() error {
	dir, err := d.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
