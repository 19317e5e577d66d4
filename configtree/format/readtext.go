package format

import (
	"io"
	"slices"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// maxWords bounds a statement; a longer leaf-list can be written in several.
const maxWords = 64 << 10

// textReader turns curly text into edits, one statement at a time. It holds the
// statement being read and the open blocks above it, nothing else: the schema bounds
// their number, and blocks it does not know are skipped by counting braces.
type textReader struct {
	scan    *scanner
	file    string
	root    *schema.Node
	yield   func(configtree.Edit, *configtree.Problem) bool
	stopped bool // the consumer wants no more

	blocks  []block // open, the outermost is the level that is read into
	comment string  // annotation for the statement that follows
	stmt    statement
}

// block is a statement whose opening brace has been read.
type block struct {
	path    configtree.Path // ends in a list without key inside `console {`
	object  int             // length of the path that the tags and the comment are about
	cursor  schema.Cursor
	tags    tags
	comment string
	opened  token // the statement's first word
	text    string
	filled  bool // it or something below it has been set, or deleted
	own     bool // its statement has still to be set, unless something below it is
	set     bool // it or something below it has been set
	deletes bool // something below it is deleted
	faulty  bool // a statement in it could not be read at all, so that it may not be empty
}

func readText(r io.Reader, file string, at configtree.Path, root *schema.Node, yield func(configtree.Edit, *configtree.Problem) bool) {
	t := &textReader{scan: newScanner(r), file: file, root: root, yield: yield}
	t.blocks = []block{{path: at, cursor: at.Cursor(root)}}
	for !t.stopped && t.step() {
	}
}

func (t *textReader) top() *block { return &t.blocks[len(t.blocks)-1] }

// step reads a statement or a closing brace; it reports whether there may be more.
func (t *textReader) step() bool {
	switch tok := t.scan.next(); tok.kind {
	case tokenEOF, tokenFailed:
		t.finish(tok)
		return false
	case tokenComment:
		t.annotation(tok.text)
	case tokenClose:
		t.close(tok)
	case tokenBad:
		if tok.text == configtree.CommentMark {
			t.report(configtree.Syntax, tok, &StatementError{Err: tok.err, Statement: configtree.CommentMark})
			break
		}
		t.statement(tok)
	case tokenSemicolon: // an empty statement
		t.comment = ""
	case tokenOpen:
		t.report(configtree.Syntax, tok, &StatementError{Err: errSyntax, Statement: tok.text, token: tok.text})
		t.skipBlock(tok)
	default:
		t.statement(tok)
	}
	return true
}

// finish ends the input: every block that is still open is a problem of its own.
func (t *textReader) finish(tok token) {
	if tok.kind == tokenFailed {
		t.report(configtree.Environment, tok, tok.err)
		return
	}
	for ; len(t.blocks) > 1 && !t.stopped; t.blocks = t.blocks[:len(t.blocks)-1] {
		b := t.top()
		e := &StatementError{Err: errSyntax, Detail: openedOn(b.opened), Statement: b.text, token: endOfInput}
		t.reportAt(configtree.Syntax, tok, t.blocks[len(t.blocks)-2].path, e)
	}
}

// close ends the innermost block.
func (t *textReader) close(tok token) {
	shortened := t.comment == omittedMark
	t.comment = ""
	if len(t.blocks) == 1 {
		t.report(configtree.Syntax, tok, &StatementError{Err: errSyntax, Detail: "no block is open here", Statement: "}", token: "}"})
		return
	}
	b := *t.top()
	t.blocks = t.blocks[:len(t.blocks)-1]
	switch {
	case shortened && !b.set && !b.deletes:
		t.reportAt(configtree.Syntax, tok, b.path, &StatementError{Err: errShortened, Statement: b.text})
		t.top().faulty = true
		return
	case !b.filled && b.faulty:
		t.top().faulty = true
		return
	case !b.filled:
		t.warn(b.opened, b.path, errEmpty)
		return
	}
	if b.own && !b.set && !b.deletes { // what is led to only for a deletion does not come about
		t.emit(b.opened, configtree.Set, b.path, "")
		b.set = true
	}
	up := t.top()
	up.filled, up.set, up.deletes = true, up.set || b.set, up.deletes || b.deletes
	t.marks(b.tags, b.comment, b.path[:b.object], b.opened)
}

// skipBlock passes over everything up to the brace that closes the block which opened
// after tok, and reports where reading goes on.
func (t *textReader) skipBlock(opened token) {
	for depth := 1; depth > 0; {
		switch tok := t.scan.next(); tok.kind {
		case tokenOpen:
			depth++
		case tokenClose:
			if depth--; depth == 0 {
				t.report(configtree.Syntax, tok, &StatementError{Err: errRecovery, Statement: "}", token: "}"})
			}
		case tokenEOF, tokenFailed:
			if tok.kind == tokenEOF {
				t.report(configtree.Syntax, tok, &StatementError{Err: errSyntax, Detail: openedOn(opened), Statement: "{", token: endOfInput})
			}
			return
		}
	}
}

// emit hands out an edit, which stands where tok does.
func (t *textReader) emit(tok token, op configtree.Op, path configtree.Path, value string) {
	if t.stopped {
		return
	}
	e := configtree.Edit{Op: op, Path: slices.Clone(path), Value: value, File: t.file, Line: tok.line, Col: tok.col}
	t.stopped = !t.yield(e, nil)
}

// report hands out a problem with the level of the innermost block.
func (t *textReader) report(kind configtree.ProblemKind, tok token, err error) {
	t.reportAt(kind, tok, t.top().path, err)
}

// reportAt places a problem just behind its token, where a load of curly text shows it.
func (t *textReader) reportAt(kind configtree.ProblemKind, tok token, path configtree.Path, err error) {
	p := &configtree.Problem{Path: slices.Clone(level(path)), Err: err, Kind: kind, File: t.file, Line: tok.line, Col: tok.end}
	if e, ok := err.(*StatementError); ok {
		p.Token = e.token
	}
	t.problem(p)
}

// warn remarks on the statement that path leads to.
func (t *textReader) warn(tok token, path configtree.Path, err error) {
	parent, name := path.Parent(), ""
	if len(path) > 0 {
		name = statementName(path.Last())
	}
	t.problem(&configtree.Problem{
		Path: slices.Clone(level(parent)), Token: name, Warning: true, Kind: configtree.Syntax,
		Err:  &StatementError{Err: err, Statement: name},
		File: t.file, Line: tok.line, Col: tok.end,
	})
}

func (t *textReader) problem(p *configtree.Problem) {
	if !t.stopped {
		t.stopped = !t.yield(configtree.Edit{}, p)
	}
}

func (t *textReader) annotation(text string) {
	if t.comment != "" {
		t.comment += "\n"
	}
	t.comment += commentText(text)
}
