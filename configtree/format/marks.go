package format

import (
	"slices"
	"strings"

	"loggia/configtree/schema"
)

// operation is what a load in XML or JSON does with an element.
type operation uint8

const (
	merging   operation = iota // adds to what is there
	creating                   // likewise, and it must not be there
	replacing                  // what is there gives way to what the element contains
	deleting                   // it must be there, or a warning is due
	removing                   // it need not be there
)

// placing says where an element puts its entry in the order of the user.
type placing uint8

const (
	anywhere placing = iota
	first
	last
	before
	behind
)

// marks are what an element says of its statement beside the contents: attributes in XML,
// metadata in JSON.
type marks struct {
	op                 operation
	said               bool // op was asked for
	inactive, active   bool
	protect, unprotect bool
	comment            string
	uncomment          bool // there is to be no comment
	place              placing
	beside             string // before, behind: the key of the other entry
	name               string // with rename: the new key
	rename             bool
}

// some reports whether something is said of a statement that exists already.
func (m *marks) some() bool {
	return m.inactive || m.active || m.protect || m.unprotect || m.comment != "" || m.uncomment || m.place != anywhere || m.rename
}

func (m *marks) deletes() bool { return m.op == deleting || m.op == removing }

// set takes an attribute of an element of s, which is nil for the whole configuration; it reports whether
// there is such a one.
func (m *marks) set(s *schema.Node, name, value string) bool {
	switch name {
	case "operation":
		ops := []string{merging: "merge", creating: "create", replacing: "replace", deleting: "delete", removing: "remove"}
		m.op, m.said = operation(max(0, slices.Index(ops, value))), true
		return slices.Contains(ops, value)
	case "insert":
		places := []string{anywhere: "", first: "first", last: "last", before: "before", behind: "after"}
		m.place = placing(max(0, slices.Index(places, value)))
		return m.place != anywhere && s != nil && s.UserOrdered
	case "delete":
		m.op, m.said = deleting, true
	case "replace":
		m.op, m.said = replacing, true
	case "inactive":
		m.inactive = true
	case "active":
		m.active = true
	case "protect":
		m.protect = true
	case "unprotect":
		m.unprotect = true
	case "rename":
		m.rename = true
	default:
		return m.refer(s, name, value)
	}
	return value == name
}

// refer takes an attribute with a key: the new one to rename to, or that of the entry to insert before or
// after. The latter is called by the name of the key, or as RFC 7950 sections 7.7.9 and 7.8.6 have it: "value" for a
// leaf-list, and "key" with a predicate such as [name='x'] for a list.
func (m *marks) refer(s *schema.Node, name, value string) bool {
	switch {
	case s == nil:
		return false
	case s.Kind == schema.List && name == "key":
		value = predicate(s.Key, value)
	case s.Kind == schema.List && name == s.Key, s.Kind == schema.LeafList && name == "value":
	default:
		return false
	}
	m.beside, m.name = value, value
	return value != ""
}

// lost reports whether a key was given for nothing.
func (m *marks) lost() bool {
	return m.name != "" && !m.rename && m.place != before && m.place != behind
}

// predicate returns the value in [name='value'], with either kind of quotes and a prefix to the name or without;
// "" when it is something else.
func predicate(key, text string) string {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), "[")
	inner, closed := strings.CutSuffix(inner, "]")
	name, value, equals := strings.Cut(inner, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	if !ok || !closed || !equals || name != key || len(value) < 2 || value[0] != value[len(value)-1] || value[0] != '\'' && value[0] != '"' {
		return ""
	}
	return value[1 : len(value)-1]
}
