package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"loggia/configtree"
)

// blamed returns "statement: revision" for every leaf, "?" for what is older.
func blamed(t *testing.T, s *Store, n int) string {
	t.Helper()
	b, err := s.Blame(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	tree, _, err := s.Rollback(n)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	var walk func(configtree.Node)
	walk = func(node configtree.Node) {
		for c := range node.Children() {
			if c.Empty() {
				m, ok := b.Of(c.Path())
				who := fmt.Sprint(m.Revision)
				if !ok {
					who = "?"
				}
				lines = append(lines, c.Path().String()+": "+who)
			}
			walk(c)
		}
	}
	walk(tree.Root())
	return strings.Join(lines, "\n")
}

// TestBlame asks who made what, in the run that committed it and after a restart.
func TestBlame(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	for _, lines := range [][]string{
		{"set system host-name a", "set system syslog file x any info"},                    // 2
		{"set system syslog file x kernel error"},                                          // 3
		{"set system host-name b"},                                                         // 4
		{"deactivate system syslog file x kernel"},                                         // 5
		{"delete system syslog file messages", "set system syslog file x archive size 1m"}, // 6
		{"delete system host-name"},                                                        // 7
		{"set system host-name b"},                                                         // 8
	} {
		edit(t, s.Shared(), ann, lines...)
		commit(t, s.Shared(), ann, "")
	}
	for range 2 {
		for n, want := range map[int]string{
			0: "system host-name: 8\nsystem syslog file x any info: 2\nsystem syslog file x kernel error: 3\nsystem syslog file x archive size: 6",
			1: "system syslog file x any info: 2\nsystem syslog file x kernel error: 3\nsystem syslog file x archive size: 6",
			4: "system host-name: 4\nsystem syslog file messages any notice: 1\nsystem syslog file x any info: 2\nsystem syslog file x kernel error: 3",
			7: "system syslog file messages any notice: 1",
		} {
			if got := blamed(t, s, n); got != want {
				t.Errorf("rollback %d:\n%s\nwant\n%s", n, got, want)
			}
		}
		b, err := s.Blame(context.Background(), 0)
		if err != nil {
			t.Fatal(err)
		}
		entry := edits(t, "delete system syslog file x kernel")[0].Path
		if m, ok := b.Of(entry); !ok || m.Revision != 5 || m.User != "ann" {
			t.Errorf("%+v", m)
		}
		if _, err := s.Blame(context.Background(), 8); !errors.Is(err, ErrNoRollback) {
			t.Error(err)
		}
		closed(t, s)
		s = open(t, dir, new(tape))
	}
	closed(t, s)
	// What lies behind a damaged revision is older than is known.
	damage(t, dir, 5)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	if got, want := blamed(t, s, 0), "system host-name: 8\nsystem syslog file x any info: ?\nsystem syslog file x kernel error: ?\nsystem syslog file x archive size: ?"; got != want || len(s.Notices()) == 0 {
		t.Errorf("damaged: %q\n%s", s.Notices(), got)
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Blame(canceled, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestBlameAgainstAModel holds the running store's answers against those found
// by comparing revision with revision.
func TestBlameAgainstAModel(t *testing.T) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 3))
		dir := t.TempDir()
		s := open(t, dir, new(tape))
		for range 12 {
			for range 3 {
				edit(t, s.Shared(), ann, randomLine(rng))
			}
			commit(t, s.Shared(), ann, "")
		}
		history, err := s.History()
		if err != nil {
			t.Fatal(err)
		}
		want := blamed(t, s, 0)
		for _, line := range strings.Split(want, "\n") {
			statement, revision, _ := strings.Cut(line, ": ")
			if got := fmt.Sprint(sinceWhen(t, s, history, statement)); got != revision {
				t.Errorf("seed %d: %s by comparison", seed, line+" is "+got)
			}
		}
		closed(t, s)
		s = open(t, dir, new(tape))
		if got := blamed(t, s, 0); got != want {
			t.Errorf("seed %d: after a restart\n%s\nwant\n%s", seed, got, want)
		}
		closed(t, s)
	}
}

// sinceWhen returns the oldest revision from which on a statement has been what
// it is without a break.
func sinceWhen(t *testing.T, s *Store, history []Meta, statement string) uint64 {
	t.Helper()
	since, last := history[0].Revision, ""
	for n, m := range history {
		tree, _, err := s.Rollback(n)
		if err != nil {
			t.Fatal(err)
		}
		now := "absent"
		for c := range statements(tree.Root()) {
			if c.Path().String() == statement {
				now = c.Hash().String()
			}
		}
		if n > 0 && now != last {
			break
		}
		since, last = m.Revision, now
	}
	return since
}

func statements(n configtree.Node) func(func(configtree.Node) bool) {
	return func(yield func(configtree.Node) bool) {
		for c := range n.Children() {
			if !yield(c) {
				return
			}
			for d := range statements(c) {
				if !yield(d) {
					return
				}
			}
		}
	}
}
