package receive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

// Output takes what is received.
type Output interface {
	// Position is what to go on from: of the last event that Write was given and
	// that is still known; empty for none.
	Position() string
	// Write takes events in order. After an error they come again, from Position on.
	Write(events []Event) error
}

// Event is one line of the device's log.
type Event struct {
	Line     string // without line end
	Position string // in the device's log
	Mark     bool   // no line, but a position to go on from
}

// Conn is a session with a device: the subsystem netconf, authenticated.
type Conn interface {
	io.ReadWriteCloser
}

// Collector receives the events of one log of one device.
type Collector struct {
	Dial   func(ctx context.Context) (Conn, error)
	Stream string // name of the log file on the device
	Filter string // more elements of the request, as XML
	All    bool   // without a position begin with the oldest event, not with what happens from now on
	Output Output
	// Tell is told of everything that a person who watches should know.
	Tell func(format string, args ...any)
	// Once makes Run return the error of the first connection that ends.
	Once bool
}

// Pauses between two attempts to connect.
const (
	firstPause = time.Second // after a connection that brought something
	longPause  = time.Minute
)

// FatalError ends Run: trying again would change nothing.
type FatalError struct{ Err error }

func (e *FatalError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *FatalError) Unwrap() error { return e.Err }

// Run receives until ctx ends, and connects again whenever it is cut off, with
// pauses that grow to a minute as long as nothing comes. The error is a *FatalError, or that of ctx.
func (c *Collector) Run(ctx context.Context) error {
	pause := firstPause
	for {
		before := c.Output.Position()
		err := c.session(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var fatal *FatalError
		if errors.As(err, &fatal) || c.Once {
			return err
		}
		if c.Output.Position() != before {
			pause = firstPause
		}
		wait := pause/2 + rand.N(pause/2)
		c.Tell("%v; next attempt in %v", err, wait.Round(100*time.Millisecond))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		pause = min(2*pause, longPause)
	}
}

// session is one connection, from dialling to its end.
func (c *Collector) session(ctx context.Context) error {
	conn, err := c.Dial(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // unblocks reading
	defer stop()
	err = c.receive(conn)
	return errors.Join(err, closed(conn.Close()))
}

// closed leaves out of a closing what an ended connection always says.
func closed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || err != nil && strings.Contains(err.Error(), "use of closed") {
		return nil
	}
	return err
}

const hello = `<?xml version="1.0" encoding="UTF-8"?>
<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>
]]>]]>
`

// request asks for the events after position.
func (c *Collector) request(position string) string {
	var b strings.Builder
	b.WriteString(`<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><get-syslog-events><stream>` + escape(c.Stream) + "</stream>")
	b.WriteString(c.Filter)
	b.WriteString(`<position xmlns="urn:loggia:syslog-events">` + escape(position) + "</position>")
	if position == "" && !c.All {
		b.WriteString(`<now xmlns="urn:loggia:syslog-events"/>`)
	}
	b.WriteString("</get-syslog-events></rpc>\n]]>]]>\n")
	return b.String()
}

// receive speaks with a device until that ends.
func (c *Collector) receive(conn io.ReadWriter) error {
	if _, err := io.WriteString(conn, hello+c.request(c.Output.Position())); err != nil {
		return err
	}
	in := &reply{in: bufio.NewReaderSize(conn, 256<<10)}
	for {
		got, err := in.next()
		if len(got.events) > 0 {
			if err := c.Output.Write(got.events); err != nil {
				return err
			}
		}
		for _, gap := range got.gaps {
			c.Tell("events after %s up to %s are lost: the device no longer had them", orElse(gap.from, "?"), orElse(gap.to, "?"))
		}
		if got.started {
			c.Tell("connected; receiving %s", c.Stream)
		}
		switch {
		case errors.Is(err, io.EOF):
			return errors.New("the device ended the connection")
		case err != nil:
			return err
		}
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// refusal is the error about an <rpc-error>.
func refusal(text string) error {
	return &FatalError{fmt.Errorf("the device refuses: %s", orElse(between(text, "error-message>", "</"), "no reason given"))}
}

// between returns what stands between two marks of text, unescaped.
func between(text, begin, end string) string {
	_, text, ok := strings.Cut(text, begin)
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, end)
	return strings.TrimSpace(unescape(text))
}
