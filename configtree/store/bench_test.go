package store

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

// silent is a Recorder that takes no time.
type silent struct{}

func (silent) Record(event.Subject, ...event.Event)                                  {}
func (silent) RecordDurable(_ context.Context, _ event.Subject, _ event.Event) error { return nil }

// large returns edits of 100,000 leaves.
func large(b *testing.B) []configtree.Edit {
	b.Helper()
	all := make([]configtree.Edit, 0, 100_000)
	one := edits(b, "set system syslog file f any info", "set system syslog file f kernel error", "set system syslog file f archive size 1m",
		"set system syslog file f archive files 20", "set system syslog file f match x")
	for n := range 20_000 {
		for _, e := range one {
			e.Path = slices.Clone(e.Path)
			e.Path[2].Key = fmt.Sprintf("f%05d", n)
			all = append(all, e)
		}
	}
	return all
}

func largeStore(b *testing.B) (*Store, string) {
	b.Helper()
	dir := b.TempDir()
	s := open(b, dir, silent{})
	if _, _, err := s.Shared().Edit(context.Background(), ann, large(b)); err != nil {
		b.Fatal(err)
	}
	commit(b, s.Shared(), ann, "large")
	return s, dir
}

// BenchmarkCommitOneLeaf changes one leaf of 100,000 and commits, everything on
// disk. What grows with the unchanged tree is a copy, a hash and a write of the
// whole text, which is what a revision is; the tree, its check, its comparison
// and its formatting cost the changed spine.
func BenchmarkCommitOneLeaf(b *testing.B) {
	s, dir := largeStore(b)
	defer closed(b, s)
	info, err := os.Stat(dir + "/commit/2.conf")
	if err != nil {
		b.Fatal(err)
	}
	change := [2][]configtree.Edit{edits(b, "set system syslog file f10000 any notice"), edits(b, "set system syslog file f10000 any info")}
	n := 0
	for b.Loop() {
		if _, _, err := s.Shared().Edit(context.Background(), ann, change[n%2]); err != nil {
			b.Fatal(err)
		}
		commit(b, s.Shared(), ann, "")
		n++
	}
	b.ReportMetric(float64(info.Size()), "file-bytes")
}

// BenchmarkCommitWithoutText is the same commit up to the revision file.
func BenchmarkCommitWithoutText(b *testing.B) {
	s, _ := largeStore(b)
	defer closed(b, s)
	edit(b, s.Shared(), ann, "set system syslog file f10000 any notice")
	for b.Loop() {
		if _, err := s.Shared().Check(context.Background(), ann, CommitOptions{Command: "commit check"}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWriteText is the text of that tree, to nowhere.
func BenchmarkWriteText(b *testing.B) {
	s, _ := largeStore(b)
	defer closed(b, s)
	for b.Loop() {
		if err := format.Write(discard{}, s.Running().Tree.Root(), format.Options{Syntax: format.Text}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRenderOneLeaf is the text of that tree to nowhere when one leaf has
// changed since the last time.
func BenchmarkRenderOneLeaf(b *testing.B) {
	s, _ := largeStore(b)
	defer closed(b, s)
	trees := [2]*configtree.Tree{}
	for i, severity := range []string{"notice", "error"} {
		trees[i], _ = applyAll(s.Running().Tree, edits(b, "set system syslog file f10000 any "+severity))
	}
	n := 0
	for b.Loop() {
		if err := s.text.write(discard{}, trees[n%2].Root()); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkEditOneLeaf is one `set` on that tree, with its line in the log of
// the candidate.
func BenchmarkEditOneLeaf(b *testing.B) {
	s, _ := largeStore(b)
	defer closed(b, s)
	change := [2][]configtree.Edit{edits(b, "set system syslog file f10000 any notice"), edits(b, "set system syslog file f10000 any info")}
	n := 0
	for b.Loop() {
		if _, _, err := s.Shared().Edit(context.Background(), ann, change[n%2]); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkLoad takes 100,000 statements into the candidate, recorded one by one.
func BenchmarkLoad(b *testing.B) {
	s := open(b, b.TempDir(), silent{})
	defer closed(b, s)
	all := large(b)
	for b.Loop() {
		if _, _, err := s.Shared().Edit(context.Background(), ann, all); err != nil {
			b.Fatal(err)
		}
		if err := s.Shared().Rollback(context.Background(), ann, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen starts with that configuration.
func BenchmarkOpen(b *testing.B) {
	s, dir := largeStore(b)
	closed(b, s)
	for b.Loop() {
		closed(b, open(b, dir, silent{}))
	}
}

// BenchmarkBlame asks who made each of 100,000 leaves.
func BenchmarkBlame(b *testing.B) {
	s, _ := largeStore(b)
	defer closed(b, s)
	edit(b, s.Shared(), ann, "set system syslog file f10000 any notice")
	commit(b, s.Shared(), ann, "")
	leaves := slices.DeleteFunc(large(b), func(e configtree.Edit) bool { return e.Path.Last().Node.Kind != schema.Leaf })
	for b.Loop() {
		who, err := s.Blame(context.Background(), 0)
		if err != nil {
			b.Fatal(err)
		}
		for i := range leaves {
			if m, ok := who.Of(leaves[i].Path); !ok || m.Revision < 2 {
				b.Fatal(leaves[i].Path, m)
			}
		}
	}
	b.ReportMetric(float64(len(leaves)), "leaves")
}

// BenchmarkPrivateCommit merges one leaf onto a configuration of 100,000 that
// has moved on, and commits.
func BenchmarkPrivateCommit(b *testing.B) {
	s, _ := largeStore(b)
	defer closed(b, s)
	mine, theirs := edits(b, "set system syslog file f10000 any notice"), edits(b, "set system syslog file f15000 any notice")
	n := 0
	for b.Loop() {
		p, err := s.Private(ann)
		if err != nil {
			b.Fatal(err)
		}
		q, err := s.Private(bob)
		if err != nil {
			b.Fatal(err)
		}
		mine[0].Path[2].Key, theirs[0].Path[2].Key = fmt.Sprintf("p%06d", n), fmt.Sprintf("q%06d", n)
		for c, e := range map[*Candidate][]configtree.Edit{p: mine, q: theirs} {
			if _, _, err := c.Edit(context.Background(), ann, e); err != nil {
				b.Fatal(err)
			}
		}
		commit(b, p, ann, "")
		commit(b, q, bob, "")
		p.Discard()
		q.Discard()
		n++
	}
}

// BenchmarkMemory states what the store keeps in memory with that configuration
// in force, in bytes of heap: trees, text of the revision, history.
func BenchmarkMemory(b *testing.B) {
	before := heap()
	s, _ := largeStore(b)
	defer closed(b, s)
	for b.Loop() {
		if s.Running().Number < 2 {
			b.Fatal("nothing was committed")
		}
	}
	b.ReportMetric(float64(heap()-before), "heap-bytes")
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
