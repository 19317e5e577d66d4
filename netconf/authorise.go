package netconf

import (
	"context"
	"io"
	"strings"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/store"
	"loggia/op"
)

// What the class of the user may do is decided by op.Class, as in the shell: it
// is asked anew for every request, because a commit can change it.

// visible is what the user may see of a configuration.
func (s *session) visible(t *configtree.Tree) *configtree.Tree { return s.env.Class().View(t) }

// masks reports whether secrets are hidden from the user.
func (s *session) masks() bool { return !s.env.Class().May("secret") }

// mayEdit reports whether the user may enter configuration mode the way that the RPC does, or that
// the session did before: what `configure`, `configure exclusive` and `configure private` are in the shell.
func (s *session) mayEdit(r *request) bool {
	entry := []string{"configure"}
	how := ""
	if r.op.Tag == "open-configuration" && first(r.op) != nil {
		how = first(r.op).Tag
	}
	switch {
	case how == "private", s.private != nil:
		entry = append(entry, "private")
	case how == "exclusive", s.lock != nil, r.op.Tag == "lock", r.op.Tag == "lock-configuration":
		entry = append(entry, "exclusive")
	}
	return s.env.Class().Command(entry[0], entry)
}

// may reports whether the class may run the command that an RPC is in the shell's configuration mode.
// flag is what that needs besides.
func (s *session) may(flag string, command ...string) bool {
	return s.env.Class().Command(flag, command)
}

// flagRollback is the permission to go back to an earlier configuration.
const flagRollback = "rollback"

// maySee reports whether no rule keeps the configuration from the user, whatever is seen of it: that
// in force is `show configuration`, and who may edit the candidate sees that.
func (s *session) maySee(r *request, candidate bool) bool {
	return s.may("", "show", "configuration") || candidate && s.mayEdit(r)
}

// difference prints what the user may see of the difference of two configurations.
func (s *session) difference(out io.Writer, from, to *configtree.Tree) error {
	return s.env.Class().Compare(out, from, to, nil)
}

// refused records that the class of the user does not permit an RPC, and is what
// to answer.
func (s *session) refused(operation string) *rpcError {
	s.record(event.CommandRefused{Username: s.env.Caller.User, Command: operation})
	return denied(operation)
}

// guarded has every change of a candidate under ctx be one that the user may make.
func (s *session) guarded(ctx context.Context) context.Context {
	return store.WithGuard(ctx, func(from, to *configtree.Tree, changes []configtree.Change) error {
		p, refused := s.env.Class().Refuses(from, to, changes)
		if !refused {
			return nil
		}
		s.record(event.ChangeRefused{Username: s.env.Caller.User, Path: p.Masked()})
		e := denied(p[max(0, len(p)-1):].Masked())
		e.path = p.Parent().MaskedBanner()
		if !s.env.Class().MaySee(p, "") { // it is not to be known of
			e.path, e.bad = "[edit]", ""
		}
		return e
	})
}

// mayRun reports whether the user may run an operational command.
func (s *session) mayRun(c op.Command, a op.Args) bool {
	words := strings.Fields(c.Words)
	for i := range c.Params {
		p := &c.Params[i]
		value, given := a[p.Name]
		switch {
		case !given:
		case p.Kind == op.Flag:
			words = append(words, p.Name)
		case p.Kind == op.Option && value == "":
			words = append(words, p.Name)
		case p.Kind == op.Option:
			words = append(words, p.Name, value)
		default:
			words = append(words, value)
		}
	}
	return s.env.Class().Command(c.Permission, words)
}
