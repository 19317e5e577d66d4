package configtree

import (
	"fmt"
	"testing"

	"loggia/configtree/schema"
)

// bulk is a configuration of 100,000 set lines: 20,000 files of five lines.
func bulk() [][]Word {
	var all [][]Word
	for i := range 20_000 {
		file := fmt.Sprintf("system syslog file file-%05d ", i)
		for _, rest := range []string{"any notice", "authorization info", "archive size 64k", "archive files 5", "match \"(sshd|mgd).*\""} {
			all = append(all, split(file+rest))
		}
	}
	return all
}

func loadBulk(b testing.TB, root *schema.Node, lines [][]Word) *Tree {
	batch := New(root).Batch()
	for _, words := range lines {
		r, p := Resolve(root, Set, nil, words)
		if p != nil {
			b.Fatal(p)
		}
		for _, e := range r.Edits {
			if err := batch.Apply(e); err != nil {
				b.Fatal(err)
			}
		}
	}
	return batch.Tree()
}

// BenchmarkLoad100000 resolves and applies 100,000 set lines.
func BenchmarkLoad100000(b *testing.B) {
	root, lines := load(b), bulk()
	b.ReportAllocs()
	for b.Loop() {
		loadBulk(b, root, lines)
	}
}

// BenchmarkApply100000 is the same without Resolve.
func BenchmarkApply100000(b *testing.B) {
	root := load(b)
	var edits []Edit
	for _, words := range bulk() {
		r, p := Resolve(root, Set, nil, words)
		if p != nil {
			b.Fatal(p)
		}
		edits = append(edits, r.Edits...)
	}
	b.ReportAllocs()
	for b.Loop() {
		batch := New(root).Batch()
		for _, e := range edits {
			if err := batch.Apply(e); err != nil {
				b.Fatal(err)
			}
		}
		batch.Tree()
	}
}

// BenchmarkOnLarge measures what one edit costs on 100,000 lines.
func BenchmarkOnLarge(b *testing.B) {
	root := load(b)
	tree := loadBulk(b, root, bulk())
	edit := Edit{Op: Set, Path: path(b, root, "system syslog file file-07777 archive size"), Value: "1m"}
	next, err := tree.Edit(edit)
	if err != nil {
		b.Fatal(err)
	}
	// The same changed by somebody who loaded it apart: nothing is shared.
	apart, err := loadBulk(b, root, bulk()).Edit(edit)
	if err != nil {
		b.Fatal(err)
	}
	inactive, err := tree.Edit(Edit{Op: Deactivate, Path: edit.Path})
	if err != nil {
		b.Fatal(err)
	}
	base, effective := tree.Expand(), next.Expand()
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"edit", func() { _, err = tree.Edit(edit) }},
		{"diff", func() { Diff(tree, next) }},
		{"diff-apart", func() { Diff(tree, apart) }},
		{"expand", func() { next.last.Store(nil); next.Expand() }},
		{"expand-inactive", func() { inactive.last.Store(nil); inactive.Expand() }},
		{"check-one-leaf", func() { effective.Check(base) }},
		{"check-all", func() { effective.Check(nil) }},
		{"at", func() { tree.At(edit.Path) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
		})
	}
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkResolve is one typed line.
func BenchmarkResolve(b *testing.B) {
	root := load(b)
	words := split("system syslog file messages any notice authorization info")
	b.ReportAllocs()
	for b.Loop() {
		if _, p := Resolve(root, Set, nil, words); p != nil {
			b.Fatal(p)
		}
	}
}

// BenchmarkGroups measures what groups cost on 100,000 lines that all inherit:
// of 20,000 files, or of 20,000 hosts, whose order is their user's.
func BenchmarkGroups(b *testing.B) {
	root := load(b)
	for _, list := range []string{"file", "host"} {
		lines := [][]Word{
			split("groups g system syslog " + list + " <*> structured-data"),
			split("groups g system syslog " + list + " <*-00*> daemon info"),
			split("groups h system syslog source-address 10.0.0.1"),
			split("groups h system login class c permissions view"),
			split("apply-groups [ g h ]"),
		}
		for i := range 20_000 {
			entry := fmt.Sprintf("system syslog %s entry-%05d ", list, i)
			for _, rest := range []string{"any notice", "authorization info", "match x", "match-strings [ a b ]"} {
				lines = append(lines, split(entry+rest))
			}
		}
		tree := loadBulk(b, root, lines)
		edit := func(line, value string, op Op) *Tree {
			next, err := tree.Edit(Edit{Op: op, Path: path(b, root, line), Value: value})
			if err != nil {
				b.Fatal(err)
			}
			return next
		}
		entry := "system syslog " + list + " entry-07777"
		for _, c := range []struct {
			name string
			next *Tree
		}{
			{"leaf", edit(entry+" match", "y", Set)},
			{"entry-more", edit("system syslog "+list+" entry-07777x", "", Set)},
			{"entry-less", edit(entry, "", Delete)},
			{"inactive-entry", edit(entry, "", Deactivate)},
			{"other-group", edit("groups h system syslog source-address", "10.0.0.2", Set)},
			{"group-of-all", edit("groups g system syslog "+list+" <*> structured-data brief", "", Set)},
		} {
			b.Run(list+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					tree.Expand()
					c.next.Expand()
				}
			})
		}
		b.Run(list+"/whole", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tree.last.Store(nil)
				tree.Expand()
			}
		})
		base, next := tree.Expand(), edit(entry+" match", "y", Set).Expand()
		b.Run(list+"/check-one-leaf", func(b *testing.B) {
			for b.Loop() {
				next.Check(base)
			}
		})
	}
}

// BenchmarkMerge brings one leaf of a private candidate to a tree that went on,
// on 100,000 lines.
func BenchmarkMerge(b *testing.B) {
	root := load(b)
	base := loadBulk(b, root, bulk())
	set := func(line, value string) *Tree {
		next, err := base.Edit(Edit{Op: Set, Path: path(b, root, line), Value: value})
		if err != nil {
			b.Fatal(err)
		}
		return next
	}
	mine, theirs := set("system syslog file file-07777 archive size", "1m"), set("system syslog file file-11111 archive size", "2m")
	b.ReportAllocs()
	for b.Loop() {
		if _, conflicts := Merge(base, mine, theirs); len(conflicts) > 0 {
			b.Fatal(conflicts)
		}
	}
}

// BenchmarkCheckOfNames is a check where each of 20,000 files names its groups.
func BenchmarkCheckOfNames(b *testing.B) {
	root := load(b)
	lines := append(bulk(), split("groups g system syslog file <*> structured-data"))
	for i := range 20_000 {
		lines = append(lines, split(fmt.Sprintf("system syslog file file-%05d apply-groups g", i)))
	}
	tree := loadBulk(b, root, lines)
	next, err := tree.Edit(Edit{Op: Set, Path: path(b, root, "system syslog file file-07777 archive size"), Value: "1m"})
	if err != nil {
		b.Fatal(err)
	}
	base, effective := tree.Expand(), next.Expand()
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			effective.Check(base)
		}
	})
	b.Run("expand", func(b *testing.B) {
		for b.Loop() {
			tree.Expand()
			next.Expand()
		}
	})
}
