package terminal

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain text":                "plain text",
		"tab\tand\nnewline":         "tab\tand\nnewline",
		"é 日本 🙂":                    "é 日本 🙂",
		"\x1b[2J":                   "#033[2J",
		"cr\r\nbell\a nul\x00":      "cr#015\nbell#007 nul#000",
		"\x7f":                      "#177",
		"\u0085\u009b2J":            "#302#205#302#2332J",
		"\x9b2J":                    "#2332J",
		"half \xe6\x97":             "half #346#227",
		"\xc0\xaf overlong":         "#300#257 overlong",
		"a\u202eb\u2066c\u200fd":    "a#342#200#256b#342#201#246c#342#200#217d",
		"\u061c\u2028":              "#330#234#342#200#250",
		"ro\u200bot, so\u00adft":    "ro#342#200#213ot, so#302#255ft",
		"\ufeff\u3164\U000e0041":    "#357#273#277#343#205#244#363#240#201#201",
		"\u0601 عربي 각":             "\u0601 عربي 각",
		"\ufffd is a character too": "\ufffd is a character too",
	} {
		if got := string(Printable(nil, []byte(in))); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
		if got := PrintableString(in); got != want {
			t.Errorf("PrintableString(%q) = %q, want %q", in, got, want)
		}
	}
	if got := string(Printable([]byte("before "), []byte("x"))); got != "before x" {
		t.Errorf("does not append: %q", got)
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add([]byte("a\x1b[0m\u202e\xff\u009b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := Printable(nil, b)
		if !utf8.Valid(p) {
			t.Fatalf("not UTF-8: %q", p)
		}
		for _, r := range string(p) {
			if hidden(r, utf8.RuneLen(r)) {
				t.Fatalf("%q lets %U through", b, r)
			}
		}
		if again := Printable(nil, p); string(again) != string(p) {
			t.Fatalf("not stable: %q, %q", p, again)
		}
		if s := PrintableString(string(b)); s != string(p) {
			t.Fatalf("%q and %q differ", s, p)
		}
	})
}

func BenchmarkPrintable(b *testing.B) {
	line := []byte(strings.Repeat("Nov 22 10:00:00 host daemon[1]: an ordinary line\n", 100))
	dst := make([]byte, 0, 2*len(line))
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		dst = Printable(dst[:0], line)
	}
}
