package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"loggia/audit/event"
	"loggia/configtree/store"
	"loggia/op"
)

func (s *Session) enterConfiguration(c *store.Candidate) {
	s.mode = &configMode{candidate: c}
	if s.shared == nil {
		s.remember(c)
	}
	s.record(event.DatabaseLogin{Username: s.env.Caller.User})
}

// leaveConfiguration ends configuration mode, and with it what is uncommitted
// in a candidate that nobody else can commit. What a batch may have to undo is
// forgotten once there is nothing left.
func (s *Session) leaveConfiguration() {
	discarded := false
	checked := s.mode.candidate == s.tried.candidate && s.tried.tree.Equal(s.mode.candidate.Tree())
	switch m := s.mode; {
	case m.lock != nil:
		discarded = m.lock.Release()
	case m.candidate.Private():
		discarded = m.candidate.Discard()
		s.shared = nil
	}
	s.lost = s.lost || discarded && !checked
	if !s.mode.candidate.Dirty() {
		s.shared = nil
	}
	s.mode = nil
	s.record(event.DatabaseLogout{Username: s.env.Caller.User})
}

// leave leaves configuration mode. Shared edits stay for the next one; others
// are discarded if the user agrees.
func leave(ctx context.Context, s *Session, c *call) error {
	if s.mode.candidate.Dirty() {
		said, question := uncommitted, "Exit with uncommitted changes?"
		switch {
		case s.mode.lock != nil:
			said, question = said+"warning: Auto rollback on exiting 'configure exclusive'\n", "Discard uncommitted changes?"
		case s.mode.candidate.Private():
			said, question = said+"warning: private edits will be discarded on exit\n", "Discard uncommitted changes?"
		}
		if err := s.o.Screen.Say(placed(s.source, said)); err != nil {
			return err
		}
		yes, err := s.o.Screen.Ask(ctx, question, true)
		if err != nil || !yes {
			return err
		}
		if s.mode.lock != nil {
			c.say("warning: discarding uncommitted changes\nload complete\n")
		}
	}
	c.say("Exiting configuration mode\n")
	s.leaveConfiguration()
	return nil
}

// uncommitted is said on the way in and out.
const uncommitted = "The configuration has been changed but not committed\n"

// discardHint says how to get past what somebody left behind.
const discardHint = "'show | compare' in configuration mode, at a terminal, shows them;\n" +
	"'request system configuration discard-changes' forgets the uncommitted changes of everybody"

// inTheWay says of a refusal for uncommitted changes whose they are, and what to do.
func (s *Session) inTheWay(err error) error {
	if !errors.Is(err, store.ErrModified) && !errors.Is(err, store.ErrSharedModified) {
		return err
	}
	said := "there are uncommitted changes"
	for i, line := range s.editedBy(s.env.Store.Shared()) {
		said += map[bool]string{true: " ", false: ", "}[i == 0] + line
	}
	return fmt.Errorf("%w\n%s\n%s", err, said, discardHint)
}

// maxEditors bounds how many users are told to have uncommitted changes.
const maxEditors = 10

// editedBy lists whose uncommitted changes a candidate holds, and when each made the last of them.
func (s *Session) editedBy(c *store.Candidate) []string { return s.changesOf(c.Editors()) }

// alsoTaken says whose changes but one's own a later commit will make. At once everybody sees
// what a commit has made; of one in the night those whose changes it takes know nothing.
func (s *Session) alsoTaken() string {
	others := slices.DeleteFunc(s.mode.candidate.Editors(), func(e store.Editor) bool { return e.User == s.env.Caller.User })
	said := ""
	for _, line := range s.changesOf(others) {
		said += "warning: this commits changes " + line + "\n"
	}
	return said
}

// changesOf lists users who have uncommitted changes.
func (s *Session) changesOf(editors []store.Editor) []string {
	var list []string
	for i, e := range editors {
		switch {
		case i == maxEditors:
			return append(list, "of "+several(len(editors)-i, "more user"))
		case e.Last.IsZero():
			list = append(list, "of "+e.User)
		default:
			list = append(list, "of "+e.User+", last at "+op.Stamp(e.Last.In(s.env.Now().Location())))
		}
	}
	return list
}

// configure enters configuration mode, at a level when `edit` named one. A
// batch refuses to work on top of what somebody else has not committed: it
// could neither commit nor undo its own edits alone.
func configure(_ context.Context, s *Session, c *call) error {
	candidate := s.env.Store.Shared()
	if err := s.env.Store.Modified(); s.o.Batch && err != nil && s.shared == nil {
		return s.inTheWay(err)
	}
	s.enter(c, candidate)
	if c.given && len(c.path.Path) > 0 {
		s.mode.levels = append(s.mode.levels, slices.Clone(c.path.Path))
	}
	return nil
}

func (s *Session) enter(c *call, candidate *store.Candidate) {
	c.say("Entering configuration mode\n")
	c.say(s.editing())
	if candidate.Dirty() {
		c.say(uncommitted)
		for _, line := range s.editedBy(candidate) {
			c.say("  changes " + line + "\n")
		}
	}
	s.enterConfiguration(candidate)
}

// editing lists who else edits, nothing when nobody does.
func (s *Session) editing() string {
	if users := s.editors(); users != "" {
		return "Users currently editing the configuration:\n" + users
	}
	return ""
}

// configureExclusive enters configuration mode and keeps others from changing
// the shared candidate.
func configureExclusive(_ context.Context, s *Session, c *call) error {
	lock, err := s.env.Store.Exclusive(s.env.Caller)
	if errors.Is(err, store.ErrModified) {
		c.say(s.editing())
	}
	if err != nil {
		return s.inTheWay(err)
	}
	c.say("warning: uncommitted changes will be discarded on exit\n")
	s.enter(c, s.env.Store.Shared())
	s.mode.lock = lock
	return nil
}

// configurePrivate enters configuration mode with a candidate of its own.
func configurePrivate(_ context.Context, s *Session, c *call) error {
	candidate, err := s.env.Store.Private(s.env.Caller)
	if err != nil {
		return s.inTheWay(err)
	}
	c.say("warning: uncommitted changes will be discarded on exit\n")
	s.enter(c, candidate)
	return nil
}

// told words the refusals that show more than a line.
func (s *Session) told(err error) error {
	var locked *store.LockedError
	var conflict *store.ConflictError
	var check *store.CheckError
	switch {
	case errors.As(err, &locked):
		h, now := locked.Holder, s.env.Now()
		editor := op.Session{Subject: h.By, Since: h.Since, LastKey: now, EditPath: holderPlace(h)}
		for _, other := range s.env.Sessions() { // as status shows it
			if other.Subject == h.By {
				editor.Since = other.Since
			}
		}
		return printed("error: configuration database locked by:\n" + op.Editor(editor, now))
	case errors.As(err, &conflict):
		return printed(s.conflicts(conflict) + "error: " + conflict.Error())
	case errors.As(err, &check):
		return printed(blocks(check.Problems) + "error: " + check.Error())
	}
	return err
}

// holderPlace is where a session edits, as the list of users shows it.
func holderPlace(h store.Holder) string {
	place := h.Path.MaskedBanner()
	if h.Private {
		place = "private " + place
	}
	if h.Exclusive {
		place = "exclusive " + place
	}
	return place
}
