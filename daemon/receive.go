package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"loggia/configtree/secret"
	"loggia/netconf/receive"
	"loggia/sshd/dial"
)

// Receive is what `loggia receive` was told: to collect the log of a device.
type Receive struct {
	From     string // USER@HOST[:PORT]; with Listen the user alone
	Listen   string // address at which devices call; empty to call them
	Stream   string // name of the log file on the device
	Output   string // file, directory, unix:PATH or tcp:HOST:PORT
	Position string // file that keeps the position, of an output that is no file
	Size     int64  // bytes at which a file is turned over
	Files    int    // files turned over that are kept
	All      bool   // begin with the oldest event that the device has
	Identity string // file of a private key
	HostKey  string // fingerprint of the device
	Known    string // known_hosts file
	Secret   string // file with the secret by which devices that call vouch for their host keys; empty for none
	Tell     io.Writer
}

// netconfPort is that of NETCONF over SSH (RFC 6242, 7).
const netconfPort = "830"

// Check tells what does not fit together in what it was told.
func (r Receive) Check() error {
	user, address, ok := strings.Cut(r.From, "@")
	switch {
	case r.Output == "":
		return errors.New("--output says where the log is to go")
	case r.socket() && r.Position == "":
		return errors.New("--position names the file that keeps how far " + r.Output + " was served")
	case r.Files < 0:
		return errors.New("--files: expecting a number from 0")
	case r.Listen != "":
		return nil
	case r.Secret != "":
		return errors.New("--secret-file is for devices that call: it goes with --listen")
	case !ok || user == "" || address == "":
		return fmt.Errorf("%s: expecting USER@HOST[:PORT]", r.From)
	}
	return nil
}

// Run collects until ctx ends. Its error is one that trying again would not mend.
func (r Receive) Run(ctx context.Context) error {
	if err := r.Check(); err != nil {
		return err
	}
	if r.Listen != "" {
		return r.listen(ctx)
	}
	user, address, _ := strings.Cut(r.From, "@")
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), netconfPort)
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	c := r.config(user, address)
	return r.collect(ctx, host, func(ctx context.Context) (receive.Conn, error) { return connected(dial.To(ctx, c)) })
}

func (r Receive) config(user, address string) dial.Config {
	return dial.Config{User: user, Address: address, Identity: r.Identity, HostKey: r.HostKey, Known: r.Known, Subsystem: "netconf"}
}

// connected makes an end of a refusal, which will be the same the next time.
func connected(conn *dial.Conn, err error) (receive.Conn, error) {
	var refused *dial.RefusedError
	switch {
	case errors.As(err, &refused):
		return nil, &receive.FatalError{Err: err}
	case err != nil:
		return nil, err
	}
	return conn, nil
}

// collect receives from one device.
func (r Receive) collect(ctx context.Context, device string, to func(context.Context) (receive.Conn, error)) error {
	out, err := r.output(device)
	if err != nil {
		return err
	}
	c := receive.Collector{Dial: to, Stream: r.Stream, All: r.All, Output: out, Once: r.Listen != "", Tell: func(format string, args ...any) {
		// Who does not read it still gets the events.
		_, _ = fmt.Fprintf(r.Tell, "%s: "+format+"\n", append([]any{device}, args...)...)
	}}
	err = c.Run(ctx)
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, out.Close())
}

// closer is an output that is to be closed.
type closer interface {
	receive.Output
	io.Closer
}

// socket reports whether the output is one, and no file.
func (r Receive) socket() bool {
	return strings.HasPrefix(r.Output, "unix:") || strings.HasPrefix(r.Output, "tcp:")
}

func (r Receive) output(device string) (closer, error) {
	if r.socket() {
		return receive.OpenSocket(r.Output, r.Position)
	}
	path := r.Output
	if info, err := os.Stat(path); err == nil && info.IsDir() || strings.HasSuffix(path, "/") {
		dir := filepath.Join(path, strings.ReplaceAll(device, "/", "_"))
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, err
		}
		path = filepath.Join(dir, r.Stream)
	}
	return receive.OpenFile(path, r.Size, r.Files)
}

// listen waits for devices to call home (RFC 8071, and Junos' outbound-ssh).
func (r Receive) listen(ctx context.Context) error {
	if info, err := os.Stat(r.Output); err != nil || !info.IsDir() {
		return fmt.Errorf("%s: with --listen the output is a directory, in which every device has its own", r.Output)
	}
	shared, err := r.secret()
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", r.Listen)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.Close() }) // unblocks Accept
	defer stop()
	var calls sync.WaitGroup
	defer calls.Wait()
	seats := make(chan struct{}, maxCallers)
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		select {
		case seats <- struct{}{}:
		default:
			_ = conn.Close() // the device calls again
			continue
		}
		calls.Go(func() {
			defer func() { <-seats }()
			if err := r.called(ctx, conn, shared); err != nil {
				_, _ = fmt.Fprintf(r.Tell, "%s: %v\n", conn.RemoteAddr(), err) // as in collect
			}
		})
	}
}

// maxCallers bounds the devices that are connected at a time.
const maxCallers = 1024

// introductionTime is how long a device may take to say its name.
const introductionTime = 20 * time.Second

// maxSecret bounds the file of a secret, in bytes.
const maxSecret = 4096

// secret reads the secret that devices share: the first line of its file, as it is
// or in Junos' notation, which begins with $9$.
func (r Receive) secret() (string, error) {
	if r.Secret == "" {
		return "", nil
	}
	f, err := os.Open(r.Secret)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err := errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	if strings.HasPrefix(line, secret.Magic) {
		if line, err = secret.Decode(line); err != nil {
			return "", fmt.Errorf("%s: %w", r.Secret, err)
		}
	}
	if line == "" {
		return "", fmt.Errorf("%s: there is no secret on the first line", r.Secret)
	}
	return line, nil
}

// called serves one device that has called.
func (r Receive) called(ctx context.Context, conn net.Conn, shared string) error {
	device, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	if err := conn.SetReadDeadline(time.Now().Add(introductionTime)); err != nil {
		return errors.Join(err, conn.Close())
	}
	introduced, who, err := dial.Introduced(conn, shared)
	if err != nil {
		if who.Device != "" {
			err = fmt.Errorf("%s: %w", who.Device, err)
		}
		return errors.Join(err, conn.Close())
	}
	if who.Device != "" {
		device = who.Device
	}
	c := r.config(strings.TrimSuffix(r.From, "@"), net.JoinHostPort(device, netconfPort))
	c.Vouched = who.HostKey
	return r.collect(ctx, device, func(ctx context.Context) (receive.Conn, error) {
		return connected(dial.Over(ctx, introduced, c))
	})
}
