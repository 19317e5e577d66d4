package terminal

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
)

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
		if err := r.s.Page(context.Background(), Paging{}, func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "load complete\n")
			return err
		}); err != nil {
			t.Error(err)
		}
		r.screen("system {\n        host-name \"what?\";\n}\n^Dload complete")
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
