package terminal

import (
	"bytes"
	"fmt"
	"testing"
)

// pipe is the least Terminal: keys from a channel, output by count.
type pipe struct {
	in   chan []byte
	rest []byte
	out  chan int
}

func (p *pipe) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		var ok bool
		if p.rest, ok = <-p.in; !ok {
			return 0, ErrHangup
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pipe) Write(b []byte) (int, error) {
	if p.out != nil {
		p.out <- len(b)
	}
	return len(b), nil
}
func (p *pipe) Close() error             { return nil }
func (p *pipe) Size() (int, int)         { return 80, 24 }
func (p *pipe) Resized() <-chan struct{} { return nil }

// BenchmarkKeyEcho is the time from a key to its echo.
func BenchmarkKeyEcho(b *testing.B) {
	p := &pipe{in: make(chan []byte), out: make(chan int)}
	s := New(p, Options{Assistant: stub{}})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s.Err() == nil {
			_, _ = s.ReadLine(Prompt{Text: "> "}) // its end is s.Err
		}
	}()
	<-p.out // the prompt
	n := 0
	for b.Loop() {
		if n++; n%60 == 0 {
			p.in <- []byte{0x15} // Ctrl-u
		} else {
			p.in <- []byte("x")
		}
		<-p.out
	}
	close(p.in)
	<-done
	s.Close()
}

// BenchmarkPastedLines is what one pasted line takes, echo and completion of its
// last word included.
func BenchmarkPastedLines(b *testing.B) {
	for _, c := range []struct{ name, line string }{
		{"plain", "set system syslog file f%d any notice\r"},
		{"question mark", "set system syslog file f%d match \"a?b\"\r"},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := &pipe{in: make(chan []byte)}
			s := New(p, Options{Assistant: stub{}})
			var chunk bytes.Buffer
			for i := range 100 {
				fmt.Fprintf(&chunk, c.line, i)
			}
			stop, fed := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(fed)
				defer close(p.in)
				for {
					select {
					case p.in <- chunk.Bytes():
					case <-stop:
						return
					}
				}
			}()
			for b.Loop() {
				if _, err := s.ReadLine(Prompt{Text: "user@host# "}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
			close(stop)
			<-fed
			s.Close()
		})
	}
}

// BenchmarkOutput is the path of a command's output.
func BenchmarkOutput(b *testing.B) {
	p := &pipe{in: make(chan []byte)}
	s := New(p, Options{})
	text := bytes.Repeat([]byte("Nov 22 10:00:00 host daemon[1]: an ordinary line\n"), 80)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := s.Write(text); err != nil {
			b.Fatal(err)
		}
	}
	close(p.in)
	s.Close()
}
