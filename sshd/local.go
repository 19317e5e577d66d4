package sshd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// Peer is who calls: on the unix socket a user of this machine, by the kernel's
// word, on the network whoever logged in.
type Peer struct {
	UID   uint32 // Nobody on the network
	PID   int    // on the network a number that no process and no other session has
	Login *Login // nil on the unix socket
}

// Nobody is the uid of those who come over the network: no user has it.
const Nobody = ^uint32(0)

// Login is who logged in over the network.
type Login struct {
	User, Class string
	Root        bool   // root itself, who needs no `login user`
	Remote      string // as in SSH_CONNECTION
}

// Handler serves one channel and returns its exit status.
type Handler func(ctx context.Context, peer Peer, ch *Channel) int

// Local serves the unix socket. Admit decides about a peer before any byte of
// SSH is read, and its error is what the caller is told.
type Local struct {
	Path   string
	Admit  func(Peer) error
	Handle Handler
	// Subsystems are what else there is, by name.
	Subsystems map[string]Handler

	listener *net.UnixListener
	config   *ssh.ServerConfig
	seats    seats
	wg       sync.WaitGroup // connections
}

// maxSessions bounds the channels that one connection may have open, as
// OpenSSH's MaxSessions does.
const maxSessions = 10

// acceptPause is how long nothing is accepted after an error.
const acceptPause = 50 * time.Millisecond

// handshakeTime bounds how long a peer may take to say who it is.
const handshakeTime = 10 * time.Second

// Listen makes the socket, mode 0666, under a temporary name, and renames it
// when it is ready, so that whoever finds it can dial it.
func (l *Local) Listen() error {
	// The kernel says who is at the other end, so the key is only for the form. A
	// key on P-256 is made, and used first, in a tenth of the time of an Ed25519 one.
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return err
	}
	l.config = &ssh.ServerConfig{NoClientAuth: true, ServerVersion: "SSH-2.0-loggia"}
	l.config.AddHostKey(signer)
	name := filepath.Join(filepath.Dir(l.Path), fmt.Sprintf(".sock%d", os.Getpid()))
	if n := max(len(name), len(l.Path)); n >= len(unix.RawSockaddrUnix{}.Path) {
		return fmt.Errorf("%s: the name of a socket may have %d bytes: use a state directory with a shorter path",
			l.Path, len(unix.RawSockaddrUnix{}.Path)-1-(n-len(l.Path)))
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	l.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		return err
	}
	l.listener.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(name, 0o666), os.Rename(name, l.Path)); err != nil {
		return errors.Join(err, l.listener.Close(), os.Remove(name))
	}
	return nil
}

// Serve accepts until ctx ends, then waits for the connections, whose contexts
// end with it. It removes the socket.
func (l *Local) Serve(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		// The error shows in Accept.
		_ = l.listener.Close()
	})
	defer stop()
	defer l.wg.Wait()
	for {
		conn, err := l.listener.AcceptUnix()
		if ctx.Err() != nil {
			if err == nil {
				err = conn.Close()
			} else {
				err = nil
			}
			return errors.Join(err, os.Remove(l.Path))
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil { // out of descriptors, or a peer that left at once: it passes
			select {
			case <-ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		l.seat(ctx, conn)
	}
}

// seat serves a connection if there is a seat for who called.
func (l *Local) seat(ctx context.Context, conn *net.UnixConn) {
	peer, err := peerOf(conn)
	if err == nil && !l.seats.take(peer.UID) {
		err = errors.New("too many sessions")
	}
	if err != nil {
		refuse(conn, err)
		return
	}
	l.wg.Go(func() {
		defer l.seats.leave(peer.UID)
		l.connection(ctx, peer, conn)
	})
}

// refuse tells an SSH client why it is not served: text before the version
// line is shown by ours (RFC 4253, 4.2).
func refuse(conn net.Conn, err error) {
	// The peer may be gone already; it is refused either way.
	_, _ = fmt.Fprintf(conn, "error: %v\r\n", err)
	_ = conn.Close()
}

func (l *Local) connection(ctx context.Context, peer Peer, conn *net.UnixConn) {
	if err := l.Admit(peer); err != nil {
		refuse(conn, err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A peer that says nothing, or hears nothing, must not hold up the end.
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(handshakeTime)); err != nil {
		refuse(conn, err)
		return
	}
	sc, channels, requests, err := ssh.NewServerConn(conn, l.config)
	if err != nil {
		// A probe that connects and leaves: nothing was asked.
		_ = conn.Close()
		return
	}
	defer sc.Close() // again: the other side, or the end of ctx, has closed it
	_ = conn.SetDeadline(time.Time{})
	go ssh.DiscardRequests(requests) // ends with the connection
	l.sessions(ctx, peer, channels)
}

// sessions serves the channels of a connection until it ends, and ends them.
func (l *Local) sessions(ctx context.Context, peer Peer, channels <-chan ssh.NewChannel) {
	s := &service{handle: l.Handle, subsystems: l.Subsystems}
	sessions{most: maxSessions, run: func(ctx context.Context, ch ssh.Channel, requests <-chan *ssh.Request) {
		s.serveChannel(ctx, peer, ch, requests)
	}}.serve(ctx, channels)
}

// peerOf asks the kernel who connected.
func peerOf(conn *net.UnixConn) (Peer, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Peer{}, err
	}
	var cred *unix.Ucred
	var cerr error
	err = raw.Control(func(fd uintptr) {
		cred, cerr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err = errors.Join(err, cerr); err != nil {
		return Peer{}, err
	}
	return Peer{UID: cred.Uid, PID: int(cred.Pid)}, nil
}
