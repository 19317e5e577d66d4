package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"loggia/match"
	"loggia/op"
)

// sectionedLog is a log of which each element is a section.
type sectionedLog struct {
	sections []op.LogSection
	closed   *atomic.Int32
}

func (l sectionedLog) WriteText(io.Writer) error  { return errors.New("read it one after the other") }
func (l sectionedLog) Element() op.Element        { return op.Output(l) }
func (l sectionedLog) Open() (op.LogText, error)  { return l, nil }
func (l sectionedLog) Sections() []op.LogSection  { return append([]op.LogSection(nil), l.sections...) }
func (l sectionedLog) Close() error               { l.closed.Add(1); return nil }
func sectioned(all ...op.LogSection) sectionedLog { return sectionedLog{all, new(atomic.Int32)} }
func unreadable(err error) op.LogSection          { return inBlocks(nil, err) }
func ofText(text string) op.LogSection            { return inBlocks([]string{text}, nil) }
func inBlocks(blocks []string, err error) op.LogSection {
	return func(ctx context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for _, b := range blocks {
				if ctx.Err() != nil || !yield([]byte(b), nil) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
			}
		}
	}
}

// runLog runs a log through the pipes of a line.
func runLog(ctx context.Context, t *testing.T, l *lab, log sectionedLog, pipes string) (string, error) {
	t.Helper()
	o := l.options("user")
	o.Screen = NewBatchScreen(io.Discard, nil)
	s := New(o)
	c, _, f := s.parse("show log messages | " + pipes)
	if f != nil {
		t.Fatal(pipes, f.text)
	}
	var out strings.Builder
	err := s.run(ctx, log, c.pipes, sink{&out})
	if n := log.closed.Load(); n != 1 {
		t.Fatalf("%s: closed %d times", pipes, n)
	}
	return out.String(), err
}

// lineByLine is what the pipes have to give, worked out as simply as can be.
func lineByLine(t *testing.T, text string, pipes []string) string {
	t.Helper()
	lines := strings.SplitAfter(text, "\n")
	lines = lines[:len(lines)-1]
	for _, pipe := range pipes {
		verb, arg, _ := strings.Cut(pipe, " ")
		arg = strings.Trim(arg, `"`)
		var e *match.Expr
		if verb == "match" || verb == "except" || verb == "find" {
			var err error
			if e, err = match.Compile(arg, match.Options{IgnoreCase: true}); err != nil {
				t.Fatal(err)
			}
		}
		var out []string
		found := false
		for _, line := range lines {
			hit := e != nil && e.MatchString(strings.TrimSuffix(line, "\n"))
			switch verb {
			case "match":
				found = hit
			case "except":
				found = !hit
			case "find":
				found = found || hit
			case "trim":
				found = true
				if r := []rune(line); len(r) > 3 {
					line = string(r[3:])
				} else {
					line = "\n"
				}
			case "last", "no-more":
				found = true
			}
			if found {
				out = append(out, line)
			}
		}
		switch {
		case verb == "count":
			out = []string{fmt.Sprintf("Count: %d lines\n", len(lines))}
		case verb == "find" && !found:
			out = []string{"\n", "Pattern not found\n"}
		case verb == "last":
			out = out[max(0, len(out)-7):]
		}
		lines = out
	}
	return strings.Join(lines, "")
}

func TestLogsThroughPipesAgreeWithOneLineAfterTheOther(t *testing.T) {
	l := newLab(t)
	rng := rand.New(rand.NewPCG(11, 12))
	words := []string{"error", "ERROR", "fail ssh", "mgd", "\r", "\x00", "é", "x", "12ms", " ", "a b c", strings.Repeat("long ", 300), "", "ſſh"}
	pipes := []string{`match error`, `match "fail.*ssh"`, `except mgd`, `except "^$"`, `find 12ms`, `find nowhere`, `count`, `last 7`, `trim 3`, `no-more`, `match ssh`, `match "[0-9]ms$"`, `match "!x"`}
	for range 400 {
		var sections []op.LogSection
		var all strings.Builder
		for range rng.IntN(12) {
			var blocks []string
			for range rng.IntN(4) {
				var b strings.Builder
				for range 1 + rng.IntN(20) {
					for range rng.IntN(4) {
						b.WriteString(words[rng.IntN(len(words))])
					}
					b.WriteByte('\n')
				}
				blocks = append(blocks, b.String())
				all.WriteString(b.String())
			}
			sections = append(sections, inBlocks(blocks, nil))
		}
		var chain []string
		for range 1 + rng.IntN(4) {
			chain = append(chain, pipes[rng.IntN(len(pipes))])
		}
		line := strings.Join(chain, " | ")
		want := lineByLine(t, all.String(), chain)
		if got, err := runLog(t.Context(), t, l, sectioned(sections...), line); got != want || err != nil {
			t.Fatalf("%s on %d sections: %v\n got %q\nwant %q", line, len(sections), err, got, want)
		}
		// What another command writes goes through the same pipes in another way.
		piece := 1 + rng.IntN(500)
		if got, err := through(t, l, line, all.String(), piece); got != want || err != nil {
			t.Fatalf("%s in pieces of %d: %v\n got %q\nwant %q", line, piece, err, got, want)
		}
	}
}

func TestWhatOfALogCannotBeReadIsSaidAtTheEnd(t *testing.T) {
	l := newLab(t)
	damaged := func() sectionedLog {
		return sectioned(ofText("1\n"), unreadable(errors.New("messages.1.gz: checksum")), ofText("2\n"), unreadable(errors.New("messages.0.gz: gone")), ofText("3\n4\n"))
	}
	for pipes, want := range map[string]string{
		"no-more": "1\n2\n3\n4\n", "match [0-9]": "1\n2\n3\n4\n", "except 3": "1\n2\n4\n", "last 3": "2\n3\n4\n", "last 9": "1\n2\n3\n4\n",
		"find 2": "2\n3\n4\n", "count": "", // a number that is not true is not said
	} {
		got, err := runLog(t.Context(), t, l, damaged(), pipes)
		if got != want || err == nil || !strings.Contains(err.Error(), "messages.0.gz: gone") {
			t.Errorf("%s: %q %v", pipes, got, err)
		}
	}
	if got, err := runLog(t.Context(), t, l, damaged(), "last 2"); got != "3\n4\n" {
		t.Errorf("last 2: %q %v", got, err)
	}
}

// Nothing older is looked at than what holds the last lines, but for what readers
// have begun by then.
func TestTheLastLinesThatMatchComeFromTheEnd(t *testing.T) {
	l := newLab(t)
	var read atomic.Int32
	var sections []op.LogSection
	for n := range 1000 {
		section := ofText(fmt.Sprintf("line %d\nother\n", n))
		sections = append(sections, func(ctx context.Context) iter.Seq2[[]byte, error] {
			read.Add(1)
			return section(ctx)
		})
	}
	for pipes, want := range map[string]string{
		"match line | last 3": "line 997\nline 998\nline 999\n", "last 2": "line 999\nother\n", "match 1[0-9]$ | last 1 | count": "Count: 1 lines\n",
	} {
		read.Store(0)
		if got, err := runLog(t.Context(), t, l, sectioned(sections...), pipes); got != want || err != nil || read.Load() > 200 {
			t.Errorf("%s: %q %v, read %d sections", pipes, got, err, read.Load())
		}
	}
}

// endless is a section that never ends.
func endless(read *atomic.Int64) op.LogSection {
	block := bytes.Repeat([]byte("a line\n"), 1000)
	return func(ctx context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for ctx.Err() == nil && yield(block, nil) {
				read.Add(int64(len(block)))
			}
		}
	}
}

func TestReadingALogStopsWhenNobodyWantsAnyMore(t *testing.T) {
	l := newLab(t)
	var read atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	log := sectioned(endless(&read), endless(&read), endless(&read))
	go func() {
		for read.Load() < 1<<20 {
			runtime.Gosched()
		}
		cancel() // Ctrl-C
	}()
	if got, err := runLog(ctx, t, l, log, "match nothing | count"); got != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q %v", got, err)
	}

	o := l.options("user")
	o.Screen = NewBatchScreen(io.Discard, nil)
	s := New(o)
	c, _, _ := s.parse("show log messages | match line")
	full := errors.New("the reader has left")
	log = sectioned(endless(&read), endless(&read))
	if err := s.run(t.Context(), log, c.pipes, sink{failingWriter{full}}); !errors.Is(err, full) || log.closed.Load() != 1 {
		t.Errorf("%v, closed %d times", err, log.closed.Load())
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// Sections that come before their turn wait, with little of them in memory.
func TestWhatIsReadAheadIsBounded(t *testing.T) {
	l := newLab(t)
	block := strings.Repeat(strings.Repeat("x", 99)+"\n", 640)
	var blocks []string
	for range 1000 { // 64 MB a section
		blocks = append(blocks, block)
	}
	var read atomic.Int64
	section := func(ctx context.Context) iter.Seq2[[]byte, error] {
		return func(yield func([]byte, error) bool) {
			for b, err := range inBlocks(blocks, nil)(ctx) {
				if !yield(b, err) {
					return
				}
				read.Add(int64(len(b)))
			}
		}
	}
	o := l.options("user")
	o.Screen = NewBatchScreen(io.Discard, nil)
	s := New(o)
	c, _, _ := s.parse("show log messages | match x")
	written, worst := int64(0), int64(0)
	out := countingWriter(func(b []byte) (int, error) {
		worst = max(worst, read.Load()-written)
		written += int64(len(b))
		return len(b), nil
	})
	if err := s.run(t.Context(), sectioned(section, section, section), c.pipes, sink{out}); err != nil || written != 3*1000*int64(len(block)) {
		t.Fatal(err, written)
	}
	if worst > 64<<20 {
		t.Errorf("%d MB were read and not written", worst>>20)
	}
}

type countingWriter func([]byte) (int, error)

func (f countingWriter) Write(b []byte) (int, error) { return f(b) }

func TestTailKeepsTheLastLines(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 500 {
		n := 1 + rng.IntN(10)
		tl := tail{n: n}
		var lines []string
		for range rng.IntN(12) {
			var block strings.Builder
			for range 1 + rng.IntN(8) {
				line := fmt.Sprintf("%d\n", rng.IntN(1000))
				lines = append(lines, line)
				block.WriteString(line)
			}
			if err := tl.add([]byte(block.String())); err != nil {
				t.Fatal(err)
			}
		}
		var out strings.Builder
		if err := tl.pour(sink{&out}); err != nil {
			t.Fatal(err)
		}
		if want := strings.Join(lines[max(0, len(lines)-n):], ""); out.String() != want {
			t.Fatalf("last %d: %q, want %q", n, out.String(), want)
		}
	}
	tl := tail{n: 1 << 20}
	line := append(bytes.Repeat([]byte("x"), 1<<20), '\n')
	var err error
	for range maxLast>>20 + 1 {
		if err == nil {
			err = tl.add(line)
		}
	}
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a tail of %d bytes: %v", tl.size, err)
	}
}
