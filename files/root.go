package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

// Options describe what one user may touch.
type Options struct {
	State  string // state directory
	User   string // owner of /var/home/USER
	Logs   bool   // may read /var/log
	Delete bool   // may delete in /var/log
	Config bool   // may read /config
	// Rights, if given, is asked at each access in the place of the three above: a
	// commit can change them while the user is there.
	Rights func() Rights
	// Log, if given, is asked besides for each log that is read, or deleted, by its
	// name below /var/log: rules of the user may be about that one.
	Log  func(name string, deleted bool) bool
	Real bool // may name other absolute paths: the console of the process's own user
	// Live reports whether a file below /var/log is written to at the moment: then
	// nobody deletes it. It may be nil.
	Live func(name string) bool
	// Refused is told of every attempt that is turned down. It may be nil.
	Refused func(action, name, reason string)
}

// Rights are what a user may do outside what is their own.
type Rights struct{ Logs, Delete, Config bool }

// Root is the virtual tree of one user.
type Root struct {
	o       Options
	home    string   // what ~ stands for
	dir     string   // what relative names start at
	listing *Listing // of the directory that Names was asked about last
}

// New makes the tree and the user's home.
func New(o Options) (*Root, error) {
	if !fs.ValidPath(o.User) || strings.Contains(o.User, "/") || o.User == "." {
		return nil, fmt.Errorf("user name %q names no directory", o.User)
	}
	r := &Root{o: o, home: "/var/home/" + o.User, listing: &Listing{}}
	r.dir = r.home
	home := path.Join(o.State, "home")
	for _, dir := range []string{home, path.Join(home, o.User), path.Join(o.State, "tmp")} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return r, nil
}

// Quietly is the same tree for looks that are no attempts, such as a completion: what it turns
// down is told to nobody.
func (r *Root) Quietly() *Root {
	q := *r
	q.o.Refused = nil
	return &q
}

// Home is the directory that relative names start at.
func (r *Root) Home() string { return r.dir }

// Abs returns the absolute virtual path of name, in which ~ at the beginning
// is the user's home.
func (r *Root) Abs(name string) string {
	switch {
	case name == "~" || strings.HasPrefix(name, "~/"):
		name = r.home + name[1:]
	case !path.IsAbs(name):
		name = r.dir + "/" + name
	}
	return path.Clean(name)
}

// access is what an operation does.
type access uint8

const (
	read access = iota
	write
	remove
)

// place is where a virtual path really is.
type place struct {
	base string // directory that os.Root opens
	rel  string // path below it, "." for itself
	from string // where a relative name was looked for, to be told; else empty
}

// part is one of the directories that the tree is made of.
type part struct {
	virtual, real string
	may           [3]bool // by access
}

func (r *Root) parts() []part {
	may := Rights{r.o.Logs, r.o.Delete, r.o.Config}
	if r.o.Rights != nil {
		may = r.o.Rights()
	}
	return []part{
		{logs, "log", [3]bool{may.Logs, false, may.Delete}},
		{"/var/home/" + r.o.User, "home/" + r.o.User, [3]bool{true, true, true}},
		{"/var/tmp", "tmp", [3]bool{true, true, true}},
		{"/config", "config", [3]bool{may.Config, false, false}},
	}
}

// logs is the part of the tree that the engine writes to.
const logs = "/var/log"

// ErrRefused is wrapped by the errors of attempts that are turned down.
var ErrRefused = errors.New("permission denied")

// ErrLive is the ErrRefused of a log that is written to at the moment.
var ErrLive = fmt.Errorf("%w: it is being written to; 'clear log' empties it", ErrRefused)

// find resolves name and checks the right to it.
func (r *Root) find(name string, a access) (place, error) {
	abs := r.Abs(name)
	for _, p := range r.parts() {
		if abs != p.virtual && !strings.HasPrefix(abs, p.virtual+"/") {
			continue
		}
		if !p.may[a] {
			return place{}, r.refuse(a, name, ErrRefused)
		}
		if p.virtual == logs && abs != logs && r.o.Log != nil && !r.o.Log(below(abs, logs), a == remove) {
			return place{}, r.refuse(a, name, ErrRefused)
		}
		if a == remove && p.virtual == logs && r.o.Live != nil && r.o.Live(below(abs, logs)) {
			return place{}, r.refuse(a, name, ErrLive)
		}
		from := ""
		if !path.IsAbs(name) && !strings.HasPrefix(name, "~") {
			from = r.dir
		}
		return place{path.Join(r.o.State, p.real), below(abs, p.virtual), from}, nil
	}
	if r.o.Real && path.IsAbs(name) {
		if real := r.real(abs); a == read || !r.ours(real) {
			return place{base: "/", rel: below(real, "/")}, nil
		}
	}
	return place{}, r.refuse(a, name, ErrRefused)
}

// real is abs with the links on the way to it resolved, so that what is ours
// is recognised under any name. What is not there stays as it was named.
func (r *Root) real(abs string) string {
	dir, err := filepath.EvalSymlinks(path.Dir(abs))
	if err != nil {
		return abs
	}
	return path.Join(dir, path.Base(abs))
}

// ours reports whether a real path is in the state directory: the audit trail
// and the logs are not for anybody to write to, not even for the console.
func (r *Root) ours(real string) bool {
	state, err := filepath.EvalSymlinks(r.o.State)
	return err != nil || real == state || strings.HasPrefix(real, state+"/")
}

// below is abs relative to dir, as os.Root wants it.
func below(abs, dir string) string {
	rel := strings.TrimPrefix(strings.TrimPrefix(abs, dir), "/")
	if rel == "" {
		return "."
	}
	return rel
}

func (r *Root) refuse(a access, name string, why error) error {
	action := [...]string{"read", "write", "delete"}[a]
	if r.o.Refused != nil {
		r.o.Refused(action, name, why.Error())
	}
	return fmt.Errorf("%s: %w", name, why)
}

// in runs f with the part of the tree that p is in.
func in[T any](p place, name string, f func(root *os.Root) (T, error)) (T, error) {
	var zero T
	root, err := os.OpenRoot(p.base)
	if err != nil {
		return zero, p.tidy(name, err)
	}
	v, err := f(root)
	if cerr := root.Close(); err == nil {
		err = cerr
	}
	return v, p.tidy(name, err)
}

// tidy names the file as the user did, and nothing of where it really is.
func (p place) tidy(name string, err error) error {
	var at *fs.PathError
	var l *os.LinkError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist) && p.from != "":
		return fmt.Errorf("could not resolve file: %s (in %s)", name, p.from)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("could not resolve file: %s", name)
	case errors.As(err, &at):
		err = at.Err
	case errors.As(err, &l):
		err = l.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// regular accepts an open file only if it is a plain one.
func regular(f *os.File, err error) (*os.File, error) {
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Open opens a file for reading.
func (r *Root) Open(name string) (*os.File, error) {
	p, err := r.find(name, read)
	if err != nil {
		return nil, err
	}
	return in(p, name, func(root *os.Root) (*os.File, error) {
		// Without O_NONBLOCK a named pipe would hang the session.
		return regular(root.OpenFile(p.rel, os.O_RDONLY|syscall.O_NONBLOCK, 0))
	})
}

// Create makes a file, or empties the one that is there.
func (r *Root) Create(name string) (*os.File, error) { return r.write(name, os.O_TRUNC) }

// Append opens a file to add to its end, and makes it if it is missing.
func (r *Root) Append(name string) (*os.File, error) { return r.write(name, os.O_APPEND) }

// CreateBeside makes a new file in the directory of name, under a name that no
// file has and that it returns, to be renamed to name when it is whole.
func (r *Root) CreateBeside(name string) (f *os.File, temporary string, err error) {
	p, err := r.find(name, write)
	if err != nil {
		return nil, "", err
	}
	suffix := fmt.Sprintf(".%08x.tmp", rand.Uint32())
	f, err = in(p, name, func(root *os.Root) (*os.File, error) {
		return root.OpenFile(p.rel+suffix, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	})
	return f, name + suffix, err
}

func (r *Root) write(name string, flag int) (*os.File, error) {
	p, err := r.find(name, write)
	if err != nil {
		return nil, err
	}
	return in(p, name, func(root *os.Root) (*os.File, error) {
		return regular(root.OpenFile(p.rel, os.O_WRONLY|os.O_CREATE|syscall.O_NONBLOCK|flag, 0o600))
	})
}

// Remove deletes a file or an empty directory.
func (r *Root) Remove(name string) error {
	p, err := r.find(name, remove)
	if err != nil {
		return err
	}
	_, err = in(p, name, func(root *os.Root) (struct{}, error) { return struct{}{}, root.Remove(p.rel) })
	return err
}

// Rename moves a file to a new name, within one part of the tree.
func (r *Root) Rename(from, to string) error {
	if _, err := r.find(from, remove); err != nil {
		return err
	}
	p, err := r.find(from, write)
	if err != nil {
		return err
	}
	q, err := r.find(to, write)
	if err != nil {
		return err
	}
	if p.base != q.base {
		return fmt.Errorf("%s: copy it, it is in another directory than %s", to, from)
	}
	_, err = in(p, from, func(root *os.Root) (struct{}, error) { return struct{}{}, root.Rename(p.rel, q.rel) })
	return err
}

// Stat describes a file or directory.
func (r *Root) Stat(name string) (fs.FileInfo, error) {
	p, err := r.find(name, read)
	if err != nil {
		return nil, err
	}
	return in(p, name, func(root *os.Root) (fs.FileInfo, error) { return root.Stat(p.rel) })
}

// maxEntries bounds a listing.
const maxEntries = 100_000

// List returns what is in a directory, by name; for a file, the file itself.
func (r *Root) List(name string) ([]fs.FileInfo, error) {
	info, err := r.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []fs.FileInfo{info}, nil
	}
	p, err := r.find(name, read)
	if err != nil {
		return nil, err
	}
	return in(p, name, func(root *os.Root) ([]fs.FileInfo, error) {
		entries, err := fs.ReadDir(root.FS(), p.rel)
		if err != nil {
			return nil, err
		}
		if len(entries) > maxEntries {
			return nil, fmt.Errorf("more than %d files", maxEntries)
		}
		infos := make([]fs.FileInfo, 0, len(entries))
		for _, e := range entries {
			if i, err := e.Info(); err == nil { // else it went away meanwhile
				infos = append(infos, i)
			}
		}
		return infos, nil
	})
}

// Names returns the names in a directory that begin with prefix, sorted. It looks at none of the
// files, which takes long where there are many. The names are not to be changed.
func (r *Root) Names(dir, prefix string) ([]string, error) {
	p, err := r.find(dir, read)
	if err != nil {
		return nil, err
	}
	return in(p, dir, func(root *os.Root) ([]string, error) {
		d, err := root.Open(p.rel)
		if err != nil {
			return nil, err
		}
		names, err := r.listing.Names(d, func(d *os.File) ([]string, error) {
			names, err := d.Readdirnames(maxEntries)
			if err == io.EOF { // it is empty
				err = nil
			}
			return names, err
		})
		return Beginning(names, prefix), errors.Join(err, d.Close())
	})
}

// Chdir changes the directory that relative names start at, and returns it.
func (r *Root) Chdir(name string) (string, error) {
	info, err := r.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", fmt.Errorf("%s: not a directory", name)
	}
	r.dir = r.Abs(name)
	return r.dir, nil
}
