package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/go-crypt/crypt/algorithm/shacrypt"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// plainText is the statement that asks for a password instead of holding one:
// it stands wherever hashedText does, which then gets the hash. It is a matter of
// the prompt; no configuration contains it.
const (
	plainText  = "plain-text-password"
	hashedText = "encrypted-password"
)

const plainTextHelp = "Ask for the password, without showing it"

// The number of bytes a password may have (junos-syslog-audit: 6 to 128), and
// how often the hash is applied: what crypt(5) does when nothing is said.
const (
	shortestPassword = 6
	longestPassword  = 128
	passwordRounds   = 5000
)

// passwordAt returns the statement below n that holds a hashed password.
func passwordAt(n *schema.Node) *schema.Node {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.Children, func(c *schema.Node) bool { return c.Name == hashedText })
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
	return before, !slices.ContainsFunc(at.Children, func(c *schema.Node) bool { return strings.HasPrefix(c.Name, words[n].Text) })
}

// setPassword asks for a password twice and sets its hash.
func (s *Session) setPassword(ctx context.Context, c *call) error {
	password, err := s.o.Screen.Secret(ctx, "New password:")
	if err != nil {
		return noPassword(err)
	}
	again, err := s.o.Screen.Secret(ctx, "Retype new password:")
	switch {
	case err != nil:
		return noPassword(err)
	case password != again:
		//lint:ignore ST1005 the words are Junos', capital included
		return errors.New("Passwords are not equal; try again")
	case len(password) < shortestPassword:
		return errors.New("minimum password length is 6")
	case len(password) > longestPassword:
		return errors.New("maximum password length is 128")
	}
	hash, err := hashPassword(password)
	if err != nil {
		return err
	}
	path := c.path.Path.Append(configtree.Step{Node: passwordAt(c.path.Next.Node)})
	return s.apply(ctx, c, append(slices.Clone(c.path.Edits), configtree.Edit{Op: configtree.Set, Path: path, Value: hash}))
}

// noPassword is what is wrong when the input ends instead.
func noPassword(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("no password was given")
	}
	return err
}

// hashPassword returns the notation of crypt(5) for SHA-512, with a random salt.
func hashPassword(password string) (string, error) {
	h, err := shacrypt.New(shacrypt.WithSHA512(), shacrypt.WithRounds(passwordRounds))
	if err != nil {
		return "", err
	}
	digest, err := h.Hash(password)
	if err != nil {
		return "", err
	}
	return digest.Encode(), nil
}
