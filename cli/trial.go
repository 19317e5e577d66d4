package cli

import (
	"bufio"
	"context"
	"errors"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
)

// testConfiguration checks a whole configuration as a commit would, what only
// the machine knows included, and changes nothing.
func testConfiguration(ctx context.Context, s *Session, c *call) error {
	name := c.args["filename"]
	in, err := s.loadSource(ctx, name)
	if err != nil {
		return err
	}
	limited := unmarked(&limitedReader{ctx: ctx, r: in, left: maxLoad})
	empty := configtree.New(s.schema())
	batch := empty.Batch()
	var wrong store.FirstProblems
	for e, p := range format.ReadOnto(limited, name, nil, trialSyntax(limited), empty) {
		if p == nil {
			errors.As(batch.Apply(e), &p)
		}
		if p != nil {
			wrong.Add(p)
		}
	}
	report, fatal, err := reports(wrong.List)
	if err = errors.Join(err, in.Close()); err != nil {
		return err
	}
	if fatal > 0 {
		return printed(report + "error: configuration syntax error")
	}
	c.say(report)
	found, err := s.env.Store.Try(ctx, batch.Tree())
	if err != nil {
		return err
	}
	c.say(blocks(found) + "configuration check succeeds\n")
	return nil
}

// trialSyntax is the syntax of a configuration in any form but a patch.
func trialSyntax(in *bufio.Reader) format.Syntax {
	const enough = 512
	head, _ := in.Peek(enough) // what is wrong comes again when it is read
	if s := format.Detect(head); s != format.Patch {
		return s
	}
	return format.Text
}
