package receive

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
)

// device answers one get-syslog-events with the events after the position that
// is asked for, up to n, and cuts the connection after at most cut bytes.
func device(conn net.Conn, n, cut int) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	var request string
	for !strings.Contains(request, "</rpc>") {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		request += line
	}
	after := between(request, `<position xmlns="urn:loggia:syslog-events">`, "</position>")
	first, _ := strconv.Atoi(strings.TrimPrefix(after, "n.1."))
	var out strings.Builder
	out.WriteString("<hello>…</hello>\n]]>]]>\n<rpc-reply xmlns=\"x\">\n<syslog-events xmlns:loggia=\"urn:loggia:syslog-events\">\n")
	for _, e := range some(first+1, n-first) {
		fmt.Fprintf(&out, "<loggia:event position=%q>%s</loggia:event>\n", e.Position, e.Line)
	}
	if after == "" {
		out.WriteString("<loggia:at position=\"n.1." + strconv.Itoa(n) + "\"/>\n")
	}
	text := out.String()
	_, _ = io.WriteString(conn, text[:min(cut, len(text))])
}

// Cut anywhere, again and again, every event arrives once.
func TestCollectorGoesOnWhereItWasCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "messages")
	synctest.Test(t, func(t *testing.T) {
		f := mustOpen(t, path, 4000, 99)
		ctx, cancel := context.WithCancel(context.Background())
		random := rand.New(rand.NewPCG(1, 2))
		var told []string
		c := Collector{Stream: "messages", All: true, Output: f,
			Tell: func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) },
			Dial: func(context.Context) (Conn, error) {
				if f.Position() == "n.1.1000" {
					cancel()
				}
				here, there := net.Pipe()
				go device(there, 1000, random.IntN(5000))
				return here, nil
			}}
		if err := c.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if len(told) < 2 || !strings.Contains(told[1], "the device ended the connection; next attempt in ") {
			t.Errorf("%q", told)
		}
	})
	wantLines(t, path, 1000)
}

func TestReadReply(t *testing.T) {
	for _, c := range []struct {
		name, in, want, err string
	}{
		{"escapes", "<loggia:event position=\"n.1.5\">a &lt;b&gt; &amp;amp; &#246; &#x41; &nbsp; & x</loggia:event>\n", "n.1.5 a <b> &amp; ö A &nbsp; & x;", "EOF"},
		{"mark", "<loggia:at position=\"n.1.9\"/>\n", "n.1.9 mark;", "EOF"},
		{"gap", "<loggia:lost after=\"n.1.5\" to=\"n.1.7\"/>\n", "lost n.1.5 n.1.7;", "EOF"},
		{"refusal", "<rpc-reply>\n<rpc-error>\n<error-message>permission denied</error-message>\n</rpc-error>\n", "", "the device refuses: permission denied"},
		{"refusal with a prefix", "<nc:rpc-reply>\n<nc:rpc-error>\n<nc:error-message>permission denied</nc:error-message>\n</nc:rpc-error>\n", "", "the device refuses: permission denied"},
		{"end", "</syslog-events>\n", "", "the device ended the stream"},
		{"trouble", "<error-message>no such stream</error-message>\n", "", "the device reports: no such stream"},
		{"cut line", "<loggia:event position=\"n.1.5\">a</loggia:ev", "", "EOF"},
		{"not an event", "<loggia:event position=\"n.1.5\">a\n", "", `the device sent an event that is cut off: "<loggia:event position=\"n.1.5\">a"`},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			r := &reply{in: bufio.NewReader(in)}
			var got strings.Builder
			var err error
			for err == nil {
				var b batch
				b, err = r.next()
				for _, e := range b.events {
					if e.Mark {
						e.Line = "mark"
					}
					fmt.Fprintf(&got, "%s %s;", e.Position, e.Line)
				}
				for _, g := range b.gaps {
					fmt.Fprintf(&got, "lost %s %s;", g.from, g.to)
				}
			}
			if got.String() != c.want || err.Error() != c.err {
				t.Errorf("%s: %q, %v", c.name, got.String(), err)
			}
		}
	}
}

// Whatever a device sends, reading ends.
func FuzzReply(f *testing.F) {
	f.Add([]byte("<loggia:event position=\"n.1.5\">a &lt;</loggia:event>\n<loggia:lost after=\"\n"))
	f.Add([]byte("<rpc-error>\n&#;&#x;&#99999999999;\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := &reply{in: bufio.NewReader(strings.NewReader(string(in)))}
		for lines := 0; ; {
			b, err := r.next()
			if err != nil {
				return
			}
			if lines += len(b.events); lines > len(in) {
				t.Fatalf("%d events of %d bytes", lines, len(in))
			}
		}
	})
}
