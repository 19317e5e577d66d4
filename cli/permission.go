package cli

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// What a session may do follows from the permission flags of its login class
// (junos-cli §10). What it may not do does not exist for it: neither ? nor
// completion offers it, and typing it is an error like any wrong word.

// errDenied is what is left to say where nothing was typed that could be called
// wrong: in a loaded file, or about what lies below a statement.
var errDenied = errors.New("permission denied")

// maskedSecret stands for a secret in records, in history, and on the screen of
// a class without the flag secret.
const maskedSecret = "/* SECRET-DATA */"

// may reports whether the class has a permission flag. A flag with -control
// includes the one without.
func (s *Session) may(flag string) bool {
	return flag == "" || s.perms["all"] || s.perms[flag] || s.perms[flag+"-control"] ||
		strings.HasSuffix(flag, "-control") && (s.perms["control"] || s.perms["all-control"])
}

// flagOf is the permission flag of a statement: its own, or the nearest above.
func flagOf(n *schema.Node) string {
	for ; n != nil; n = n.Parent {
		if n.Permission != "" {
			return n.Permission
		}
	}
	return ""
}

// sees reports whether the class may see a statement.
func (s *Session) sees(n *schema.Node) bool {
	flag := flagOf(n)
	return s.perms["view-configuration"] || s.may("all") || flag != "" && s.may(flag)
}

// changes reports whether the class may change a statement.
func (s *Session) changes(n *schema.Node) bool {
	flag := flagOf(n)
	return s.may("all") || flag == "" && s.may("configure") || flag != "" && s.may(flag+"-control")
}

// leads reports whether allowed holds for n or for anything below it: a level
// may be entered on the way to what is allowed.
func leads(n *schema.Node, allowed func(*schema.Node) bool) bool {
	return allowed(n) || slices.ContainsFunc(n.Children, func(c *schema.Node) bool { return leads(c, allowed) })
}

// visible is what the class may see of a tree.
func (s *Session) visible(t *configtree.Tree) *configtree.Tree {
	if s.perms["view-configuration"] || s.may("all") {
		return t
	}
	b := t.Batch()
	for p := range hidden(t.Root(), s.sees) {
		if b.Apply(configtree.Edit{Op: configtree.Delete, Path: p}) != nil {
			return configtree.New(t.Schema()) // rather nothing than too much
		}
	}
	return b.Tree()
}

// hidden yields the topmost statements below n that are not allowed and lead to
// nothing that is.
func hidden(n configtree.Node, allowed func(*schema.Node) bool) iter.Seq[configtree.Path] {
	return func(yield func(configtree.Path) bool) { eachHidden(n, allowed, yield) }
}

func eachHidden(n configtree.Node, allowed func(*schema.Node) bool, yield func(configtree.Path) bool) bool {
	for c := range n.Children() {
		if !leads(c.Schema(), allowed) {
			if !yield(c.Path()) {
				return false
			}
			continue
		}
		if !eachHidden(c, allowed, yield) {
			return false
		}
	}
	return true
}

// mayEdit returns an error when the class may not make an edit of the tree: of
// what takes statements away, when one of them is not the class's to change.
func (s *Session) mayEdit(t *configtree.Tree, e configtree.Edit) error {
	if s.may("all") {
		return nil
	}
	if n := e.Path.Last().Node; n != nil && !leads(n, s.changes) {
		return s.denied(e.Path)
	}
	switch e.Op {
	case configtree.Set, configtree.Annotate, configtree.Find:
	default: // concerns all that is below as well
		at, ok := t.Root(), true
		if len(e.Path) > 0 {
			at, ok = t.At(e.Path)
		}
		if ok {
			for range hidden(at, s.changes) {
				return s.denied(e.Path)
			}
		}
	}
	return nil
}

// mayBecome returns an error when the class may not make to out of from.
func (s *Session) mayBecome(from, to *configtree.Tree) error {
	if s.may("all") {
		return nil
	}
	for _, c := range configtree.Diff(from, to) {
		if !s.changes(c.Path.Last().Node) {
			return s.denied(c.Path)
		}
	}
	return nil
}

// denied names the statement if the user may know of it.
func (s *Session) denied(p configtree.Path) error {
	if n := p.Last().Node; n == nil || !leads(n, s.sees) {
		return errDenied
	}
	return fmt.Errorf("%w: %s", errDenied, p)
}

// allowedOnly replaces edits that the class may not make by problems.
func (s *Session) allowedOnly(t *configtree.Tree, edits iter.Seq2[configtree.Edit, *configtree.Problem]) iter.Seq2[configtree.Edit, *configtree.Problem] {
	if s.may("all") {
		return edits
	}
	return func(yield func(configtree.Edit, *configtree.Problem) bool) {
		for e, p := range edits {
			if p == nil && s.mayEdit(t, e) != nil {
				p = &configtree.Problem{Path: e.Path, Err: errDenied, Token: e.Path.Last().Node.Name,
					Kind: configtree.Unknown, File: e.File, Line: e.Line, Col: e.Col}
				e = configtree.Edit{}
			}
			if !yield(e, p) {
				return
			}
		}
	}
}

// masked is a tree whose secrets are hidden, for a comparison. A secret that is
// another than in base is marked as such; base may be nil.
func masked(t, base *configtree.Tree) *configtree.Tree {
	b := t.Batch()
	for n := range secrets(t.Root()) {
		value := maskedSecret
		if base != nil {
			if old, ok := base.At(n.Path()); ok && old.Value() != n.Value() {
				value = "/* SECRET-DATA, changed */"
			}
		}
		if b.Apply(configtree.Edit{Op: configtree.Set, Path: n.Path(), Value: value}) != nil {
			return configtree.New(t.Schema())
		}
	}
	return b.Tree()
}

// secrets yields the secret leaves below n.
func secrets(n configtree.Node) iter.Seq[configtree.Node] {
	return func(yield func(configtree.Node) bool) { eachSecret(n, yield) }
}

func eachSecret(n configtree.Node, yield func(configtree.Node) bool) bool {
	for c := range n.Children() {
		if c.Schema().Secret && c.Schema().Kind == schema.Leaf && !yield(c) || !eachSecret(c, yield) {
			return false
		}
	}
	return true
}
