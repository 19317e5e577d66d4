package format

import (
	"errors"
	"strings"
	"testing"

	"loggia/configtree"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	w := func(text string, col int) configtree.Word { return configtree.Word{Text: text, Col: col} }
	q := func(text string, col int) configtree.Word {
		return configtree.Word{Text: text, Col: col, Quoted: true}
	}
	for _, test := range []struct {
		line string
		want []configtree.Word
	}{
		{``, []configtree.Word{}},
		{" \t ", []configtree.Word{}},
		{`# all of it`, []configtree.Word{}},
		{`set a`, []configtree.Word{w("set", 0), w("a", 4)}},
		{"  set\ta\r\n", []configtree.Word{w("set", 2), w("a", 6)}},
		{`set a # rest "`, []configtree.Word{w("set", 0), w("a", 4)}},
		{`a#b`, []configtree.Word{w("a#b", 0)}},
		{`a "b c" d`, []configtree.Word{w("a", 0), q("b c", 2), w("d", 8)}},
		{`""`, []configtree.Word{q("", 0)}},
		{`"a\"b\\c"`, []configtree.Word{q(`a"b\c`, 0)}},
		{`"a\nb\tc\rd"`, []configtree.Word{q("a\nb\tc\rd", 0)}},
		{`"\x1b\x7f\x41\x1"`, []configtree.Word{q("\x1b\x7f\\x41\\x1", 0)}},
		{`"sshd\[[0-9]+\]\."`, []configtree.Word{q(`sshd\[[0-9]+\]\.`, 0)}},
		{`p [ a b ]`, []configtree.Word{w("p", 0), w("[", 2), w("a", 4), w("b", 6), w("]", 8)}},
		{`"a" "b"`, []configtree.Word{q("a", 0), q("b", 4)}},
		{`p [a "[" ]b`, []configtree.Word{w("p", 0), w("[a", 2), q("[", 5), w("]b", 9)}},
		{`show | match "a|b"`, []configtree.Word{w("show", 0), w("|", 5), w("match", 7), q("a|b", 13)}},
		{`'a b'`, []configtree.Word{w("'a", 0), w("b'", 3)}},
		{`Grüße ende`, []configtree.Word{w("Grüße", 0), w("ende", 8)}},
	} {
		got, err := Words(test.line)
		if err != nil {
			t.Errorf("Words(%q): %v", test.line, err)
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("Words(%q):\n%s", test.line, d)
		}
	}
}

func TestWordsUnterminated(t *testing.T) {
	for _, test := range []struct {
		line string
		col  int
		last string
	}{
		{`"`, 0, ""},
		{`set a "b c`, 6, "b c"},
		{`set "a" "b\`, 8, `b\`},
		{`set "b\"`, 4, `b"`},
	} {
		words, err := Words(test.line)
		var open *UnterminatedError
		if !errors.As(err, &open) || open.Col != test.col {
			t.Errorf("Words(%q): %v, want column %d", test.line, err, test.col)
			continue
		}
		if last := words[len(words)-1]; last.Text != test.last || !last.Quoted {
			t.Errorf("Words(%q): last word %+v, want %q", test.line, last, test.last)
		}
		if strings.Contains(err.Error(), "b c") {
			t.Errorf("Words(%q) repeats the text: %v", test.line, err)
		}
	}
}

func TestWordsGlued(t *testing.T) {
	for _, test := range []struct {
		line        string
		col, word   int
		last, shown string
	}{
		{`"a"b`, 3, 0, "a", "column 3"},
		{`set a"b c"`, 5, 1, "a", "column 5"},
		{`set x "a""b`, 9, 2, "a", "column 9"},
		{`set ["a" ]`, 5, 1, "[", "column 5"},
		{`set [ "a"]`, 9, 2, "a", "column 9"},
		{`show | match "a"|count`, 16, 3, "a", "column 16"},
		{`"a"# b`, 3, 0, "a", "column 3"},
	} {
		words, err := Words(test.line)
		var glued *GluedError
		if !errors.As(err, &glued) || *glued != (GluedError{Col: test.col, Word: test.word}) || !strings.Contains(err.Error(), test.shown) {
			t.Errorf("Words(%q): %v, want column %d, word %d", test.line, err, test.col, test.word)
		}
		if last := words[len(words)-1]; last.Text != test.last {
			t.Errorf("Words(%q): last word %+v, want %q", test.line, last, test.last)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"BGP", "BGP"},
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"*", "*"},
		{"<em-*>", "<em-*>"},
		{"re0-1596309177-4", "re0-1596309177-4"},
		{"a_b:c@d+e%f^g~h", "a_b:c@d+e%f^g~h"},
		{"", `""`},
		{"a b", `"a b"`},
		{"$6$salt$hash", `"$6$salt$hash"`},
		{"(a|b).*", `"(a|b).*"`},
		{`say "x"`, `"say \"x\""`},
		{`a\.b`, `"a\\.b"`},
		{"a\nb\tc\rd", `"a\nb\tc\rd"`},
		{"\x00\x1b[0m\x7f", `"\x00\x1b[0m\x7f"`},
		{"Grüße", `"Grüße"`},
		{"#1", `"#1"`},
		{"a;", `"a;"`},
		{"[", `"["`},
		{"{", `"{"`},
		{"/*", `"/*"`},
		{"a/*", "a/*"},
		{"inactive:", `"inactive:"`},
		{"replace:", `"replace:"`},
		{"http:", "http:"},
	} {
		if got := Quote(test.value); got != test.want {
			t.Errorf("Quote(%q) = %s, want %s", test.value, got, test.want)
		}
	}
}

// checkQuote: a value survives the way to a line and back, between other words.
func checkQuote(t *testing.T, value string) {
	quoted := Quote(value)
	if strings.ContainsAny(quoted, "\n\r\t\x00\x1b") {
		t.Errorf("Quote(%q) = %q has control characters", value, quoted)
	}
	words, err := Words("a " + quoted + " b")
	if err != nil || len(words) != 3 || words[1].Text != value || words[2].Text != "b" {
		t.Errorf("%q came back as %+v, %v", value, words, err)
	}
}

func TestQuoteRoundTrip(t *testing.T) {
	for _, value := range []string{`\`, `\\`, `\"`, `\n`, "\\\n", `\x1b`, "\\\x1b", `a\`, `"`, `""`, "\xff", "é\x80"} {
		checkQuote(t, value)
	}
	for c := range 256 {
		checkQuote(t, string([]byte{byte(c)}))
		checkQuote(t, string([]byte{'\\', byte(c)}))
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{`set a "b\"c" [ d ] # e`, `"`, `\`, `a"b"c`, "\x00", `"\x1`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Words(line)
		at := 0
		for _, w := range words {
			if w.Col < at || w.Col >= len(line) {
				t.Fatalf("Words(%q): column %d of %q", line, w.Col, w.Text)
			}
			at = w.Col + 1
		}
		var open *UnterminatedError
		var glued *GluedError
		switch {
		case err == nil, errors.As(err, &open) && line[open.Col] == '"':
		case errors.As(err, &glued) && (line[glued.Col] == '"' || line[glued.Col-1] == '"') && glued.Word == len(words)-1:
		default:
			t.Fatalf("Words(%q): %v", line, err)
		}
		if !strings.ContainsAny(line, "\n\r") {
			checkQuote(t, line)
		}
	})
}
