package netconf

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
	"loggia/op"
)

// configNamespace is that of <configuration> in Junos' replies.
const configNamespace = "http://xml.juniper.net/xnm/1.1/xnm"

// view is a configuration about to be shown.
type view struct {
	tree   *configtree.Tree
	about  []format.Attribute
	filter *etree.Element // nil for everything
	holds  bool           // what holds instead of what was typed: with groups, without what is inactive
}

// running is the configuration in force, with what is known of its commit.
func (s *session) running() view {
	r := s.env.Store.Running()
	return view{tree: s.visible(r.Tree), about: []format.Attribute{
		{Name: "xmlns", Value: configNamespace},
		{Name: "junos:commit-seconds", Value: strconv.FormatInt(r.Meta.Time.Unix(), 10)},
		{Name: "junos:commit-localtime", Value: s.local(r.Meta)},
		{Name: "junos:commit-user", Value: r.Meta.User},
	}}
}

func (s *session) local(m store.Meta) string { return op.Stamp(m.Time.In(s.env.Now().Location())) }

// edited is the candidate; unless it differs it is the configuration in force.
func (s *session) edited() view {
	c := s.candidate()
	if !c.Dirty() {
		return s.running()
	}
	now := s.env.Now()
	return view{tree: s.visible(c.Tree()), about: []format.Attribute{
		{Name: "xmlns", Value: configNamespace},
		{Name: "junos:changed-seconds", Value: strconv.FormatInt(now.Unix(), 10)},
		{Name: "junos:changed-localtime", Value: op.Stamp(now)},
	}}
}

// root is what v shows: of the whole what the filter selects. found is false
// when that is nothing.
func (v view) root() (n configtree.Node, found bool, err error) {
	n = v.tree.Root()
	if v.holds {
		n = v.tree.Expand().Root()
	}
	if v.filter != nil && len(v.filter.ChildElements()) > 0 {
		t, err := selected(n, v.filter)
		if err != nil {
			return n, false, err
		}
		n = t.Root()
	}
	return n, !n.Empty(), nil
}

// filterOf returns the filter of a request: the element <configuration> in e,
// nil if there is none.
func (r *request) filterOf(e *etree.Element) (*etree.Element, error) {
	c := child(e, "configuration")
	if c == nil {
		return nil, nil
	}
	m, err := parse(r.raw[c])
	if err != nil {
		return nil, err
	}
	return m.root, nil
}

// getConfig shows a datastore (RFC 6241, 7.1).
func getConfig(_ context.Context, s *session, r *request) error {
	source, err := datastore(r.op, "source")
	if err != nil {
		return err
	}
	v := s.running()
	if source == candidateStore {
		v = s.edited()
	}
	return s.data(r, v)
}

// get shows what is in force; there is no state beside it (RFC 6241, 7.7).
func get(_ context.Context, s *session, r *request) error { return s.data(r, s.running()) }

// data answers with a configuration inside of <data>.
func (s *session) data(r *request, v view) error {
	filter := child(r.op, "filter")
	if filter != nil {
		if kind, ok := attribute(filter, "type"); ok && kind != "subtree" {
			return badAttribute("filter", "type", "filters are subtrees; xpath is not supported")
		}
		var err error
		if v.filter, err = r.filterOf(filter); err != nil {
			return err
		}
		if v.filter == nil { // a filter that selects nothing of a configuration
			r.say("<data>\n</data>\n")
			return nil
		}
	}
	n, found, err := v.root()
	if err != nil {
		return err
	}
	r.say("<data>\n")
	if found {
		err = s.write(r, n, format.XML, v.about)
	}
	r.say("</data>\n")
	return err
}

// write writes a configuration as XML.
func (s *session) write(out io.Writer, n configtree.Node, syntax format.Syntax, about []format.Attribute) error {
	return format.Write(out, n, format.Options{Syntax: syntax, Attributes: about, ASCII: true, Mask: s.masks()})
}

// getConfiguration shows the candidate, the configuration in force, or how the
// candidate differs from one that was.
func getConfiguration(_ context.Context, s *session, r *request) error {
	if _, ok := attribute(r.op, "compare"); ok {
		return s.compare(r)
	}
	v := s.edited()
	switch database, _ := attribute(r.op, "database"); database {
	case "", candidateStore:
	case "committed":
		v = s.running()
	default:
		return badAttribute(r.op.Tag, "database", "a database is candidate or committed")
	}
	inherit, ok := attribute(r.op, "inherit")
	v.holds = ok && inherit != ""
	var err error
	if v.filter, err = r.filterOf(r.op); err != nil {
		return err
	}
	n, found, err := v.root()
	if err != nil || !found {
		return err
	}
	return s.formatted(r, n, v.about)
}

// formatted writes a configuration in the format that the request asks for.
func (s *session) formatted(r *request, n configtree.Node, about []format.Attribute) error {
	name, _ := attribute(r.op, "format")
	switch name {
	case "", "xml":
		return s.write(r, n, format.XML, about)
	case "xml-minified", "json-minified":
		syntax := format.XML
		if name == "json-minified" {
			syntax = format.JSON
		}
		return s.minified(r, n, syntax, about)
	case "json": // bare, without an element around it
		return s.escaped(r, n, format.JSON, about)
	case "text", "set":
		element, syntax := "configuration-text", format.Text
		if name == "set" {
			element, syntax = "configuration-set", format.SetLines
		}
		r.say("<" + element + " xmlns=\"" + configNamespace + "\">\n")
		err := s.escaped(r, n, syntax, nil)
		r.say("</" + element + ">\n")
		return err
	}
	return badAttribute(r.op.Tag, "format", "a format is text, set, xml or json")
}

func (s *session) minified(r *request, n configtree.Node, syntax format.Syntax, about []format.Attribute) error {
	o := format.Options{Syntax: syntax, Attributes: about, ASCII: true, Minified: true, Mask: s.masks()}
	if syntax == format.XML {
		return format.Write(r, n, o)
	}
	return format.Write(escaper{r}, n, o)
}

// escaped writes a configuration as text of the element around it.
func (s *session) escaped(r *request, n configtree.Node, syntax format.Syntax, about []format.Attribute) error {
	return s.write(escaper{r}, n, syntax, about)
}

// escaper makes what is written through it text of an element. Writers of
// package format end their writes between characters.
type escaper struct{ to io.Writer }

func (e escaper) Write(b []byte) (int, error) {
	if _, err := io.WriteString(e.to, Escape(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// compare shows how the candidate differs from an earlier configuration, as
// `show | compare` prints it. Without a difference it is one line end, which
// clients tell from nothing at all.
func (s *session) compare(r *request) error {
	if how, _ := attribute(r.op, "compare"); how != "rollback" {
		return badAttribute(r.op.Tag, "compare", "the candidate is compared with a rollback")
	}
	number := 0
	if value, ok := attribute(r.op, "rollback"); ok {
		var err error
		if number, err = rollbackNumber(value); err != nil {
			return err
		}
	}
	from, _, err := s.env.Store.Rollback(number)
	if err != nil {
		return err
	}
	if name, _ := attribute(r.op, "format"); name != "" && name != "text" && name != "xml" {
		return badAttribute(r.op.Tag, "format", "a comparison is text")
	}
	r.say("<configuration-information>\n<configuration-output>\n")
	err = s.difference(escaper{r}, from, s.candidate().Tree())
	r.say("</configuration-output>\n</configuration-information>\n")
	return err
}

func rollbackNumber(value string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 || n > store.MaxRollbacks {
		return 0, badValue("rollback", fmt.Sprintf("a rollback is a number from 0 to %d", store.MaxRollbacks))
	}
	return n, nil
}
