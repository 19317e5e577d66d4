package terminal

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	prompt "github.com/c-bata/go-prompt"
)

// Paging says how one output is to be paged.
type Paging struct {
	Hold  bool // `| hold`: stay at the prompt after the last line
	ahead int  // bytes that produce may be ahead of the reader; 0: maxPaged
}

// Page shows what produce writes, a page at a time, with the keys of Junos'
// pager (`h` lists them). Where there is no paging, produce writes straight to
// the session. produce runs in a goroutine of its own, which Page waits for; its
// context ends when the reader leaves, and its writes then fail with ErrStopped.
// Page returns the error of produce, nil if the reader left with `q`, and
// ErrInterrupt for Ctrl-c.
func (s *Session) Page(ctx context.Context, p Paging, produce func(ctx context.Context, w io.Writer) error) error {
	length := s.Length()
	if length == 0 {
		return produce(ctx, s)
	}
	s.flushTail()
	s.scr.hold(1)
	defer s.scr.hold(-1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pg := &pager{s: s, buf: newPageBuffer(cmp.Or(p.ahead, maxPaged)), hold: p.Hold}
	produced := make(chan error, 1)
	go func() {
		err := produce(ctx, pg.buf)
		pg.buf.end()
		produced <- err
	}()
	unhook := s.q.onStop(func() { pg.buf.leave(ErrInterrupt) })
	err := pg.run()
	unhook()
	cancel()
	pg.buf.leave(ErrStopped)
	made := <-produced
	switch {
	case err != nil:
		return err
	case errors.Is(made, ErrStopped), errors.Is(made, context.Canceled):
		return nil
	}
	return made
}

// pageText shows text and then lines, all printable already, paged if that is long: then no more
// lines are asked for than are wanted.
func (s *Session) pageText(text string, lines iter.Seq[string]) error {
	n := s.Length()
	if lines == nil {
		lines = func(func(string) bool) {}
	}
	next, stop := iter.Pull(lines)
	defer stop()
	more := true
	for more && (n == 0 || strings.Count(text, "\n") < n) {
		var line string
		line, more = next()
		text += line
		if n == 0 && more {
			if err := s.scr.print([]byte(text)); err != nil {
				return s.reason(err)
			}
			text = ""
		}
	}
	if !more {
		if err := s.scr.print([]byte(text)); err != nil {
			return s.reason(err)
		}
		return nil
	}
	err := s.Page(context.Background(), Paging{ahead: maxListed}, func(_ context.Context, w io.Writer) error {
		const enough = 2 << 10 // bytes of one write
		block := make([]byte, 0, 2*enough)
		for line, ok := text, true; ok; line, ok = next() {
			if block = append(block, line...); len(block) < enough {
				continue
			}
			if _, err := w.Write(block); err != nil {
				return err
			}
			block = block[:0]
		}
		_, err := w.Write(block)
		return err
	})
	if errors.Is(err, ErrInterrupt) { // the pager is left, the line stays
		return nil
	}
	return err
}

// pager is the reader of one output.
type pager struct {
	s       *Session
	buf     *pageBuffer
	next    int // the first line that is not on the screen
	room    int // rows that may be filled before the prompt
	hold    bool
	filters []filter
	search  func([]byte) bool // the last `/` or `?`
	back    bool              // it was `?`
	message string            // stands in the prompt once
}

// A filter keeps the lines that match, or those that do not.
type filter struct {
	match  func([]byte) bool
	except bool
}

var errQuit = errors.New("quit")

// run shows page after page until the end or until the reader leaves.
func (p *pager) run() error {
	p.room = p.rows()
	for {
		more, err := p.fill()
		if err != nil {
			return err
		}
		if !more && !p.hold {
			return nil
		}
		if err := p.prompt(); err != nil {
			return err
		}
		k := p.s.q.key()
		p.s.scr.remove()
		if err := p.press(k); err == errQuit {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// rows is the number of rows of a page: all but that of the prompt.
func (p *pager) rows() int { return max(p.s.Length()-1, 1) }

// cost is how many rows a line fills.
func (p *pager) cost(line []byte) int {
	cols, _ := p.s.columns()
	if len(line) <= cols && bytes.IndexByte(line, '\t') < 0 {
		return 1
	}
	n, col := 1, 0
	for _, r := range string(line) {
		w := runeWidth(r)
		if r == '\t' {
			col = min(col+8-col%8, cols-1)
			continue
		}
		if col+w > cols {
			n, col = n+1, 0
		}
		col += w
	}
	return n
}

// fill prints lines until the page is full; more tells whether one is left.
func (p *pager) fill() (more bool, err error) {
	for {
		line, i, ok := p.visible(p.next)
		if !ok {
			return false, p.interrupted()
		}
		cost := p.cost(line)
		if p.room < cost && (p.room < p.rows() || p.room <= 0) {
			return true, nil
		}
		if err := p.s.scr.print(append(bytes.Clone(line), '\n')); err != nil {
			return false, p.s.reason(err)
		}
		p.room -= cost
		p.next = i + 1
		p.buf.shown(p.next)
	}
}

// interrupted is why the output has ended before its end.
func (p *pager) interrupted() error {
	if err := p.s.q.err(); err != nil && err != io.EOF {
		return err
	}
	if p.s.q.interrupted() {
		return ErrInterrupt
	}
	return nil
}

// visible finds the first line at or after i that the filters let through.
func (p *pager) visible(i int) (line []byte, at int, ok bool) {
	for i = max(i, p.buf.start()); ; i++ {
		line, ok := p.buf.line(i)
		if !ok {
			return nil, i, false
		}
		if p.passes(line) {
			return line, i, true
		}
		p.buf.shown(i)
	}
}

func (p *pager) passes(line []byte) bool {
	for _, f := range p.filters {
		if f.match(line) == f.except {
			return false
		}
	}
	return true
}

// above goes back from line i by so many rows of visible lines.
func (p *pager) above(i, rows int) int {
	for at, first := i, p.buf.start(); at > first; {
		at--
		line, ok := p.buf.line(at)
		if !ok || !p.passes(line) {
			continue
		}
		if rows -= p.cost(line); rows < 0 {
			break
		}
		i = at
	}
	return i
}

// show paints a page that begins at line i on an empty screen.
func (p *pager) show(i int) {
	p.s.scr.clear()
	p.next, p.room = i, p.rows()
}

// prompt draws `---(more 37%)---`, or what a key had to say.
func (p *pager) prompt() error {
	text := "---(more)---"
	if n, known := p.buf.total(); known && n > 0 {
		text = "---(more " + strconv.Itoa(min(p.next, n)*100/n) + "%)---"
	}
	if p.message != "" {
		text, p.message = p.message, ""
	}
	cols, _ := p.s.columns()
	head := cells([]rune(text))
	if err := p.s.scr.draw(viewOf(nil, head, len(head), 0, cols), cols); err != nil {
		return p.s.reason(err)
	}
	return nil
}

// press does what a key is for.
func (p *pager) press(k key) error {
	switch k.code {
	case keyEnd:
		if err := p.s.q.err(); err != io.EOF {
			return err
		}
		return errQuit
	case keyInterrupt, prompt.ControlC:
		return ErrInterrupt
	case keyResize:
		p.room = 0
		return nil
	case prompt.NotDefined:
		if p.meant(k) {
			p.s.q.unread(k)
			return errQuit
		}
		r, n := utf8.DecodeRuneInString(k.text)
		if rest := k.text[n:]; rest != "" { // a run of characters is as many keys
			p.s.q.unread(key{code: prompt.NotDefined, text: rest, burst: k.burst})
		}
		return p.character(r)
	}
	return p.control(k.code)
}

// meant reports whether a key begins text that is meant for the prompt behind
// the pager, which is left for it: a word that was pasted, or `s` with more
// behind it, for a paste is never to write a file. What begins with `m`, `e` or `q` is one
// when it begins with a command; else these are the keys, with what goes with them.
func (p *pager) meant(k key) bool {
	first, n := utf8.DecodeRuneInString(k.text)
	switch {
	case strings.ContainsRune("mMeEqQ", first):
		word, _, _ := strings.Cut(k.text, " ")
		return p.s.o.Command != nil && p.s.o.Command(word) // one key alone is none
	case strings.ContainsRune("sS", first):
		return len(k.text) > n || p.s.q.pending()
	}
	second, _ := utf8.DecodeRuneInString(k.text[n:])
	return k.burst && second != first && unicode.IsLower(first) && unicode.IsLower(second)
}
