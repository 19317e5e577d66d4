package terminal

import (
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	prompt "github.com/c-bata/go-prompt"
)

func TestDecodeKey(t *testing.T) {
	text := func(s string) key { return key{code: prompt.NotDefined, text: s} }
	code := func(c prompt.Key) key { return key{code: c} }
	meta := func(k key) key { k.meta = true; return k }
	for _, c := range []struct {
		in   string
		want key
		n    int
	}{
		{"a", text("a"), 1},
		{"show log", text("show"), 4},
		{" log", text(" "), 1},
		{"a?", text("a"), 1},
		{"?", text("?"), 1},
		{"日本\r", text("日本"), 6},
		{"\xe6\x97", key{}, 0},
		{"a\xe6\x97", text("a"), 1},
		{"\xff", text("\ufffd"), 1},
		{"\r", code(prompt.ControlM), 1},
		{"\n", code(prompt.ControlM), 1},
		{"\r\nx", code(prompt.ControlM), 2},
		{"\n\r", code(prompt.ControlM), 1},
		{"\t", code(prompt.Tab), 1},
		{"\x08", code(prompt.Backspace), 1},
		{"\x7f", code(prompt.Backspace), 1},
		{"\x03x", code(prompt.ControlC), 1},
		{"\x1b", key{}, 0},
		{"\x1b[", key{}, 0},
		{"\x1b[A", code(prompt.Up), 3},
		{"\x1bOA", code(prompt.Up), 3},
		{"\x1bOH", code(prompt.Home), 3},
		{"\x1bOF", code(prompt.End), 3},
		{"\x1b[1;5Cx", code(prompt.ControlRight), 6},
		{"\x1b[3~", code(prompt.Delete), 4},
		{"\x1b[200~pasted", code(prompt.Ignore), 6},
		{"\x1b[?1;2c", code(prompt.Ignore), 7},
		{"\x1b[1\r", code(prompt.Ignore), 3}, // the Enter stays
		{"\x1b[[A", code(prompt.Ignore), 4},
		{"\x1b[" + strings.Repeat("1", 100), code(prompt.Ignore), maxSequence + 1},
		{"\x1b]0;title\x07x", code(prompt.Ignore), 10},
		{"\x1bP1$r\x1b\\x", code(prompt.Ignore), 7},
		{"\x1b]0;title\r", code(prompt.Ignore), 2},
		{"\x1b\x1b[A", code(prompt.Escape), 1},
		{"\x1bb", meta(text("b")), 2},
		{"\x1bbc", meta(text("b")), 2},
		{"\x1b日本", meta(text("日")), 4},
		{"\x1b\xff", meta(text("\ufffd")), 2},
		{"\x1b\x7f", meta(code(prompt.Backspace)), 2},
	} {
		if k, n := decodeKey([]byte(c.in)); k != c.want || n != c.n {
			t.Errorf("decodeKey(%q) = %+v, %d; want %+v, %d", c.in, k, n, c.want, c.n)
		}
	}
}

func FuzzDecodeKey(f *testing.F) {
	f.Add([]byte("show\x1b[A\xe6\x97\xa5?\r\n"))
	f.Add([]byte("\x1b]0;\x1b\x1bOx\x1b[[\x7f"))
	f.Fuzz(func(t *testing.T, b []byte) {
		enters, lines := 0, 0
		for len(b) > 0 {
			k, n := decodeKey(b)
			if n == 0 {
				if len(b) > maxString+utf8.UTFMax {
					t.Fatalf("waits for ever: %q", b)
				}
				return
			}
			if n < 0 || n > len(b) {
				t.Fatalf("takes %d of %d bytes", n, len(b))
			}
			if !utf8.ValidString(k.text) || (k.text == "") != (k.code != prompt.NotDefined) {
				t.Fatalf("key %+v", k)
			}
			if k.code == prompt.ControlM {
				enters++
			}
			if s := string(b[:n]); strings.ContainsAny(s, "\r\n") {
				lines++
			}
			b = b[n:]
		}
		if enters != lines {
			t.Fatalf("%d Enters of %d", enters, lines)
		}
	})
}

// FuzzSession types anything at all, in one piece and byte by byte: no panic,
// no sequence that a vt100 need not know, a screen of one session.
func FuzzSession(f *testing.F) {
	f.Add("show i \x1b[D\x1b[D?\x12x\r\x19\x1b5\x17abc\x0b\x1b/\x1b[A\x0c")
	f.Add("日本\x01\x04\x1bb\x1bd\x1bf\x7f\x02\x18é\x05\x19")
	f.Fuzz(func(t *testing.T, keys string) {
		if len(keys) > 200 {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			m := NewMemory(30, 6)
			s := New(m, Options{Assistant: stub{}})
			h := NewHistory(3)
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					line, err := s.ReadLine(Prompt{Banner: "[edit]", Text: "> ", History: h})
					if err != nil && err != ErrInterrupt && s.Err() != nil {
						return
					}
					if !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x1b") {
						t.Errorf("line %q", line)
					}
					h.Add(line, s.Idle())
				}
			}()
			m.Feed(keys)
			synctest.Wait()
			for _, c := range []byte(keys) {
				m.Feed(string([]byte{c}))
				synctest.Wait()
			}
			s.Print("notice")
			synctest.Wait()
			s.Close()
			<-done
			if m.scr.foreign != 0 {
				t.Errorf("%q: foreign sequences", keys)
			}
		})
	})
}
