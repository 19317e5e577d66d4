package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const ps = "user@host> "

// stub is a grammar of a few words, in the manner of the real one.
type stub struct{}

var grammar = map[string][]string{
	"":     {"configure", "set", "show"}, // after set, anything goes
	"show": {"igmp", "interfaces", "isis", "log"},
}

func (stub) split(line string) (above, word string, at int) {
	at = strings.LastIndexByte(line, ' ') + 1
	return strings.Join(strings.Fields(line[:at]), " "), line[at:], at
}

func (a stub) candidates(line string) (word string, at int, names []string, known bool) {
	above, word, at := a.split(line)
	all, known := grammar[above]
	for _, n := range all {
		if n == word {
			return word, at, []string{n}, true
		}
		if strings.HasPrefix(n, word) {
			names = append(names, n)
		}
	}
	return word, at, names, known
}

func list(names []string) string {
	return "Possible completions:\n  " + strings.Join(names, "\n  ") + "\n"
}

func (a stub) word(line string, pos int) Advice {
	if strings.Count(line[:pos], `"`)%2 == 1 {
		return Literal()
	}
	word, at, names, known := a.candidates(line[:pos])
	switch {
	case word == "" || !known:
		return Literal()
	case len(names) == 1:
		return Replace(at, names[0]+" ")
	case len(names) == 0:
		return Refuse(at, "syntax error, expecting <command>.")
	}
	return Refuse(at, "'"+word+"' is ambiguous.\n"+list(names))
}

func (a stub) Space(line string, pos int) Advice { return a.word(line, pos) }

func (a stub) Tab(line string, pos int) Advice {
	if adv := a.word(line, pos); !adv.Literal || strings.Contains(line, `"`) {
		return adv
	}
	return Advice{}
}

func (a stub) Help(line string, pos int) Advice {
	if strings.Count(line[:pos], `"`)%2 == 1 {
		return Literal()
	}
	_, _, names, _ := a.candidates(line[:pos])
	return Show(list(names))
}

func (a stub) Enter(line string) Advice {
	word, at, names, _ := a.candidates(line)
	if word != "" && len(names) == 1 {
		return Replace(at, names[0]+" ")
	}
	return Advice{}
}

// rig is a session on a memory terminal in a synctest bubble.
type rig struct {
	*testing.T
	m *Memory
	s *Session
}

func bubble(t *testing.T, w, h int, o Options, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(w, h)
		r := &rig{t, m, New(m, o)}
		f(r)
		r.s.Close()
		if n := m.scr.titles; n != 0 {
			t.Errorf("%d sequences that a vt100 need not know", n)
		}
	})
}

// keys feeds one press after another and waits until each has had its effect.
func (r *rig) keys(presses ...string) {
	for _, p := range presses {
		r.m.Feed(p)
		synctest.Wait()
	}
}

// typed feeds every character as a press of its own.
func (r *rig) typed(text string) {
	for _, c := range text {
		r.keys(string(c))
	}
}

func (r *rig) screen(want string) {
	r.Helper()
	synctest.Wait()
	if got := r.m.Screen(); got != want {
		r.Errorf("screen\n%s\nwant\n%s", got, want)
	}
}

func (r *rig) cursor(x, y int) {
	r.Helper()
	synctest.Wait()
	if gx, gy := r.m.Cursor(); gx != x || gy != y {
		r.Errorf("cursor %d,%d, want %d,%d", gx, gy, x, y)
	}
}

type answer struct {
	line string
	err  error
}

// start runs f in a goroutine and hands out its answer.
func start(f func() (string, error)) <-chan answer {
	c := make(chan answer, 1)
	go func() {
		line, err := f()
		c <- answer{line, err}
	}()
	synctest.Wait()
	return c
}

func (r *rig) readLine(p Prompt) <-chan answer {
	return start(func() (string, error) { return r.s.ReadLine(p) })
}

func TestKeys(t *testing.T) {
	const left, up, down, home, end, del, right = "\x1b[D", "\x1b[A", "\x1b[B", "\x1b[H", "\x1bOF", "\x1b[3~", "\x1bOC"
	for _, c := range []struct {
		name, typed string
		keys        []string
		want        string
	}{
		{"plain", "abc", nil, "abc"},
		{"utf-8", "日本é", nil, "日本é"},
		{"Ctrl-a", "bc", []string{"\x01", "a"}, "abc"},
		{"Ctrl-e", "ab", []string{"\x01", "\x05", "c"}, "abc"},
		{"Home, End", "b", []string{home, "a", end, "c"}, "abc"},
		{"Ctrl-b", "ac", []string{"\x02", "b"}, "abc"},
		{"Left", "ac", []string{left, "b"}, "abc"},
		{"Left over a wide character", "a日", []string{left, "b"}, "ab日"},
		{"Ctrl-f", "bd", []string{"\x01", "\x06", "c"}, "bcd"},
		{"Right", "bd", []string{"\x01", right, "c"}, "bcd"},
		{"Right at the end of UTF-8", "é日", []string{right, right, "x"}, "é日x"},
		{"Ctrl-d", "abc", []string{"\x01", "\x04"}, "bc"},
		{"Ctrl-d on UTF-8", "日本", []string{"\x01", "\x04"}, "本"},
		{"Ctrl-d at the end", "abc", []string{"\x04"}, "abc"},
		{"Delete", "abc", []string{"\x01", del}, "bc"},
		{"Ctrl-h", "abx", []string{"\x08", "c"}, "abc"},
		{"Backspace", "abx", []string{"\x7f", "c"}, "abc"},
		{"Backspace on an empty line", "", []string{"\x7f", "c"}, "c"},
		{"Backspace in UTF-8", "日本", []string{left, "\x7f"}, "本"},
		{"Ctrl-k, Ctrl-y", "abc", []string{"\x01", "\x06", "\x0b", "\x01", "\x19"}, "bca"},
		{"Ctrl-u takes the whole line", "abc", []string{"\x02", "\x15", "x", "\x19"}, "xabc"},
		{"Ctrl-x takes the whole line", "abc", []string{"\x02", "\x18", "y"}, "y"},
		{"Ctrl-w", "one two.three", []string{"\x17", "x"}, "one x"},
		{"Ctrl-w over blanks", "one two  ", []string{"\x17"}, "one "},
		{"Ctrl-w, Ctrl-y", "one two", []string{"\x17", "\x19", "\x19"}, "one twotwo"},
		{"Esc-Backspace", "one two.three", []string{"\x1b\x7f"}, "one two."},
		{"Esc-b", "one two.three", []string{"\x1bb", "x"}, "one two.xthree"},
		{"Esc, then b much later", "one two", []string{"\x1b", "b", "x"}, "one xtwo"},
		{"Esc-b in UTF-8", "日本 語", []string{"\x1bb", "\x1bb", "x"}, "x日本 語"},
		{"Esc-f", "one two", []string{"\x01", "\x1bf", "x"}, "onex two"},
		{"Esc-f in UTF-8", "日本 語", []string{"\x01", "\x1bf", "x"}, "日本x 語"},
		{"Esc-d", "one two", []string{"\x01", "\x1bd"}, " two"},
		{"Esc-d, Ctrl-y", "one two", []string{"\x01", "\x1bd", "\x05", "\x19"}, " twoone"},
		{"Esc-digit", "abcdef", []string{"\x1b3", "\x02", "x"}, "abcxdef"},
		{"Esc-digit, two of them", "", []string{"\x1b1", "2", "x"}, "xxxxxxxxxxxx"},
		{"Esc-digit Backspace", "abcdef", []string{"\x1b4", "\x7f"}, "ab"},
		{"Esc-digit Ctrl-w", "a b c d", []string{"\x1b2", "\x17"}, "a b "},
		{"Ctrl-p", "new", []string{"\x10"}, "set cli"},
		{"Up", "new", []string{up, up}, "show log"},
		{"Up beyond the oldest", "", []string{up, up, up, up, up}, "configure"},
		{"Down", "new", []string{up, up, down}, "set cli"},
		{"Ctrl-n back to what was typed", "new", []string{up, "\x0e"}, "new"},
		{"Esc-digit Up", "", []string{"\x1b2", up}, "show log"},
		{"Esc-/", "sh", []string{"\x1b/"}, "show log"},
		{"Esc-/ again", "sh", []string{"\x1b/", "\x1b/"}, "show log"},
		{"Esc-/ without a match", "q", []string{"\x1b/"}, "q"},
		{"Ctrl-r", "", []string{"\x12", "o", "n"}, "configure"},
		{"Ctrl-r, end to edit", "", []string{"\x12", "l", "o", "\x01", "x"}, "xshow log"},
		{"Ctrl-r twice", "", []string{"\x12", "l", "\x12"}, "show log"},
		{"Ctrl-r Backspace", "", []string{"\x12", "c", "o", "x", "\x7f"}, "configure"},
		{"Ctrl-r Ctrl-g", "typed", []string{"\x12", "l", "\x07"}, "typed"},
		{"Ctrl-r Ctrl-c", "typed", []string{"\x12", "l", "\x03"}, "typed"},
		{"Ctrl-l", "abc", []string{"\x0c"}, "abc"},
		{"unknown sequences", "ab", []string{"\x1b[99~", "\x1b[200~", "\x1b]0;t\x07", "c"}, "abc"},
		{"a sequence in two reads", "ab", []string{"\x1b", "[D", "x"}, "axb"},
		{"half a character", "a", []string{"\xe6\x97", "b"}, "a\ufffd\ufffdb"},
		{"Latin-1 shows", "a", []string{"\xe9x"}, "a\ufffdx"},
		{"NUL and others", "a", []string{"\x00\x1c\x13\x11b"}, "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, 60, 5, Options{}, func(r *rig) {
				h := NewHistory(10)
				for _, l := range []string{"configure", "show log", "set cli"} {
					h.Add(l, time.Now())
				}
				got := r.readLine(Prompt{Text: ps, History: h})
				r.typed(c.typed)
				for _, k := range c.keys {
					r.keys(k)
					time.Sleep(sequenceWait + time.Millisecond) // the bubble's time
				}
				r.screenLine(c.keys, c.want)
				r.keys("\r")
				if a := <-got; a.line != c.want || a.err != nil {
					t.Errorf("got %q, %v; want %q", a.line, a.err, c.want)
				}
				r.screen(ps + strings.TrimRight(c.want, " "))
			})
		})
	}
}

// screenLine checks what is drawn, unless a search has the line.
func (r *rig) screenLine(keys []string, want string) {
	r.Helper()
	if len(keys) > 0 && keys[0] == "\x12" {
		return
	}
	r.screen(strings.TrimRight(ps+want, " "))
}

func TestSearchPrompt(t *testing.T) {
	bubble(t, 60, 5, Options{}, func(r *rig) {
		h := NewHistory(10)
		h.Add("show log messages", time.Now())
		h.Add("show arp", time.Now())
		got := r.readLine(Prompt{Text: ps, History: h})
		r.keys("\x12")
		r.screen("(history search) '':")
		r.keys("l", "o", "g")
		r.screen("(history search) 'log': show log messages")
		r.keys("\r")
		if a := <-got; a.line != "show log messages" {
			t.Errorf("got %+v", a)
		}
		r.screen(ps + "show log messages")
	})
}

func TestControlCAndD(t *testing.T) {
	bubble(t, 60, 5, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: ps})
		r.keys("abc", "\x03")
		if a := <-got; a.err != ErrInterrupt {
			t.Errorf("Ctrl-c: %+v", a)
		}
		got = r.readLine(Prompt{Text: ps})
		r.keys("\x04")
		if a := <-got; a.err != io.EOF {
			t.Errorf("Ctrl-d: %+v", a)
		}
		r.screen(ps + "abc^C\n" + strings.TrimRight(ps, " "))
	})
}

func TestAssistant(t *testing.T) {
	for _, c := range []struct {
		name, keys, screen string
	}{
		{"Space completes", "sh ", "> show"},
		{"Tab completes", "sh\t", "> show"},
		{"Space after a whole word", "show ", "> show"},
		{"Space alone", " x", ">  x"},
		{"Space is ambiguous", "show i ", `
> show i
       ^
'i' is ambiguous.
Possible completions:
  igmp
  interfaces
  isis

> show i`},
		{"Tab is ambiguous", "s\t", `
> s
  ^
's' is ambiguous.
Possible completions:
  set
  show

> s`},
		{"Space after a wrong word", "show foo ", `
> show foo
       ^
syntax error, expecting <command>.

> show foo`},
		{"and the word is corrected", "show foo \x17log ", `
> show foo
       ^
syntax error, expecting <command>.

> show log`},
		{"help", "show ?", `
> show ?
Possible completions:
  igmp
  interfaces
  isis
  log
[edit]
> show`},
		{"help in a word, and on", "show i?n ", `
> show i?
Possible completions:
  igmp
  interfaces
  isis
[edit]
> show interfaces`},
		{"quotes", "show \"a?b c\td", `> show "a?b c d`},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, 60, 20, Options{Assistant: stub{}}, func(r *rig) {
				got := r.readLine(Prompt{Banner: "[edit]", Text: "> "})
				r.typed(c.keys)
				r.screen("[edit]\n" + strings.TrimPrefix(c.screen, "\n"))
				r.keys("\x03")
				<-got
			})
		})
	}
}

func TestEnterCompletes(t *testing.T) {
	bubble(t, 60, 20, Options{Assistant: stub{}}, func(r *rig) {
		for _, typed := range []bool{true, false} {
			got := r.readLine(Prompt{Text: "> "})
			if typed {
				r.typed("show lo\r")
			} else {
				r.keys("show lo\r")
			}
			if a := <-got; a.line != "show log " {
				t.Errorf("got %+v", a)
			}
		}
		r.screen("> show log\n> show log")
		if out := r.m.Output(); out != "> show log \r\n> show log \r\n" {
			t.Errorf("bytes %q", out)
		}
	})
}

// What a program sees of its typing is what it typed.
func TestEchoIsLiteral(t *testing.T) {
	long := "set system syslog host 192.0.2.1 log-prefix " + strings.Repeat("x", 300)
	for _, c := range []struct {
		name string
		w    int
		keys []string
		want string
	}{
		{"one by one", 80, []string{"s", "h", "o", "w", " "}, "> show "},
		{"completion adds", 80, []string{"s", "h", " ", "l", "o", "\t"}, "> show log "},
		{"a burst", 80, []string{"show log messages"}, "> show log messages"},
		{"a burst wider than the screen", 80, []string{long}, "> " + long},
		{"and then some", 80, []string{long, "y", "z"}, "> " + long + "yz"},
		{"a line wider than the screen", 80, []string{long + "\r"}, "> " + long + "\r\n"},
		{"no size at all", 0, strings.Split(long, ""), "> " + long},
		{"Enter as CR", 80, []string{"show log\r"}, "> show log \r\n"},
		{"Enter as LF", 80, []string{"show log\n"}, "> show log \r\n"},
		{"Enter as CRLF", 80, []string{"show log\r\n"}, "> show log \r\n"},
		{"backspace", 80, []string{"a", "b", "\x7f"}, "> ab\b\x1b[K"},
		{"left and right", 80, []string{"a", "b", "\x1b[D", "\x1b[C"}, "> ab\bb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, c.w, 24, Options{Assistant: stub{}}, func(r *rig) {
				got := r.readLine(Prompt{Text: "> "})
				r.keys(c.keys...)
				if out := r.m.Output(); out != c.want {
					t.Errorf("bytes %q\nwant  %q", out, c.want)
				}
				if !strings.HasSuffix(c.want, "\n") {
					r.keys("\x03")
				}
				<-got
			})
		})
	}
}

func TestCharacterInTwoReads(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: "> "})
		r.keys("a\xe6", "\x97", "\xa5\r")
		if a := <-got; a.line != "a日" {
			t.Errorf("got %q", a.line)
		}
	})
}

func TestCRLFInTwoReadsIsOneEnter(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		for _, cut := range [][]string{{"one\r\n"}, {"one\r", "\n"}, {"o", "ne\r", "\n"}} {
			got := r.readLine(Prompt{Text: "> "})
			r.keys(cut...)
			if a := <-got; a.line != "one" {
				t.Errorf("%q: %+v", cut, a)
			}
			next := r.readLine(Prompt{Text: "> "})
			r.typed("two\n")
			if a := <-next; a.line != "two" {
				t.Errorf("after %q: %+v", cut, a)
			}
		}
	})
}

func TestLongLineScrolls(t *testing.T) {
	bubble(t, 40, 5, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: "> "})
		line := "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"
		for i, c := range line {
			r.keys(string(c))
			if s := r.m.Screen(); strings.Contains(s, "\n") {
				t.Fatalf("wraps after %d characters:\n%s", i+1, s)
			}
			if x, _ := r.m.Cursor(); i > 0 && r.m.Screen()[x-1] != byte(c) {
				t.Fatalf("after %d characters the cursor is not behind %c:\n%s", i+1, c, r.m.Screen())
			}
		}
		if s := r.m.Screen(); !strings.HasPrefix(s, "> ...") || !strings.HasSuffix(s, "J") {
			t.Errorf("at the end: %s", s)
		}
		r.keys("\x01")
		if s := r.m.Screen(); !strings.HasPrefix(s, "> abc") || !strings.HasSuffix(s, "...") {
			t.Errorf("at the start: %s", s)
		}
		r.cursor(2, 0)
		for range 25 {
			r.keys("\x06")
		}
		if x, _ := r.m.Cursor(); r.m.Screen()[x] != 'z' {
			t.Errorf("in the middle: column %d of %s", x, r.m.Screen())
		}
		r.keys("\x05", "\r")
		if a := <-got; a.line != line {
			t.Errorf("got %q", a.line)
		}
	})
}

func TestEditingAWrappedBurst(t *testing.T) {
	bubble(t, 20, 6, Options{}, func(r *rig) {
		r.s.Write([]byte("before\n"))
		got := r.readLine(Prompt{Text: "> "})
		r.keys("abcdefghijklmnopqrstuvwxyz0123456789")
		r.screen("before\n> abcdefghijklmnopqr\nstuvwxyz0123456789")
		r.s.Print("notice")
		r.screen("before\nnotice\n> abcdefghijklmnopqr\nstuvwxyz0123456789")
		r.keys("\x7f")
		r.screen("before\nnotice\n> ...z012345678")
		r.keys("\r")
		if a := <-got; a.line != "abcdefghijklmnopqrstuvwxyz012345678" {
			t.Errorf("got %q", a.line)
		}
	})
}

func TestResize(t *testing.T) {
	bubble(t, 60, 6, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: ps})
		r.typed("abcdefghijklmnopqrstuvwxyz0123456789")
		r.m.Resize(30, 6)
		synctest.Wait()
		if s := r.m.Screen(); !strings.HasPrefix(s, ps+"...") || !strings.HasSuffix(s, "9") {
			t.Errorf("narrow:\n%s", s)
		}
		r.m.Resize(60, 6)
		r.screen(ps + "abcdefghijklmnopqrstuvwxyz0123456789")
		r.keys("\r")
		<-got
		if w, h := r.s.Size(); w != 60 || h != 6 {
			t.Errorf("size %d, %d", w, h)
		}
		r.s.SetWidth(100)
		r.s.SetLength(0)
		if w, h := r.s.Size(); w != 100 || h != 6 || r.s.Length() != 0 {
			t.Errorf("settings: %d, %d, %d", w, h, r.s.Length())
		}
	})
}

func TestSizeUnknown(t *testing.T) {
	bubble(t, 0, 0, Options{}, func(r *rig) {
		if w, h := r.s.Size(); w != 80 || h != 24 || r.s.Length() != 0 {
			t.Errorf("got %d, %d, %d", w, h, r.s.Length())
		}
	})
}

func TestFault(t *testing.T) {
	for _, c := range []struct {
		w     int
		keys  []string
		at    int
		caret int
	}{
		{60, []string{"show foo\r"}, 5, 7},
		{60, []string{"s", "how foo", "\r"}, 5, 7},
		{60, []string{"日本 foo\r"}, 7, 7},
		{60, []string{"show\r"}, 4, 6},
		{20, []string{"abcdefghijklmnopqrstuvwxyz\r"}, 20, 2},
		{20, []string{"abcdefghijklmnopqr", "s", "tuv", "wxyz", "\r"}, 20, 2},
	} {
		bubble(t, c.w, 20, Options{}, func(r *rig) {
			got := r.readLine(Prompt{Text: "> "})
			r.keys(c.keys...)
			<-got
			r.s.Fault(c.at, "syntax error.")
			synctest.Wait()
			lines := strings.Split(r.m.Screen(), "\n")
			if n := len(lines); lines[n-2] != strings.Repeat(" ", c.caret)+"^" || lines[n-1] != "syntax error." {
				t.Errorf("%q at %d:\n%s", c.keys, c.at, r.m.Screen())
			}
		})
	}
}

func TestFaultUnderAScrolledLine(t *testing.T) {
	bubble(t, 30, 20, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: "> "})
		r.typed("abcdefghijklmnopqrstuvwxyz0123456789\r")
		<-got
		r.s.Fault(35, "here")
		synctest.Wait()
		lines := strings.Split(r.m.Screen(), "\n")
		if at := strings.IndexByte(lines[0], '9'); at < 0 || strings.IndexByte(lines[1], '^') != at {
			t.Errorf("\n%s", r.m.Screen())
		}
	})
}

func TestPrintWhileEditing(t *testing.T) {
	bubble(t, 40, 8, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: ps})
		r.typed("show log")
		r.keys("\x02", "\x02")
		r.s.Print("*** messages ***\nevil \x1b[2J line")
		r.screen("*** messages ***\nevil #033[2J line\n" + ps + "show log")
		r.cursor(len(ps)+6, 2)
		r.keys("\x1bq")
		r.s.Print("held back")
		r.screen("*** messages ***\nevil #033[2J line\n*** monitor and syslog output disabled,\npress ESC-Q to enable ***\n" + ps + "show log")
		r.keys("\x1bq")
		time.Sleep(noticeGap)
		synctest.Wait()
		if s := r.m.Screen(); !strings.Contains(s, "held back\n"+ps+"show log") {
			t.Errorf("\n%s", s)
		}
		r.keys("\r")
		<-got
	})
}

func TestPrintWaitsForTheEndOfALine(t *testing.T) {
	bubble(t, 40, 8, Options{}, func(r *rig) {
		io.WriteString(r.s, "working...")
		r.s.Print("notice")
		r.screen("working...")
		io.WriteString(r.s, "done\n")
		r.screen("working...done\nnotice")
	})
}

func TestPrintNeverWaits(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.m.Stall(true)
		line := strings.Repeat("x", 1023)
		for i := range 2000 { // 2 MB, of which 256 KiB are kept
			r.s.Print(fmt.Sprint(i) + line)
		}
		r.m.Stall(false)
		time.Sleep(10 * noticeGap)
		synctest.Wait()
		text := r.m.Text()
		if !strings.Contains(text, " lines not shown]") || !strings.Contains(text, "1999x") {
			t.Errorf("end of the text: %s", text[max(0, len(text)-300):])
		}
		if n := strings.Count(text, "x") / 1023; n > 600 {
			t.Errorf("%d lines kept", n)
		}
	})
}

func TestQuestions(t *testing.T) {
	bubble(t, 60, 24, Options{}, func(r *rig) {
		confirm := func(def bool, keys string, want bool, wantErr error) {
			t.Helper()
			var got bool
			a := start(func() (_ string, err error) { got, err = r.s.Confirm("Exit?", def); return })
			r.typed(keys)
			if err := (<-a).err; got != want || err != wantErr {
				t.Errorf("%q: %v, %v", keys, got, err)
			}
		}
		confirm(true, "\r", true, nil)
		confirm(false, "\r", false, nil)
		confirm(false, "y\r", true, nil)
		confirm(false, "YES\r", true, nil)
		confirm(true, "n\r", false, nil)
		confirm(true, "maybe\rno\r", false, nil)
		confirm(true, "x\x03", true, ErrInterrupt)
		r.screen("Exit? [yes,no] (yes)\nExit? [yes,no] (no)\nExit? [yes,no] (no) y\nExit? [yes,no] (no) YES\nExit? [yes,no] (yes) n\nExit? [yes,no] (yes) maybe\nExit? [yes,no] (yes) no\nExit? [yes,no] (yes) x^C")
	})
}

func TestSecret(t *testing.T) {
	bubble(t, 60, 24, Options{}, func(r *rig) {
		for keys, want := range map[string]answer{
			"s3cret ?\r":       {"s3cret ?", nil},
			"wrong\x15right\r": {"right", nil},
			"日x\x7f\x7fy\r":    {"y", nil},
			"abc\x03":          {"", ErrInterrupt},
			"\x04":             {"", io.EOF},
		} {
			got := start(func() (string, error) { return r.s.Secret("New password:") })
			r.typed(keys)
			if a := <-got; a != want {
				t.Errorf("%q: %+v", keys, a)
			}
		}
		if out := r.m.Output(); strings.ContainsAny(out, "3xg") {
			t.Errorf("echoed: %q", out)
		}
	})
}

func TestSecretIsBounded(t *testing.T) {
	bubble(t, 60, 24, Options{}, func(r *rig) {
		got := start(func() (string, error) { return r.s.Secret("") })
		for range 100 {
			r.m.Feed(strings.Repeat("p", 100))
		}
		r.keys("\r")
		if a := <-got; len(a.line) > maxSecret || a.err != nil {
			t.Errorf("%d bytes, %v", len(a.line), a.err)
		}
	})
}

func TestReadText(t *testing.T) {
	bubble(t, 60, 24, Options{Assistant: stub{}}, func(r *rig) {
		r.keys("system {\n\thost-name \"what?\";\n}\n\x04")
		var lines []string
		for {
			line, err := r.s.ReadText()
			if err != nil {
				if err != io.EOF {
					t.Error(err)
				}
				break
			}
			lines = append(lines, line)
		}
		if got := strings.Join(lines, "|"); got != "system {|\thost-name \"what?\";|}" {
			t.Errorf("got %q", got)
		}
		r.screen("system {\n        host-name \"what?\";\n}")
	})
}

func TestLineThatIsTooLongIsNotRun(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: "> "})
		for range 20 {
			r.keys(strings.Repeat("x", 4096))
		}
		r.keys("\r")
		if s := r.m.Screen(); !strings.HasSuffix(s, "error: input line is too long\n\n>") {
			t.Errorf("\n%s", s[max(0, len(s)-200):])
		}
		r.keys("ok\r")
		if a := <-got; a.line != "ok" {
			t.Errorf("got %d bytes, %v", len(a.line), a.err)
		}
		if r.m.scr.bells == 0 {
			t.Error("no bell")
		}
	})
}

func TestPasteLosesNothing(t *testing.T) {
	bubble(t, 80, 24, Options{Assistant: stub{}}, func(r *rig) {
		var paste strings.Builder
		const n = 5000
		for i := range n {
			fmt.Fprintf(&paste, "set system syslog file f%d any \"a?b %d\"\r", i, i)
			if i%7 == 0 {
				paste.WriteString("# tab\there\r\n")
			}
		}
		r.m.Feed(paste.String())
		i := 0
		for i < n {
			line, err := r.s.ReadLine(Prompt{Text: ps})
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(line, "#") {
				continue
			}
			if want := fmt.Sprintf("set system syslog file f%d any \"a?b %d\"", i, i); line != want {
				t.Fatalf("line %d: %q, want %q", i, line, want)
			}
			i++
		}
	})
}

// A refused blank must not glue two words of a program's line together.
func TestBurstKeepsWordsApart(t *testing.T) {
	bubble(t, 80, 24, Options{Assistant: stub{}}, func(r *rig) {
		got := r.readLine(Prompt{Text: "> "})
		r.keys("show i nterfaces")
		r.keys("\r")
		if a := <-got; a.line != "show i nterfaces" {
			t.Errorf("got %q", a.line)
		}
	})
}

func TestTypeAheadWhileACommandRuns(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: "> "})
		r.keys("one\r")
		<-got
		r.keys("two\rthr")
		io.WriteString(r.s, "output of one\n")
		if a := <-r.readLine(Prompt{Text: "> "}); a.line != "two" {
			t.Errorf("got %+v", a)
		}
		got = r.readLine(Prompt{Text: "> "})
		r.keys("ee\r")
		if a := <-got; a.line != "three" {
			t.Errorf("got %+v", a)
		}
		r.screen("> one\noutput of one\n> two\n> three")
	})
}

func TestInterruptible(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		ctx, stop := r.s.Interruptible(context.Background())
		r.keys("typed ahead\r", "\x03")
		<-ctx.Done()
		if context.Cause(ctx) != ErrInterrupt {
			t.Errorf("cause %v", context.Cause(ctx))
		}
		if _, err := io.WriteString(r.s, "more"); err != ErrInterrupt {
			t.Errorf("Write: %v", err)
		}
		if _, err := r.s.Ask("? "); err != ErrInterrupt {
			t.Errorf("Ask: %v", err)
		}
		stop()
		got := r.readLine(Prompt{Text: "> "})
		r.keys("next\r")
		if a := <-got; a.line != "next" {
			t.Errorf("got %+v", a)
		}
		ctx, stop = r.s.Interruptible(context.Background())
		stop()
		if context.Cause(ctx) != context.Canceled {
			t.Errorf("cause %v", context.Cause(ctx))
		}
	})
}

func TestInterruptDropsWaitingOutput(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.m.Stall(true)
		ctx, stop := r.s.Interruptible(context.Background())
		done := start(func() (string, error) {
			for {
				if _, err := r.s.Write(bytes.Repeat([]byte("output\n"), 100)); err != nil {
					return "", err
				}
			}
		})
		r.keys("\x03")
		<-ctx.Done()
		r.m.Stall(false)
		if a := <-done; a.err != ErrInterrupt {
			t.Errorf("got %v", a.err)
		}
		r.m.Stall(true)
		stop()
		r.m.Stall(false)
		r.screenEnds("^C")
	})
}

func (r *rig) screenEnds(want string) {
	r.Helper()
	synctest.Wait()
	if s := r.m.Screen(); !strings.HasSuffix(s, want) {
		r.Errorf("screen\n%s\ndoes not end in %q", s, want)
	}
}

func TestWriteJoinsCharacters(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		for _, b := range []byte("日本é\n") {
			r.s.Write([]byte{b})
		}
		r.s.Write([]byte("x\xe6\x97"))
		got := r.readLine(Prompt{Text: "> "})
		r.screen("日本é\nx#346#227\n>")
		r.keys("\r")
		<-got
	})
}

func TestStallEndsTheSession(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.m.Stall(true)
		before := time.Now()
		var err error
		for err == nil {
			_, err = r.s.Write(bytes.Repeat([]byte("x"), 1000))
		}
		if !errors.Is(err, ErrStalled) || time.Since(before) != 5*time.Minute {
			t.Errorf("%v after %v", err, time.Since(before))
		}
		if _, err := r.s.ReadLine(Prompt{}); err != ErrStalled {
			t.Errorf("ReadLine: %v", err)
		}
		if !r.m.Closed() {
			t.Error("terminal not closed")
		}
	})
}

func TestEndOfInputServesWhatWasTyped(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.keys("one\rtwo\rrest")
		r.m.EOF()
		synctest.Wait()
		for _, want := range []answer{{"one", nil}, {"two", nil}, {"", io.EOF}} {
			line, err := r.s.ReadLine(Prompt{Text: "> "})
			if (answer{line, err}) != want {
				t.Errorf("got %q, %v; want %+v", line, err, want)
			}
		}
	})
}

func TestHangupStopsAPaste(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.keys(strings.Repeat("delete everything\r", 100))
		if _, err := r.s.ReadLine(Prompt{}); err != nil {
			t.Error(err)
		}
		r.m.Hangup()
		synctest.Wait()
		if line, err := r.s.ReadLine(Prompt{}); !errors.Is(err, ErrHangup) || line != "" {
			t.Errorf("got %q, %v", line, err)
		}
	})
}

// A hang-up in any state ends it, and synctest fails if a goroutine is left.
func TestHangupInEveryState(t *testing.T) {
	long := strings.Repeat("line\n", 100)
	page := func(s *Session) error {
		return s.Page(context.Background(), Paging{}, func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, long)
			return err
		})
	}
	for _, c := range []struct {
		name string
		keys []string
		run  func(s *Session) error
	}{
		{"idle", nil, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"in a line", []string{"show", "\x1b"}, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"search", []string{"\x12", "x"}, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"paged help", []string{"?"}, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"pager", []string{" "}, page},
		{"pager's help", []string{"h"}, page},
		{"pager's question", []string{"/", "x"}, page},
		{"pager waits for output", nil, func(s *Session) error {
			return s.Page(context.Background(), Paging{}, func(ctx context.Context, w io.Writer) error {
				<-ctx.Done()
				return ctx.Err()
			})
		}},
		{"question", []string{"y"}, func(s *Session) error { _, err := s.Confirm("Really?", false); return err }},
		{"password", []string{"x"}, func(s *Session) error { _, err := s.Secret("Password:"); return err }},
		{"text", []string{"x"}, func(s *Session) error { _, err := s.ReadText(); return err }},
		{"output", nil, func(s *Session) (err error) {
			for err == nil {
				_, err = io.WriteString(s, long)
			}
			return err
		}},
		{"command", nil, func(s *Session) error {
			ctx, stop := s.Interruptible(context.Background())
			defer stop()
			<-ctx.Done()
			return context.Cause(ctx)
		}},
	} {
		for _, how := range []string{"hang-up", "close"} {
			t.Run(c.name+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := NewMemory(80, 5)
					s := New(m, Options{Assistant: stub{}})
					done := make(chan error, 1)
					go func() { done <- c.run(s) }()
					r := &rig{t, m, s}
					r.Helper()
					if c.name != "output" {
						synctest.Wait()
						r.keys(c.keys...)
					}
					s.Print("notice")
					if how == "close" {
						s.Close()
					} else {
						m.Hangup()
					}
					if err := <-done; !errors.Is(err, io.EOF) {
						t.Errorf("%v", err)
					}
					s.Close()
				})
			})
		}
	}
}
