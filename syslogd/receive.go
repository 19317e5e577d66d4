package syslogd

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"loggia/syslogd/wire"
)

const (
	// receiveSlots and receiveBytes bound what one recvmmsg takes: as many
	// datagrams as fit into receiveBytes at their largest.
	receiveSlots    = 64
	receiveMinSlots = 8
	receiveBytes    = 512 << 10
)

// nobody is the uid of a local sender that the kernel does not vouch for
// (overflowuid).
const nobody = 65534

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [unsafe.Sizeof(uintptr(0)) - 4]byte
}

// receiver is the memory of recvmmsg: headers, addresses, credentials and a
// slot of one largest message for each datagram. One goroutine uses it.
type receiver struct {
	kind     wire.OriginKind
	largest  int // bytes of a datagram kept whole
	slot     int // one more, so that a larger one shows
	headers  []mmsghdr
	iovs     []unix.Iovec
	names    []unix.RawSockaddrAny
	controls []byte
	slots    []byte

	n   int        // datagrams of the last receive
	err unix.Errno // of the last receive

	picking bool  // only some of them are taken:
	picked  []int // these
}

// credentialSpace is the room for one SCM_CREDENTIALS message: CMSG_SPACE of a
// struct ucred, rounded up for every word size.
const credentialSpace = (unix.SizeofCmsghdr+7)&^7 + (unix.SizeofUcred+7)&^7

func newReceiver(kind wire.OriginKind, largest int) *receiver {
	slot := largest + 1
	n := max(receiveMinSlots, min(receiveSlots, receiveBytes/slot))
	rx := &receiver{
		kind: kind, largest: largest, slot: slot,
		headers:  make([]mmsghdr, n),
		iovs:     make([]unix.Iovec, n),
		names:    make([]unix.RawSockaddrAny, n),
		controls: make([]byte, n*credentialSpace),
		slots:    make([]byte, n*slot),
	}
	for i := range rx.headers {
		h := &rx.headers[i].hdr
		rx.iovs[i].Base = &rx.slots[i*slot]
		rx.iovs[i].SetLen(slot)
		h.Iov = &rx.iovs[i]
		h.SetIovlen(1)
		h.Name = (*byte)(unsafe.Pointer(&rx.names[i]))
		if kind == wire.Unix {
			h.Control = &rx.controls[i*credentialSpace]
		}
	}
	rx.n = n
	rx.rearm()
	rx.n = 0
	return rx
}

// rearm restores what the kernel wrote into the headers it used.
func (rx *receiver) rearm() {
	for i := range rx.n {
		h := &rx.headers[i].hdr
		h.Namelen = unix.SizeofSockaddrAny
		h.Flags = 0
		if rx.kind == wire.Unix {
			h.SetControllen(credentialSpace)
		}
	}
}

// receive takes the datagrams that are there, without waiting. It reports
// whether there were any or an error other than that there were none: the
// shape that RawConn.Read wants. It is a raw call, as readNow is.
func (rx *receiver) receive(fd uintptr) bool {
	rx.rearm()
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&rx.headers[0])),
			uintptr(len(rx.headers)), unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			rx.n, rx.err = int(n), 0
			return true
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			rx.n, rx.err = 0, errno
			return false
		}
		rx.n, rx.err = 0, errno
		return true
	}
}

// readNow reads from a socket that does not block. It is a raw call: nothing in it
// waits, and the scheduler, which would otherwise take the processor away from a
// reader whose copying takes longer than 20 us and wake another thread for it, is
// not told.
func readNow(fd int, p []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// datagram returns datagram i of the last receive, valid until the next, and
// whether it was cut to the largest size. Those that are not picked do not count.
func (rx *receiver) datagram(i int) (data []byte, cut bool, origin wire.Origin) {
	if rx.picking {
		i = rx.picked[i]
	}
	h := &rx.headers[i]
	data = rx.slots[i*rx.slot:][:min(int(h.len), rx.slot)]
	if cut = len(data) > rx.largest; cut {
		data = data[:wire.Cut(data, rx.largest)]
	}
	return data, cut, rx.origin(i)
}

// origin returns where datagram i of the last receive came from.
func (rx *receiver) origin(i int) (origin wire.Origin) {
	origin.Kind = rx.kind
	if rx.kind == wire.Unix {
		origin.PID, origin.UID = rx.credentials(i)
	} else {
		origin.Peer = peer(&rx.names[i])
	}
	return origin
}

// credentials returns the sender's pid and uid by SCM_CREDENTIALS, the word of
// the kernel; a sender without is nobody.
func (rx *receiver) credentials(i int) (pid int32, uid uint32) {
	h := &rx.headers[i].hdr
	c := rx.controls[i*credentialSpace:][:credentialSpace]
	if int(h.Controllen) < unix.CmsgLen(unix.SizeofUcred) {
		return 0, nobody
	}
	cm := (*unix.Cmsghdr)(unsafe.Pointer(&c[0]))
	if cm.Level != unix.SOL_SOCKET || cm.Type != unix.SCM_CREDENTIALS {
		return 0, nobody
	}
	u := (*unix.Ucred)(unsafe.Pointer(&c[unix.CmsgLen(0)]))
	return u.Pid, u.Uid
}

// peer returns the address in a kernel's sockaddr; IPv4 in IPv6 clothes is IPv4.
func peer(sa *unix.RawSockaddrAny) netip.AddrPort {
	switch sa.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), networkPort(&in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom16(in.Addr).Unmap(), networkPort(&in.Port))
	}
	return netip.AddrPort{}
}

// networkPort reads a port in network byte order.
func networkPort(p *uint16) uint16 {
	return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:])
}

// kernelDrops returns how many datagrams the kernel has dropped for want of
// room in the socket's buffer since it was opened (SK_MEMINFO_DROPS).
func kernelDrops(fd int) uint64 {
	const memInfoDrops, memInfoVars = 8, 9
	var info [memInfoVars]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0 // a kernel older than 4.12 does not tell
	}
	return uint64(info[memInfoDrops])
}
