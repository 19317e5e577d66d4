package daemon

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrHeld is returned by Open when another process holds the state directory:
// that one is the engine, and a session attaches to it.
var ErrHeld = errors.New("another process holds the state directory")

// state is the state directory, locked.
type state struct {
	dir   string
	locks []*os.File
	node  string // identity of this state, made at the first start
}

func (s *state) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

// SocketPath is the socket that the holder of a state directory serves.
func SocketPath(dir string) string { return filepath.Join(dir, "run", "loggia.sock") }

// openState takes the lock and makes the directories that are missing.
func openState(dir string) (*state, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	if err := makeDir(dir, 0o711); err != nil {
		return nil, err
	}
	if err := nobodyElse(dir); err != nil {
		return nil, err
	}
	s := &state{dir: dir}
	if err := s.hold(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// hold takes the locks and makes what is missing. The directory itself is locked
// first: run/ may be removed under a running engine, and a second one must not
// start for that. It is also the least that a session does that attaches.
func (s *state) hold() error {
	if err := s.lock(s.dir, os.O_RDONLY); err != nil {
		return err
	}
	for name, mode := range map[string]os.FileMode{"config": 0o700, "log": 0o755, "index": 0o700, "audit": 0o700, "home": 0o700, "tmp": 0o700, "spool": 0o700, "run": 0o755} {
		if err := makeDir(s.path(name), mode); err != nil {
			return err
		}
	}
	if err := s.lock(s.path("run", "lock"), os.O_RDWR|os.O_CREATE); err != nil {
		return err
	}
	var err error
	s.node, err = nodeID(s.path("node-id"))
	return err
}

// lock takes a lock, until close.
func (s *state) lock(path string, flag int) error {
	lock, err := takeLock(path, flag)
	if err == nil {
		s.locks = append(s.locks, lock)
	}
	return err
}

// makeDir makes a directory of exactly that mode, whatever the umask: under 077
// nobody could attach. One that is there keeps what its owner gave it.
func makeDir(path string, mode os.FileMode) error {
	err := os.Mkdir(path, mode)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// nobodyElse refuses a state directory in which everybody may put files and links
// in the place of ours.
func nobodyElse(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: not a directory", dir)
	}
	if err == nil && info.Mode().Perm()&0o002 != 0 {
		err = fmt.Errorf("%s: everybody may write there: a state directory is its owner's alone", dir)
	}
	return err
}

// takeLock locks a file or directory, or returns ErrHeld.
func takeLock(path string, flag int) (*os.File, error) {
	lock, err := os.OpenFile(path, flag, 0o600)
	if errors.Is(err, os.ErrPermission) {
		return nil, ErrHeld // it is another user's: attach, if it runs
	}
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrHeld
		}
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

func (s *state) close() error {
	var err error
	for _, l := range s.locks {
		err = errors.Join(err, l.Close())
	}
	return err
}

// nodeID reads the identity of this state, or makes it.
func nodeID(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		id := strings.TrimSpace(string(b))
		if _, err := hex.DecodeString(id); err != nil || len(id) != 16 {
			return "", fmt.Errorf("%s: %q is no node id", path, id)
		}
		return id, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	var raw [8]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return "", err
	}
	id := hex.EncodeToString(raw[:])
	return id, replaceFile(path, []byte(id+"\n"), 0o644)
}

// replaceFile writes a small file anew: after a crash there is the old text or the
// new one.
func replaceFile(path string, text []byte, mode os.FileMode) error {
	temporary := path + ".tmp"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// account of a uid: its name, or the number where it has none.
func userName(uid uint32) string {
	u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
	if err != nil {
		return strconv.FormatUint(uint64(uid), 10)
	}
	return u.Username
}
