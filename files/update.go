package files

import (
	"errors"
	"os"
	"time"
)

// Update opens a file to write in the middle of it, and makes it if it is
// missing. What is not written stays.
func (r *Root) Update(name string) (*os.File, error) { return r.write(name, 0) }

// Writable reports whether name may be written to, and if not why.
func (r *Root) Writable(name string) error {
	_, err := r.find(name, write)
	return err
}

// Resize cuts a file off after so many bytes, or makes it longer by zeros.
func (r *Root) Resize(name string, size int64) error {
	f, err := r.Update(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Close())
}

// SetTimes says when a file was read and changed.
func (r *Root) SetTimes(name string, access, change time.Time) error {
	p, err := r.find(name, write)
	if err != nil {
		return err
	}
	_, err = in(p, name, func(root *os.Root) (struct{}, error) { return struct{}{}, root.Chtimes(p.rel, access, change) })
	return err
}

// Mkdir makes a directory.
func (r *Root) Mkdir(name string) error {
	p, err := r.find(name, write)
	if err != nil {
		return err
	}
	_, err = in(p, name, func(root *os.Root) (struct{}, error) { return struct{}{}, root.Mkdir(p.rel, 0o700) })
	return err
}

// Above returns the names in a directory that lies above those of the tree and is
// there to be walked through, and whether name is one.
func (r *Root) Above(name string) ([]string, bool) {
	switch r.Abs(name) {
	case "/":
		return []string{"config", "var"}, true
	case "/var":
		return []string{"home", "log", "tmp"}, true
	case "/var/home":
		return []string{r.o.User}, true
	}
	return nil, false
}
