package target

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Endpoint is a socket that a target has to open: Network is tcp, udp or
// unixgram.
type Endpoint struct {
	Network string
	Address string
}

func (e Endpoint) String() string { return e.Network + " " + e.Address }

// openBy says whether process pid has the endpoint open and it takes
// connections. A start script may run its daemon for a moment to prepare it;
// only the one that stays, under the script's own process id, counts.
func (e Endpoint) openBy(pid int) bool {
	// The kernel takes milliseconds to write its tables: try the cheap way first.
	return e.connects() && e.boundBy(pid)
}

// connects says whether anybody answers. Of UDP nobody knows.
func (e Endpoint) connects() bool {
	if e.Network == "udp" {
		return true
	}
	c, err := net.DialTimeout(e.Network, e.Address, time.Second)
	if err != nil {
		return false
	}
	c.Close() // only tried
	return true
}

// boundBy says whether process pid holds the endpoint's socket.
func (e Endpoint) boundBy(pid int) bool {
	inodes := e.inodes()
	return len(inodes) > 0 && holds(pid, inodes)
}

// inodes returns the sockets bound to the endpoint's port or path, by the
// kernel's tables (proc_pid_net(5)).
func (e Endpoint) inodes() map[string]bool {
	if e.Network == "unixgram" {
		// Num RefCount Protocol Flags Type St Inode Path
		return lookUp("unix", func(f []string) (string, bool) {
			return f[6], len(f) == 8 && f[7] == e.Address
		})
	}
	at, err := netip.ParseAddrPort(e.Address)
	if err != nil {
		return nil
	}
	port := fmt.Sprintf(":%04X", at.Port())
	found := map[string]bool{}
	for _, table := range []string{e.Network, e.Network + "6"} {
		// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
		for inode := range lookUp(table, func(f []string) (string, bool) {
			return f[9], strings.HasSuffix(f[1], port)
		}) {
			found[inode] = true
		}
	}
	return found
}

// lookUp collects what pick chooses from the rows of a table in /proc/net.
func lookUp(table string, pick func(fields []string) (inode string, ok bool)) map[string]bool {
	f, err := os.Open("/proc/net/" + table)
	if err != nil {
		return nil // no IPv6 on this machine
	}
	defer f.Close()
	found := map[string]bool{}
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if table != "unix" && len(fields) < 10 || len(fields) < 7 {
			continue
		}
		if inode, ok := pick(fields); ok {
			found[inode] = true
		}
	}
	return found
}

// holds says whether one of a process's file descriptors is one of the sockets.
func holds(pid int, inodes map[string]bool) bool {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		link, err := os.Readlink(filepath.Join(dir, e.Name()))
		inode, ok := strings.CutPrefix(link, "socket:[")
		if err == nil && ok && inodes[strings.TrimSuffix(inode, "]")] {
			return true
		}
	}
	return false
}

// Free returns an address on 127.0.0.1 whose port nobody uses at the moment,
// for TCP and UDP alike. Ports lie below the range the kernel gives to
// outgoing connections, so that none of those takes it meanwhile.
func Free() (string, error) {
	const first, count = 20000, 10000
	start := int(time.Now().UnixNano()/1000) % count
	for i := range 200 {
		port := first + (start+i*7)%count
		if free(port) {
			return fmt.Sprintf("127.0.0.1:%d", port), nil
		}
	}
	return "", fmt.Errorf("no free port on 127.0.0.1: %w", syscall.EADDRINUSE)
}

func free(port int) bool {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer l.Close()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
