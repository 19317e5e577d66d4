package cli

import (
	"context"
	"io"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/op"
)

// encodeVerbs are the pipes that show the answer of any command as programs read
// it; configuration has forms of its own, in display.go.
func encodeVerbs() []*verb {
	return []*verb{
		{Grammar: op.Grammar{Words: "display xml", Help: "Show the answer as XML", Params: []op.Param{rpcFlag()}}, encode: encodeXML},
		{Grammar: op.Grammar{Words: "display json", Help: "Show the answer as JSON"}, encode: encodeJSON},
	}
}

func rpcFlag() op.Param {
	return op.Param{Name: "rpc", Kind: op.Flag, Help: "Show the request that asks for the same instead"}
}

func encodeXML(s *Session, res op.Result) op.Result {
	if c, ok := res.(*comparison); ok {
		return deltaReply{s, c}
	}
	return xmlReply{s, res.Element()}
}

func encodeJSON(_ *Session, res op.Result) op.Result { return jsonReply(res.Element()) }

// xmlReply is the reply that an XML client would get (junos-cli §4.3).
type xmlReply struct {
	s       *Session
	element op.Element
}

// Element implements op.Result.
func (x xmlReply) Element() op.Element { return x.element }

// WriteText implements op.Result.
func (x xmlReply) WriteText(w io.Writer) error {
	around := x.s.replyAround()
	if _, err := io.WriteString(w, around[0]); err != nil {
		return err
	}
	if err := op.WriteXML(w, x.element, op.Layout{Indent: 4, Depth: 1}); err != nil {
		return err
	}
	_, err := io.WriteString(w, around[1])
	return err
}

// deltaReply is a comparison as elements that can be loaded. Clients that ask for the
// answer get it as they do without the pipe.
type deltaReply struct {
	s *Session
	c *comparison
}

// Element implements op.Result.
func (d deltaReply) Element() op.Element { return d.c.Element() }

// WriteText implements op.Result.
func (d deltaReply) WriteText(w io.Writer) error {
	around := d.s.replyAround()
	if _, err := io.WriteString(w, around[0]); err != nil {
		return err
	}
	if err := d.c.class.CompareXML(w, d.c.from, d.c.to, d.c.at, format.Options{Indent: 4}); err != nil {
		return err
	}
	_, err := io.WriteString(w, around[1])
	return err
}

// replyAround is what a reply is between.
func (s *Session) replyAround() [2]string {
	return [2]string{
		"<rpc-reply xmlns:junos=\"http://xml.juniper.net/junos/" + s.env.Product.Junos + "/junos\">\n",
		"    <cli>\n        <banner>" + s.banner() + "</banner>\n    </cli>\n</rpc-reply>\n",
	}
}

type jsonReply op.Element

// Element implements op.Result.
func (j jsonReply) Element() op.Element { return op.Element(j) }

// WriteText implements op.Result.
func (j jsonReply) WriteText(w io.Writer) error {
	return op.WriteJSON(w, op.Element(j), op.Layout{})
}

// asksForRPC reports whether the pipe wants the request instead of the answer.
func (c *call) asksForRPC() bool {
	return len(c.pipes) > 0 && c.pipes[0].verb.Words == "display xml" && c.pipes[0].args.Has("rpc")
}

// showRPC shows the request that asks for the same as the command.
func (s *Session) showRPC(ctx context.Context, c *call) error {
	rpc, ok := c.verb.Request(c.args)
	shown := op.Leaf("message", "xml rpc equivalent of this command is not available.")
	if ok {
		if c.given && len(c.path.Path) > 0 {
			rpc.Children = append(rpc.Children, op.Group("configuration", along(c.path.Path)))
		}
		shown = op.Group("rpc", rpc)
	}
	return s.pour(ctx, xmlReply{s, shown}, c.pipes[1:])
}

// along returns the elements that lead to a statement.
func along(p configtree.Path) op.Element {
	step := p[0]
	e := op.Element{Name: step.Node.Name}
	switch {
	case step.Key != "" && step.Node.Kind == schema.List:
		e.Children = append(e.Children, op.Leaf(step.Node.Key, step.Key))
	case step.Key != "":
		e.Text = step.Key
	}
	if len(p) > 1 {
		e.Children = append(e.Children, along(p[1:]))
	}
	return e
}

// Element implements op.Result.
func (c *configuration) Element() op.Element { return op.ConfigurationOutput(c) }

// Plain implements op.ConfigurationResult.
func (c *configuration) Plain() bool {
	return c.options.Syntax == format.Text && !c.options.Detail && c.options.MaxDepth == 0 && c.wrapper == [2]string{}
}

// WriteConfiguration implements op.ConfigurationResult.
func (c *configuration) WriteConfiguration(w io.Writer, syntax format.Syntax, about ...format.Attribute) error {
	x := *c
	x.options.Syntax, x.options.ASCII, x.options.Attributes, x.options.Header = syntax, true, append(about, c.about...), ""
	return x.WriteText(w)
}

// Element implements op.Result.
func (c *comparison) Element() op.Element { return op.ConfigurationOutput(c) }

// Element implements op.Result.
func (b *blamed) Element() op.Element { return op.ConfigurationOutput(b) }

// Element implements op.Result.
func (r support) Element() op.Element { return op.Output(r) }
