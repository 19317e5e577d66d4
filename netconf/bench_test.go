package netconf

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// large is a configuration of some 100,000 leaves.
func large() string {
	var b strings.Builder
	b.WriteString("<configuration><system><syslog>")
	for i := range 12_500 {
		fmt.Fprintf(&b, "<file><name>f%05d</name>", i)
		for _, c := range []string{"any", "authorization", "daemon", "kernel"} {
			fmt.Fprintf(&b, "<contents><name>%s</name><notice/></contents>", c)
		}
		b.WriteString("<match>a|b</match><explicit-priority/><archive><size>1048576</size><files>5</files></archive></file>")
	}
	b.WriteString("</syslog></system></configuration>")
	return b.String()
}

// speak runs one session that sends these messages.
func (b *box) speak(tb testing.TB, out io.Writer, messages ...string) {
	w := &stream{Reader: strings.NewReader(strings.Join(messages, "]]>]]>\n")), Writer: out}
	if err := Serve(context.Background(), w, b.options(everything())); err != nil {
		tb.Fatal(err)
	}
}

type stream struct {
	io.Reader
	io.Writer
}

func (s *stream) Close() error { return nil }

// BenchmarkLoad takes 100,000 leaves into the candidate.
func BenchmarkLoad(b *testing.B) {
	x := newBox(b)
	rpc := "<rpc><load-configuration action=\"override\">" + large() + "</load-configuration></rpc>"
	b.SetBytes(int64(len(rpc)))
	for b.Loop() {
		var out bytes.Buffer
		x.speak(b, &out, rpc, "<rpc><discard-changes/></rpc>")
		if !strings.Contains(out.String(), loaded(ok)) {
			b.Fatal(out.String())
		}
	}
}

// BenchmarkGet shows 100,000 leaves as XML.
func BenchmarkGet(b *testing.B) {
	x := newBox(b)
	x.speak(b, io.Discard, "<rpc><load-configuration action=\"merge\">"+large()+"</load-configuration></rpc>", "<rpc><commit-configuration/></rpc>")
	for b.Loop() {
		var out count
		x.speak(b, &out, "<rpc><get-configuration/></rpc>")
		b.SetBytes(int64(out))
	}
}

type count int64

func (c *count) Write(b []byte) (int, error) { *c += count(len(b)); return len(b), nil }

// BenchmarkIdle tells what a session costs that does nothing.
func BenchmarkIdle(b *testing.B) {
	x := newBox(b)
	const sessions = 200
	for b.Loop() {
		var before, during runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var ends []func()
		for range sessions {
			in, end := io.Pipe()
			said, done := make(chan bool, 1), make(chan bool)
			o := x.options(everything())
			go func() {
				_ = Serve(context.Background(), &stream{in, writerFunc(func([]byte) {
					select {
					case said <- true:
					default:
					}
				})}, o) // the end of the pipe
				close(done)
			}()
			<-said
			ends = append(ends, func() { _ = end.Close(); <-done })
		}
		runtime.GC()
		runtime.ReadMemStats(&during)
		b.ReportMetric(float64(during.HeapInuse+during.StackInuse-before.HeapInuse-before.StackInuse)/sessions, "B/session")
		for _, end := range ends {
			end()
		}
	}
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }
