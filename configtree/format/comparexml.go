package format

import (
	"io"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// CompareXML prints what Compare tells as an element <configuration> that makes to out of from when it is
// merged, in the form of Junos' `show | compare | display xml`; nothing when they are equal:
//
//	<configuration>
//	        <system>
//	            <host-name operation="delete"/>
//	            <host-name operation="create">gate1</host-name>
//	            <syslog>
//	                <host operation="create" insert="after" key="[ name='172.22.0.4' ]">
//	                    <name>172.22.0.3</name>
//
// Names lead to a change; the attribute operation says what it is: create, delete, or merge for an entry that
// has moved. An entry of a list in the order of the user says behind which it stands. What became active,
// inactive, protected or unprotected has an attribute of that name. An annotation is an element
// <junos:comment> before its statement, which is empty with operation delete.
//
// Of the options, Mask, ASCII and Indent count.
func CompareXML(w io.Writer, from, to *configtree.Tree, at configtree.Path, o Options) error {
	changes := configtree.DiffAt(from, to, at)
	if len(changes) == 0 {
		return nil
	}
	d := &delta{
		xmlWriter:  xmlWriter{sink: &sink{w: w}, o: Options{Mask: o.Mask, ASCII: o.ASCII, Indent: o.Indent}},
		comparison: comparison{from: from, to: to},
	}
	d.begin(configtree.Node{})
	for len(changes) > 0 && d.err == nil {
		level, n := changes[0].Path.Parent(), 1
		for n < len(changes) && changes[n].Path.Parent().Equal(level) {
			n++
		}
		d.lead(level)
		d.show(changes[:n])
		changes = changes[n:]
	}
	d.lead(nil)
	d.end(configtree.Node{}, 0)
	return d.flush()
}

// delta prints changes as elements.
type delta struct {
	xmlWriter
	comparison comparison // knows what belongs together, and what comes before what
	level      configtree.Path
}

// lead closes and opens elements until those of level are open.
func (d *delta) lead(level configtree.Path) {
	common := 0
	for common < min(len(d.level), len(level)) && d.level[common] == level[common] {
		common++
	}
	for i := len(d.level) - 1; i >= common; i-- {
		d.close(d.node(d.level[:i+1]), xmlEnvelope+i)
	}
	for i := common; i < len(level); i++ {
		n := d.node(level[:i+1])
		d.open(n, xmlEnvelope+i, false)
		d.key(n, xmlEnvelope+i+1)
	}
	d.level = level
}

// node returns what both trees have at a level.
func (d *delta) node(p configtree.Path) configtree.Node {
	n, _ := d.comparison.to.At(p)
	return n
}

// show prints the changes of a level: what comes before what goes, so that the level is not empty meanwhile and
// keeps what is said of it. Of a choice there is one: there what goes is first.
func (d *delta) show(changes []configtree.Change) {
	late := make([]configtree.Change, 0, len(changes))
	for len(changes) > 0 {
		n := d.comparison.together(changes)
		for _, x := range changes[:n] {
			switch {
			case x.Kind != configtree.Removed:
			case x.Path.Last().Node.Choice != "":
				d.remove(x)
			default:
				late = append(late, x)
			}
		}
		d.come(changes[:n])
		changes = changes[n:]
	}
	for _, x := range late {
		d.remove(x)
	}
}

// come prints what there is of changes that belong together but removals.
func (d *delta) come(changes []configtree.Change) {
	renewed := func(p configtree.Path) bool { // it comes with all that is said of it
		return slices.ContainsFunc(changes, func(x configtree.Change) bool { return x.Kind == configtree.Modified && x.Path.Equal(p) })
	}
	for _, x := range changes {
		switch x.Kind {
		case configtree.Removed:
		case configtree.Modified:
			d.said = operationMark("merge")
			if !alone(x) {
				d.remove(x)
				d.said = operationMark("create")
			}
			d.statement(x.New, d.depth())
		case configtree.Added:
			d.said = operationMark("create") + d.place(x)
			d.statement(x.New, d.depth())
		case configtree.Moved:
			d.said = operationMark("merge") + d.place(x)
			d.name(x.New)
		default:
			if !renewed(x.Path) {
				d.marked(x)
			}
		}
	}
}

// alone reports whether with what changes a level would go that is there for its contents alone, and of which
// something is said before or after, which would go as well.
func alone(x configtree.Change) bool {
	was, is := x.Old.Parent(), x.New.Parent()
	for ; was.Schema().Kind == schema.Container && !was.Schema().Presence && was.Schema().Parent != nil; was, is = was.Parent(), is.Parent() {
		others := 0
		for range was.Children() {
			others++
		}
		switch {
		case others != 1:
			return false
		case marked(was), marked(is):
			return true
		}
	}
	return false
}

func marked(n configtree.Node) bool { return n.Comment() != "" || n.Inactive() || n.Protected() }

func operationMark(op string) string { return ` operation="` + op + `"` }

// depth is that of the elements at the level.
func (d *delta) depth() int { return xmlEnvelope + len(d.level) }

// remove prints that a statement goes.
func (d *delta) remove(x configtree.Change) {
	d.said = operationMark("delete")
	d.name(x.Old)
}

// name prints a statement without its contents: what identifies it, and what d.said says.
func (d *delta) name(n configtree.Node) {
	depth, s := d.depth(), n.Schema()
	switch {
	case s.Kind == schema.List:
		d.open(n, depth, false)
		d.key(n, depth+1)
		d.close(n, depth)
		return
	case s.Kind == schema.LeafList:
		d.start(depth)
		d.tag(n, false)
		d.buf = append(d.buf, '>')
		d.text(n, n.Value())
		d.buf = append(append(append(d.buf, "</"...), s.Name...), '>')
	default:
		d.start(depth)
		d.tag(n, false)
		d.buf = append(d.buf, "/>"...)
	}
	d.line()
}

// marked prints a statement of which something else is said than before.
func (d *delta) marked(x configtree.Change) {
	switch x.Kind {
	case configtree.Activated:
		d.said = ` active="active"`
	case configtree.Deactivated:
		d.said = ` inactive="inactive"`
	case configtree.BecameProtected:
		d.said = ` protect="protect"`
	case configtree.BecameUnprotected:
		d.said = ` unprotect="unprotect"`
	case configtree.Commented:
		if x.New.Comment() == "" {
			d.start(d.depth())
			d.buf = append(d.buf, `<junos:comment operation="delete"/>`...)
			d.line()
		}
		d.comment(x.New, d.depth())
	}
	d.name(x.New)
}

// place says where an entry or value of a user-ordered list stands.
func (d *delta) place(x configtree.Change) string {
	s := x.Path.Last().Node
	if !s.UserOrdered {
		return ""
	}
	before := d.comparison.before.get(x)
	if !before.Valid() {
		return ` insert="first"`
	}
	name, text := "value", before.Key()
	if s.Kind == schema.List {
		name, text = "key", "[ "+s.Key+"='"+before.Key()+"' ]"
		if strings.Contains(before.Key(), "'") {
			text = "[ " + s.Key + `="` + before.Key() + `" ]`
		}
	}
	if d.o.Mask && s.Secret {
		text = secretMark
	}
	return ` insert="after" ` + name + `="` + string(appendXML(nil, text, true, d.o.ASCII)) + `"`
}
