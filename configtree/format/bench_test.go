package format

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// bigLines makes a configuration of at least n set lines: hosts, files and users as a
// large site has them.
func bigLines(n int) string {
	var b strings.Builder
	for i, lines := 0, 0; lines < n; i++ {
		host := fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
		for _, line := range []string{
			"set system login user user%[1]d uid %[3]d",
			"set system login user user%[1]d full-name \"User number %[1]d\"",
			"set system login user user%[1]d class super-user",
			"set system syslog host %[2]s any notice",
			"set system syslog host %[2]s authorization info",
			"set system syslog host %[2]s port 5514",
			"set system syslog host %[2]s match \"!(cron|sshd\\\\[[0-9]+\\\\])\"",
			"set system syslog file file%[1]d any any",
			"set system syslog file file%[1]d archive size 10m",
			"set system syslog file file%[1]d archive files 20",
		} {
			fmt.Fprintf(&b, line+"%[4]s\n", i, host, 2000+i%60000, "")
			lines++
		}
	}
	return b.String()
}

const benchLines = 100_000

func benchRead(b *testing.B, s Syntax, root *schema.Node, text string) {
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for _, p := range Read(strings.NewReader(text), "bench", nil, s, root) {
			if p != nil {
				b.Fatal(p)
			}
		}
	}
}

func BenchmarkReadSet100k(b *testing.B) { benchRead(b, SetLines, loadSchema(b), bigLines(benchLines)) }

func BenchmarkReadText100k(b *testing.B) {
	root := loadSchema(b)
	benchRead(b, Text, root, text(b, tree(b, root, SetLines, bigLines(benchLines)), Options{}))
}

// benchLoad is reading together with what the tree does with it.
func benchLoad(b *testing.B, s Syntax) {
	root := loadSchema(b)
	in := text(b, tree(b, root, SetLines, bigLines(benchLines)), Options{Syntax: s})
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		tree(b, root, s, in)
	}
}

func BenchmarkLoadText100k(b *testing.B) { benchLoad(b, Text) }
func BenchmarkLoadSet100k(b *testing.B)  { benchLoad(b, SetLines) }
func BenchmarkLoadXML100k(b *testing.B)  { benchLoad(b, XML) }
func BenchmarkLoadJSON100k(b *testing.B) { benchLoad(b, JSON) }

// BenchmarkLoadSet1M is BenchmarkLoadSet100k ten times as large: it should take
// ten times as long.
func BenchmarkLoadSet1M(b *testing.B) {
	root, in := loadSchema(b), bigLines(10*benchLines)
	b.ReportAllocs()
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		tree(b, root, SetLines, in)
	}
}

func benchReadMarkup(b *testing.B, s Syntax) {
	root := loadSchema(b)
	benchRead(b, s, root, text(b, tree(b, root, SetLines, bigLines(benchLines)), Options{Syntax: s}))
}

func BenchmarkReadXML100k(b *testing.B)  { benchReadMarkup(b, XML) }
func BenchmarkReadJSON100k(b *testing.B) { benchReadMarkup(b, JSON) }

// BenchmarkPatch100k reads a patch that makes all of a configuration.
func BenchmarkPatch100k(b *testing.B) {
	root := loadSchema(b)
	benchRead(b, Patch, root, compare(b, configtree.New(root), tree(b, root, SetLines, bigLines(benchLines)), nil))
}

func benchWrite(b *testing.B, s Syntax) {
	big := tree(b, loadSchema(b), SetLines, bigLines(benchLines))
	b.ReportAllocs()
	b.SetBytes(int64(len(text(b, big, Options{Syntax: s}))))
	for b.Loop() {
		if err := Write(io.Discard, big.Root(), Options{Syntax: s}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteText100k(b *testing.B) { benchWrite(b, Text) }
func BenchmarkWriteSet100k(b *testing.B)  { benchWrite(b, SetLines) }
func BenchmarkWriteXML100k(b *testing.B)  { benchWrite(b, XML) }
func BenchmarkWriteJSON100k(b *testing.B) { benchWrite(b, JSON) }

// BenchmarkCompareOneLeaf has one changed leaf in a configuration of 100,000 lines.
func BenchmarkCompareOneLeaf(b *testing.B) {
	root := loadSchema(b)
	from := tree(b, root, SetLines, bigLines(benchLines))
	to, _ := apply(from, SetLines, "set system syslog host 10.0.5.7 port 515\n")
	if compare(b, from, to, nil) == "" {
		b.Fatal("no difference")
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Compare(io.Discard, from, to, configtree.Path{}); err != nil {
			b.Fatal(err)
		}
	}
}
