package daemon

import (
	"errors"
	"os"

	"github.com/coreos/go-systemd/v22/activation"
	"golang.org/x/sys/unix"
)

// passedSockets returns the unix datagram sockets that systemd has passed to this
// process (sd_listen_fds(3)), by path: syslog.socket is one. Others are closed.
func passedSockets() (map[string]*os.File, error) {
	sockets := map[string]*os.File{}
	var errs []error
	for _, f := range activation.Files(true) {
		if path, ok := datagramPath(int(f.Fd())); ok && sockets[path] == nil {
			sockets[path] = f
			continue
		}
		errs = append(errs, f.Close())
	}
	return sockets, errors.Join(errs...)
}

// datagramPath returns where a unix datagram socket is bound.
func datagramPath(fd int) (string, bool) {
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_DGRAM {
		return "", false
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return "", false
	}
	at, ok := name.(*unix.SockaddrUnix)
	if !ok || at.Name == "" || at.Name[0] != '/' {
		return "", false
	}
	return at.Name, true
}
