package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// hostParam is the machine that ping and traceroute ask.
func hostParam() Param {
	return Param{Name: "host", Help: "Name or address of the machine", Required: true}
}

// Running is a Result that is made while it is written, by something that its own context asks to
// stop and that may have a last word to say then: what it writes is to be shown to its end.
type Running interface {
	Result
	Running()
}

// Running implements Running.
func (p program) Running() {}

// lastWord is how long a program may take to end once it is asked to, before it is killed.
const lastWord = 2 * time.Second

// program is the output of a program of the operating system while it runs. It is
// interrupted when the caller wants no more, as Ctrl-C would, so that it can tell what came of it.
type program struct {
	ctx context.Context
	cmd *exec.Cmd // made with ctx
}

// startProgram finds a program of the operating system.
func startProgram(ctx context.Context, name string, args ...string) (Result, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s is not installed on this machine", name)
	}
	c := exec.CommandContext(ctx, path, args...)
	c.Cancel = func() error {
		time.AfterFunc(lastWord, func() {
			_ = c.Process.Kill() // it may have ended, which is what is wanted
		})
		return c.Process.Signal(os.Interrupt)
	}
	return program{ctx, c}, nil
}

// WriteText implements Result. What the program says itself is all there is to
// say about how it went: only that it failed is an error.
func (p program) WriteText(w io.Writer) error {
	p.cmd.Stdout, p.cmd.Stderr = w, w
	err := p.cmd.Run()
	var exit *exec.ExitError
	switch {
	case p.ctx.Err() != nil:
		return context.Cause(p.ctx)
	case errors.As(err, &exit):
		return fmt.Errorf("no success: %s", exit)
	}
	return err
}

// host returns the machine that was named. A name that begins like an option
// would be taken for one.
func host(a Args) (string, error) {
	h := a["host"]
	if h == "" || strings.HasPrefix(h, "-") || strings.ContainsAny(h, " \t\r\n\x00") {
		return "", fmt.Errorf("'%s' is no host", h)
	}
	return h, nil
}

// ping sends packets until Ctrl-C, or count of them.
func ping(ctx context.Context, _ *Env, a Args) (Result, error) {
	h, err := host(a)
	if err != nil {
		return nil, err
	}
	var args []string
	for _, o := range [][2]string{{"count", "-c"}, {"interval", "-i"}, {"size", "-s"}, {"ttl", "-t"}} {
		if a.Has(o[0]) {
			args = append(args, o[1], a[o[0]])
		}
	}
	return startProgram(ctx, "ping", append(args, "--", h)...)
}

func traceroute(ctx context.Context, _ *Env, a Args) (Result, error) {
	h, err := host(a)
	if err != nil {
		return nil, err
	}
	var args []string
	if a.Has("no-resolve") {
		args = append(args, "-n")
	}
	if a.Has("ttl") {
		args = append(args, "-m", a["ttl"])
	}
	return startProgram(ctx, "traceroute", append(args, "--", h)...)
}

// Element implements Result.
func (p program) Element() Element { return Output(p) }
