package ledger

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/bench/traffic"
)

// load makes a small load and the lines that a faithful daemon would store.
func load(t *testing.T, f traffic.Framing) (*traffic.Load, []string) {
	t.Helper()
	l := traffic.Make(traffic.Plan{Seed: 7, Messages: 1000, Connections: 4, Framing: f, Last: time.Now()})
	lines := make([]string, len(l.Facts))
	for n := range lines {
		message := l.Streams[n%4].Message(n / 4)
		text := message[len(message)-int(l.Facts[n].Size)-1:]
		if f == traffic.Newline {
			text = text[:len(text)-1]
		} else {
			text = text[1:]
		}
		lines[n] = "Nov 22 14:05:09 edge-1 tag: " + string(text)
	}
	return l, lines
}

func balance(t *testing.T, l *traffic.Load, rule Rule, lines []string) Tally {
	t.Helper()
	a := Open(l, rule)
	if err := a.Lines(strings.NewReader(strings.Join(lines, "\n") + "\n")); err != nil {
		t.Fatal(err)
	}
	return a.Close()
}

func TestMarks(t *testing.T) {
	l, lines := load(t, traffic.Newline)
	marked := func(n int, mark string) string {
		return mark + strings.TrimPrefix(lines[n], "Nov 22 14:05:09 edge-1 tag:")
	}
	a := Open(l, Everything)
	a.ReadMarks()
	for _, line := range []string{
		marked(0, `<13>1 - - - - - [x@1 seq="1"]`), marked(0, `<14>1 - - - - - [x@1 seq="1"]`), // a mark is all that counts
		marked(1, `[meta sequenceId="7"]`), marked(1, `[meta sequenceId="7"]`), marked(1, `[meta sequenceId="8"]`),
		marked(2, `[x@1 seq="3"]`), marked(2, `[y@1 seq="3"]`), marked(2, `[x@1 seq="30"]`), marked(2, `[x@1]`),
		marked(3, `[x@1 seq=""]`), marked(3, `[x@1 seq=""]`), marked(4, ""), marked(4, ""),
	} {
		a.Line([]byte(line))
	}
	if got := a.Close(); got.Duplicate != 8 || got.Marked != 2 || got.Good != 5 {
		t.Errorf("%+v", got)
	}
}

func TestCutFrames(t *testing.T) {
	l, lines := load(t, traffic.Newline)
	counted := func(s string) string { return fmt.Sprintf("%d <13>%s", len(s)+4, s) }
	for _, whole := range []string{lines[0] + "\n" + lines[4] + "\n", counted(lines[0]) + counted(lines[4])} {
		first := strings.Index(whole, lines[0]) + len(lines[0])
		if whole[first] == '\n' {
			first++
		}
		for cut := range len(whole) {
			a := Open(l, Everything)
			a.CutFrames([]byte(whole[:cut]))
			want := 0
			if cut >= first {
				want = 1
			}
			if got := a.Close(); got.Lines != want || got.Good != want {
				t.Fatalf("cut at %d: %+v, want %d", cut, got, want)
			}
		}
	}
}

func TestFaithfulLog(t *testing.T) {
	for _, f := range []traffic.Framing{traffic.Newline, traffic.Octets, traffic.Datagram, traffic.Local} {
		l, lines := load(t, f)
		want := Tally{Expected: 1000, Lines: 1000, Good: 1000}
		if got := balance(t, l, Everything, lines); got != want {
			t.Errorf("framing %d: %+v, want %+v", f, got, want)
		}
	}
}

func TestPlantedFaults(t *testing.T) {
	tests := []struct {
		name  string
		plant func(lines []string) []string
		want  Tally // of 1000 messages
	}{
		{"loss", func(l []string) []string { return slices.Delete(l, 10, 13) },
			Tally{Lines: 997, Good: 997, Lost: 3}},
		{"loss at the end", func(l []string) []string { return l[:999] },
			Tally{Lines: 999, Good: 999, Lost: 1}},
		{"duplicate", func(l []string) []string { return slices.Insert(l, 500, l[20]) },
			Tally{Lines: 1001, Good: 1000, Duplicate: 1}},
		{"order across connections is free", func(l []string) []string { l[8], l[9] = l[9], l[8]; return l },
			Tally{Lines: 1000, Good: 1000}},
		{"order in a connection", func(l []string) []string { l[8], l[12] = l[12], l[8]; return l },
			Tally{Lines: 1000, Good: 1000, Reordered: 1}},
		{"one byte changed", func(l []string) []string { l[5] = flip(l[5], len(l[5])-20); return l },
			Tally{Lines: 1000, Good: 999, Lost: 1, Corrupt: 1}},
		{"text cut at its start", func(l []string) []string { l[5] = l[5][len(l[5])-20:]; return l },
			Tally{Lines: 1000, Good: 999, Lost: 1, Corrupt: 1}},
		{"number of another message", func(l []string) []string { l[5] = l[5][:len(l[5])-14] + l[6][len(l[6])-14:]; return l },
			Tally{Lines: 1000, Good: 999, Lost: 1, Corrupt: 1}},
		{"number never sent", func(l []string) []string { return append(l, "x seq=000001000.") },
			Tally{Lines: 1001, Good: 1000, Junk: 1}},
		{"no number", func(l []string) []string { return append(l, "rsyslogd: start", "", "seq=00000000x.") },
			Tally{Lines: 1003, Good: 1000, Junk: 3}},
		{"two lines run together", func(l []string) []string { l[1] += l[2]; return slices.Delete(l, 2, 3) },
			Tally{Lines: 999, Good: 999, Lost: 1}},
		{"torn line", func(l []string) []string { return slices.Replace(l, 3, 4, l[3][:40], l[3][40:]) },
			Tally{Lines: 1001, Good: 999, Lost: 1, Corrupt: 1, Junk: 1}},
	}
	for _, test := range tests {
		l, lines := load(t, traffic.Newline)
		test.want.Expected = 1000
		if got := balance(t, l, Everything, test.plant(lines)); got != test.want {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, got, test.want)
		}
	}
}

func flip(s string, at int) string {
	b := []byte(s)
	b[at] ^= 1
	return string(b)
}

func TestMisrouted(t *testing.T) {
	l, lines := load(t, traffic.Octets)
	rule := func(f traffic.Fact) bool { return f.Facility == 0 }
	var belong, foreign []string
	for n, f := range l.Facts {
		if rule(f) {
			belong = append(belong, lines[n])
		} else {
			foreign = append(foreign, lines[n])
		}
	}
	got := balance(t, l, rule, append(belong, foreign[:5]...))
	want := Tally{Expected: len(belong), Lines: len(belong) + 5, Good: len(belong), Misrouted: 5}
	if got != want || len(belong) == 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestLogReadsArchivesOldestFirst(t *testing.T) {
	l, lines := load(t, traffic.Newline)
	dir := t.TempDir()
	write := func(name string, part []string) {
		t.Helper()
		var b bytes.Buffer
		if strings.HasSuffix(name, ".gz") {
			z := gzip.NewWriter(&b)
			fmt.Fprintln(z, strings.Join(part, "\n"))
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
		} else {
			fmt.Fprintln(&b, strings.Join(part, "\n"))
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("all.log.10.gz", lines[:100])
	write("all.log.9.gz", lines[100:300])
	write("all.log.0", lines[300:400])
	write("all.log", lines[400:])
	write("other.log", lines[:7])
	write("all.log.old", lines[:7])
	a := Open(l, Everything)
	if err := a.Log(dir, "all.log"); err != nil {
		t.Fatal(err)
	}
	want := Tally{Expected: 1000, Lines: 1000, Good: 1000}
	if got := a.Close(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestTruncatedArchiveIsAnError(t *testing.T) {
	l, lines := load(t, traffic.Newline)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintln(z, strings.Join(lines, "\n"))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "all.log.0.gz"), b.Bytes()[:b.Len()/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Open(l, Everything).Log(dir, "all.log"); err == nil {
		t.Error("a truncated archive was read without complaint")
	}
}

func TestFramesMixed(t *testing.T) {
	l, lines := load(t, traffic.Octets)
	var stream []byte
	for n, line := range lines {
		line = "<38>1 - - - - - - " + line
		switch n % 3 {
		case 0:
			stream = fmt.Appendf(stream, "%d %s", len(line), line)
		case 1:
			stream = fmt.Appendf(stream, "%d %s\n", len(line)+1, line)
		case 2:
			stream = append(append(stream, line...), '\n')
		}
	}
	a := Open(l, Everything)
	a.Frames(stream[:len(stream)-5]) // the last frame is cut off
	want := Tally{Expected: 1000, Lines: 1000, Good: 999, Lost: 1, Junk: 1}
	if got := a.Close(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
