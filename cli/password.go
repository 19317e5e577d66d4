package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/password"
	"loggia/configtree/schema"
	"loggia/configtree/store"
)

// plainText is the statement that asks for a password instead of holding one:
// it stands wherever a hash does, which the store makes of the answer. It is a
// matter of the prompt; no configuration contains it.
const plainText = "plain-text-password"

const plainTextHelp = "Ask for the password, without showing it"

// passwordAt returns the statement below n that takes a password in plain text.
func passwordAt(n *schema.Node) *schema.Node {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.Children, func(c *schema.Node) bool { return c.Name == password.PlainStatement })
	if i < 0 {
		return nil
	}
	return n.Children[i]
}

// asksPassword reports whether words end in plain-text-password, and what leads
// there. The word may be shortened where that is clear.
func (w *walk) asksPassword(words []configtree.Word) (before configtree.Resolution, asks bool) {
	n := len(words) - 1
	if w.verb.edit != configtree.Set || w.verb.ranges || n < 0 || words[n].Quoted || words[n].Text == "" || !strings.HasPrefix(plainText, words[n].Text) {
		return before, false
	}
	before, p := configtree.Resolve(w.s.schema(), w.verb.edit, w.level, words[:n])
	at := before.Next.Node
	if p != nil && p.Kind != configtree.Missing || before.Next.Want != schema.WantStatement || passwordAt(at) == nil {
		return before, false
	}
	return before, !slices.ContainsFunc(at.Children, func(c *schema.Node) bool { return !c.Unkept && strings.HasPrefix(c.Name, words[n].Text) })
}

// setPassword asks for a password twice and sets its hash.
func (s *Session) setPassword(ctx context.Context, c *call) error {
	plain, err := s.o.Screen.Secret(ctx, "New password:")
	if err != nil {
		return noPassword(err)
	}
	again, err := s.o.Screen.Secret(ctx, "Retype new password:")
	switch {
	case err != nil:
		return noPassword(err)
	case plain != again:
		//lint:ignore ST1005 the words are Junos', capital included
		return errors.New("Passwords are not equal; try again")
	}
	path := c.path.Path.Append(configtree.Step{Node: passwordAt(c.path.Next.Node)})
	err = s.apply(ctx, c, append(slices.Clone(c.path.Edits), configtree.Edit{Op: configtree.Set, Path: path, Value: plain}))
	var problems store.Problems
	if errors.As(err, &problems) && len(problems) == 1 && problems[0].Path.Last().Node == passwordAt(c.path.Next.Node) {
		return problems[0].Err // the statement is the one that asked
	}
	return err
}

// noPassword is what is wrong when the input ends instead.
func noPassword(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("no password was given")
	}
	return err
}
