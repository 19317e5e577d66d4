package syslogd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unixMode lets every program log.
const unixMode = 0o666

// listenUnix binds a datagram socket at path. A socket file that nobody answers
// on (left by a process that was killed) is replaced; anything else stays.
func listenUnix(path string) (*net.UnixConn, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	pc, err := listenConfig(false).ListenPacket(context.Background(), "unixgram", path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, plainError(err))
	}
	c := pc.(*net.UnixConn)
	if err := os.Chmod(path, unixMode); err != nil {
		return nil, errors.Join(err, c.Close(), os.Remove(path))
	}
	return c, nil
}

// openUnix returns the socket at path: one that was passed to us, or our own.
func (e *Engine) openUnix(path string) (c *net.UnixConn, passed bool, err error) {
	f := e.o.Passed[path]
	if f == nil {
		c, err = listenUnix(path)
		return c, false, err
	}
	pc, err := net.FilePacketConn(f)
	if err != nil {
		return nil, true, fmt.Errorf("%s, as passed by systemd: %w", path, plainError(err))
	}
	c, ok := pc.(*net.UnixConn)
	if !ok {
		return nil, true, errors.Join(fmt.Errorf("%s, as passed by systemd, is no unix socket", path), pc.Close())
	}
	if err := control(c, func(fd int) error { return prepareSocket(fd, "unixgram", false) }); err != nil {
		return nil, true, errors.Join(fmt.Errorf("%s, as passed by systemd: %w", path, err), c.Close())
	}
	return c, true, nil
}

// journalSocket is where systemd-journald forwards messages, to whoever
// syslog.socket starts.
const journalSocket = "/run/systemd/journal/syslog"

// removeStale removes a socket at path on which nobody answers.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		if strings.Contains(target, "systemd/journal") {
			return fmt.Errorf("%s belongs to systemd-journald: listen on %s instead, to which it forwards (ForwardToSyslog=yes in journald.conf)", path, journalSocket)
		}
		return fmt.Errorf("%s is a symbolic link to %s", path, target)
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	probe, err := net.DialTimeout("unixgram", path, time.Second)
	if err == nil {
		return errors.Join(fmt.Errorf("%s: another process answers on it: %w", path, syscall.EADDRINUSE), probe.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%s: %w", path, plainError(err))
	}
	return os.Remove(path)
}

// fileID is the identity of a file, to tell our socket file from another that
// has taken its name since.
type fileID struct{ dev, ino uint64 }

func idOf(path string) (fileID, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return fileID{}, err
	}
	return fileID{uint64(st.Dev), st.Ino}, nil
}

// removeOwn removes the socket file at path if it is still the one of id.
func removeOwn(path string, id fileID) error {
	now, err := idOf(path)
	if err != nil || now != id {
		return nil // gone or replaced: not ours to remove
	}
	return os.Remove(path)
}
