package format

import (
	"fmt"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// tags are the words in front of a statement that say what to do with it.
type tags struct{ inactive, active, replace, remove, protect, unprotect bool }

func (t *tags) add(word string) bool {
	switch word {
	case "inactive:":
		t.inactive = true
	case "active:":
		t.active = true
	case "replace:":
		t.replace = true
	case "delete:":
		t.remove = true
	case "protect:":
		t.protect = true
	case "unprotect:":
		t.unprotect = true
	default:
		return false
	}
	return true
}

// statement is the statement being read: its words up to the brace or semicolon, and how
// far they have been understood.
type statement struct {
	tags  tags
	words []token // without tags
	end   token   // ; or { or what stands there instead

	cursor  schema.Cursor
	path    configtree.Path // reached so far
	base    int             // length of the path of the level that the statement belongs to
	from    int             // index of the word with which the level of path goes on
	inList  bool            // between [ and ]
	settled bool            // what path leads to needs no edit of its own any more
	secret  bool            // a word of the statement is a secret or should have been
	sets    []configtree.Edit
}

// statement reads the statement that begins with tok, makes edits of it, and opens its
// block if it has one.
func (t *textReader) statement(tok token) {
	comment := t.comment
	t.comment = ""
	if t.collect(tok) {
		t.understand(comment)
	}
}

// understand makes edits of the statement that has been collected.
func (t *textReader) understand(comment string) {
	s := &t.stmt
	if len(s.words) == 0 {
		t.refuse(s.end, configtree.Syntax, errSyntax, false)
		return
	}
	b := t.top()
	s.begin(b)
	for i := range s.words {
		if kind, err := s.word(i, t.root); err != nil {
			t.refuseWord(i, kind, err)
			return
		}
	}
	if kind, err := s.complete(); err != nil {
		t.refuse(s.end, kind, err, false)
		return
	}
	t.deliver(comment)
}

// collect reads the words of a statement into t.stmt. When they are no statement it
// reports that, passes over the rest and returns false.
func (t *textReader) collect(tok token) bool {
	s := &t.stmt
	s.tags, s.words = tags{}, s.words[:0]
	var bad token
	for ; ; tok = t.scan.next() {
		switch tok.kind {
		case tokenComment: // inside a statement it belongs to nothing
			continue
		case tokenWord, tokenListOpen, tokenListClose:
			switch {
			case len(s.words) == 0 && tok.kind == tokenWord && !tok.quoted && s.tags.add(tok.text):
			case len(s.words) < maxWords:
				s.words = append(s.words, tok)
			case bad.err == nil:
				bad = tok
				bad.err = fmt.Errorf("statement of more than %d words", maxWords)
			}
			continue
		case tokenBad:
			if bad.err == nil {
				bad = tok
			}
			if tok.err != errQuote {
				continue
			}
			// The open string has swallowed the end of its line, and with it most
			// likely the end of the statement.
			tok.kind = tokenSemicolon
			if tok.text == "{" {
				tok.kind = tokenOpen
			}
		}
		s.end = tok
		break
	}
	if bad.err == nil {
		return true
	}
	t.top().faulty = true
	t.report(configtree.Syntax, bad, &StatementError{Err: bad.err, Statement: excerpt(texts(s.words[:min(1, len(s.words))]), true, "")})
	t.recover()
	return false
}

// recover goes on behind a statement that was refused.
func (t *textReader) recover() {
	switch end := t.stmt.end; end.kind {
	case tokenOpen:
		t.skipBlock(end)
	case tokenClose:
		t.close(end)
	}
}

// texts returns words as messages show them.
func texts(words []token) []string {
	text := make([]string, len(words))
	for i, w := range words {
		text[i] = showWord(w.text, w.quoted)
	}
	return text
}

// refuse reports that the statement is wrong at tok, which stands behind its words.
func (t *textReader) refuse(tok token, kind configtree.ProblemKind, err error, value bool) {
	t.refuseAt(len(t.stmt.words), tok, kind, err, value)
}

// refuseWord reports that word i is wrong.
func (t *textReader) refuseWord(i int, kind configtree.ProblemKind, err error) {
	t.refuseAt(i, t.stmt.words[i], kind, err, kind == configtree.Invalid)
}

func (t *textReader) refuseAt(i int, tok token, kind configtree.ProblemKind, err error, value bool) {
	s := &t.stmt
	e := &StatementError{Err: err, token: show(tok.text), value: value}
	path, from := t.top().path, 0
	if s.from < len(s.words) && len(s.path) > s.base {
		path, from = s.path, s.from
	}
	shown := texts(s.words[min(from, i):min(i+1, len(s.words))])
	if s.secret {
		// Whatever stands behind the name of a secret may be part of it.
		shown = []string{secretMark}
		if i < len(s.words) {
			tok.text, e.token = secretMark, secretMark
		}
		if value {
			e.Err = secretRefusal(s.cursor.Node, err)
		}
	}
	e.Statement = excerpt(shown, i+1 < len(s.words), closing(s.end))
	switch {
	case s.end.kind == tokenEOF && i == len(s.words):
		e.token = endOfInput
	case s.end.kind == tokenClose && i == len(s.words):
		e.Detail = "';' is missing"
	case i > 0 && i < len(s.words) && len(s.path) <= s.base:
		e.Detail = "';' is missing before it"
	}
	t.reportAt(kind, tok, path, e)
	t.recover()
}

// closing returns what ends a statement in an excerpt.
func closing(end token) string {
	if end.kind == tokenOpen || end.kind == tokenSemicolon {
		return end.text
	}
	return ""
}
