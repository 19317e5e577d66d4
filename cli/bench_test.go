package cli

import (
	"context"
	"io"
	"testing"
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

// BenchmarkHelpKeys answers ? with all 25,000 entries of a list.
func BenchmarkHelpKeys(b *testing.B) {
	a := assistant{grown(b)}
	const line = "set system syslog file "
	for b.Loop() {
		if a.Help(line, len(line)).Message == "" {
			b.Fatal("no help")
		}
	}
}

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
