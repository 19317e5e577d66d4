package logfile

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// joined reads sections one after the other.
func joined(t *testing.T, sections []Section) (text string, errs []error) {
	t.Helper()
	var b strings.Builder
	for _, s := range sections {
		for block, err := range s.Blocks(t.Context()) {
			if err != nil {
				errs = append(errs, err)
				continue
			}
			if len(block) == 0 || block[len(block)-1] != '\n' {
				t.Fatalf("block %q does not end with a line", block)
			}
			b.Write(block)
		}
	}
	return b.String(), errs
}

func (p place) text(size int64) *Text {
	p.t.Helper()
	text, err := p.open().text(size)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { text.Close() })
	return text
}

func TestTextIsAllOfTheLog(t *testing.T) {
	p := newPlace(t)
	p.write("messages", "7\n8\r\n\n\x00\xff\nno newline")
	p.write("messages.0000000004", "6\n")
	p.pack("messages.0.gz", "5\n")
	p.write("messages.1", "3\n4\n")
	p.pack("messages.10.gz", "1\n2")
	p.pack("messages.0000000005.gz", "partial")
	for size := range int64(20) {
		if got, errs := joined(t, p.text(size+1).Sections()); got != "1\n2\n3\n4\n5\n6\n7\n8\r\n\n\x00\xff\nno newline\n" || errs != nil {
			t.Errorf("sections of %d: %q %v", size+1, got, errs)
		}
	}
	p.write("messages.0.gz", "no gzip")
	got, errs := joined(t, p.text(sectionSize).Sections())
	if !strings.HasPrefix(got, "1\n2\n3\n4\n6\n7\n") || len(errs) != 1 || !strings.Contains(errs[0].Error(), "messages.0.gz") {
		t.Errorf("with a damaged archive: %q %v", got, errs)
	}
}

// Every line is in one section, whatever sections are cut and whatever lines there are.
func TestTextInSectionsOfAnySize(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 40 {
		p := newPlace(t)
		var b bytes.Buffer
		longest := []int{3, 100, 5000, 300_000}[rng.IntN(4)]
		for range 1 + rng.IntN(60) {
			b.Write(bytes.Repeat([]byte{byte(rng.IntN(256))}, rng.IntN(longest)))
			b.WriteByte('\n')
		}
		p.write("messages", b.String())
		size := int64(1 + rng.IntN(b.Len()+10))
		if b.Len()/int(size) > 2000 {
			size = int64(b.Len() / 2000)
		}
		if got, errs := joined(t, p.text(size).Sections()); got != b.String() || errs != nil {
			t.Fatalf("%d bytes in sections of %d: %d bytes, %v", b.Len(), size, len(got), errs)
		}
	}
}

func TestTextOfOverlongLines(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	file := "a\n" + long + "\n" + long + "y\nb\n" + long + "yyy\n" + long + "y\n" + strings.Repeat(long, 3) + "z\nc\n"
	want := "a\n" + long + "\n" + long + "\nb\n" + long + "\n" + long + "\n" + long + "\nc\n"
	p := newPlace(t)
	p.write("messages", file)
	p.pack("messages.0.gz", strings.TrimSuffix(file, "\n"))
	for _, size := range []int64{sectionSize, 300_001} {
		if got, errs := joined(t, p.text(size).Sections()); got != want+want || errs != nil {
			t.Errorf("sections of %d: %d bytes, want %d, %v", size, len(got), 2*len(want), errs)
		}
	}
}

func TestTextOfOneArchive(t *testing.T) {
	p := newPlace(t)
	p.pack("messages.3.gz", "1\n2")
	text, err := OpenArchive(p.dir, "messages.3.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	for range 2 {
		if got, errs := joined(t, text.Sections()); got != "1\n2\n" || errs != nil {
			t.Errorf("%q %v", got, errs)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(p.dir, "evil.gz")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "../messages.3.gz", ".x.gz", "none.gz", "evil.gz"} {
		if _, err := OpenArchive(p.dir, name); err == nil {
			t.Errorf("%q was opened", name)
		}
	}
}

func TestTextThatIsThrownAwayOrCut(t *testing.T) {
	p := newPlace(t)
	p.write("messages", "3\n4\n")
	p.pack("messages.0.gz", "2\n")
	p.pack("messages.1.gz", "1\n")
	text := p.text(2)
	if err := os.Remove(filepath.Join(p.dir, "messages.1.gz")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(p.dir, "messages"), 2); err != nil {
		t.Fatal(err)
	}
	got, errs := joined(t, text.Sections())
	if got != "2\n3\n" || len(errs) != 2 || !strings.Contains(errs[0].Error(), "thrown away") || !strings.Contains(errs[1].Error(), "cut short") {
		t.Errorf("%q %v", got, errs)
	}
}

// An archive that moves up is read where it is now; the live file to where it was.
func TestTextOfALogThatIsTurnedOver(t *testing.T) {
	p := newPlace(t)
	p.write("messages", "3\n4\n")
	p.pack("messages.0.gz", "2\n")
	p.pack("messages.1.gz", "1\n")
	text := p.text(2)
	for _, move := range [][2]string{{"messages.1.gz", "messages.2.gz"}, {"messages.0.gz", "messages.1.gz"}, {"messages", "messages.0000000009"}} {
		if err := os.Rename(filepath.Join(p.dir, move[0]), filepath.Join(p.dir, move[1])); err != nil {
			t.Fatal(err)
		}
	}
	p.write("messages", "5\n")
	p.pack("messages.0.gz", "3\n4\n")
	if got, errs := joined(t, text.Sections()); got != "1\n2\n3\n4\n" || errs != nil {
		t.Errorf("%q %v", got, errs)
	}
}

func TestTextEndsWithItsContext(t *testing.T) {
	p := newPlace(t)
	p.write("messages", strings.Repeat("line\n", 300_000))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, s := range p.text(sectionSize).Sections() {
		for block, err := range s.Blocks(ctx) {
			if block != nil || !errors.Is(err, context.Canceled) {
				t.Fatalf("%d bytes, %v", len(block), err)
			}
		}
	}
}

func TestTheEndOfATextComesInSmallSections(t *testing.T) {
	p := newPlace(t)
	want := strings.Repeat("a line like the others\n", 100_000)
	p.write("messages", want)
	sections := p.text(sectionSize).Sections()
	if first, last := sections[0], sections[len(sections)-1]; first.to != sectionSize || last.to-last.from > blockSize || last.to != int64(len(want)) {
		t.Errorf("%d sections, the first to %d, the last from %d to %d", len(sections), first.to, last.from, last.to)
	}
	if got, errs := joined(t, sections); got != want || errs != nil {
		t.Errorf("%d bytes, want %d, %v", len(got), len(want), errs)
	}
}
