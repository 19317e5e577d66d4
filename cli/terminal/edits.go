package terminal

import (
	"unicode"

	prompt "github.com/c-bata/go-prompt"
)

// moves are the keys that go-prompt's own functions serve as they are.
var moves = map[prompt.Key]prompt.KeyBindFunc{
	prompt.Left:     prompt.GoLeftChar,
	prompt.ControlB: prompt.GoLeftChar,
	prompt.Right:    prompt.GoRightChar,
	prompt.ControlF: prompt.GoRightChar,
}

// command does what a key that is no text does, n times where that makes sense.
// A key without a meaning does nothing.
func (e *editor) command(k key, n int) error {
	if k.meta {
		return e.metaCommand(k, n)
	}
	if f, ok := moves[k.code]; ok {
		for range min(n, maxLine) {
			f(e.buf)
		}
		return nil
	}
	switch k.code {
	case prompt.Home, prompt.ControlA:
		prompt.GoLineBeginning(e.buf)
	case prompt.End, prompt.ControlE:
		prompt.GoLineEnd(e.buf)
	case prompt.Backspace:
		e.buf.DeleteBeforeCursor(n)
	case prompt.Delete, prompt.ControlD:
		e.remove(min(n, len(e.after())))
	case prompt.ControlK:
		e.kill(len(e.after()), false)
	case prompt.ControlU, prompt.ControlX:
		prompt.GoLineEnd(e.buf)
		e.kill(len([]rune(e.before())), true)
	case prompt.ControlW:
		e.kill(wordBack([]rune(e.before()), n, unicode.IsSpace), true)
	case prompt.ControlY:
		e.insert(string(e.s.killed))
	case prompt.ControlT:
		e.swap()
	case prompt.ControlLeft:
		e.buf.CursorLeft(wordBack([]rune(e.before()), n, notWord))
	case prompt.ControlRight:
		e.buf.CursorRight(wordForward(e.after(), n))
	case prompt.Up, prompt.ControlP:
		e.recall(n, (*editor).older)
	case prompt.Down, prompt.ControlN:
		e.recall(n, (*editor).newer)
	case prompt.ControlR:
		return e.search()
	case prompt.ControlL:
		return e.redraw()
	}
	return nil
}

// redraw puts the line at the top of an empty screen, as a shell does. In the place of a pager's
// prompt it leaves the page.
func (e *editor) redraw() error {
	if e.spec.remove {
		e.s.scr.remove()
		return nil
	}
	e.s.scr.clear()
	if e.spec.Banner == "" {
		return nil
	}
	if err := e.s.scr.print(Printable(nil, []byte(endLine(e.spec.Banner)))); err != nil {
		return e.s.reason(err)
	}
	return nil
}

// metaCommand does what Esc or Alt with a key does.
func (e *editor) metaCommand(k key, n int) error {
	if k.code == prompt.Backspace {
		e.kill(wordBack([]rune(e.before()), n, notWord), true)
		return nil
	}
	switch k.text {
	case "b", "B":
		e.buf.CursorLeft(wordBack([]rune(e.before()), n, notWord))
	case "f", "F":
		e.buf.CursorRight(wordForward(e.after(), n))
	case "d", "D":
		e.kill(wordForward(e.after(), n), false)
	case "/":
		e.prefix()
	case ".":
		e.word(false)
	case "q", "Q":
		e.pause()
	}
	return nil
}

// pause stops and resumes the notices of `monitor start`.
func (e *editor) pause() {
	text := "*** monitor and syslog output enabled, press ESC-Q to disable ***\n"
	if e.s.scr.pause() {
		text = "*** monitor and syslog output disabled, press ESC-Q to enable ***\n"
	}
	e.s.scr.announce(text)
}

func (e *editor) before() string { return e.buf.Document().TextBeforeCursor() }
func (e *editor) after() []rune  { return []rune(e.buf.Document().TextAfterCursor()) }

// insert puts text at the cursor. A line that would grow too long refuses it
// with a bell.
func (e *editor) insert(text string) {
	if len(e.buf.Text())+len(text) > maxLine {
		if !e.over {
			e.s.scr.bell()
		}
		e.over = true
		return
	}
	e.buf.InsertText(text, false, true)
}

// remove takes n characters after the cursor. (Buffer.Delete returns the wrong
// text where characters are longer than a byte, so nothing here relies on it.)
func (e *editor) remove(n int) []rune {
	cut := e.after()[:n]
	if n > 0 {
		e.buf.Delete(n)
	}
	return cut
}

// kill takes n characters before or after the cursor, for Ctrl-y to put back.
func (e *editor) kill(n int, before bool) {
	if n == 0 {
		return
	}
	if before {
		e.buf.CursorLeft(n)
	}
	e.s.killed = e.remove(n)
	e.over = e.over && e.buf.Text() != ""
}

// swap exchanges the characters before and at the cursor, which goes on; at the end of the
// line the last two.
func (e *editor) swap() {
	before, after := []rune(e.before()), e.after()
	if len(after) == 0 && len(before) > 1 {
		before, after = before[:len(before)-1], before[len(before)-1:]
	}
	n := len(before)
	if n == 0 || len(after) == 0 {
		return
	}
	line := append(append([]rune(nil), before...), after...)
	line[n-1], line[n] = line[n], line[n-1]
	e.set(string(line), n+1)
}

// set replaces the line; the cursor goes to character at.
func (e *editor) set(line string, at int) {
	b := prompt.NewBuffer()
	b.InsertText(line, false, true)
	if n := len([]rune(line)); at < n {
		b.CursorLeft(n - at)
	}
	e.buf, e.burst = b, false
}

// replace does what an Advice says with the text before the cursor.
func (e *editor) replace(a Advice) {
	before := e.before()
	from := clamp(a.From, before)
	if rest := before[from:]; len(rest) <= len(a.Text) && a.Text[:len(rest)] == rest {
		e.insert(a.Text[len(rest):]) // completion: the word grows at its end
		return
	}
	e.buf.DeleteBeforeCursor(len([]rune(before[from:])))
	e.insert(a.Text)
	e.burst = false
}

// ---- words

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// wordBack counts the characters back to the start of the n-th word.
func wordBack(before []rune, n int, gap func(rune) bool) int {
	i := len(before)
	for ; n > 0 && i > 0; n-- {
		for i > 0 && gap(before[i-1]) {
			i--
		}
		for i > 0 && !gap(before[i-1]) {
			i--
		}
	}
	return len(before) - i
}

// wordForward counts the characters to the end of the n-th word.
func wordForward(after []rune, n int) int {
	i := 0
	for ; n > 0 && i < len(after); n-- {
		for i < len(after) && notWord(after[i]) {
			i++
		}
		for i < len(after) && !notWord(after[i]) {
			i++
		}
	}
	return i
}

// ---- history

func (e *editor) older() (string, bool) { return e.hist.older(e.buf.Text(), "") }
func (e *editor) newer() (string, bool) { return e.hist.newer(e.buf.Text()) }

func (e *editor) recall(n int, step func(*editor) (string, bool)) {
	for range n {
		line, ok := step(e)
		if !ok {
			return
		}
		e.set(line, len(line))
	}
}

// prefix is Esc-/: the next older line that begins as this one did. Where there is none, a word that
// begins as the one before the cursor did.
func (e *editor) prefix() {
	if e.found == "" || e.buf.Text() != e.found {
		e.start = e.before()
	}
	if line, ok := e.hist.older(e.buf.Text(), e.start); ok {
		e.set(line, len(line))
		e.found = line
		return
	}
	if e.found == "" {
		e.word(true)
	}
}
