package traffic

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"
	"time"
	"unicode/utf8"
)

var last = time.Date(2026, 11, 22, 14, 5, 9, 0, time.UTC)

func TestSameSeedSameBytes(t *testing.T) {
	p := Plan{Seed: 3, Messages: 2000, Connections: 3, Framing: Newline, Last: last}
	a, b := Make(p), Make(p)
	p.Seed = 4
	c := Make(p)
	for i := range a.Streams {
		if !bytes.Equal(a.Streams[i].Bytes, b.Streams[i].Bytes) {
			t.Errorf("stream %d differs with the same seed", i)
		}
		if bytes.Equal(a.Streams[i].Bytes, c.Streams[i].Bytes) {
			t.Errorf("stream %d is the same with another seed", i)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, f := range []Framing{Newline, Octets, Datagram, Local} {
		l := Make(Plan{Seed: 1, Messages: 20000, Connections: 1, Framing: f, Last: last})
		sum := 0
		for n := range l.Facts {
			size := len(l.Streams[0].Message(n))
			sum += size
			if size < MinSize-20 || size > MaxSize+len("400 ") {
				t.Fatalf("framing %d, message %d: %d bytes", f, n, size)
			}
		}
		if mean := sum / len(l.Facts); mean < 203 || mean > 214 {
			t.Errorf("framing %d: mean size %d, want 208", f, mean)
		}
	}
}

func TestFormats(t *testing.T) {
	const (
		old    = `<\d{1,3}>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d [\w.-]+ [\w/]+\[\d+\]: `
		local  = `<\d{1,3}>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d [\w/]+\[\d+\]: `
		modern = `<\d{1,3}>1 2026-11-22T\d\d:\d\d:\d\d\.\d{6}Z [\w.-]+ [\w/]+ \d+ - (-|\[origin [^\]]+\]) `
		tail   = `(.* )?seq=\d{9}\.`
	)
	tests := []struct {
		framing Framing
		pattern string
	}{
		{Newline, `^(` + old + `|` + modern + `)` + tail + `\n$`},
		{Octets, `^\d+ ` + modern + tail + `$`},
		{Datagram, `^(` + old + `|` + modern + `)` + tail + `$`},
		{Local, `^` + local + tail + `$`},
	}
	for _, test := range tests {
		l := Make(Plan{Seed: 9, Messages: 5000, Connections: 2, Framing: test.framing, Last: last})
		pattern := regexp.MustCompile(test.pattern)
		for n := range l.Facts {
			message := l.Streams[n%2].Message(n / 2)
			if !pattern.Match(message) || !utf8.Valid(message) {
				t.Fatalf("framing %d, message %d: %q", test.framing, n, message)
			}
		}
	}
}

func TestFactsDescribeTheMessage(t *testing.T) {
	l := Make(Plan{Seed: 5, Messages: 5000, Connections: 4, Framing: Octets, Last: last})
	kinds := map[string]bool{}
	for n, fact := range l.Facts {
		message := l.Streams[n%4].Message(n / 4)
		length, rest, _ := bytes.Cut(message, []byte(" "))
		if string(length) != fmt.Sprint(len(rest)) {
			t.Fatalf("message %d: counted %s, is %d", n, length, len(rest))
		}
		if want := fmt.Sprintf("<%d>", int(fact.Facility)*8+int(fact.Severity)); !bytes.HasPrefix(rest, []byte(want)) {
			t.Fatalf("message %d: no %s in %q", n, want, rest)
		}
		text := rest[len(rest)-int(fact.Size):]
		if l.Hash(text) != fact.Sum || rest[len(rest)-len(text)-1] != ' ' {
			t.Fatalf("message %d: the fact is of another text than %q", n, text)
		}
		if want := fmt.Sprintf("seq=%09d.", n); !bytes.HasSuffix(text, []byte(want)) {
			t.Fatalf("message %d: no %s in %q", n, want, text)
		}
		kinds[fmt.Sprint(fact.Facility, fact.Severity)] = true
	}
	if len(templates()) != 24 || len(kinds) < 15 {
		t.Errorf("%d templates, %d priorities", len(templates()), len(kinds))
	}
}

func BenchmarkMake(b *testing.B) {
	for b.Loop() {
		Make(Plan{Seed: 1, Messages: 10000, Connections: 4, Framing: Newline, Last: last})
	}
}

func TestWriteLog(t *testing.T) {
	var b bytes.Buffer
	if err := WriteLog(&b, 1, 3_000_000, last); err != nil {
		t.Fatal(err)
	}
	if over := b.Len() - 3_000_000; over < 0 || over > MaxSize {
		t.Errorf("%d bytes, want about 3000000", b.Len())
	}
	pattern := regexp.MustCompile(`^Nov [ 1-3]\d \d\d:\d\d:\d\d [\w.-]+ [\w/]+\[\d+\]: (.* )?seq=\d{9}\.\n$`)
	for line := range bytes.Lines(b.Bytes()) {
		if !pattern.Match(line) {
			t.Fatalf("%q", line)
		}
	}
}
