package terminal

import (
	"bytes"
	"context"
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
		if n := m.scr.foreign; n != 0 {
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

// Who ends a session from outside has the last word: the line that was being typed
// is gone, and what comes next begins on a row of its own.
func TestCloseTakesTheLineAway(t *testing.T) {
	bubble(t, 40, 8, Options{}, func(r *rig) {
		got := r.readLine(Prompt{Text: ps})
		r.typed("show")
		r.s.Print("first\n")
		r.s.Print("Session closed\n")
		r.s.Close()
		r.m.Resize(30, 8) // nothing draws it again
		if a := <-got; a.err != ErrClosed {
			t.Errorf("got %v", a.err)
		}
		r.screen("first\nSession closed")
		r.cursor(0, 2)
	})
}
