package terminal

import (
	"io"
	"strconv"
	"strings"

	prompt "github.com/c-bata/go-prompt"
)

const pagerHelp = `                       Keys at the ---(more)--- prompt
  Space, f, Ctrl-f, Right       Next page
  Enter, Down, j, Ctrl-n        Next line
  Tab, d, Ctrl-d, Ctrl-x        Next half page
  b, Ctrl-b, Left               Previous page
  Up, k, Ctrl-p, Backspace      Previous line
  u, Ctrl-u                     Previous half page
  g, Ctrl-a                     First page
  G, Ctrl-e                     Last page
  /expression                   Search forward
  ?expression                   Search backward
  n                             Search again
  m, M                          Show only lines that match an expression
  e, E                          Hide lines that match an expression
  c, C                          Forget these filters
  s, S                          Save the output to a file
  H                             Stay here after the last line
  N                             Do not stay after the last line
  Ctrl-l                        Draw the page again
  q, Q, Ctrl-c, Ctrl-k          Leave
`

// control does what a key that is no character does.
func (p *pager) control(code prompt.Key) error {
	switch code {
	case prompt.ControlF, prompt.Right, prompt.PageDown:
		p.room = p.rows()
	case prompt.ControlM, prompt.Down, prompt.ControlN:
		p.room = 1
	case prompt.Tab, prompt.ControlD, prompt.ControlX:
		p.room = max(p.rows()/2, 1)
	case prompt.ControlB, prompt.Left, prompt.PageUp:
		p.up(p.rows())
	case prompt.Up, prompt.ControlP, prompt.Backspace, prompt.Delete:
		p.up(1)
	case prompt.ControlU:
		p.up(max(p.rows()/2, 1))
	case prompt.ControlA, prompt.Home:
		p.show(p.buf.start())
	case prompt.ControlE, prompt.End:
		return p.bottom()
	case prompt.ControlL:
		p.up(0)
	case prompt.ControlK:
		return errQuit
	default:
		p.room = 0
	}
	return nil
}

// character does what a character is for.
func (p *pager) character(r rune) error {
	p.room = 0
	switch r {
	case ' ', 'f':
		p.room = p.rows()
	case 'b':
		p.up(p.rows())
	case 'j':
		p.room = 1
	case 'd':
		p.room = max(p.rows()/2, 1)
	case 'k':
		p.up(1)
	case 'u':
		p.up(max(p.rows()/2, 1))
	case 'g':
		p.show(p.buf.start())
	case 'G':
		return p.bottom()
	case 'q', 'Q':
		return errQuit
	case 'H':
		p.hold = true
	case 'N':
		p.hold = false
	case 'h':
		return p.help()
	case '/', '?':
		return p.find(r == '?')
	case 'n':
		return p.again()
	case 'm', 'M':
		return p.filter("Match for: ", false)
	case 'e', 'E':
		return p.filter("Match except: ", true)
	case 'c', 'C':
		top := p.top()
		p.filters = nil
		p.show(top)
	case 's', 'S':
		return p.save()
	}
	return nil
}

// top is the first line of the page on the screen.
func (p *pager) top() int { return p.above(p.next, p.rows()) }

// up shows the page that begins so many rows before the present one, or a line before it when that
// line alone has more rows.
func (p *pager) up(rows int) {
	top := p.top()
	to := p.above(top, rows)
	for i := top - 1; rows > 0 && to == top && i >= p.buf.start(); i-- {
		if line, ok := p.buf.line(i); ok && p.passes(line) {
			to = i
		}
	}
	p.show(to)
}

// bottom shows the last page, which takes reading to the end, and where the
// pager leaves unless it is to hold.
func (p *pager) bottom() error {
	i := p.next
	for {
		_, at, ok := p.visible(i)
		if !ok {
			break
		}
		i = at + 1
		p.buf.shown(i)
	}
	if err := p.interrupted(); err != nil {
		return err
	}
	p.show(p.above(i, p.rows()))
	return nil
}

// ask reads an answer in place of the prompt. Ctrl-C is none.
func (p *pager) ask(question string) (string, error) {
	p.s.q.ask(true)
	defer p.s.q.ask(false)
	answer, err := p.s.read(spec{Prompt: Prompt{Text: question}, remove: true})
	if err == io.EOF || err == ErrLeft || err == ErrInterrupt && !p.s.q.interrupted() {
		return "", nil // no answer is not an end
	}
	return answer, err
}

// compile asks for an expression; nil if there is none or it is wrong.
func (p *pager) compile(question string) (func([]byte) bool, error) {
	expr, err := p.ask(question)
	if err != nil || expr == "" {
		return nil, err
	}
	if p.s.o.Match == nil {
		p.message = "no expressions here"
		return nil, nil
	}
	match, err := p.s.o.Match(expr)
	if err != nil {
		p.message = "error: " + err.Error()
		return nil, nil
	}
	return match, nil
}

// filter adds a filter and shows what is left from the present page on, or from the beginning
// when that is nothing. One that leaves nothing at all is not added: there would be no page to
// take it back from.
func (p *pager) filter(question string, except bool) error {
	match, err := p.compile(question)
	if err != nil || match == nil {
		return err
	}
	top := p.top()
	p.filters = append(p.filters, filter{match, except})
	for _, from := range []int{top, p.buf.start()} {
		if _, _, ok := p.visible(from); ok {
			p.show(from)
			return nil
		}
	}
	p.filters = p.filters[:len(p.filters)-1]
	p.message = "Pattern not found"
	return p.interrupted()
}

// find is `/` and `?`.
func (p *pager) find(back bool) error {
	question := "/"
	if back {
		question = "?"
	}
	match, err := p.compile(question)
	if err != nil || match == nil {
		return err
	}
	p.search, p.back = match, back
	return p.again()
}

// again shows the page that begins at the next line found.
func (p *pager) again() error {
	if p.search == nil {
		p.message = "no expression to search for"
		return nil
	}
	top := p.top()
	if p.back {
		for i := top - 1; i >= p.buf.start(); i-- {
			if line, ok := p.buf.line(i); ok && p.passes(line) && p.search(line) {
				p.show(i)
				return nil
			}
		}
	} else {
		for i := top + 1; ; i++ {
			line, at, ok := p.visible(i)
			if !ok {
				break
			}
			if i = at; p.search(line) {
				p.show(i)
				return nil
			}
			p.buf.shown(i)
		}
	}
	p.message = "Pattern not found"
	return p.interrupted()
}

// help shows the keys, as many as find room, until one is pressed; Space shows the rest.
func (p *pager) help() error {
	top := p.top()
	for rest := pagerHelp; rest != ""; {
		p.s.scr.clear()
		for room := p.rows(); rest != ""; {
			line, after, _ := strings.Cut(rest, "\n")
			cost := p.cost([]byte(line))
			if room -= cost; room < 0 && room+cost < p.rows() {
				break
			}
			rest = after
			if err := p.s.scr.print([]byte(line + "\n")); err != nil {
				return p.s.reason(err)
			}
		}
		p.message = "---(help: Space goes on, any other key back)---"
		if rest == "" {
			p.message = "---(help: any key goes back)---"
		}
		if err := p.prompt(); err != nil {
			return err
		}
		k := p.s.q.key()
		p.s.scr.remove()
		if k.code == keyEnd || k.code == keyInterrupt {
			p.s.q.unread(k)
		}
		if k.text != " " && k.code != keyResize {
			break
		}
	}
	p.show(top)
	return nil
}

// save writes everything that is kept, and what is still to come, to a file.
func (p *pager) save() error {
	name, err := p.ask("Filename: ")
	if err != nil || name == "" {
		return err
	}
	if p.s.o.Save == nil {
		p.message = "no files here"
		return nil
	}
	w, err := p.s.o.Save(name)
	if err != nil {
		p.message = "error: " + err.Error()
		return nil
	}
	n, err := p.copy(w)
	if cerr := w.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		p.message = "error: " + err.Error()
		return p.interrupted()
	}
	p.message = "Wrote " + strconv.Itoa(n) + " lines of output to '" + name + "'"
	return p.interrupted()
}

// copy writes the visible lines to w.
func (p *pager) copy(w io.Writer) (n int, err error) {
	for i := p.buf.start(); ; i++ {
		line, at, ok := p.visible(i)
		if !ok {
			return n, nil
		}
		i = at
		if _, err := w.Write(append(line[:len(line):len(line)], '\n')); err != nil {
			return n, err
		}
		n++
		p.buf.shown(i + 1)
	}
}
