package daemon

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"strings"

	"loggia/audit/event"
	"loggia/sshd"
)

// surviving is a handler whose panic ends its session and nothing else: whoever
// logs through this machine must not suffer from what one session asks.
func (d *Daemon) surviving(handle sshd.Handler) sshd.Handler {
	return func(ctx context.Context, p sshd.Peer, ch *sshd.Channel) (status int) {
		defer func() {
			if r := recover(); r != nil {
				status = 1
				d.panicked(p, ch, r)
			}
		}()
		return handle(ctx, p, ch)
	}
}

// panicked records what broke, and where, and cuts the session off.
func (d *Daemon) panicked(p sshd.Peer, ch *sshd.Channel, reason any) {
	by := itself()
	if id, err := d.peer(p, ch); err == nil {
		by = id.Subject
	}
	d.recorder.Record(by, event.Fault{Reason: fmt.Sprintf("a session broke off at %s: %v", panicPlace(), reason)})
	// The session ends whether its client hears that or not.
	_, _ = fmt.Fprint(ch.Errors, "error: internal error; this session ends\n")
	_ = ch.Cut()
}

// panicPlace is where the panic that is being recovered from began.
func panicPlace() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	for raised := false; ; {
		f, more := frames.Next()
		system := strings.HasPrefix(f.Function, "runtime.")
		if raised && !system {
			return fmt.Sprintf("%s:%d", path.Join(path.Base(path.Dir(f.File)), path.Base(f.File)), f.Line)
		}
		raised = raised || system
		if !more {
			return "an unknown place"
		}
	}
}
