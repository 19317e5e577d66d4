package sshd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// notLoggedIn records how a connection ended before anybody was logged in.
func (c *conn) notLoggedIn(err error) {
	if c.login.user != nil { // and left before hearing that it was right
		c.accepted()
	}
	failed := c.login.wrong > 0
	if c.login.keys > 0 {
		failed = true
		by := c.subject(c.login.keysOwner)
		c.s.o.Recorder.Record(by, event.SSHLoginFailed{Username: c.login.keysOwner, From: c.from.Addr()})
		c.refusedKeys()
	}
	var negotiation *ssh.AlgorithmNegotiationError
	var timeout net.Error
	switch reason := c.endReason(); {
	case reason != "":
		c.recordStranger("ended", func(more string) event.Event {
			return event.SSHClosed{From: c.from, Ours: true, Reason: reason, More: more}
		})
	case c.wire.flooded.Load(): // the library may say that the connection was closed
		c.recordStranger("fault", func(more string) event.Event {
			return event.SSHFault{From: c.from, Reason: errTooMuch.Error(), More: more}
		})
	case errors.As(err, &negotiation):
		c.recordStranger("negotiation", func(more string) event.Event {
			return event.SSHNegotiationFailed{From: c.from, What: negotiated(negotiation.What), Offer: shownOffer(negotiation.RequestedAlgorithms),
				Version: c.wire.clientVersion(), More: more}
		})
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		c.recordStranger("timeout", func(more string) event.Event {
			return event.SSHFault{From: c.from, Reason: "timeout before authentication", More: more}
		})
	case gone(err):
		c.recordStranger("closed", func(more string) event.Event { return event.SSHClosed{From: c.from, More: more} })
	default:
		if code, text, ok := disconnected(err); ok && (failed || code != 2) {
			c.recordStranger("closed", func(more string) event.Event {
				return event.SSHDisconnectReceived{From: c.from, Code: code, Reason: text + " [preauth]" + more}
			})
			return
		}
		c.recordStranger("fault", func(more string) event.Event {
			return event.SSHFault{From: c.from, Reason: c.fault(err), More: more}
		})
	}
}

// maxOffer bounds what of a client's offer is recorded.
const maxOffer = 64

func shownOffer(names []string) []string {
	var out []string
	for _, n := range names[:min(len(names), maxOffer)] {
		out = append(out, printable(n, maxOffer))
	}
	return out
}

// negotiated is what OpenSSH calls what there is no common choice of.
func negotiated(what string) string {
	switch {
	case strings.Contains(what, "cipher"):
		return "cipher"
	case strings.Contains(what, "MAC"):
		return "MAC"
	case strings.Contains(what, "key exchange"):
		return "key exchange method"
	case strings.Contains(what, "host key"):
		return "host key type"
	}
	return strings.TrimPrefix(strings.TrimPrefix(what, "client to server "), "server to client ") + " method"
}

// gone reports whether an error says that the client went away without a word.
func gone(err error) bool {
	var auth *ssh.ServerAuthError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || errors.As(err, &auth) && !strings.Contains(err.Error(), "too many authentication")
}

// fault puts an error of the library in the words of an administrator.
func (c *conn) fault(err error) string {
	text := strings.TrimPrefix(err.Error(), "ssh: ")
	switch {
	case c.wire.clientVersion() == "":
		return "invalid format of the version"
	case strings.Contains(text, "MAC failure"), strings.Contains(text, "message authentication failed"):
		return "message authentication code incorrect"
	case strings.Contains(text, "packet length"), strings.Contains(text, "packet too large"):
		return "oversized packet: " + printable(text, 128)
	case strings.Contains(text, "too many authentication"):
		return "too many authentication attempts"
	}
	return printable(text, 256)
}

// disconnected takes apart the library's words for a client that said goodbye.
func disconnected(err error) (code uint32, text string, ok bool) {
	rest, ok := strings.CutPrefix(err.Error(), "ssh: disconnect, reason ")
	if !ok {
		return 0, "", false
	}
	number, text, _ := strings.Cut(rest, ": ")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return 0, "", false
	}
	if plain, err := strconv.Unquote(text); err == nil { // newer versions of the library quote it
		text = plain
	}
	return uint32(n), printable(text, 256), true
}

// closed records how a connection ended on which somebody was logged in.
func (c *conn) closed(err error) {
	if n := c.kex.unrecorded(); n > 0 {
		c.record(event.SSHRekeyed{From: c.from, Username: c.user.Name, Count: n})
	}
	end := event.SSHClosed{From: c.from, Username: c.user.Name}
	if reason := c.endReason(); reason != "" {
		end.Ours, end.Reason = true, reason
	} else if code, text, ok := disconnected(err); ok {
		c.record(event.SSHDisconnectReceived{From: c.from, Code: code, Reason: text})
		end.Reason = text
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		end.Ours, end.Reason = true, fmt.Sprintf("nothing was taken for %v", stallTime)
	} else if !gone(err) {
		c.record(event.SSHFault{From: c.from, Username: c.user.Name, Reason: c.fault(err)})
	}
	c.record(end)
}
