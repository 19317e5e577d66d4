package format

import (
	"loggia/configtree"
	"loggia/configtree/schema"
)

// detail prints in front of a statement what the schema says of it, for `display detail`:
//
//	##
//	## log-rotate-frequency: How often sizes are checked
//	## range: 1..59 minutes
//	## default: 15
//	## require: system
//	##
//	log-rotate-frequency 5;
//
// What shares the line of the statement is told in the same remark.
func (t *textWriter) detail(n configtree.Node, depth int, oneline bool) {
	if !t.details {
		return
	}
	t.told(depth, "", "")
	t.describe(n.Schema(), depth, depth)
	if oneline {
		var last *schema.Node
		for c := range n.Children() {
			if c.Schema() != last {
				last = c.Schema()
				t.describe(last, depth, depth+1)
			}
		}
	}
	t.told(depth, "", "")
}

// describe prints the rows of one statement, which stands so many levels below what is shown. The permission flag stands where it is
// another than that of the level above, and at the outermost statement that is shown.
func (t *textWriter) describe(s *schema.Node, depth, below int) {
	about := s
	if s.Origin != nil {
		about = s.Origin
	}
	help, typ := about.Description, &about.Type
	if s.Kind == schema.List {
		typ = &about.KeyType
		if about.KeyDescription != "" {
			help = about.KeyDescription
		}
	}
	t.told(depth, s.Name, help)
	t.told(depth, "range", typ.Interval())
	for _, p := range typ.Patterns {
		t.told(depth, "match", p.Expr)
	}
	t.told(depth, "default", about.Default)
	if flag := permission(s); below == 0 || flag != permission(s.Parent) {
		t.told(depth, "require", flag)
	}
}

// permission is the permission flag of a statement: its own, or the nearest above.
func permission(s *schema.Node) string {
	for ; s != nil; s = s.Parent {
		if s.Permission != "" {
			return s.Permission
		}
	}
	return ""
}

// told prints a row of a remark, an empty one without a name, and none without a text.
func (t *textWriter) told(depth int, name, text string) {
	if name != "" && text == "" {
		return
	}
	t.remark(depth)
	if name != "" {
		t.buf = append(append(append(append(t.buf, ' '), name...), ": "...), text...)
	}
	t.line()
}
