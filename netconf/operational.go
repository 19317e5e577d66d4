package netconf

import (
	"context"
	"errors"
	"strings"

	"github.com/beevik/etree"

	"loggia/audit/event"
	"loggia/configtree/format"
	"loggia/configtree/store"
	"loggia/op"
)

// operational answers an RPC that is an operational command.
func (s *session) operational(ctx context.Context, r *request) error {
	name := r.op.Tag
	c, args, err := op.ResolveRPC(element(r.op))
	s.record(event.NetconfCommand{Username: s.env.Caller.User, Command: said(r.op)})
	var bad *op.ArgumentError
	switch {
	case errors.As(err, &bad):
		return &rpcError{bad: bad.Element, message: bad.Error()}
	case err != nil:
		return &rpcError{tag: "operation-not-supported", bad: name, message: "syntax error, expecting <rpc> or </rpc>"}
	case !s.mayRun(c, args):
		return s.refused(name)
	}
	result, err := c.Run(ctx, s.env, args)
	if name == "request-delete-rescue-configuration" && errors.Is(err, store.ErrNoRescue) {
		err = nil // programs want it gone, and it is
	}
	if op.Changes(c.Permission) {
		s.recordFailure(said(r.op), err)
	}
	switch {
	case errors.As(err, &bad):
		return &rpcError{bad: bad.Element, message: bad.Error()}
	case err != nil:
		return err
	case result == nil: // done, and nothing to tell
		r.ok()
		return nil
	}
	how, _ := attribute(r.op, "format")
	if how == "" {
		how = text(child(r.op, "format")) // as get-rescue-information has it
	}
	return s.answerWith(r, result, how)
}

// maxSaid bounds what a record repeats of an RPC, in bytes.
const maxSaid = 256

// said is an RPC on one line: its name, and its arguments.
func said(e *etree.Element) string {
	line := e.Tag
	for _, c := range e.ChildElements() {
		line += " " + c.Tag
		if value := text(c); value != "" {
			line += " " + format.Quote(value)
		}
	}
	if len(line) > maxSaid {
		line = strings.ToValidUTF8(line[:maxSaid], "") + "..."
	}
	return line
}

// element is e as package op takes it. The format is no argument.
func element(e *etree.Element) op.Element {
	out := op.Element{Name: e.Tag, Text: whole(e)}
	for _, c := range e.ChildElements() {
		if c.Tag != "format" {
			out.Children = append(out.Children, element(c))
		}
	}
	return out
}

// answerWith writes the result of a command. JSON stands bare under <rpc-reply>.
func (s *session) answerWith(r *request, result op.Result, how string) error {
	switch how {
	case "", "xml":
		return op.WriteXML(r, result.Element(), op.Layout{ASCII: true})
	case "text":
		e := op.Output(result)
		if shown := result.Element(); shown.Name == "configuration-information" {
			e = shown
		}
		return op.WriteXML(r, e, op.Layout{ASCII: true})
	case "json":
		return op.WriteJSON(escaper{r}, result.Element(), op.Layout{Indent: 4, ASCII: true})
	}
	return badAttribute(r.op.Tag, "format", "a format is text, xml or json")
}

// command runs a line of the shell.
func command(ctx context.Context, s *session, r *request) error {
	how, _ := attribute(r.op, "format")
	switch how {
	case "", "xml", "text", "json", "set": // set is for configuration
	default:
		return badAttribute(r.op.Tag, "format", "a format is text, xml, json or set")
	}
	return s.o.Command(ctx, text(r.op), func(_ context.Context, res op.Result) error {
		if c, ok := res.(op.ConfigurationResult); ok && how != "text" && c.Plain() {
			switch how {
			case "json":
				return c.WriteConfiguration(escaper{r}, format.JSON)
			case "set":
				r.say("<configuration-set xmlns=\"" + configNamespace + "\">\n")
				err := c.WriteConfiguration(escaper{r}, format.SetLines)
				r.say("</configuration-set>\n")
				return err
			}
			return c.WriteConfiguration(r, format.XML, format.Attribute{Name: "xmlns", Value: configNamespace})
		}
		return s.answerWith(r, res, how)
	})
}
