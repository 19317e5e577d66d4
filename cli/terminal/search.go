package terminal

import (
	"strings"
	"unicode/utf8"

	prompt "github.com/c-bata/go-prompt"
)

// search is Ctrl-r: characters narrow the search, Ctrl-r goes further back,
// Enter runs the line found, Ctrl-c and Ctrl-g give up, and any other key edits
// the line found. A search has at most 256 characters.
func (e *editor) search() error {
	e.hist.load(e.buf.Text())
	text, at, hit := "", len(e.hist.lines), ""
	for {
		if err := e.drawSearch(text, hit); err != nil {
			return e.s.reason(err)
		}
		k := e.s.q.key()
		switch {
		case k.code == keyResize:
			continue
		case k.code == prompt.ControlC, k.code == prompt.ControlG:
			e.s.scr.remove()
			return nil
		case k.code == prompt.ControlR:
			if i, ok := e.hist.find(at, text); ok && text != "" {
				at, hit = i, e.hist.lines[i].Line
			}
			continue
		case k.code == prompt.Backspace && !k.meta:
			_, n := utf8.DecodeLastRuneInString(text)
			text = text[:len(text)-n]
		case k.code == prompt.NotDefined && !k.meta:
			if len(text)+len(k.text) <= 256 {
				text += k.text
			}
		default:
			e.s.q.unread(k)
			e.s.scr.remove()
			if hit != "" {
				e.set(hit, len(hit))
				e.hist.at = at
			}
			return nil
		}
		at, hit = len(e.hist.lines), ""
		if i, ok := e.hist.find(at, text); ok && text != "" {
			at, hit = i, e.hist.lines[i].Line
		}
	}
}

// drawSearch shows what is searched for, and what was found. Where that does not fit, what is
// searched for comes first, then the place where it was found.
func (e *editor) drawSearch(text, hit string) error {
	const roomy = 24 // columns that are worth having for what was found
	cols, _ := e.s.columns()
	head, line := cells([]rune("(history search) '"+text)), cells([]rune("': "+hit))
	if width(head)+roomy > cols {
		head = cells([]rune("'" + text))
	}
	at := strings.Index(hit, text)
	if at < 0 || width(head)+width(line) < cols {
		return e.s.scr.draw(viewOf(head, line, 0, 0, cols), cols)
	}
	head, line = append(head, line[:3]...), line[3:]
	return e.s.scr.draw(viewOf(head, line, len([]rune(hit[:at+len(text)])), 0, cols), cols)
}
