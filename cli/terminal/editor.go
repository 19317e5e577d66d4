package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	prompt "github.com/c-bata/go-prompt"
)

// maxLine bounds an edited line, in bytes of its characters.
const maxLine = 64 << 10

// ErrLongLine is a line of text to be loaded that is longer than a terminal takes.
var ErrLongLine = fmt.Errorf("line is longer than %d bytes", maxLine)

// Prompt is what stands before the line that is edited.
type Prompt struct {
	Banner  string   // a line of its own above the prompt (`[edit system]`), or ""
	Text    string   // `user@host> `
	History *History // what the keys call back; nil for none
}

// spec is a line to be edited: a command, an answer, a line of text.
type spec struct {
	Prompt
	assist  Assistant
	literal bool // TAB is text
	remove  bool // take the line off the screen at the end
}

// editor edits one line.
type editor struct {
	s     *Session
	spec  spec
	buf   *prompt.Buffer
	head  []cell // the prompt
	from  int    // where the view begins
	burst bool   // everything so far was added at the end by a program
	over  bool   // characters were refused: the line must not be run
	count int    // Esc-digit
	hist  recall
	start string // Esc-/: what the line began with
	found string // Esc-/: and what it found
	words wordRecall
}

// ReadLine shows the prompt and lets a line be edited. The line is as the
// Assistant completed it. Errors: ErrLeft for Ctrl-D on an empty line, io.EOF at the
// end of the input, ErrInterrupt for Ctrl-C, ErrHangup, ErrStalled, ErrClosed.
func (s *Session) ReadLine(p Prompt) (string, error) {
	return s.read(spec{Prompt: p, assist: s.o.Assistant})
}

// ReadText reads one line of text that is being loaded (`load merge terminal`):
// no prompt, no completion, `?` and TAB are text. Ctrl-D on an empty line is
// io.EOF. A line that is too long is ErrLongLine; the next one can be read.
func (s *Session) ReadText() (string, error) {
	return s.read(spec{literal: true})
}

func (s *Session) read(sp spec) (string, error) {
	s.flushTail()
	if !sp.remove {
		s.scr.fresh()
	}
	if sp.Banner != "" {
		if err := s.scr.print(Printable(nil, []byte(endLine(sp.Banner)))); err != nil {
			return "", s.reason(err)
		}
	}
	e := &editor{s: s, spec: sp, buf: prompt.NewBuffer(), head: cells([]rune(sp.Text)), burst: true}
	e.hist.h = sp.History
	if line, ok := s.q.line(sp.literal); ok {
		return e.whole(line)
	}
	return e.edit()
}

// whole takes a line that came complete: echo, and nothing between.
func (e *editor) whole(line string) (string, error) {
	shown := e.spec.Text + line
	if e.spec.assist != nil {
		if a := e.spec.assist.Enter(line); a.Edit {
			done := line[:clamp(a.From, line)] + a.Text
			if strings.HasPrefix(done, line) {
				shown = e.spec.Text + done
			}
			line = done
		}
	}
	if err := e.s.scr.print(Printable(nil, []byte(shown+"\n"))); err != nil {
		return "", e.s.reason(err)
	}
	e.s.last, e.s.lastWas = view{}, line
	if !e.spec.remove {
		cs := cells([]rune(line))
		e.s.last = whole(e.head, cs, len(cs))
	}
	return line, nil
}

// edit runs until the line is accepted or given up.
func (e *editor) edit() (string, error) {
	for {
		if !e.s.q.pending() {
			if err := e.draw(); err != nil {
				return "", e.s.reason(err)
			}
		}
		e.s.q.wait()
		if text, ok := e.rest(); ok {
			e.insert(text)
			e.burst = true
			if line, ok, err := e.enter(); ok || err != nil {
				return line, err
			}
			continue
		}
		k := e.s.q.key()
		e.burst = e.burst && k.burst
		switch k.code {
		case keyEnd:
			return e.end()
		case keyInterrupt, prompt.ControlC:
			return e.interrupt()
		case prompt.ControlM:
			if line, ok, err := e.enter(); ok || err != nil {
				return line, err
			}
			continue
		case prompt.ControlD:
			if e.buf.Text() == "" {
				return "", e.endOfText()
			}
		}
		if err := e.press(k); err != nil {
			return "", err
		}
	}
}

// rest takes what is left of a line whose end came already: nobody watches the
// words of it being completed.
func (e *editor) rest() (text string, ok bool) {
	if e.count > 0 || e.over || len(e.after()) > 0 {
		return "", false
	}
	return e.s.q.line(e.spec.literal)
}

// end is the end of the input or of the terminal.
func (e *editor) end() (string, error) {
	err := e.s.q.err()
	if err == io.EOF {
		e.finish("")
	}
	return "", err
}

func (e *editor) interrupt() (string, error) {
	e.finish("^C")
	e.s.marked = e.s.q.interrupted() // a command that runs asked: it is not to show it again
	return "", ErrInterrupt
}

// endOfText is Ctrl-D on an empty line. Behind text that is loaded it is
// echoed, and the result follows on the same row, as in Junos.
func (e *editor) endOfText() error {
	if !e.spec.literal {
		e.finish("")
		return ErrLeft
	}
	e.s.scr.remove()
	if err := e.s.scr.print([]byte("^D")); err != nil {
		return e.s.reason(err)
	}
	return io.EOF
}

// finish leaves the line on the screen, or takes it away.
func (e *editor) finish(mark string) {
	if e.spec.remove {
		e.s.scr.remove()
		return
	}
	e.s.last, e.s.lastWas = e.s.scr.accept(mark), e.buf.Text()
}

// enter completes the last word and accepts the line.
func (e *editor) enter() (string, bool, error) {
	if e.over && e.spec.literal {
		e.finish("")
		return "", true, ErrLongLine
	}
	if e.over {
		e.set("", 0)
		e.over = false
		return "", false, e.note(Advice{Note: true, Caret: -1, Message: "error: input line is too long\n\n"}, "")
	}
	e.buf.CursorRight(len(e.after()))
	if e.spec.assist != nil {
		line := e.buf.Text()
		if a := e.spec.assist.Enter(line); a.Edit {
			e.replace(a)
		}
	}
	if err := e.draw(); err != nil {
		return "", true, e.s.reason(err)
	}
	e.finish("")
	return e.buf.Text(), true, nil
}

// press does what a key is for.
func (e *editor) press(k key) error {
	if k.code == keyResize {
		e.from = 0 // drawn anew by the loop, with as much as fits now
		return nil
	}
	if e.digit(k) {
		return nil
	}
	n := max(e.count, 1)
	e.count = 0
	if k.code == prompt.NotDefined && !k.meta {
		return e.typed(k, n)
	}
	if k.code != prompt.Backspace {
		e.burst = false
	}
	if k.code == prompt.Tab && !k.meta {
		if e.spec.assist == nil && e.spec.literal {
			e.insert("\t")
			return nil
		}
		if strings.TrimSpace(e.before()) == "" && (k.burst || e.s.q.pending()) {
			return nil // it indents a pasted line
		}
		return e.ask(k, "\t")
	}
	return e.command(k, n)
}

// digit takes Esc-digit and the digits after it as a repeat count.
func (e *editor) digit(k key) bool {
	if k.code != prompt.NotDefined || len(k.text) != 1 || k.text[0] < '0' || k.text[0] > '9' || !k.meta && e.count == 0 {
		return false
	}
	e.count = min(e.count*10+int(k.text[0]-'0'), 9999)
	return true
}

// typed inserts characters, after asking the Assistant about those that end a word.
func (e *editor) typed(k key, n int) error {
	if n == 1 && (k.text == " " || k.text == "?") {
		return e.ask(k, k.text)
	}
	for range n {
		e.insert(k.text)
	}
	return nil
}

// ask lets the Assistant decide about a blank, a TAB or a question mark.
func (e *editor) ask(k key, literal string) error {
	if e.spec.assist == nil {
		if literal != "\t" {
			e.insert(literal)
		}
		return nil
	}
	line, pos := e.buf.Text(), len(e.before())
	var a Advice
	mark := ""
	switch literal {
	case "?":
		a, mark = e.spec.assist.Help(line, pos), "?"
	case " ":
		a = e.spec.assist.Space(line, pos)
	default:
		a = e.spec.assist.Tab(line, pos)
	}
	if a.Literal {
		e.insert(literal)
		return nil
	}
	if a.Edit {
		e.replace(a)
	}
	if !a.Note {
		return nil
	}
	err := e.note(a, mark)
	if k.burst && literal == " " && !a.Edit {
		e.insert(" ") // a program does not look: two words must not become one
	}
	return err
}

// note shows a message under the line, then prompt and line again.
func (e *editor) note(a Advice, mark string) error {
	if err := e.draw(); err != nil {
		return e.s.reason(err)
	}
	v := e.s.scr.accept(mark)
	message := PrintableString(a.Message)
	if a.Caret >= 0 {
		message = e.s.caret(v, e.buf.Text(), a.Caret) + message
	}
	if err := e.s.pageText(message, a.Lines); err != nil {
		return err
	}
	if a.Banner && e.spec.Banner != "" {
		if err := e.s.scr.print(Printable(nil, []byte(endLine(e.spec.Banner)))); err != nil {
			return e.s.reason(err)
		}
	}
	return nil
}

// caret points at byte offset at of line, which was shown as v. Where the terminal has wrapped it,
// and goes on below the row in question, a part of it is shown again to stand under.
func (s *Session) caret(v view, line string, at int) string {
	cols, known := s.columns()
	n := utf8.RuneCountInString(line[:clamp(at, line)])
	i := min(v.lead+max(n-v.from, 0), len(v.cells))
	if !known { // taken for unlimited
		return strings.Repeat(" ", width(v.cells[:i])) + "^\n"
	}
	of, _ := rows(v.cells, cols)
	row, col := rows(v.cells[:min(i+1, len(v.cells))], cols)
	if i < len(v.cells) {
		col -= v.cells[i].width
	}
	if row == of {
		return strings.Repeat(" ", col%cols) + "^\n"
	}
	part := viewOf(v.cells[:v.lead], v.cells[v.lead:], i-v.lead, 0, cols)
	return text(part.cells) + "\n" + strings.Repeat(" ", width(part.cells[:part.cursor])) + "^\n"
}

// Fault points with a caret at byte offset at of the line that ReadLine
// returned last, and says message under it: `syntax error.` where the user sees
// the wrong word.
func (s *Session) Fault(at int, message string) error {
	s.flushTail()
	t := s.caret(s.last, s.lastWas, at) + PrintableString(endLine(message))
	return s.scr.print([]byte(t))
}

func clamp(n int, s string) int { return min(max(n, 0), len(s)) }

// draw shows the line as it is now.
func (e *editor) draw() error {
	cols, known := e.s.columns()
	line, at := []rune(e.buf.Text()), utf8.RuneCountInString(e.before())
	cs := cells(line)
	v := viewOf(e.head, cs, at, e.from, cols)
	if len(v.cells) != len(e.head)+len(cs) || width(v.cells) >= cols { // it does not fit
		all := whole(e.head, cs, at)
		all.wraps = true
		if at == len(cs) && (e.burst || !known || e.s.scr.continues(all)) {
			v = all
		}
	}
	e.from = v.from
	return e.s.scr.draw(v, cols)
}
