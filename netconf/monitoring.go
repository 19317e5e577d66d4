package netconf

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beevik/etree"

	"loggia/configtree/schema"
	"loggia/op"
)

// monitoringNamespace is that of RFC 6022.
const monitoringNamespace = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"

// getSchema answers with the text of a YANG module (RFC 6022, 3.1). There is one
// version of each.
func getSchema(_ context.Context, _ *session, r *request) error {
	id := child(r.op, "identifier")
	if id == nil {
		return missingElement("identifier")
	}
	if f := text(child(r.op, "format")); f != "" && f[strings.LastIndexByte(f, ':')+1:] != "yang" {
		return badValue("format", "schemas are here as yang")
	}
	version := text(child(r.op, "version"))
	for _, m := range schema.Modules() {
		if m.Name == text(id) && (version == "" || version == m.Revision) {
			r.say("<data xmlns=\"" + monitoringNamespace + "\">\n" + Escape(m.Text) + "</data>\n")
			return nil
		}
	}
	return badValue("identifier", "there is no such schema")
}

// state is what RFC 6022 tells of this server.
func (s *session) state() op.Element {
	return op.Group("netconf-state", s.announced(), s.datastores(), schemas(), s.sessions()).With("xmlns", monitoringNamespace)
}

func (s *session) announced() op.Element {
	e := op.Element{Name: "capabilities"}
	for _, c := range s.capabilities() {
		e.Children = append(e.Children, op.Leaf("capability", c))
	}
	return e
}

// datastores tells which there are, and who has locked them: a lock of one keeps
// others from both.
func (s *session) datastores() op.Element {
	e := op.Element{Name: "datastores"}
	for _, name := range []string{candidateStore, runningStore} {
		d := op.Group("datastore", op.Leaf("name", name))
		for _, h := range s.env.Store.Holders() {
			if !h.Exclusive {
				continue
			}
			id := 0
			if h.By.Client == client {
				id = h.By.PID
			}
			d.Children = append(d.Children, op.Group("locks", op.Group("global-lock", op.Leaf("locked-by-session", fmt.Sprint(id)),
				op.Leaf("locked-time", h.Since.UTC().Format("2006-01-02T15:04:05Z")))))
		}
		e.Children = append(e.Children, d)
	}
	return e
}

func schemas() op.Element {
	e := op.Element{Name: "schemas"}
	for _, m := range schema.Modules() {
		e.Children = append(e.Children, op.Group("schema", op.Leaf("identifier", m.Name), op.Leaf("version", m.Revision), op.Leaf("format", "yang"),
			op.Leaf("namespace", m.Namespace), op.Leaf("location", "NETCONF")))
	}
	return e
}

// sessions tells of those of NETCONF, to those who may see who is logged in.
func (s *session) sessions() op.Element {
	e := op.Element{Name: "sessions"}
	if !s.env.Class().Command("view", []string{"show", "system", "users"}) {
		return e
	}
	list := s.env.Sessions()
	slices.SortFunc(list, func(a, b op.Session) int { return a.PID - b.PID })
	for _, o := range list {
		if o.Client != client {
			continue
		}
		one := op.Group("session", op.Leaf("session-id", fmt.Sprint(o.PID)), op.Leaf("transport", "netconf-ssh"), op.Leaf("username", o.User))
		if host, _, _ := strings.Cut(o.Remote, " "); host != "" {
			one.Children = append(one.Children, op.Leaf("source-host", host))
		}
		one.Children = append(one.Children, op.Leaf("login-time", o.Since.UTC().Format("2006-01-02T15:04:05Z")))
		e.Children = append(e.Children, one)
	}
	return e
}

// asksForState reports whether a filter wants the state too, and what of it: no
// filter wants all.
func asksForState(filter *etree.Element) (part *etree.Element, asks bool) {
	if filter == nil {
		return nil, true
	}
	part = child(filter, "netconf-state")
	return part, part != nil
}

// pick leaves of e what a filter selects (RFC 6241, 6); false when that is nothing.
func pick(e op.Element, f *etree.Element) (op.Element, bool) {
	if f == nil || len(f.ChildElements()) == 0 {
		if want := textOf(f); want != "" {
			return e, e.Text == want
		}
		return e, true
	}
	wanted := f.ChildElements()
	matches := 0
	for _, w := range wanted {
		want := text(w)
		if want == "" || len(w.ChildElements()) > 0 {
			continue
		}
		if !slices.ContainsFunc(e.Children, func(c op.Element) bool { return c.Name == w.Tag && c.Text == want }) {
			return e, false
		}
		matches++
	}
	if matches == len(wanted) {
		return e, true
	}
	out := op.Element{Name: e.Name, Attributes: e.Attributes}
	for _, c := range e.Children {
		for _, w := range wanted {
			if c.Name != w.Tag {
				continue
			}
			if part, ok := pick(c, w); ok {
				out.Children = append(out.Children, part)
				break
			}
		}
	}
	return out, len(out.Children) > 0
}

func textOf(e *etree.Element) string {
	if e == nil {
		return ""
	}
	return text(e)
}
