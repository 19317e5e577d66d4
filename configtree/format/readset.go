package format

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// maxLine bounds a set line, in bytes.
const maxLine = 256 << 10

// verb returns the operation that a command word of set lines asks for. Words are in
// full: files are not typed.
func verb(word string) (configtree.Op, bool) {
	if word == "insert" { // before or after: that comes later on the line
		return configtree.InsertBefore, true
	}
	for _, op := range []configtree.Op{
		configtree.Set, configtree.Delete, configtree.Deactivate, configtree.Activate, configtree.Annotate,
		configtree.Protect, configtree.Unprotect, configtree.Rename, configtree.Copy,
	} {
		if op.String() == word {
			return op, true
		}
	}
	return 0, false
}

// setReader turns set lines into edits.
type setReader struct {
	file   string
	at     configtree.Path   // where the lines are at the moment
	levels []configtree.Path // where each edit was that exit has not left
	lost   int               // how many edits were since one that was wrong, that one included; 0: none was
	root   *schema.Node
	yield  func(configtree.Edit, *configtree.Problem) bool
	words  []configtree.Word // of one line, reused

	resolver configtree.Resolver
}

func readSet(r io.Reader, file string, at configtree.Path, root *schema.Node, yield func(configtree.Edit, *configtree.Problem) bool) {
	s := &setReader{file: file, at: at, root: root, yield: yield}
	in := bufio.NewReaderSize(r, maxLine)
	for n := 1; ; n++ {
		text, err := in.ReadSlice('\n')
		line := string(text)
		if errors.Is(err, bufio.ErrBufferFull) {
			line, err = "", skipLine(in)
			if !s.problem(n, 0, "", fmt.Errorf("line longer than %d bytes", maxLine)) {
				return
			}
		}
		if !s.line(n, line) {
			return
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			yield(configtree.Edit{}, &configtree.Problem{Err: err, Kind: configtree.Environment, File: file, Line: n, Col: len(text)})
			return
		}
	}
}

// skipLine passes over the rest of a line that does not fit the buffer.
func skipLine(in *bufio.Reader) error {
	for {
		if _, err := in.ReadSlice('\n'); !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// line reads line n; it reports whether the consumer wants more.
func (s *setReader) line(n int, line string) bool {
	words, err := appendWords(s.words[:0], line)
	s.words = words
	var open *UnterminatedError
	var glued *GluedError
	switch {
	case errors.As(err, &glued):
		return s.problem(n, words[glued.Word].Col, "", errGlued)
	case errors.As(err, &open):
		return s.problem(n, open.Col, "", errQuote)
	case len(words) == 0:
		return true
	}
	for _, w := range words {
		if len(w.Text) > maxToken {
			return s.problem(n, w.Col, "", errLong)
		}
	}
	if moved, more := s.move(n, words); moved {
		return more
	}
	return s.statement(n, s.at, words)
}

// statement reads a command of line n that changes the configuration at or below a level.
func (s *setReader) statement(n int, at configtree.Path, words []configtree.Word) bool {
	if words[0].Text == "wildcard" && !words[0].Quoted {
		return s.wildcard(n, at, words)
	}
	op, ok := verb(words[0].Text)
	if !ok || words[0].Quoted {
		return s.problem(n, words[0].Col, words[0].Text, errVerb)
	}
	res, p := s.resolver.Resolve(s.root, op, at, words[1:])
	if p != nil {
		return s.yield(configtree.Edit{}, s.explain(n, at, words, res, p))
	}
	return s.edits(n, op, words[0].Col, res.Edits)
}

func (s *setReader) edits(n int, op configtree.Op, col int, edits []configtree.Edit) bool {
	for _, e := range edits {
		if op == configtree.Annotate {
			e.Value = commentText(e.Value)
		}
		e.File, e.Line, e.Col = s.file, n, col
		if !s.yield(e, nil) {
			return false
		}
	}
	return true
}

func (s *setReader) problem(n, col int, tok string, err error) bool {
	return s.yield(configtree.Edit{}, s.wrong(n, col, tok, err))
}

func (s *setReader) wrong(n, col int, tok string, err error) *configtree.Problem {
	return &configtree.Problem{
		Path: level(s.at), Token: tok, Kind: configtree.Syntax, File: s.file, Line: n, Col: col,
		Err: &StatementError{Err: unstopped(err), Statement: excerpt(nonEmpty(show(tok)), true, ""), token: show(tok)},
	}
}

// explain places what Resolve found wrong in the file, without anything that could be a
// secret: whatever stands behind the name of one may be part of it.
func (s *setReader) explain(n int, at configtree.Path, words []configtree.Word, res configtree.Resolution, p *configtree.Problem) *configtree.Problem {
	args := words[1:]
	if p.Word >= len(args) { // behind the line
		last := words[len(words)-1]
		p.Col = last.Col + len(last.Text) + 1
	}
	path := level(p.Path)
	from := 0
	if len(path) > len(at) {
		from = len(path[len(at):].Words())
	}
	e := &StatementError{Err: unstopped(p.Err), token: show(p.Token), value: p.Kind == configtree.Invalid}
	secret := len(res.Secret) > 0 || len(p.Path) > 0 && p.Path.Last().Node.Secret
	var shown []string
	if secret {
		shown = []string{secretMark}
		if p.Word < len(args) {
			p.Token, e.token = secretMark, secretMark
		}
		if e.value {
			e.Err = secretRefusal(p.Path.Last().Node, e.Err)
		}
	} else {
		for _, w := range args[min(from, p.Word, len(args)):min(p.Word+1, len(args))] {
			shown = append(shown, showWord(w.Text, w.Quoted))
		}
	}
	e.Statement = excerpt(shown, p.Word+1 < len(args), "")
	p.Path, p.Err = path, e
	p.File, p.Line = s.file, n
	return p
}

// unstopped takes from the text of a problem the full stop that it has at the prompt.
func unstopped(err error) error {
	switch text := strings.TrimSuffix(err.Error(), "."); {
	case text == errSyntax.Error():
		return errSyntax
	case text == errMissing.Error():
		return errMissing
	case text != err.Error():
		return errors.New(text)
	}
	return err
}

func nonEmpty(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}
