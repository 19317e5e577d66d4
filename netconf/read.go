package netconf

import (
	"context"
	"errors"
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
	tree     *configtree.Tree
	about    []format.Attribute
	filter   *etree.Element             // nil for everything
	holds    bool                       // what holds instead of what was typed: with groups, without what is inactive
	defaults func(configtree.Path) bool // with holds: and the defaults of what this lets pass; nil: without
	sources  format.Inheritance         // with holds: which group a statement is from
	since    *configtree.Tree           // what is not as it is there is marked; nil for no marks
}

// running is the configuration in force, with what is known of its commit.
func (s *session) running() view {
	r := s.env.Store.Running()
	return view{tree: s.visible(r.Tree), about: s.committed(r.Meta)}
}

// committed are the attributes of a configuration that was committed.
func (s *session) committed(m store.Meta) []format.Attribute {
	return []format.Attribute{
		{Name: "xmlns", Value: configNamespace},
		{Name: "junos:commit-seconds", Value: strconv.FormatInt(m.Time.Unix(), 10)},
		{Name: "junos:commit-localtime", Value: s.local(m)},
		{Name: "junos:commit-user", Value: m.User},
	}
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

// whole reports whether v shows everything.
func (v view) whole() bool { return v.filter == nil || len(v.filter.ChildElements()) == 0 }

// of is what v shows of a configuration, and what its statements are looked up in.
func (v view) of(t *configtree.Tree) (configtree.Node, format.Base, error) {
	from, base := t.Root(), format.Base(t)
	if v.holds {
		e := v.effective(t)
		from, base = e.Root(), e
	}
	if v.whole() {
		return from, base, nil
	}
	part, err := selected(from, v.filter)
	if err != nil {
		return from, nil, err
	}
	return part.Root(), part, nil
}

// effective is what holds of a configuration.
func (v view) effective(t *configtree.Tree) *configtree.Effective {
	e := t.Expand()
	if v.defaults != nil {
		e = e.WithDefaults(v.defaults)
	}
	return e
}

// options are how v is written in a syntax. The version begins the whole, and
// stands with a part when it is asked for.
func (s *session) options(v view, syntax format.Syntax) (o format.Options, err error) {
	o = format.Options{Syntax: syntax, ASCII: true, Mask: s.masks(), Inheritance: v.sources}
	if syntax == format.XML || syntax == format.JSON {
		o.Attributes = v.about
	}
	if v.whole() || child(v.filter, "version") != nil {
		o.Version = s.env.Product.Junos
	}
	if v.sources != format.Untold && !v.whole() {
		o.Origin = v.effective(v.tree) // what was selected does not know it
	}
	if v.since != nil {
		_, o.Since, err = v.of(v.since)
	}
	return o, err
}

// filterOf returns the filter of a request: the element <configuration> in e,
// nil if there is none.
func (r *request) filterOf(e *etree.Element) (*etree.Element, error) {
	c := child(e, "configuration")
	if c == nil {
		return nil, nil
	}
	m, err := parse(r.raw[c], r.loan)
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
	if !s.maySee(r, source == candidateStore) {
		return s.refused(r.op.Tag)
	}
	return s.data(r, v, func(*etree.Element) error { return nil })
}

// get shows what is in force, and the state of this server (RFC 6241, 7.7).
func get(_ context.Context, s *session, r *request) error {
	v := s.running()
	if !s.maySee(r, false) {
		v.tree = configtree.New(v.tree.Schema())
	}
	return s.data(r, v, func(filter *etree.Element) error {
		part, asks := asksForState(filter)
		if !asks {
			return nil
		}
		state, found := pick(s.state(), part)
		if !found {
			return nil
		}
		return op.WriteXML(r, state, op.Layout{ASCII: true})
	})
}

// data answers with a configuration, and what else there is, inside of <data>.
func (s *session) data(r *request, v view, more func(filter *etree.Element) error) error {
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
			r.open("data")
			err := more(filter)
			r.shut("data")
			return err
		}
	}
	n, _, err := v.of(v.tree)
	if err != nil {
		return err
	}
	o, err := s.options(v, format.XML)
	if err != nil {
		return err
	}
	r.open("data")
	if !n.Empty() || o.Version != "" {
		err = format.Write(r, n, o)
	}
	err = errors.Join(err, more(filter))
	r.shut("data")
	return err
}

// getConfiguration shows the candidate, the configuration in force, one that was,
// or how the candidate differs from that.
func getConfiguration(_ context.Context, s *session, r *request) error {
	if !s.maySee(r, asksCandidate(r)) {
		return s.refused(r.op.Tag)
	}
	if _, ok := attribute(r.op, "compare"); ok {
		return s.compare(r)
	}
	v, err := s.database(r)
	if err != nil {
		return err
	}
	if inherit, ok := attribute(r.op, "inherit"); ok && inherit != "" {
		v.holds = true
		if inherit == "defaults" {
			v.defaults = func(p configtree.Path) bool { return s.env.Class().MaySee(p, "") }
		}
		if groups, ok := attribute(r.op, "groups"); ok && groups != "" {
			v.sources = format.Brief
		}
	}
	if v.filter, err = r.filterOf(r.op); err != nil {
		return err
	}
	return s.formatted(r, v)
}

// asksCandidate reports whether get-configuration asks for what the candidate is, or for how it differs.
func asksCandidate(r *request) bool {
	database, _ := attribute(r.op, "database")
	_, back := attribute(r.op, "rollback")
	_, differs := attribute(r.op, "compare")
	return differs || !back && database != "committed"
}

// database is what get-configuration asks for.
func (s *session) database(r *request) (v view, err error) {
	before := 0 // what the changes are against
	database, _ := attribute(r.op, "database")
	number, back := attribute(r.op, "rollback")
	switch {
	case back:
		if before, err = rollbackNumber(number); err != nil {
			return v, err
		}
		if !s.env.Class().Command("", []string{"show", "system", "rollback", strconv.Itoa(before)}) {
			return v, s.refused(r.op.Tag)
		}
		if v, err = s.was(before); err != nil {
			return v, err
		}
		before++
	case database == "" || database == candidateStore:
		v = s.edited()
	case database == "committed":
		v, before = s.running(), 1
	default:
		return v, badAttribute(r.op.Tag, "database", "a database is candidate or committed")
	}
	if changed, ok := attribute(r.op, "changed"); ok && changed != "" {
		if v.since, _, err = s.env.Store.Rollback(before); err != nil {
			return v, err
		}
		v.since = s.visible(v.since)
	}
	return v, nil
}

// was is an earlier configuration.
func (s *session) was(number int) (view, error) {
	t, m, err := s.env.Store.Rollback(number)
	if err != nil {
		return view{}, err
	}
	return view{tree: s.visible(t), about: s.committed(m)}, nil
}

// formatted answers with a configuration in the format that the request asks
// for. What is not there is no answer at all.
func (s *session) formatted(r *request, v view) error {
	name, ok := attribute(r.op, "format")
	if !ok {
		name = text(child(r.op, "format"))
	}
	syntax, known := map[string]format.Syntax{"": format.XML, "xml": format.XML, "xml-minified": format.XML, "json": format.JSON, "json-minified": format.JSON,
		"text": format.Text, "set": format.SetLines}[name]
	if !known {
		return badAttribute(r.op.Tag, "format", "a format is text, set, xml or json")
	}
	n, _, err := v.of(v.tree)
	if err != nil {
		return err
	}
	o, err := s.options(v, syntax)
	if err != nil || n.Empty() && o.Version == "" {
		return err
	}
	o.Minified = strings.HasSuffix(name, "-minified")
	switch syntax {
	case format.XML:
		return format.Write(r, n, o)
	case format.JSON: // bare, without an element around it
		return format.Write(escaper{r}, n, o)
	}
	element := "configuration-" + name
	r.say("<" + element + " xmlns=\"" + configNamespace + "\">\n")
	err = format.Write(escaper{r}, n, o)
	r.say("</" + element + ">\n")
	return err
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
	switch name, _ := attribute(r.op, "format"); name {
	case "", "text":
	case "xml":
		return s.delta(r, from, s.candidate().Tree())
	default:
		return badAttribute(r.op.Tag, "format", "a comparison is text or xml")
	}
	r.say("<configuration-information>\n<configuration-output>\n")
	err = s.difference(escaper{r}, from, s.candidate().Tree())
	r.say("</configuration-output>\n</configuration-information>\n")
	return err
}

// delta shows how two configurations differ as elements that make the one of the other when they are
// merged. Without a difference the element <configuration> is empty.
func (s *session) delta(r *request, from, to *configtree.Tree) error {
	class := s.env.Class()
	if class.View(from).Equal(class.View(to)) {
		r.say("<configuration/>\n")
		return nil
	}
	return class.CompareXML(r, from, to, nil, format.Options{ASCII: true})
}

func rollbackNumber(value string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 || n > store.MaxRollbacks {
		return 0, badValue("rollback", fmt.Sprintf("a rollback is a number from 0 to %d", store.MaxRollbacks))
	}
	return n, nil
}
