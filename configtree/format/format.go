package format

import (
	"bytes"
	"io"
	"iter"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// Syntax is one of the faces of a configuration.
type Syntax uint8

// The faces.
const (
	Text     Syntax = iota // curly text, as `show` prints it
	SetLines               // commands, as `show | display set` prints them
	XML                    // an element <configuration>, as `show | display xml` prints it
	JSON                   // an object "configuration", as `show | display json` prints it
	Patch                  // a comparison, as `show | compare` prints it; read only
)

// Read turns a configuration in syntax s into edits, relative to the level at. It reads as
// the consumer asks for more and holds one statement at a time; the total size is the
// reader's to bound. Problems come where they are found, each with file, line and column; an
// Edit that comes with a Problem is empty. An error of r is the last problem, of kind
// Environment.
//
// Columns are 0-based byte offsets. For set lines they lead to the first byte of the
// offending word, for curly text just behind it: Junos shows them so.
//
// A Patch is read as one for the empty configuration; see ReadOnto.
func Read(r io.Reader, file string, at configtree.Path, s Syntax, root *schema.Node) iter.Seq2[configtree.Edit, *configtree.Problem] {
	return read(r, file, at, s, root, nil)
}

// ReadOnto is Read for those who know what the edits will be applied to: a Patch has to agree with that, and the
// operation create of XML and JSON is refused for what is there.
func ReadOnto(r io.Reader, file string, at configtree.Path, s Syntax, on *configtree.Tree) iter.Seq2[configtree.Edit, *configtree.Problem] {
	return read(r, file, at, s, on.Schema(), on)
}

// ReadMarked is ReadOnto of XML in which only what has an operation of its own, or is within something that has, does
// anything. The rest leads there and has to exist: `default-operation none` of RFC 6241, section 7.2.
func ReadMarked(r io.Reader, file string, on *configtree.Tree) iter.Seq2[configtree.Edit, *configtree.Problem] {
	return func(yield func(configtree.Edit, *configtree.Problem) bool) {
		l := latecomers{yield: yield}
		readXML(r, file, nil, on.Schema(), on, false, l.take)
		l.finish()
	}
}

// read is ReadOnto; on is nil when not known.
func read(r io.Reader, file string, at configtree.Path, s Syntax, root *schema.Node, on *configtree.Tree) iter.Seq2[configtree.Edit, *configtree.Problem] {
	return func(yield func(configtree.Edit, *configtree.Problem) bool) {
		if s == SetLines { // commands mean what they do in their order
			readSet(r, file, at, root, yield)
			return
		}
		l := latecomers{yield: yield}
		switch s {
		case XML:
			readXML(r, file, at, root, on, true, l.take)
		case JSON:
			readJSON(r, file, at, root, on, l.take)
		case Patch:
			readPatch(r, file, at, root, on, l.take)
		default:
			readText(r, file, at, root, l.take)
		}
		l.finish()
	}
}

// latecomers keeps edits that protect for the end: what is protected cannot be changed, and what it belongs to
// may have to be marked after its contents.
type latecomers struct {
	yield   func(configtree.Edit, *configtree.Problem) bool
	late    []configtree.Edit
	stopped bool
}

func (l *latecomers) take(e configtree.Edit, p *configtree.Problem) bool {
	if p == nil && e.Op == configtree.Protect {
		l.late = append(l.late, e)
		return true
	}
	l.stopped = !l.yield(e, p)
	return !l.stopped
}

func (l *latecomers) finish() {
	for _, e := range l.late {
		if l.stopped {
			return
		}
		l.stopped = !l.yield(e, nil)
	}
}

// Detect guesses the syntax of a configuration from its beginning: XML begins with <, JSON with {, a patch with
// the header of its first block, set lines with a command word, curly text with anything else.
func Detect(text []byte) Syntax {
	for len(text) > 0 {
		text = bytes.TrimLeft(text, " \t\r\n")
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		switch {
		case len(line) == 0, line[0] == '#':
			text = rest
			continue
		case bytes.HasPrefix(text, []byte("/*")):
			_, text, _ = bytes.Cut(text[2:], []byte("*/"))
			continue
		case line[0] == '<':
			return XML
		case line[0] == '{':
			return JSON
		case bytes.HasPrefix(line, []byte("[edit")):
			return Patch
		}
		line = bytes.TrimRight(line, " \t\r")
		word, rest, _ := bytes.Cut(bytes.ReplaceAll(line, []byte("\t"), []byte(" ")), []byte(" "))
		if _, ok := verb(string(word)); ok && len(rest) > 0 && !bytes.HasSuffix(line, []byte("{")) && !bytes.HasSuffix(line, []byte(";")) {
			return SetLines
		}
		return Text
	}
	return Text
}
