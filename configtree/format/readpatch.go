package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// patchReader turns what Compare has printed into edits that do the same again. It gathers the
// lines of a block that have one marker and reads them as curly text.
//
// What comes is set as it is read, what goes is deleted at the end: a container that has other contents before and
// after is never empty in between, and keeps its marks.
type patchReader struct {
	file    string
	root    *schema.Node
	on      *configtree.Tree // what the patch is for
	at      configtree.Path
	yield   func(configtree.Edit, *configtree.Problem) bool
	stopped bool

	// The block at hand.
	level  configtree.Path
	lost   bool // its header was wrong
	margin int  // bytes in front of its statements; 0 until there has been one
	scan   *scanner

	// The lines gathered.
	marker byte
	line   int // of the first
	chunk  []byte
	end    place // of the last

	// A comment changes: what it belongs to follows.
	commenting bool
	comment    string

	changed patchChanges
	edits   []configtree.Edit // to hand out at the end
}

// place is where something stands.
type place struct{ line, col int }

// maxPatchChunk bounds what is gathered of one block with one marker, in bytes.
const maxPatchChunk = 64 << 20

func readPatch(r io.Reader, file string, at configtree.Path, root *schema.Node, on *configtree.Tree, yield func(configtree.Edit, *configtree.Problem) bool) {
	p := &patchReader{file: file, root: root, on: on, at: at, yield: yield, level: at, scan: newScanner(r)}
	if on == nil {
		p.on = configtree.New(root)
	}
	p.changed.begin()
	in := bufio.NewReaderSize(r, maxLine)
	for n := 1; !p.stopped; n++ {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			p.problem(configtree.Syntax, n, 0, fmt.Errorf("line longer than %d bytes", maxLine), "")
			text, err = nil, skipLine(in)
		}
		p.take(n, text)
		switch {
		case errors.Is(err, io.EOF):
			p.flush()
			p.finish()
			return
		case err != nil:
			p.problem(configtree.Environment, n, len(text), err, "")
			return
		}
	}
}

// take takes line n.
func (p *patchReader) take(n int, line []byte) {
	switch trimmed := bytes.TrimRight(line, " \t\r\n"); {
	case len(trimmed) == 0:
	case trimmed[0] == '[':
		p.flush()
		p.header(n, string(trimmed))
	case p.lost:
	case trimmed[0] == '+' || trimmed[0] == '-':
		if trimmed[0] != p.marker {
			p.flush()
			p.marker, p.line = trimmed[0], n
		}
		p.gather(n, line[1:])
	case trimmed[0] == ' ' || trimmed[0] == '!':
		p.flush()
		p.collapsed(n, string(trimmed))
	default:
		p.flush()
		p.problem(configtree.Syntax, n, 0, errSyntax, string(trimmed))
	}
}

// header begins the block of a level.
func (p *patchReader) header(n int, line string) {
	p.margin, p.commenting, p.comment = 0, false, ""
	p.level, p.lost = p.at, true
	inner, ok := strings.CutPrefix(line, "[edit")
	if inner, closed := strings.CutSuffix(inner, "]"); ok && closed && (inner == "" || inner[0] == ' ') {
		words, err := Words(inner)
		if level, known := p.levelOf(p.at, words); err == nil && known {
			p.level, p.lost = level, false
		}
	}
	if p.lost {
		p.problem(configtree.Syntax, n, len(line), errSyntax, line)
	}
}

// levelOf returns the level that a header names, seen from at: what is read at a level may have been
// written there or, as Compare does, with all that leads there.
func (p *patchReader) levelOf(at configtree.Path, words []configtree.Word) (configtree.Path, bool) {
	res, bad := configtree.Resolve(p.root, configtree.Find, at, words)
	if bad == nil && inFull(words, res) && isLevel(res.Path) && res.Path.Within(p.at) {
		return res.Path, true
	}
	if len(at) == 0 {
		return nil, false
	}
	return p.levelOf(nil, words)
}

// inFull reports whether none of the words was abbreviated: what a file says must not depend on which
// statements exist.
func inFull(words []configtree.Word, res configtree.Resolution) bool {
	return slices.EqualFunc(words, res.Words, func(w configtree.Word, full string) bool { return w.Text == full })
}

// isLevel reports whether there can be statements below p. That holds for a list as a whole
// when its entries share braces.
func isLevel(p configtree.Path) bool {
	s := p.Last()
	switch {
	case s.Node == nil, s.Node.Kind == schema.Container:
		return true
	case s.Node.Kind == schema.List:
		return s.Key != "" || s.Node.Homogeneous
	}
	return false
}

// unpad returns a line without the blanks that the whole block has in front.
func (p *patchReader) unpad(line []byte) []byte {
	blanks := len(line) - len(bytes.TrimLeft(line, " "))
	if p.margin == 0 {
		p.margin = 1 + blanks
	}
	return line[min(blanks, p.margin-1):]
}

func (p *patchReader) gather(n int, line []byte) {
	if len(p.chunk) > maxPatchChunk {
		p.problem(configtree.Syntax, n, 0, fmt.Errorf("more than %d bytes come or go in one place", maxPatchChunk), "")
		p.stopped = true
		return
	}
	p.end = place{n, len(bytes.TrimRight(line, "\r\n")) + 1}
	p.chunk = append(p.chunk, p.unpad(line)...)
	if !bytes.HasSuffix(line, []byte("\n")) {
		p.chunk = append(p.chunk, '\n')
	}
}

// flush reads the lines gathered.
func (p *patchReader) flush() {
	if p.marker == 0 {
		return
	}
	marker := p.marker
	p.marker = 0
	objects, comment := p.objects()
	p.chunk = p.chunk[:0]
	for _, o := range objects {
		if p.stopped {
			return
		}
		if marker == '-' {
			if p.disagrees(o) {
				return
			}
			p.changed.goes(o)
		} else {
			p.comes(o)
		}
	}
	if marker == '+' {
		p.settleValues()
	}
	if comment != "" {
		p.commenting, p.comment = true, ""
		if marker == '+' {
			p.comment = comment
		}
	}
}

var errPatch = errors.New("statement does not match patch")

// disagrees reports that what a line removes is not there as it says: the patch is for another
// configuration, and would take away what its author never saw.
func (p *patchReader) disagrees(o object) bool {
	if p.on == nil {
		return false
	}
	for _, e := range o.edits {
		if e.Op != configtree.Set {
			continue
		}
		if n, ok := p.on.At(e.Path); ok && (e.Path.Last().Node.Kind != schema.Leaf || n.Schema().Type.Same(n.Value(), e.Value)) {
			continue
		}
		p.problem(configtree.NotFound, e.Line, e.Col, errPatch, configtree.Path{e.Path.Last()}.String())
		return true
	}
	return false
}

// object is a statement of the level with the edits that make it.
type object struct {
	path  configtree.Path
	edits []configtree.Edit
}

// annotated reports whether the statement comes with an annotation.
func (o object) annotated() bool {
	return slices.ContainsFunc(o.edits, func(e configtree.Edit) bool { return e.Op == configtree.Annotate && e.Path.Equal(o.path) })
}

// reader returns a reader of curly text at the level, whose first line is line n.
func (p *patchReader) reader(text io.Reader, n int, yield func(configtree.Edit, *configtree.Problem) bool) *textReader {
	p.scan.input = input{r: text, buf: p.scan.buf[:0], line: n}
	p.scan.bracket = false
	t := &textReader{scan: p.scan, file: p.file, root: p.root, yield: func(e configtree.Edit, bad *configtree.Problem) bool {
		if bad != nil {
			if bad.Col += p.margin; bad.Line > p.end.line { // a statement or comment has no end
				bad.Line, bad.Col = p.end.line, p.end.col
			}
			p.stopped = p.stopped || !p.yield(configtree.Edit{}, bad)
			return !p.stopped
		}
		e.Col += p.margin
		return yield(e, nil)
	}}
	t.blocks = []block{{path: p.level, cursor: p.level.Cursor(p.root)}}
	return t
}

// objects reads the lines gathered: the statements, and a comment behind the last of them.
func (p *patchReader) objects() (all []object, comment string) {
	length := len(p.level) + 1
	if p.level.Cursor(p.root).Want == schema.WantKey {
		length--
	}
	t := p.reader(bytes.NewReader(p.chunk), p.line, func(e configtree.Edit, _ *configtree.Problem) bool {
		path := e.Path[:length]
		if len(all) == 0 || !all[len(all)-1].path.Equal(path) {
			all = append(all, object{path: path})
		}
		last := &all[len(all)-1]
		last.edits = append(last.edits, e)
		return true
	})
	for !t.stopped && t.step() {
	}
	return all, t.comment
}

// comes makes the edits of a statement with a plus.
func (p *patchReader) comes(o object) {
	s := o.path.Last()
	if s.Node.Kind == schema.LeafList {
		p.changed.values(o, true)
		return
	}
	gone, commented := p.changed.returns(o)
	if gone && s.Node.Kind != schema.Leaf {
		p.emit(o.edits[0], configtree.Replace, o.path, "")
	}
	inactive := false
	for _, e := range o.edits {
		inactive = inactive || e.Op == configtree.Deactivate
		p.edit(e)
	}
	if gone && s.Node.Kind == schema.Leaf && !inactive {
		p.emit(o.edits[0], configtree.Activate, o.path, "")
	}
	if commented && s.Node.Kind == schema.Leaf && !o.annotated() {
		p.emit(o.edits[0], configtree.Annotate, o.path, "")
	}
	if s.Node.Kind == schema.List && s.Node.UserOrdered {
		p.place(o.edits[0], o.path)
	}
}

// settleValues makes the edits of the leaf-lists that have come, in the light of what they were.
func (p *patchReader) settleValues() {
	for _, v := range p.changed.settle() {
		for _, e := range v.edits() {
			p.edit(e)
		}
	}
}

// collapsed takes a line with a blank or an exclamation mark: a statement that exists, by its name.
func (p *patchReader) collapsed(n int, line string) {
	p.end = place{n, len(line)}
	text := string(p.unpad([]byte(line[1:])))
	e, tags, ok := p.target(n, text)
	if !ok {
		return
	}
	e.Value = ""
	list := e.Path.Last().Node.Kind == schema.List
	switch {
	case p.commenting:
		p.emit(e, configtree.Annotate, e.Path, p.comment)
		p.commenting, p.comment = false, ""
	case line[0] == ' ':
		if list {
			p.changed.stands(e.Path)
		}
	case tags.inactive:
		p.emit(e, configtree.Deactivate, e.Path, "")
	case tags.active:
		p.emit(e, configtree.Activate, e.Path, "")
	case tags.protect:
		p.emit(e, configtree.Protect, e.Path, "")
	case tags.unprotect:
		p.emit(e, configtree.Unprotect, e.Path, "")
	case list && e.Path.Last().Node.UserOrdered:
		if _, ok := p.on.At(e.Path); !ok {
			p.problem(configtree.NotFound, n, len(line), configtree.ErrNotFound, text)
			return
		}
		p.place(e, e.Path)
	default:
		p.problem(configtree.Syntax, n, len(line), errSyntax, text)
	}
}

// target reads a statement whose contents may be left out, and returns an edit with its path.
func (p *patchReader) target(n int, text string) (configtree.Edit, tags, bool) {
	if cut, ok := strings.CutSuffix(text, elision); ok {
		text = cut + ";"
	}
	var found configtree.Edit
	t := p.reader(strings.NewReader(text), n, func(e configtree.Edit, _ *configtree.Problem) bool {
		found = e
		return false
	})
	s := &t.stmt
	if !t.collect(t.scan.next()) {
		return found, tags{}, false
	}
	said := s.tags
	s.tags = tags{remove: true} // a name will do then, without contents
	base := len(p.level)
	if p.level.Cursor(p.root).Want == schema.WantKey {
		base--
	}
	t.understand("")
	if len(found.Path) <= base {
		return found, said, false
	}
	found.Path = found.Path[:base+1]
	return found, said, true
}

// place puts an entry of a user-ordered list behind the one that was named or placed before it. Without such
// a one it becomes the first.
func (p *patchReader) place(e configtree.Edit, path configtree.Path) {
	before, ok := p.changed.stands(path)
	key := path.Last().Key
	switch {
	case ok && before != key:
		p.emit(e, configtree.InsertAfter, path, before)
	case !ok:
		parent, found := p.on.At(path.Parent())
		if !found {
			return
		}
		for first := range parent.Entries(path.Last().Node.Name) {
			if first.Key() != key {
				p.emit(e, configtree.InsertBefore, path, first.Key())
			}
			return
		}
	}
}

// finish hands out what was kept back, and deletes what goes.
func (p *patchReader) finish() {
	for _, e := range append(p.edits, p.changed.deletions()...) {
		if p.stopped {
			return
		}
		p.stopped = !p.yield(e, nil)
	}
}

// emit hands out an edit that stands where e does.
func (p *patchReader) emit(e configtree.Edit, op configtree.Op, path configtree.Path, value string) {
	e.Op, e.Path, e.Value = op, slices.Clone(path), value
	p.edit(e)
}

// edit keeps an edit for the end, except those that take protection away: it would stand against
// others, whatever the order.
func (p *patchReader) edit(e configtree.Edit) {
	switch {
	case p.stopped:
	case e.Op == configtree.Unprotect:
		p.stopped = !p.yield(e, nil)
	default:
		p.edits = append(p.edits, e)
	}
}

// problem reports what is wrong with line n as a whole.
func (p *patchReader) problem(kind configtree.ProblemKind, n, col int, err error, text string) {
	if p.stopped {
		return
	}
	tok := ""
	if words, _ := Words(text); len(words) > 0 {
		tok = show(words[0].Text)
	}
	p.stopped = !p.yield(configtree.Edit{}, &configtree.Problem{
		Path: slices.Clone(level(p.level)), Token: tok, Kind: kind, File: p.file, Line: n, Col: col,
		Err: &StatementError{Err: err, Statement: excerpt(nonEmpty(tok), tok != "", ""), token: tok},
	})
}
