package sink

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// stallEvery is how often a connection on which something waits to be
// acknowledged is looked at.
const stallEvery = 10 * time.Second

// mostProbes is how many questions after room a peer may leave unanswered before
// it counts as dead: the last of them come several seconds apart.
const mostProbes = 6

// watch looks after a peer that reads nothing, as long as there is something that
// it has not acknowledged.
func (t *tcp) watch() {
	if again, err := t.look(); err == nil && again { // an error means it is closed
		t.stall.Reset(stallEvery)
	}
}

// look tells the kernel to give the connection up after userTimeout, or not to.
// A peer that is stopped, or whose disk is slow, shuts its window, and its kernel
// goes on to answer: the connection is not dead, and what was read of it last is
// behind what a second connection would bring. The kernel makes no difference
// (RFC 1122 4.2.2.17 would have it wait, TCP_USER_TIMEOUT ends that). It reports
// whether something is still unacknowledged.
func (t *tcp) look() (again bool, err error) {
	if t.raw == nil {
		return false, nil
	}
	failed := t.raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err != nil {
			return
		}
		timeout := userTimeout
		if info.Snd_wnd < info.Snd_mss && info.Probes < mostProbes {
			timeout = 0
		}
		var queued int
		queued, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		again = queued > 0
		err = errors.Join(err, unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, timeout))
	})
	return again, errors.Join(failed, err)
}
