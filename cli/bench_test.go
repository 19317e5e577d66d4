package cli

import (
	"context"
	"io"
	"testing"

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
