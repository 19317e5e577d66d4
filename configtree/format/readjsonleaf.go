package format

import (
	"errors"
	"fmt"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// remark takes the metadata of a leaf or leaf-list that do not stand behind it: they mark
// what is there.
func (j *jsonReader) remark(s *schema.Node) {
	switch {
	case s.Kind == schema.LeafList:
		j.refuse(configtree.Syntax, errors.New("has to follow the values"), "@"+s.Name)
		j.skip()
	case s.Kind != schema.Leaf:
		j.refuse(configtree.Unknown, errSyntax, "@"+s.Name)
		j.skip()
	default:
		line, col := j.line, j.col
		if m, ok := j.metadata(s); ok {
			j.at(line, col)
			if t := j.next(); t.kind != ',' {
				j.back(t)
			} else if name := j.next(); name.kind != jsonString || name.text != s.Name {
				j.back(t, name)
			} else if j.expect(':') {
				j.leafValue(s, m)
				return
			}
			if m.deletes() || m.some() {
				j.leaf(s, "", false, m)
			}
		}
	}
}

// leafMember reads a leaf, and its metadata when they come next.
func (j *jsonReader) leafMember(s *schema.Node) {
	line, col := j.line, j.col
	text, given, ok := j.scalar(s.Name)
	if !ok {
		return
	}
	var m marks
	if j.follows("@" + s.Name) {
		if m, ok = j.metadata(s); !ok {
			return
		}
	}
	j.at(line, col)
	j.leaf(s, text, given, m)
}

func (j *jsonReader) leafValue(s *schema.Node, m marks) {
	if text, given, ok := j.scalar(s.Name); ok {
		j.leaf(s, text, given, m)
	}
}

// follows takes the name of the next member when it is this one.
func (j *jsonReader) follows(name string) bool {
	t := j.next()
	if t.kind != ',' {
		j.back(t)
		return false
	}
	if n := j.next(); n.kind != jsonString || n.text != name {
		j.back(t, n)
		return false
	}
	return j.expect(':')
}

// scalar reads the value of a leaf or key. null and [null] are none.
func (j *jsonReader) scalar(name string) (text string, given, ok bool) {
	line, col := j.line, j.col
	t := j.next()
	switch t.kind {
	case jsonString, jsonNumber:
		return t.text, true, true
	case jsonNull:
		return "", false, true
	case '[':
		null := j.next()
		if null.kind == jsonNull {
			if end := j.next(); end.kind == ']' {
				return "", false, true
			} else {
				j.back(end)
			}
		} else {
			j.back(null)
		}
		j.at(line, col)
		j.refuse(configtree.Syntax, errOneValue, name)
		j.skipOpen()
		return "", false, false
	}
	j.back(t)
	j.at(line, col)
	j.refuse(configtree.Syntax, errOneValue, name)
	j.skip()
	return "", false, false
}

var errOneValue = errors.New("one value is wanted")

// leafListMember reads the values of a leaf-list and what is said of each, which comes
// next.
func (j *jsonReader) leafListMember(s *schema.Node) {
	line, col := j.line, j.col
	var values []string
	given := true
	switch t := j.next(); t.kind {
	case '[':
		var ok bool
		if values, given, ok = j.array(s); !ok {
			return
		}
	case jsonNull:
		given = false
	default:
		j.back(t)
		text, some, ok := j.scalar(s.Name)
		if !ok {
			return
		}
		values, given = []string{text}, some
	}
	all := make([]marks, len(values))
	var whole marks
	if j.follows("@"+s.Name) && !j.elementMarks(s, all, &whole) {
		return
	}
	j.at(line, col)
	if !given {
		j.leaf(s, "", false, whole)
		return
	}
	for i, v := range values {
		m := all[i]
		if whole.op != merging {
			m.op = whole.op
		}
		j.leaf(s, v, true, m)
	}
}

// array reads values up to the closing bracket; [null] has none.
func (j *jsonReader) array(s *schema.Node) (values []string, given, ok bool) {
	for {
		switch t := j.next(); {
		case t.kind == jsonString || t.kind == jsonNumber:
			values = append(values, t.text)
			if len(values) > maxWords {
				j.fail(configtree.Syntax, fmt.Errorf("more than %d values", maxWords))
				return nil, false, false
			}
		case t.kind == jsonNull && values == nil && j.follow(']'):
			return nil, false, true
		case t.kind == ']' && values == nil: // []: nothing to add
			return nil, true, true
		default:
			j.unexpected(t)
			return nil, false, false
		}
		switch t := j.next(); t.kind {
		case ']':
			return values, true, true
		case ',':
		default:
			j.unexpected(t)
			return nil, false, false
		}
	}
}

// follow takes the next token when it is of that kind.
func (j *jsonReader) follow(kind jsonKind) bool {
	t := j.next()
	if t.kind == kind {
		return true
	}
	j.back(t)
	return false
}

// elementMarks reads what is said of the values of a leaf-list, each at its place, or an object for the
// whole.
func (j *jsonReader) elementMarks(s *schema.Node, all []marks, whole *marks) bool {
	t := j.next()
	if t.kind == '{' {
		j.back(t)
		m, ok := j.metadata(s)
		*whole = m
		return ok
	}
	if t.kind != '[' {
		j.unexpected(t)
		return false
	}
	for i := 0; ; i++ {
		switch t := j.next(); {
		case i >= len(all) && t.kind != ']':
			j.refuse(configtree.Syntax, errors.New("more remarks than values"), "@"+s.Name)
			j.back(t)
			j.skipOpen()
			return false
		case t.kind == '{':
			j.back(t)
			m, ok := j.metadata(s)
			if !ok {
				return false
			}
			all[i] = m
		case t.kind != jsonNull:
			j.unexpected(t)
			return false
		}
		if t := j.next(); t.kind == ']' {
			return true
		} else if t.kind != ',' {
			j.unexpected(t)
			return false
		}
	}
}
