package configtree

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"loggia/configtree/schema"
)

// maxPattern bounds an expression, in bytes.
const maxPattern = 1024

// CompileName compiles an expression for names, case-sensitive as names are.
func CompileName(text string) (*regexp.Regexp, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("regular expression is longer than %d bytes", maxPattern)
	}
	expr, err := regexp.Compile(text)
	if wrong, ok := errors.AsType[*syntax.Error](err); ok {
		err = errors.New(wrong.Code.String())
	}
	return expr, err
}

// MatchEntries returns what `wildcard delete` is about: the statements directly
// at the path whose name passes, in display order. At a list or leaf-list as a
// whole these are its elements, by their keys. At any other level they are the
// entries of lists without keyword, by their keys, and all other statements, by
// their keywords, a list being one. The keys of secret lists never pass.
func (t *Tree) MatchEntries(at Path, match func(name string) bool) []Path {
	return t.Root().matching(at, match)
}

func (n Node) matching(at Path, match func(name string) bool) []Path {
	var found []Path
	last := at.Last()
	if last.Node != nil && last.Key == "" && hasElements(last.Node) {
		parent, ok := n.at(at.Parent())
		if !ok || last.Node.Secret {
			return nil
		}
		for e := range parent.Entries(last.Node.Name) {
			if match(e.Key()) {
				found = append(found, e.Path())
			}
		}
		return found
	}
	n, ok := n.at(at)
	if !ok {
		return nil
	}
	var before *schema.Node
	for c := range n.Children() {
		s := c.Schema()
		switch {
		case s.NoKeyword:
			if !s.Secret && match(c.Key()) {
				found = append(found, c.Path())
			}
		case s != before && match(s.Name):
			found = append(found, at.Append(Step{Node: s}))
		}
		before = s
	}
	return found
}

// deleteMatching deletes the statements that MatchEntries finds but for what is
// protected.
func (b *Batch) deleteMatching(e *Edit) error {
	expr, err := CompileName(e.Value)
	if err != nil {
		return e.problem(Invalid, e.Value, err)
	}
	found := Node{n: b.root}.matching(e.Path, expr.MatchString)
	if len(found) == 0 {
		return e.problem(NotFound, e.Value, ErrNotFound)
	}
	var kept []error
	for _, p := range found {
		kept = append(kept, b.Apply(Edit{Op: Delete, Path: p, File: e.File, Line: e.Line, Col: e.Col}))
	}
	return errors.Join(kept...)
}

// ReplacePattern returns the edits of `replace pattern`: of each value of a leaf and of
// each key below the path, what replace makes of it when it reports a change, up to limit
// of them; 0 is no limit. The level itself keeps its key. Applied in their order they do
// what they say: contents before the key of their entry.
// Secrets are left alone. What does not fit its type is a problem each; then there
// are no edits.
func (t *Tree) ReplacePattern(at Path, replace func(text string) (string, bool), limit int) ([]Edit, []Problem) {
	r := replacer{replace: replace, left: limit, bounded: limit > 0}
	last := at.Last()
	if last.Node != nil && last.Key == "" && hasElements(last.Node) {
		if parent, ok := t.At(at.Parent()); ok {
			for e := range parent.Entries(last.Node.Name) {
				r.statement(e)
			}
		}
	} else if n, ok := t.Root().at(at); ok && n.Schema().Kind == schema.Leaf {
		r.statement(n)
	} else if ok {
		for c := range n.Children() {
			r.statement(c)
		}
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.edits, nil
}

type replacer struct {
	replace  func(string) (string, bool)
	bounded  bool
	left     int
	edits    []Edit
	problems []Problem
}

// statement replaces in n and below it.
func (r *replacer) statement(n Node) {
	s := n.Schema()
	for c := range n.Children() {
		r.statement(c)
	}
	if s.Parent == nil || s.Secret || r.bounded && r.left == 0 {
		return
	}
	e, typ, text := Edit{Op: Rename}, &s.Type, n.n.text
	switch s.Kind {
	case schema.Leaf:
		e.Op = Set
	case schema.List:
		typ = &s.KeyType
	}
	if !hasElements(s) && (s.Kind != schema.Leaf || s.Type.Base == schema.Empty) {
		return
	}
	var changed bool
	if e.Value, changed = r.replace(text); !changed || e.Value == text {
		return
	}
	r.left--
	e.Path = n.Path()
	if err := typ.Check(e.Value); err != nil {
		r.problems = append(r.problems, Problem{Path: e.Path, Token: e.Value, Err: err, Kind: Invalid})
		return
	}
	if e.Value == "" && hasElements(s) {
		r.problems = append(r.problems, Problem{Path: e.Path, Err: errNoValue, Kind: Invalid})
		return
	}
	r.edits = append(r.edits, e)
}
