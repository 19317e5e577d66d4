package terminal

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

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
		{"Ctrl-t", "abdc", []string{"\x14", "e"}, "abcde"},
		{"Ctrl-t within a line", "bacd", []string{"\x01", right, "\x14", "x"}, "abxcd"},
		{"Ctrl-t in UTF-8", "語日本", []string{left, left, "\x14", left, left, "x"}, "x日語本"},
		{"Ctrl-t at the beginning", "ab", []string{"\x01", "\x14", "x"}, "xab"},
		{"Ctrl-t of one character", "a", []string{"\x14", "b"}, "ab"},
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
		{"Esc-/ for a word", "clear lo", []string{"\x1b/"}, "clear log"},
		{"Esc-/ for a word, again", "file c", []string{"\x1b/", "\x1b/"}, "file configure"},
		{"Esc-.", "a ", []string{"\x1b."}, "a cli"},
		{"Esc-. again", "a ", []string{"\x1b.", "\x1b.", "\x1b."}, "a log"},
		{"Esc-. beyond the oldest", "", []string{"\x1b.", "\x1b.", "\x1b.", "\x1b.", "\x1b.", "\x1b."}, "configure"},
		{"Esc-. twice, with a blank between", "", []string{"\x1b.", " ", "\x1b."}, "cli cli"},
		{"Esc-. within a line", "ab", []string{"\x02", "\x1b.", "\x1b."}, "asetb"},
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

// Ctrl-l leaves nothing on the screen but the line, under its banner.
func TestClearScreen(t *testing.T) {
	bubble(t, 60, 5, Options{}, func(r *rig) {
		if _, err := r.s.Write([]byte("what was before\n")); err != nil {
			t.Fatal(err)
		}
		got := r.readLine(Prompt{Banner: "[edit]", Text: ps})
		r.keys("abd", "\x02", "\x0c")
		r.screen("[edit]\n" + ps + "abd")
		r.keys("c", "\r")
		if a := <-got; a.line != "abcd" {
			t.Errorf("got %+v", a)
		}
		r.screen("[edit]\n" + ps + "abcd")
	})
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

// TestSearchOnANarrowScreen: what is searched for stays in sight, and so does where it was found.
func TestSearchOnANarrowScreen(t *testing.T) {
	bubble(t, 36, 5, Options{}, func(r *rig) {
		h := NewHistory(10)
		h.Add("set system syslog file...ssages match noise archive ... 10m", time.Now())
		got := r.readLine(Prompt{Text: ps, History: h})
		r.keys("\x12", "noise")
		r.screen("'noise': ...s match noise archiv...")
		r.m.Resize(60, 5)
		r.screen("(history search) 'noise': ...ssages match noise archive ...")
		r.m.Resize(120, 5)
		r.screen("(history search) 'noise': set system syslog file...ssages match noise archive ... 10m")
		r.keys("\x07", "\r")
		<-got
	})
}

// TestAWiderScreenShowsMore of a line that is scrolled sideways.
func TestAWiderScreenShowsMore(t *testing.T) {
	bubble(t, 30, 5, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: ps})
		r.typed("abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz")
		r.m.Resize(60, 5)
		synctest.Wait()
		if s := r.m.Screen(); len(s) < 45 || !strings.HasSuffix(s, "xyz") {
			t.Errorf("wider: %q", s)
		}
		r.keys("\r")
		<-got
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
		if a := <-got; a.err != ErrLeft {
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
		{20, []string{"abcdefghijklmnopqr\r"}, 18, 0}, // behind a row that is full
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

func TestFaultOnATerminalWithoutAWidth(t *testing.T) {
	bubble(t, 0, 0, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: "> "})
		r.keys(strings.Repeat("x", 100) + " y\r")
		<-got
		r.m.Output()
		r.s.Fault(101, "syntax error.")
		synctest.Wait()
		if out := r.m.Output(); out != strings.Repeat(" ", 103)+"^\r\nsyntax error.\r\n" {
			t.Errorf("%q", out)
		}
	})
}

func TestFaultInAWrappedLine(t *testing.T) {
	const line = "set system syslog hosst 192.0.2.1 any any"
	for _, c := range []struct {
		w    int
		want string
	}{
		{60, "> " + line + "\n                    ^\nsyntax error."},
		{30, "> set system syslog hosst 192.\n0.2.1 any any\n> set system syslog hosst ...\n                    ^\nsyntax error."},
		{20, "> set system syslog\nhosst 192.0.2.1 any\nany\n> ...yslog hosst..."},
	} {
		bubble(t, c.w, 20, Options{}, func(r *rig) {
			got := r.readLine(Prompt{Text: "> "})
			r.keys(line + "\r")
			<-got
			r.s.Fault(18, "syntax error.")
			synctest.Wait()
			if s := r.m.Screen(); !strings.HasPrefix(s, c.want) {
				t.Errorf("%d columns:\n%s\nwanted\n%s", c.w, s, c.want)
			}
			rows := strings.Split(r.m.Screen(), "\n")
			n := len(rows)
			if at := strings.Index(rows[n-2], "^"); !strings.HasPrefix(rows[n-3][min(at, len(rows[n-3])):], "hosst") {
				t.Errorf("%d columns: the caret is not under the word:\n%s", c.w, r.m.Screen())
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
