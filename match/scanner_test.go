package match

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// oneByOne is what Keep has to give: each line asked about.
func oneByOne(e *Expr, block []byte, matching bool) []byte {
	var out []byte
	for line := range bytes.Lines(block) {
		if e.Match(bytes.TrimSuffix(line, []byte("\n"))) == matching {
			out = append(out, line...)
		}
	}
	return out
}

func checkScanner(t *testing.T, expr string, o Options, block []byte) {
	t.Helper()
	e, err := Compile(expr, o)
	if err != nil {
		return
	}
	s := e.Scanner()
	for range 2 { // the second time with the table built
		for _, matching := range []bool{true, false} {
			if got, want := s.Keep(nil, block, matching), oneByOne(e, block, matching); !bytes.Equal(got, want) {
				t.Fatalf("%q %+v matching %v on %q:\n got %q\nwant %q", expr, o, matching, block, got, want)
			}
		}
	}
	end := 0
	for from, to := range s.Stretches(block, true) {
		if from < end || to <= from || from > 0 && block[from-1] != '\n' || to < len(block) && block[to-1] != '\n' {
			t.Fatalf("%q on %q: stretch %d to %d behind %d", expr, block, from, to, end)
		}
		end = to
	}
}

var scannerExprs = []string{
	"error", "error|fail.*(ssh|mgd)", "!error", "", "!x", "^", "$", "^$", "!^$", "a", "e", "[0-9]+ms", "^<1", "down$", ".",
	"x*", "ab|c", "ssh", "disk", "kk|ss", "a.c", `a\nb`, `x|a\nb`, "[^a]b", "é", "grün|blau", "[[:digit:]]{3}", "(a|b|c|d)[a-z]{4}[0-9]$",
	"authentication failure for user", strings.Repeat("ab", 40), strings.Repeat("a", 33) + "|b", "zz|yyy|xxxx", "a$|^b", "(ab)+c|d$", "\r", "\r$", `\x00`, "..", "ab", "abc", "abcd",
}

func TestScannerAgreesWithMatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := []string{"error", "ERROR", "fail", "ssh", "mgd", "a", "b", "c", "ab", "aab", "abc", "abcd", "x", "\n", "\n", "\n\n", " ", "12ms", "down", "down\n", "ſſh", "dis\u212a",
		"\xff", "\xc3", "\xc3\n", "\xe2\x84", "é", "É", "grün", "GRÜN", "\r\n", "\x00", "Authentication Failure for user", strings.Repeat("ab", 40), strings.Repeat("A", 34), "zz", "yyy", "_", "@", "`"}
	for range 3000 {
		var block []byte
		for range rng.IntN(40) {
			block = append(block, words[rng.IntN(len(words))]...)
		}
		expr := scannerExprs[rng.IntN(len(scannerExprs))]
		checkScanner(t, expr, Options{IgnoreCase: rng.IntN(2) == 0}, block)
	}
}

// An expression whose automaton keeps outgrowing its bound is matched line by line.
func TestScannerOfWhatOutgrowsItsTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var block []byte
	for range 3000 {
		for range rng.IntN(80) {
			block = append(block, "ab\xc3"[rng.IntN(3)])
		}
		block = append(block, '\n')
	}
	checkScanner(t, "a.{14}b.{3}a$", Options{}, block)
	checkScanner(t, "!(a|b).{12}b", Options{IgnoreCase: true}, block)
}

func FuzzScanner(f *testing.F) {
	for _, e := range scannerExprs {
		f.Add(e, []byte("an error\nfail ssh\n\nab"), true)
	}
	f.Fuzz(func(t *testing.T, expr string, block []byte, fold bool) {
		if len(expr) < 64 && len(block) < 4096 {
			checkScanner(t, expr, Options{IgnoreCase: fold}, block)
		}
	})
}

func TestScannerDoesNotAllocatePerLine(t *testing.T) {
	block := bytes.Repeat([]byte("Nov 22 10:00:00 r1 sshd[12]: Failed password for root from 192.0.2.1\n"), 2000)
	for _, expr := range []string{"password", "nothing here", "fail.*root", "[0-9]+\\.[0-9]+$", "!sshd"} {
		s := compile(t, expr, Options{IgnoreCase: true}).Scanner()
		out := s.Keep(nil, block, true)
		if n := testing.AllocsPerRun(5, func() { out = s.Keep(out[:0], block, true) }); n > 8 {
			t.Errorf("%s: %v allocations for 2000 lines", expr, n)
		}
	}
}

func logText(size int) []byte {
	rng := rand.New(rand.NewPCG(5, 6))
	templates := []string{
		"<38>Nov 22 10:%02d:%02d r%d sshd[%d]: Failed password for root from 192.0.2.%d port 50022 ssh2\n",
		"<30>1 2026-11-22T10:%02d:%02dZ r%d mgd %d UI_COMMIT_COMPLETED [junos@2636 username=\"admin\"] User 'admin' commit: commit complete %d\n",
		"<28>Nov 22 10:%02d:%02d r%d rpd[%d]: BGP_NEIGHBOR_STATE_CHANGED: peer 10.0.0.%d changed state from Established to Idle\n",
		"<27>Nov 22 10:%02d:%02d r%d kernel[%d]: ifd ge-0/0/%d link state is down, error code 12, retrying later on\n",
	}
	var text []byte
	for len(text) < size {
		text = fmt.Appendf(text, templates[rng.IntN(4)], rng.IntN(60), rng.IntN(60), rng.IntN(9), rng.IntN(9999), rng.IntN(255))
	}
	return text
}

func BenchmarkScanner(b *testing.B) {
	text := logText(256 << 10)
	for _, expr := range []string{"UI_AUTH_NOSUCH", "authentication fail", "failed password", "error|fail.*(ssh|mgd)", "port [0-9]+", "[0-9]{3}[.][0-9]", "^<38>", "[a-z]+d$", "a"} {
		b.Run(expr, func(b *testing.B) {
			s := compile(b, expr, Options{IgnoreCase: true}).Scanner()
			b.SetBytes(int64(len(text)))
			var out []byte
			for b.Loop() {
				out = s.Keep(out[:0], text, true)
			}
		})
	}
}
