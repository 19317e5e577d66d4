package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/store"
	"loggia/op"
)

// What a session may do follows from its login class (package op decides). What
// it may not do does not exist for it: neither ? nor completion offers it, and
// typing it is an error like any wrong word.

// errDenied is what is left to say where nothing was typed that could be called
// wrong: in a loaded file, or about what lies below a statement.
var errDenied = errors.New("permission denied")

// maskedSecret stands for a secret in records and in history.
const maskedSecret = configtree.SecretMark

// flagConfigure is the permission to be in configuration mode.
const flagConfigure = "configure"

// refresh takes over what a commit made of the class meanwhile. What the class
// may no longer follow is followed no longer.
func (s *Session) refresh() {
	class := s.env.Class()
	if class == s.class {
		return
	}
	s.class = class
	for name := range s.monitors.byName {
		if !class.Command(monitorFlag, []string{"monitor", "start", name}) {
			s.monitors.stopAll()
			return
		}
	}
}

// may reports whether the class has a permission flag.
func (s *Session) may(flag string) bool { return s.class.May(flag) }

// sees reports whether the class may see a statement, or what may stand below it.
func (s *Session) sees(p configtree.Path, value string) bool { return s.class.MaySee(p, value) }

// changes is sees for changing.
func (s *Session) changes(p configtree.Path, value string) bool { return s.class.MayChange(p, value) }

// permits reports whether the class may run a command, of which words are all.
func (s *Session) permits(v *verb, words []string) bool {
	if v.configures && !s.mayConfigure() {
		return false
	}
	return v.editing || v.always || s.class.Command(v.flag(words), words)
}

// leadsTo reports whether the class may run a command that begins with words.
func (s *Session) leadsTo(v *verb, words []string) bool {
	if v.configures && !s.mayConfigure() {
		return false
	}
	return v.editing || v.always || s.class.MayCommand(v.flag(words), words)
}

// mayConfigure reports whether the class may be in configuration mode: whether it may enter it the way
// that the session did. `edit` enters it as `configure` does.
func (s *Session) mayConfigure() bool {
	entry := []string{flagConfigure}
	switch {
	case s.mode == nil:
	case s.mode.lock != nil:
		entry = append(entry, "exclusive")
	case s.mode.candidate.Private():
		entry = append(entry, "private")
	}
	return s.class.Command(flagConfigure, entry)
}

// flag is the permission flag that a command needs with its arguments.
func (v *verb) flag(words []string) string {
	if v.needs != nil {
		return v.needs(words)
	}
	return v.Permission
}

// reachable reports whether the class may run a command at or below n, behind
// the words before it.
func (s *Session) reachable(n *node, before []string) bool {
	words := append(slices.Clip(before), n.word)
	return n.verb != nil && s.leadsTo(n.verb, words) ||
		slices.ContainsFunc(n.children, func(c *node) bool { return s.reachable(c, words) })
}

// guarded is a context in which no command changes what the class may not.
func (s *Session) guarded(ctx context.Context) context.Context {
	if s.class.ChangesAll() {
		return ctx
	}
	return store.WithGuard(ctx, func(from, to *configtree.Tree, changes []configtree.Change) error {
		if p, refused := s.class.Refuses(from, to, changes); refused {
			return s.denied(p)
		}
		return nil
	})
}

// denied records that the class may not change a statement, and names it if the
// user may know of it.
func (s *Session) denied(p configtree.Path) error {
	s.record(event.ChangeRefused{Username: s.env.Caller.User, Path: p.Masked()})
	if !s.class.MaySee(p, "") {
		return errDenied
	}
	return fmt.Errorf("%w: %s", errDenied, p.Masked())
}

// allowedOnly replaces edits that the class may not make by problems, so that a
// load names the lines. What the edits come to is guarded besides.
func (s *Session) allowedOnly(edits iter.Seq2[configtree.Edit, *configtree.Problem]) iter.Seq2[configtree.Edit, *configtree.Problem] {
	if s.class.ChangesAll() {
		return edits
	}
	return func(yield func(configtree.Edit, *configtree.Problem) bool) {
		recorded := false
		for e, p := range edits {
			if p == nil && !s.changes(e.Path, setValue(e)) {
				p = &configtree.Problem{Path: e.Path, Err: errDenied, Token: e.Path.Last().Node.Name,
					Kind: configtree.Unknown, File: e.File, Line: e.Line, Col: e.Col}
				if !recorded {
					s.record(event.ChangeRefused{Username: s.env.Caller.User, Path: e.Path.Masked()})
				}
				e, recorded = configtree.Edit{}, true
			}
			if !yield(e, p) {
				return
			}
		}
	}
}

// setValue is the value that an edit gives a leaf.
func setValue(e configtree.Edit) string {
	if e.Op == configtree.Set {
		return e.Value
	}
	return ""
}

// refusal records that a line was refused which is right, but not for the class.
// It is walked once more as one who may do everything would.
func (s *Session) refusal(line string, f *failure) {
	if s.class.Unlimited() {
		return
	}
	class := s.class
	defer func() { s.class = class }()
	s.class = op.SuperUser()
	c, w, other := s.parseAs(line)
	switch {
	case c != nil:
		s.record(event.CommandRefused{Username: s.env.Caller.User, Command: joined(c.words)})
	case other != nil && other.col > f.col:
		shown, _ := w.showable(other, line)
		s.record(event.CommandRefused{Username: s.env.Caller.User, Command: shown})
	}
}
