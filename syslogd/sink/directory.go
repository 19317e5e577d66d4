package sink

import (
	"errors"
	"io/fs"
	"os"
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

func (d *directory) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	f, err := d.root.Load().OpenFile(name, flag, perm)
	var p *fs.PathError
	if errors.As(err, &p) {
		p.Op = "open" // not openat: it is told to users
	}
	return f, err
}

func (d *directory) Stat(name string) (fs.FileInfo, error)  { return d.root.Load().Stat(name) }
func (d *directory) Lstat(name string) (fs.FileInfo, error) { return d.root.Load().Lstat(name) }
func (d *directory) Remove(name string) error               { return d.root.Load().Remove(name) }
func (d *directory) Rename(from, to string) error           { return d.root.Load().Rename(from, to) }

func (d *directory) Chmod(name string, perm fs.FileMode) error {
	return d.root.Load().Chmod(name, perm)
}

func (d *directory) Mkdir(name string, perm fs.FileMode) error {
	return d.root.Load().Mkdir(name, perm)
}

func (d *directory) Close() error { return d.root.Load().Close() }

func (d *directory) Chtimes(name string, t time.Time) error { return d.root.Load().Chtimes(name, t, t) }

// sync forces the directory's entries to the disk.
func (d *directory) sync() error {
	dir, err := d.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
