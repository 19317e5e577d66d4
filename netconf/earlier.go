package netconf

import (
	"context"

	"loggia/configtree/format"
)

// getRescue shows the rescue configuration: what `show system configuration
// rescue` is in the shell. An argument asks for its format.
func getRescue(_ context.Context, s *session, r *request) error {
	if !s.env.Class().Command("view", []string{"show", "system", "configuration", "rescue"}) {
		return s.refused(r.op.Tag)
	}
	t, m, err := s.env.Store.Rescue()
	if err != nil {
		return err
	}
	return s.earlier(r, "rescue-information", view{tree: s.visible(t), about: s.committed(m)})
}

// getRollback shows a committed configuration, or with compare how a newer one
// differs from it: `show system rollback`.
func getRollback(_ context.Context, s *session, r *request) error {
	if !s.env.Class().Command("view", []string{"show", "system", "rollback", text(child(r.op, "rollback"))}) {
		return s.refused(r.op.Tag)
	}
	if child(r.op, "rollback") == nil {
		return missingElement("rollback")
	}
	number, err := rollbackNumber(text(child(r.op, "rollback")))
	if err != nil {
		return err
	}
	if newer := child(r.op, "compare"); newer != nil {
		return s.compared(r, number, text(newer))
	}
	v, err := s.was(number)
	if err != nil {
		return err
	}
	return s.earlier(r, "rollback-information", v)
}

// compared shows how a newer configuration differs from rollback number.
func (s *session) compared(r *request, number int, newer string) error {
	other, err := rollbackNumber(newer)
	if err != nil {
		return err
	}
	from, _, err := s.env.Store.Rollback(number)
	if err != nil {
		return err
	}
	to, _, err := s.env.Store.Rollback(other)
	if err != nil {
		return err
	}
	r.say("<rollback-information>\n<configuration-information>\n<configuration-output>\n")
	err = s.difference(escaper{r}, from, to)
	r.say("</configuration-output>\n</configuration-information>\n</rollback-information>\n")
	return err
}

// earlier answers with a configuration within an element: as text unless another
// format is asked for.
func (s *session) earlier(r *request, element string, v view) error {
	name, ok := attribute(r.op, "format")
	if !ok {
		name = text(child(r.op, "format"))
	}
	syntax, known := map[string]format.Syntax{"": format.Text, "text": format.Text, "xml": format.XML, "json": format.JSON}[name]
	if !known {
		return badElement("format", "a format is text, xml or json")
	}
	o, err := s.options(v, syntax)
	if err != nil {
		return err
	}
	root := v.tree.Root()
	switch syntax {
	case format.JSON:
		return format.Write(escaper{r}, root, o)
	case format.XML:
		r.say("<" + element + ">\n")
		err = format.Write(r, root, o)
	default:
		r.say("<" + element + ">\n<configuration-information>\n<configuration-output>\n")
		err = format.Write(escaper{r}, root, o)
		r.say("</configuration-output>\n</configuration-information>\n")
	}
	r.say("</" + element + ">\n")
	return err
}
