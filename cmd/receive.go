package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"loggia/daemon"
)

// receive is the command that collects a device's log.
func (o *options) receive() *cobra.Command {
	r := daemon.Receive{Tell: o.err}
	size := "10m"
	c := &cobra.Command{
		Use:   "receive USER@HOST[:PORT] | receive USER --listen ADDRESS",
		Short: "Collect the log of another machine, without a gap and nothing twice",
		Long: `receive is the remote log server: it connects to a loggia over SSH, asks for a
log with get-syslog-events, and writes every line to a file. The position is kept
beside the file, so that it goes on where it stopped after anything that cut it off.

With --listen it waits for machines that call home instead. With --secret-file it
serves those alone whose host key is vouched for by the secret that they have in
"outbound-ssh client secret".`,
		Example: "  loggia receive syslog-mon@192.0.2.1 --stream messages --identity ~/.ssh/id_ed25519 --output messages",
		Args:    atMost(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if len(args) == 0 {
				return errors.New("whose log? expecting USER@HOST[:PORT], or USER with --listen")
			}
			r.From = args[0]
			if err := r.Check(); err != nil {
				return err
			}
			if r.Size, err = bytesOf(size); err != nil {
				return err
			}
			return o.run(c.Context(), r)
		},
	}
	f := c.Flags()
	f.StringVar(&r.Listen, "listen", "", "address to wait at, such as :4334, instead of calling")
	f.StringVar(&r.Stream, "stream", "messages", "name of the log on the other machine")
	f.StringVar(&r.Output, "output", "", "needed: file, directory, unix:PATH or tcp:HOST:PORT to write to")
	f.StringVar(&r.Position, "position", "", "file that keeps the position, when the output is a socket")
	f.StringVar(&r.Identity, "identity", "", "file of the private key; ssh-agent is asked without it")
	f.StringVar(&r.HostKey, "host-key", "", "fingerprint of the host key, SHA256:…, instead of known_hosts")
	f.StringVar(&r.Known, "known-hosts", homeFile(".ssh/known_hosts"), "file of the host keys that are known")
	f.StringVar(&r.Secret, "secret-file", "", "with --listen: file of the secret of outbound-ssh, which vouches for host keys instead of known_hosts")
	f.StringVar(&size, "size", size, "size at which a file is turned over")
	f.IntVar(&r.Files, "files", 10, "files turned over that are kept")
	f.BoolVar(&r.All, "all", false, "the first time, begin with the oldest line that there is")
	return c
}

// run collects until a signal.
func (o *options) run(ctx context.Context, r daemon.Receive) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := r.Run(ctx); err != nil {
		o.status = 1
		return err
	}
	return nil
}

// bytesOf reads a size such as 64k, 10m or 1g.
func bytesOf(text string) (int64, error) {
	number, factor := text, int64(1)
	for unit, f := range map[string]int64{"k": 1 << 10, "m": 1 << 20, "g": 1 << 30} {
		if cut, ok := strings.CutSuffix(strings.ToLower(text), unit); ok {
			number, factor = cut, f
		}
	}
	n, err := strconv.ParseInt(number, 10, 40)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("--size %s: expecting a size such as 64k, 10m or 1g", text)
	}
	return n * factor, nil
}

// homeFile is a file in the user's home, or empty without a home.
func homeFile(name string) string {
	home, err := os.UserHomeDir()
	if errors.Is(err, os.ErrNotExist) || home == "" {
		return ""
	}
	return filepath.Join(home, name)
}
