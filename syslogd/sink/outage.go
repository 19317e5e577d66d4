package sink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
)

const (
	// outageKinds bounds the kinds of failure that are remembered; the one that was
	// told longest ago is forgotten first.
	outageKinds = 16

	// outageRecords is how many failures are told in each outagePause: a peer can
	// make a new one of every attempt.
	outageRecords = 5
	outagePause   = time.Minute

	// maxReason and maxSubject bound what a peer can make us say, bytes.
	maxReason  = 1024
	maxSubject = 255
)

// handshakeError is a connection on which no TLS came about.
type handshakeError struct {
	at  Channel // both ends, and the certificate that was shown
	err error
}

func (e *handshakeError) Error() string { return e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// failure is a kind of failure: failures of one kind are told once in an outage.
// Another certificate makes another kind, for whoever shows it may be somebody else.
type failure struct {
	target      string // as configured
	fingerprint string // of the certificate that was shown
	reason      string // by failureReason
}

// outage is what was told of the failures since the last connection: each kind
// once, so that somebody who makes a server unreachable first does not hide what
// comes then.
type outage struct {
	told   []failure // the one seen last is last
	since  time.Time // when the present outagePause began
	count  int       // told in it
	silent int       // of kinds that were not told, since something was
}

// tells reports whether a failure is to be told, and what to add to its reason.
func (o *outage) tells(f failure, now time.Time) (more string, ok bool) {
	if d := now.Sub(o.since); d >= outagePause || d < 0 {
		o.since, o.count = now, 0
	}
	at := slices.Index(o.told, f)
	if at >= 0 {
		o.told = append(slices.Delete(o.told, at, at+1), f)
	}
	switch {
	case at >= 0 && o.silent == 0:
		return "", false
	case o.count >= outageRecords:
		if at < 0 {
			o.silent++
		}
		return "", false
	}
	if at < 0 {
		o.told = append(o.told, f)
		o.told = o.told[max(0, len(o.told)-outageKinds):]
	}
	o.count++
	return o.untold(), true
}

// ends is called when there is a connection. It returns what is to be said of the
// failures that were not told.
func (o *outage) ends() string {
	o.told = nil
	return strings.Trim(o.untold(), " ()")
}

// untold says how many failures were not told, once.
func (o *outage) untold() string {
	if o.silent == 0 {
		return ""
	}
	text := fmt.Sprintf(" (%d more failures, for other reasons, are not on record)", o.silent)
	o.silent = 0
	return text
}

// failureReason is what err has in common with others of its kind: nothing in it
// changes with ports, addresses, times and what else is new in every attempt.
func failureReason(err error) string {
	stage := "connect: "
	if errors.As(err, new(*handshakeError)) {
		stage = "handshake: "
	}
	var lookup *net.DNSError
	var errno syscall.Errno
	var wait net.Error
	switch {
	case errors.As(err, &lookup):
		return fmt.Sprintf("lookup: not found %t, timeout %t", lookup.IsNotFound, lookup.IsTimeout)
	case errors.As(err, &errno):
		return stage + errno.Error()
	case errors.As(err, &wait) && wait.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return stage + "timeout"
	}
	words := strings.Fields(clean(err.Error(), maxReason))
	for i, w := range words {
		if strings.ContainsFunc(w, unicode.IsDigit) {
			words[i] = "#"
		}
	}
	return stage + strings.Join(words, " ")
}

// clean makes one printable line of at most size bytes of text that a peer may
// have a part in.
func clean(text string, size int) string {
	text = strings.Map(func(r rune) rune {
		if !shows(r) {
			return '?'
		}
		return r
	}, text)
	return strings.ToValidUTF8(text[:min(len(text), size)], "")
}
