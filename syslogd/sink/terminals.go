package sink

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// patience is how long a terminal may take to accept a line.
const patience = 2 * time.Second

// Terminals writes line to every terminal on which the user is logged in and
// has not refused messages (mesg n), `*` standing for everybody. Nobody being
// logged in is no error, and neither is a terminal that we may not write to.
// Those that skip reports true for are left out; it may be nil.
func Terminals(name string, line []byte, skip func(path string) bool) error {
	var err error
	text := append(append([]byte("\r\n"), line...), '\r', '\n')
	for _, path := range loggedIn(name) {
		if skip != nil && skip(path) {
			continue
		}
		if werr := writeTerminal(path, text); !errors.Is(werr, fs.ErrPermission) {
			err = errors.Join(err, werr)
		}
	}
	return err
}

func writeTerminal(path string, text []byte) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // logged out meanwhile
	}
	if err != nil {
		return err
	}
	const groupMayWrite = 0o020 // what mesg changes
	if info.Mode()&fs.ModeCharDevice == 0 || info.Mode().Perm()&groupMayWrite == 0 {
		return nil
	}
	f, err := openTerminal(path)
	if err != nil {
		return err
	}
	err = f.SetWriteDeadline(time.Now().Add(patience))
	if err == nil {
		_, err = f.Write(text)
	}
	return errors.Join(err, f.Close())
}

// openTerminal opens a terminal so that it never becomes ours, and never blocks.
func openTerminal(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
}

// loggedIn lists the terminals of a user: what utmp says or, on machines that
// no longer keep one, the terminals that belong to the user.
func loggedIn(name string) []string {
	if f, err := os.Open("/run/utmp"); err == nil {
		defer f.Close()
		if sessions := readUtmp(f); len(sessions) > 0 {
			return sessionPaths(sessions, name)
		}
	}
	paths, err := filepath.Glob("/dev/pts/[0-9]*") // the pattern is well formed
	if err != nil {
		return nil
	}
	if name == "*" {
		return paths
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil
	}
	var own []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			continue // gone
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok && strconv.FormatUint(uint64(st.Uid), 10) == u.Uid {
			own = append(own, path)
		}
	}
	return own
}

// session is an entry of utmp.
type session struct{ user, line string }

// readUtmp reads utmp(5): records of 384 bytes, the same on all 64-bit Linux.
func readUtmp(r io.Reader) []session {
	const (
		size        = 384
		userProcess = 7
		mostRecords = 4096
	)
	var all []session
	record := make([]byte, size)
	for range mostRecords {
		if _, err := io.ReadFull(r, record); err != nil {
			break
		}
		if binary.NativeEndian.Uint16(record) == userProcess {
			all = append(all, session{line: text(record[8:40]), user: text(record[44:76])})
		}
	}
	return all
}

// text returns a C string.
func text(field []byte) string {
	s, _, _ := bytes.Cut(field, []byte{0})
	return string(s)
}

// sessionPaths returns the devices of a user's sessions, or of all for `*`.
func sessionPaths(sessions []session, name string) []string {
	var paths []string
	for _, s := range sessions {
		// The line is relative to /dev; :0 and the like are no devices.
		if (name == "*" || s.user == name) && s.line != "" && s.line[0] != ':' && !strings.Contains(s.line, "..") {
			paths = append(paths, filepath.Join("/dev", s.line))
		}
	}
	return paths
}
