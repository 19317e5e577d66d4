package format

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// jsonReader turns the object "configuration" into edits, token by token.
//
// The members of an object have no order in JSON. What has to be known first, the key of a list entry,
// is searched for when it does not stand there; what an "@" says may come at any place, except
// that to delete or replace it has to come first.
type jsonReader struct {
	assembler
	scan     *jsonScanner
	ahead    []jsonToken // read before their time, the next one last
	elements int
}

// maxAhead bounds what is kept while the key of a list entry is searched, in tokens.
const maxAhead = 256 << 10

func readJSON(r io.Reader, file string, at configtree.Path, root *schema.Node, on *configtree.Tree, yield func(configtree.Edit, *configtree.Problem) bool) {
	j := &jsonReader{assembler: newAssembler(file, at, root, on, yield), scan: newJSONScanner(r)}
	j.document()
}

// next returns the next token. When there is none, or it cannot be read, reading ends with a
// problem.
func (j *jsonReader) next() jsonToken {
	if j.stopped {
		return jsonToken{}
	}
	if n := len(j.ahead); n > 0 {
		t := j.ahead[n-1]
		j.ahead = j.ahead[:n-1]
		j.at(t.line, t.col)
		return t
	}
	t := j.scan.next()
	j.at(t.line, t.col)
	switch {
	case t.kind != jsonBad:
	case j.scan.err != nil && t.err == j.scan.err:
		j.fail(configtree.Environment, t.err)
	default:
		j.fail(configtree.Syntax, t.err)
	}
	return t
}

// back puts tokens back, to be read again in their order.
func (j *jsonReader) back(tokens ...jsonToken) {
	for _, t := range slices.Backward(tokens) {
		j.ahead = append(j.ahead, t)
	}
}

// expect takes a token that has to come.
func (j *jsonReader) expect(kind jsonKind) bool {
	if t := j.next(); t.kind != kind {
		j.unexpected(t)
		return false
	}
	return true
}

// unexpected ends reading at a token that may not stand where it does. A text is not repeated, for
// it may be a secret.
func (j *jsonReader) unexpected(t jsonToken) {
	switch t.kind {
	case jsonEnd:
		j.fail(configtree.Syntax, errors.New("the document ends early"))
	case jsonString:
		j.fail(configtree.Syntax, errors.New("a text is out of place here"))
	case jsonNumber, jsonNull, jsonBool:
		j.fail(configtree.Syntax, errors.New("a value is out of place here"))
	default:
		j.fail(configtree.Syntax, fmt.Errorf("'%c' is out of place here", t.kind))
	}
}

func (j *jsonReader) document() {
	if !j.expect('{') {
		return
	}
	found := false
	j.members(j.next(), func(name string) {
		switch t := j.next(); {
		case name != "configuration" || found:
			j.back(t)
			j.refuse(configtree.Unknown, errSyntax, name)
			j.skip()
		case t.kind != '{':
			j.unexpected(t)
		default:
			found = true
			j.configuration()
		}
	})
	if t := j.next(); !j.stopped && t.kind != jsonEnd {
		j.unexpected(t)
	}
	if !found && !j.told {
		j.fail(configtree.Syntax, errors.New(`there is no "configuration"`))
	}
}

func (j *jsonReader) configuration() {
	m, first, ok := j.leading(nil)
	if ok && (m.op == replacing || m.deletes()) {
		j.override()
	}
	j.members(first, func(name string) {
		if m.deletes() {
			j.skip()
			return
		}
		j.member(name)
	})
}

// members reads the members of an object from the first name, or the closing brace, on.
func (j *jsonReader) members(t jsonToken, member func(name string)) {
	if t.kind == '}' {
		return
	}
	for !j.stopped {
		if t.kind != jsonString {
			j.unexpected(t)
			return
		}
		if !j.expect(':') {
			return
		}
		j.at(t.line, t.col)
		if member(t.text); j.stopped {
			return
		}
		switch t = j.next(); t.kind {
		case '}':
			return
		case ',':
			t = j.next()
		default:
			j.unexpected(t)
		}
	}
}

// leading reads the "@" of an object when it comes first, and returns the token behind.
func (j *jsonReader) leading(s *schema.Node) (m marks, first jsonToken, ok bool) {
	if first = j.next(); first.kind != jsonString || first.text != "@" {
		return m, first, true
	}
	if !j.expect(':') {
		return m, first, false
	}
	m, ok = j.metadata(s)
	switch first = j.next(); first.kind {
	case '}':
	case ',':
		if first = j.next(); first.kind == '}' {
			j.unexpected(first)
		}
	default:
		j.unexpected(first)
	}
	return m, first, ok
}

// member reads a member of the object that is the innermost frame.
func (j *jsonReader) member(name string) {
	f := j.top()
	statement, remark := strings.CutPrefix(name, "@")
	child := f.node.Child(statement)
	switch {
	case f.gone, f.spoilt:
		j.skip()
	case name == "@":
		j.late(f)
	case f.node.Kind == schema.List && name == f.node.Key && !f.keyed:
		if text, given, ok := j.scalar(name); ok && given {
			j.key(text)
		} else {
			f.spoilt = true
			if ok {
				j.refuse(configtree.Missing, errMissing, f.node.Name, name)
			}
		}
	case f.node.Kind == schema.List && !f.keyed:
		j.skip() // that the key is missing is told at the end
	case child == nil:
		j.refuse(configtree.Unknown, errSyntax, statement)
		j.skip()
	case remark:
		j.remark(child)
	case child.Kind == schema.Leaf:
		j.leafMember(child)
	case child.Kind == schema.LeafList:
		j.leafListMember(child)
	default:
		j.nodes(child)
	}
}

// late takes an "@" that does not come first.
func (j *jsonReader) late(f *elementFrame) {
	line, col := j.line, j.col
	m, ok := j.metadata(f.node)
	if !ok {
		return
	}
	j.at(line, col)
	if m.op != merging || m.unprotect || m.rename {
		j.refuse(configtree.Syntax, errLate, "@")
		return
	}
	f.marks = m
}

var errLate = errors.New("an operation has to come first in its object")

// nodes reads a container, or the entries of a list: an array of objects, or one alone.
func (j *jsonReader) nodes(s *schema.Node) {
	switch t := j.next(); {
	case t.kind == '{':
		j.object(s)
	case t.kind == jsonNull && s.Kind == schema.Container:
		j.enter(s, marks{})
		j.leave()
	case t.kind == '[' && s.Kind == schema.Container:
		if j.expect(jsonNull) && j.expect(']') {
			j.enter(s, marks{})
			j.leave()
		}
	case t.kind == '[':
		j.entries(s)
	default:
		j.back(t)
		j.refuse(configtree.Syntax, errSyntax, s.Name)
		j.skip()
	}
}

func (j *jsonReader) entries(s *schema.Node) {
	t := j.next()
	if t.kind == ']' {
		return
	}
	for !j.stopped {
		if t.kind != '{' {
			j.unexpected(t)
			return
		}
		if j.object(s); j.stopped {
			return
		}
		switch t = j.next(); t.kind {
		case ']':
			return
		case ',':
			t = j.next()
		default:
			j.unexpected(t)
		}
	}
}

// object reads a container or list entry whose brace has been taken.
func (j *jsonReader) object(s *schema.Node) {
	if j.elements++; j.elements > maxElements {
		j.fail(configtree.Syntax, fmt.Errorf("more than %d objects", maxElements))
		return
	}
	line, col := j.line, j.col
	m, first, ok := j.leading(s)
	if j.stopped {
		return
	}
	j.at(line, col)
	j.enter(s, m)
	j.top().spoilt = !ok
	if s.Kind == schema.List && first.kind == jsonString && first.text != s.Key {
		first = j.search(first, s.Key)
	}
	j.members(first, j.member)
	j.leave()
}

// search looks for the member with the key from the name first on, and puts it in front. It returns
// the first name of what is to be read then.
func (j *jsonReader) search(first jsonToken, key string) jsonToken {
	kept := []jsonToken{first}
	for depth := 0; !j.stopped; {
		t := j.next()
		switch t.kind {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case jsonEnd:
			j.unexpected(t)
		}
		if depth == 0 && t.kind == jsonString && t.text == key && kept[len(kept)-1].kind == ',' {
			colon, value := j.next(), j.next()
			if value.kind == '{' || value.kind == '[' {
				j.unexpected(value)
				break
			}
			comma := kept[len(kept)-1]
			j.back(kept[:len(kept)-1]...)
			j.back(colon, value, comma)
			return t
		}
		kept = append(kept, t)
		if len(kept) > maxAhead {
			j.fail(configtree.Syntax, fmt.Errorf("%q is not among the first %d words of its object", key, maxAhead))
		}
		if depth < 0 {
			break
		}
	}
	j.back(kept[1:]...)
	return first
}

// skip passes over a value.
func (j *jsonReader) skip() {
	switch t := j.next(); t.kind {
	case '{', '[':
		j.skipOpen()
	case jsonString, jsonNumber, jsonNull, jsonBool:
	default:
		j.unexpected(t)
	}
}

// skipOpen passes over the rest of an object or array whose opening bracket has been taken. What
// stands in it need not be right, as long as its brackets are.
func (j *jsonReader) skipOpen() {
	for depth := 1; depth > 0 && !j.stopped; {
		switch t := j.next(); t.kind {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case jsonEnd:
			j.unexpected(t)
		}
	}
}

// metadata reads what is said of a statement. Members with a prefix are remarks; anything else unknown is
// refused, except of the whole configuration, for which s is nil.
func (j *jsonReader) metadata(s *schema.Node) (m marks, ok bool) {
	if t := j.next(); t.kind != '{' {
		j.unexpected(t)
		return m, false
	}
	ok = true
	j.members(j.next(), func(name string) {
		line, col := j.line, j.col
		t := j.next()
		value := t.text
		switch {
		case t.kind == jsonBool && value == "true":
			value = name
		case t.kind == jsonBool:
			return // "inactive" : false says nothing
		case t.kind != jsonString && t.kind != jsonNumber:
			j.back(t)
			j.skip()
		}
		switch {
		case j.stopped, strings.Contains(name, ":"), name == "xmlns":
		case name == "comment" && t.kind == jsonString:
			m.comment = readComment(value)
		case !m.set(s, name, value) && s != nil:
			j.at(line, col)
			j.refuse(configtree.Unknown, errSyntax, "@", name)
			ok = false
		}
	})
	if ok && m.lost() {
		j.refuse(configtree.Unknown, errSyntax, "@", s.Key)
		ok = false
	}
	return m, ok && !j.stopped
}
