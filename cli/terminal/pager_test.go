package terminal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// saved is a file that the pager writes.
type saved struct {
	bytes.Buffer
	closed bool
}

func (s *saved) Close() error { s.closed = true; return nil }

func pagerOptions(f *saved) Options {
	return Options{
		Match: func(expr string) (func([]byte) bool, error) {
			re, err := regexp.Compile("(?i)" + expr)
			if err != nil {
				return nil, errors.New("bad expression")
			}
			return re.Match, nil
		},
		Save: func(name string) (io.WriteCloser, error) {
			if name == "full" {
				return nil, errors.New("no space left on device")
			}
			return f, nil
		},
	}
}

// span is the screen with lines a..b and the prompt.
func span(a, b int, prompt string) string {
	var s strings.Builder
	for i := a; i <= b; i++ {
		fmt.Fprintf(&s, "line %d\n", i)
	}
	return strings.TrimRight(s.String()+prompt, "\n")
}

func numbered(n int) func(context.Context, io.Writer) error {
	return func(_ context.Context, w io.Writer) error {
		for i := 1; i <= n; i++ {
			if _, err := fmt.Fprintf(w, "line %d\n", i); err != nil {
				return err
			}
		}
		return nil
	}
}

func (r *rig) page(p Paging, produce func(context.Context, io.Writer) error) <-chan answer {
	return start(func() (string, error) { return "", r.s.Page(context.Background(), p, produce) })
}

func TestPagerKeys(t *testing.T) {
	const left, right, up, down = "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
	// 100 lines on a screen of 11 rows: 10 lines and the prompt.
	for _, c := range []struct {
		keys string
		want string
	}{
		{"", span(1, 10, "---(more 10%)---")},
		{" ", span(11, 20, "---(more 20%)---")},
		{"\x06", span(11, 20, "---(more 20%)---")},
		{right, span(11, 20, "---(more 20%)---")},
		{"  ", span(21, 30, "---(more 30%)---")},
		{"\r", span(2, 11, "---(more 11%)---")},
		{down, span(2, 11, "---(more 11%)---")},
		{"j", span(2, 11, "---(more 11%)---")},
		{"\x0e", span(2, 11, "---(more 11%)---")},
		{"jjj", span(4, 13, "---(more 13%)---")},
		{"d", span(6, 15, "---(more 15%)---")},
		{"\t", span(6, 15, "---(more 15%)---")},
		{"\x04", span(6, 15, "---(more 15%)---")},
		{"   \x02", span(21, 30, "---(more 30%)---")},
		{"   " + left, span(21, 30, "---(more 30%)---")},
		{"   b", span(21, 30, "---(more 30%)---")},
		{"  f", span(31, 40, "---(more 40%)---")},
		{"b", span(1, 10, "---(more 10%)---")},
		{"\x18", span(6, 15, "---(more 15%)---")},
		{"  \x08", span(20, 29, "---(more 29%)---")},
		{"  \x1b[3~", span(20, 29, "---(more 29%)---")},
		{"\x1b[6~\x1b[6~\x1b[5~", span(11, 20, "---(more 20%)---")},
		{"\x02", span(1, 10, "---(more 10%)---")},
		{"  k", span(20, 29, "---(more 29%)---")},
		{"  " + up, span(20, 29, "---(more 29%)---")},
		{"  \x10", span(20, 29, "---(more 29%)---")},
		{"  \x7f", span(20, 29, "---(more 29%)---")},
		{"  u", span(16, 25, "---(more 25%)---")},
		{"  \x15", span(16, 25, "---(more 25%)---")},
		{"   g", span(1, 10, "---(more 10%)---")},
		{"   \x01", span(1, 10, "---(more 10%)---")},
		{"HG", span(91, 100, "---(more 100%)---")},
		{"G", span(91, 100, "")},
		{"\x05", span(91, 100, "")},
		{"HGN", span(91, 100, "")},
		{"HGk", span(90, 99, "---(more 99%)---")},
		{" \x0c", span(11, 20, "---(more 20%)---")},
		{"/line 4[37]\r", span(43, 52, "---(more 52%)---")},
		{"/line 4[37]\rn", span(47, 56, "---(more 56%)---")},
		{"/LINE 9\r", span(9, 18, "---(more 18%)---")},
		{"HG?line 4[37]\r", span(47, 56, "---(more 56%)---")},
		{"HG?line 4[37]\rn", span(43, 52, "---(more 52%)---")},
		{"/nothing\r", span(1, 10, "Pattern not found")},
		{"/nothing\r\x0c", span(1, 10, "---(more 10%)---")},
		{"/(\r", span(1, 10, "error: bad expression")},
		{"/\r", span(1, 10, "---(more 10%)---")},
		{"/x\x03", span(1, 10, "---(more 10%)---")},
		{"n", span(1, 10, "no expression to search for")},
		{"m0$\r", "line 10\nline 20\nline 30\nline 40\nline 50\nline 60\nline 70\nline 80\nline 90\nline 100"},
		{"Hm0$\r", "line 10\nline 20\nline 30\nline 40\nline 50\nline 60\nline 70\nline 80\nline 90\nline 100\n---(more 100%)---"},
		{"HM5\re55\re54\r", "line 5\nline 15\nline 25\nline 35\nline 45\nline 50\nline 51\nline 52\nline 53\nline 56\n---(more 56%)---"},
		{"m5\rc", "line 5\nline 6\nline 7\nline 8\nline 9\nline 10\nline 11\nline 12\nline 13\nline 14\n---(more 14%)---"},
		{"mnothing\r", span(1, 10, "Pattern not found")},
		{"eline\r ", span(11, 20, "---(more 20%)---")},
		{"  mline 5$\r", span(5, 5, "")},
		{"H  mline 5$\rc", span(5, 14, "---(more 14%)---")},
		{"m\x03", span(1, 10, "---(more 10%)---")},
		{"x", span(1, 10, "---(more 10%)---")},
		{"hx", span(1, 10, "---(more 10%)---")},
	} {
		t.Run(c.keys, func(t *testing.T) {
			bubble(t, 60, 11, pagerOptions(&saved{}), func(r *rig) {
				got := r.page(Paging{}, numbered(100))
				r.m.Feed(c.keys)
				r.screen(c.want)
				r.keys("q")
				if a := <-got; a.err != nil {
					t.Error(a.err)
				}
			})
		})
	}
}

func TestPagerLeaves(t *testing.T) {
	for keys, want := range map[string]error{"q": nil, "Q": nil, "\x0b": nil, "\x03": ErrInterrupt} {
		bubble(t, 60, 11, Options{}, func(r *rig) {
			var wrote error
			got := r.page(Paging{}, func(ctx context.Context, w io.Writer) error {
				for wrote == nil {
					_, wrote = fmt.Fprintln(w, "endless")
				}
				return wrote
			})
			r.screen(strings.Repeat("endless\n", 10) + "---(more)---")
			r.keys(keys)
			if a := <-got; a.err != want {
				t.Errorf("%q: %v", keys, a.err)
			}
			if !errors.Is(wrote, ErrStopped) && !errors.Is(wrote, ErrInterrupt) {
				t.Errorf("%q: Write: %v", keys, wrote)
			}
			r.screen(strings.TrimRight(strings.Repeat("endless\n", 10), "\n"))
		})
	}
}

func TestPagerShortOutput(t *testing.T) {
	bubble(t, 60, 11, Options{}, func(r *rig) {
		if a := <-r.page(Paging{}, numbered(10)); a.err != nil {
			t.Error(a.err)
		}
		r.screen(span(1, 10, ""))
	})
}

func TestPagerReturnsTheErrorOfTheCommand(t *testing.T) {
	bubble(t, 60, 11, Options{}, func(r *rig) {
		broken := errors.New("broken")
		a := <-r.page(Paging{}, func(_ context.Context, w io.Writer) error {
			io.WriteString(w, "half a line")
			return broken
		})
		if a.err != broken {
			t.Error(a.err)
		}
		r.screen("half a line")
	})
}

func TestPagerHold(t *testing.T) {
	bubble(t, 60, 11, Options{}, func(r *rig) {
		got := r.page(Paging{Hold: true}, numbered(3))
		r.screen(span(1, 3, "---(more 100%)---"))
		r.keys("N")
		if a := <-got; a.err != nil {
			t.Error(a.err)
		}
		r.screen(span(1, 3, ""))
	})
}

func TestPagerHelp(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		got := r.page(Paging{}, numbered(100))
		r.keys("h")
		if s := r.m.Screen(); !strings.Contains(s, "Next half page") || !strings.HasSuffix(s, "Leave\n---(help: any key goes back)---") {
			t.Errorf("\n%s", s)
		}
		r.keys(" ", "q")
		<-got
	})
}

// TestPagerHelpOnASmallScreen: it has as many pages as it needs, which any key but Space leaves.
func TestPagerHelpOnASmallScreen(t *testing.T) {
	bubble(t, 80, 11, Options{}, func(r *rig) {
		got := r.page(Paging{}, numbered(100))
		r.keys("h")
		if s := r.m.Screen(); !strings.Contains(s, "Keys at") || !strings.HasSuffix(s, "---(help: Space goes on, any other key back)---") {
			t.Errorf("\n%s", s)
		}
		r.keys(" ")
		if s := r.m.Screen(); strings.Contains(s, "Keys at") || !strings.HasSuffix(s, "Leave\n---(help: any key goes back)---") {
			t.Errorf("\n%s", s)
		}
		r.keys("x")
		r.screen(span(1, 10, "---(more 10%)---"))
		r.keys("hq")
		r.screen(span(1, 10, "---(more 10%)---"))
		r.keys("q")
		<-got
	})
}

// TestPagerQuestionsAreLeft: Ctrl-C at a question of the pager leaves the question, and at the
// prompt behind it the output, also when a command runs that it interrupts.
func TestPagerQuestionsAreLeft(t *testing.T) {
	for _, key := range []string{"/", "?", "m", "e", "s"} {
		bubble(t, 60, 11, pagerOptions(&saved{}), func(r *rig) {
			ctx, stop := r.s.Interruptible(context.Background())
			got := start(func() (string, error) { return "", r.s.Page(ctx, Paging{}, numbered(100)) })
			r.keys(key, "x", "\x03")
			r.screen(span(1, 10, "---(more 10%)---"))
			r.keys(" ")
			r.screen(span(11, 20, "---(more 20%)---"))
			r.keys("\x03")
			if a := <-got; !errors.Is(a.err, ErrInterrupt) {
				t.Errorf("%s: %v", key, a.err)
			}
			stop()
		})
	}
}

// TestPagerResized: the page that is shown stays, and the next has the new size.
func TestPagerResized(t *testing.T) {
	bubble(t, 60, 11, Options{}, func(r *rig) {
		got := r.page(Paging{}, numbered(100))
		r.keys(" ")
		r.m.Resize(60, 6)
		r.keys(" ")
		r.screen(span(21, 25, "---(more 25%)---"))
		r.m.Resize(60, 21)
		r.keys(" ")
		r.screen(span(26, 45, "---(more 45%)---"))
		r.keys("b")
		r.screen(span(6, 25, "---(more 25%)---"))
		r.keys("q")
		<-got
	})
}

func TestPagerSaves(t *testing.T) {
	f := &saved{}
	bubble(t, 60, 11, pagerOptions(f), func(r *rig) {
		got := r.page(Paging{}, numbered(50))
		r.keys("H", "m7\r", "s", "out\r", "q")
		<-got
	})
	if f.String() != "line 7\nline 17\nline 27\nline 37\nline 47\n" || !f.closed {
		t.Errorf("%q, %v", f.String(), f.closed)
	}
}

func TestPagerCountsRows(t *testing.T) {
	bubble(t, 20, 6, Options{}, func(r *rig) {
		got := r.page(Paging{}, func(_ context.Context, w io.Writer) error {
			fmt.Fprintln(w, strings.Repeat("a", 45)) // three rows
			fmt.Fprintln(w, strings.Repeat("日", 10)) // one
			fmt.Fprintln(w, "b")
			fmt.Fprintln(w, "c")
			return nil
		})
		r.screen(strings.Repeat("a", 20) + "\n" + strings.Repeat("a", 20) + "\naaaaa\n" + strings.Repeat("日", 10) + "\nb\n---(more 75%)---")
		r.keys(" ")
		<-got
	})
}

// A line of several rows is gone back over like any other.
func TestPagerGoesBackOverRows(t *testing.T) {
	bubble(t, 20, 4, Options{}, func(r *rig) {
		got := r.page(Paging{}, func(_ context.Context, w io.Writer) error {
			fmt.Fprintln(w, strings.Repeat("a", 30)) // two rows
			fmt.Fprint(w, "b\nc\nd\ne\n")
			return nil
		})
		r.keys("jj")
		r.screen("b\nc\nd\n---(more 80%)---")
		r.keys("k")
		r.screen(strings.Repeat("a", 20) + "\n" + strings.Repeat("a", 10) + "\nb\n---(more 40%)---")
		r.keys("q")
		<-got
	})
}

// Saving reads to the end, however much that is.
func TestPagerSaysWhetherItSaved(t *testing.T) {
	for answer, want := range map[string]string{"full\r": "error: no space left on device", "\r": "---(more 10%)---"} {
		bubble(t, 60, 11, pagerOptions(&saved{}), func(r *rig) {
			got := r.page(Paging{}, numbered(100))
			r.keys("s", answer)
			r.screen(span(1, 10, want))
			r.keys("q")
			<-got
		})
	}
}

// TestPagerLeavesPastesToThePrompt: no key of a paste writes a file, and the text
// is there for the prompt.
func TestPagerLeavesPastesToThePrompt(t *testing.T) {
	for _, paste := range []string{"set system host-name x\r", "show version\r", "\tset system host-name x\r", "s x\r",
		"edit system\r", "exit\r", "monitor list\r", "quit\r"} {
		f := &saved{}
		o := pagerOptions(f)
		o.Command = func(word string) bool { return slices.Contains([]string{"edit", "exit", "monitor", "quit"}, word) }
		bubble(t, 60, 11, o, func(r *rig) {
			got := r.page(Paging{}, numbered(100))
			r.keys(paste)
			if a := <-got; a.err != nil {
				t.Errorf("%q: %v", paste, a.err)
			}
			if a := <-r.readLine(Prompt{Text: "> "}); a.line != strings.Trim(paste, "\t\r") {
				t.Errorf("%q: %q, %v", paste, a.line, a.err)
			}
		})
		if f.closed || f.Len() > 0 {
			t.Errorf("%q: a file was written", paste)
		}
	}
}

func TestPagerSavesMoreThanItKeepsAhead(t *testing.T) {
	f := &saved{}
	bubble(t, 60, 11, pagerOptions(f), func(r *rig) {
		got := r.page(Paging{ahead: 1 << 10}, numbered(5000))
		r.keys("s", "out\r", "q")
		<-got
	})
	if n := strings.Count(f.String(), "\n"); n != 5000 || !f.closed {
		t.Errorf("%d lines, %v", n, f.closed)
	}
}

func TestPagerShowsControlsHarmless(t *testing.T) {
	bubble(t, 60, 6, Options{}, func(r *rig) {
		<-r.page(Paging{}, func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "evil \x1b]0;title\x07\x9b2J\n")
			return err
		})
		r.screen("evil #033]0;title#007#2332J")
	})
}

func TestPagerLengths(t *testing.T) {
	bubble(t, 60, 24, Options{}, func(r *rig) {
		r.s.SetLength(5)
		got := r.page(Paging{}, numbered(20))
		r.screen(span(1, 4, "---(more 20%)---"))
		r.keys("q")
		<-got
		r.s.SetLength(0)
		if a := <-r.page(Paging{}, numbered(15)); a.err != nil {
			t.Error(a.err)
		}
		r.screen(span(1, 4, "") + "\n" + span(1, 15, ""))
	})
}

func TestPagerHoldsNotices(t *testing.T) {
	bubble(t, 60, 6, Options{}, func(r *rig) {
		got := r.page(Paging{}, numbered(20))
		r.s.Print("notice")
		r.screen(span(1, 5, "---(more 25%)---"))
		r.keys("q")
		<-got
		r.screen(span(2, 5, "notice"))
	})
}

func TestPagerIsBounded(t *testing.T) {
	bubble(t, 60, 6, Options{}, func(r *rig) {
		line := strings.Repeat("x", 50)
		n := 0
		got := r.page(Paging{}, func(_ context.Context, w io.Writer) error {
			for ; n < 400_000; n++ { // 20 MB
				if _, err := fmt.Fprintln(w, line); err != nil {
					return err
				}
			}
			return nil
		})
		synctest.Wait()
		if n*51 > 2*maxPaged {
			t.Errorf("%d lines were taken before anything was read", n)
		}
		r.keys("HG")
		r.screenEnds("---(more 100%)---")
		r.keys("g")
		r.screenEnds("%)---")
		r.keys("q")
		if a := <-got; a.err != nil {
			t.Error(a.err)
		}
	})
}

// What is written at once may be more than may be ahead of the reader.
func TestPageOfOneLargeWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(80, 5)
		s := New(m, Options{})
		defer s.Close()
		text := strings.Repeat("a line of some length\n", 2*maxListed/20)
		done := make(chan error, 1)
		go func() { done <- s.pageText(text, nil) }()
		synctest.Wait()
		if !strings.Contains(m.Screen(), "---(more") {
			t.Errorf("no page:\n%s", m.Screen())
		}
		m.Feed("q")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
