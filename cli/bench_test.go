package cli

import (
	"bytes"
	"context"
	"io"
	"testing"

	"loggia/cli/terminal"
	"loggia/op"
)

// grown is a session in configuration mode over 100,000 statements.
func grown(b *testing.B) *Session {
	b.Helper()
	l := newLab(b)
	l.grow(25_000)
	o := l.options("user")
	o.Screen = NewBatchScreen(io.Discard, nil)
	s := New(o)
	s.enterConfiguration(l.store.Shared())
	b.ResetTimer()
	return s
}

// BenchmarkHelp answers ? at a level of a few statements.
func BenchmarkHelp(b *testing.B) {
	a := assistant{grown(b)}
	const line = "set system syslog file f012345 "
	for b.Loop() {
		if a.Help(line, len(line)).Message == "" {
			b.Fatal("no help")
		}
	}
}

// BenchmarkHelpKeys answers ? with all 25,000 entries of a list, up to the first screenful.
func BenchmarkHelpKeys(b *testing.B) { screenful(b, "set system syslog file ", "?") }

// BenchmarkTabKeys answers Tab behind the beginning of all of them.
func BenchmarkTabKeys(b *testing.B) { screenful(b, "delete system syslog file f0", "\t") }

// screenful measures the time from a key behind a line to a screen that is full of names, with
// the pager's prompt below.
func screenful(b *testing.B, line, key string) {
	s := grown(b)
	t := &typist{keys: make(chan string), shown: make(chan []byte), closed: make(chan struct{})}
	done := make(chan struct{})
	go func() { defer close(done); New(s.o).Interact(context.Background(), t) }()
	t.keys <- "configure\r"
	t.await("# ")
	for b.Loop() {
		b.StopTimer()
		t.keys <- line
		t.await(" file ")
		b.StartTimer()
		t.keys <- key
		t.await("---(more")
		b.StopTimer()
		t.keys <- "q"
		t.await(" file ")
		t.keys <- "\x15"
		t.await("\x1b[K")
		b.StartTimer()
	}
	close(t.keys)
	for range t.shown {
	}
	<-done
}

// typist is a terminal of 24 rows.
type typist struct {
	keys   chan string
	shown  chan []byte // closed by Close
	closed chan struct{}
	seen   []byte // and not yet awaited
}

// await takes what is shown up to text.
func (t *typist) await(text string) {
	for {
		if _, after, ok := bytes.Cut(t.seen, []byte(text)); ok {
			t.seen = after
			return
		}
		t.seen = append(t.seen, <-t.shown...)
	}
}

func (t *typist) Read(p []byte) (int, error) {
	select {
	case k, ok := <-t.keys:
		if !ok {
			return 0, terminal.ErrHangup
		}
		return copy(p, k), nil
	case <-t.closed:
		return 0, terminal.ErrClosed
	}
}

func (t *typist) Write(p []byte) (int, error) {
	select {
	case t.shown <- bytes.Clone(p):
	case <-t.closed:
	}
	return len(p), nil
}

func (t *typist) Close() error             { close(t.closed); close(t.shown); return nil }
func (t *typist) Size() (w, h int)         { return 80, 24 }
func (t *typist) Resized() <-chan struct{} { return nil }

// BenchmarkSpace ends a word.
func BenchmarkSpace(b *testing.B) {
	a := assistant{grown(b)}
	const line = "set system syslog file f012345 dae"
	for b.Loop() {
		if a.Space(line, len(line)).Text != "daemon " {
			b.Fatal("not completed")
		}
	}
}

// BenchmarkTabKey completes the name of one of 25,000 entries.
func BenchmarkTabKey(b *testing.B) {
	a := assistant{grown(b)}
	const line = "set system syslog file f02499"
	for b.Loop() {
		if !a.Tab(line, len(line)).Note {
			b.Fatal("no candidates")
		}
	}
}

// BenchmarkSetLine runs a set line: walk, edit, journal, records.
func BenchmarkSetLine(b *testing.B) {
	s := grown(b)
	lines := []string{"set system syslog file f012345 archive size 1m", "set system syslog file f012345 archive size 2m"}
	for i := 0; b.Loop(); i++ {
		if err := s.runLine(context.Background(), lines[i%2]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkView is what a class with rules costs before it sees 100,000
// statements; one without limits costs nothing.
func BenchmarkView(b *testing.B) {
	for _, d := range []op.ClassDefinition{
		{Name: "all", Permissions: []string{"all"}},
		{Name: "flags", Permissions: []string{"system"}},
		{Name: "deny", Permissions: []string{"all"}, DenyConfiguration: "system login"},
		{Name: "allow", AllowConfiguration: "system syslog file f01.*"},
		{Name: "lists", Permissions: []string{"all"}, DenyConfigurationRegexps: []string{"system login .*", "system syslog file f01.*"}},
	} {
		b.Run(d.Name, func(b *testing.B) {
			s := grown(b)
			class, problems := op.NewClass(d)
			if problems != nil {
				b.Fatal(problems)
			}
			for b.Loop() {
				class.View(s.tree())
			}
		})
	}
}

// BenchmarkHelpRuled is BenchmarkHelp for a class with rules.
func BenchmarkHelpRuled(b *testing.B) {
	s := grown(b)
	class, problems := op.NewClass(op.ClassDefinition{Permissions: []string{"configure"}, AllowConfiguration: "system syslog file f01.*"})
	if problems != nil {
		b.Fatal(problems)
	}
	s.env.Class = func() *op.Class { return class }
	a := assistant{s}
	for _, line := range []string{"set ", "set system ", "set system syslog file f012345 "} {
		b.Run(line, func(b *testing.B) {
			for b.Loop() {
				if a.Help(line, len(line)).Message == "" {
					b.Fatal("no help")
				}
			}
		})
	}
}
