package cli

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/op"
)

// maxComment bounds a commit comment, in bytes (junos-cli §3.2).
const maxComment = 512

// commitVerbs are the commands that make the candidate take effect, and that
// go back.
func commitVerbs() []*verb {
	comment := op.Param{Name: "comment", Kind: op.Option, Help: "Why, for the history",
		Type: schema.Type{Lengths: []schema.Range{{Min: 0, Max: maxComment}}}}
	edits := op.Param{Name: "number", Help: "Number of edits", Type: numberType(1, 10000)}
	return []*verb{
		{Grammar: op.Grammar{Words: "commit", Help: "Make the changes take effect", Params: []op.Param{comment,
			{Name: "and-quit", Kind: op.Flag, Help: "Leave configuration mode when it succeeds"},
			{Name: "check", Kind: op.Flag, Help: "Only check; change nothing"}}}, run: commit},
		{Grammar: op.Grammar{Words: "rollback", Help: "Load a committed configuration, or forget the changes", NoPipe: true,
			Params: []op.Param{rollbackNumber(false)}}, run: rollback},
		{Grammar: op.Grammar{Words: "rollback rescue", Help: "Load the rescue configuration", NoPipe: true}, run: rollbackRescue},
		{Grammar: op.Grammar{Words: "undo", Help: "Take back your last edits", NoPipe: true, Params: []op.Param{edits}}, run: undo},
		{Grammar: op.Grammar{Words: "redo", Help: "Make the edits again that undo took back", NoPipe: true, Params: []op.Param{edits}}, run: redo},
		{Grammar: op.Grammar{Words: "update", Help: "Bring what others committed into what you edit", NoPipe: true}, run: catchUp},
	}
}

// rollbackNumber is the number of a committed configuration.
func rollbackNumber(required bool) op.Param {
	return op.Param{Name: "number", Help: "Which one; 0 is the running configuration", Required: required,
		Type: rollbackType(), Choices: op.Rollbacks}
}

func commit(ctx context.Context, s *Session, c *call) error {
	comment := c.args["comment"]
	switch {
	case strings.Contains(comment, `"`):
		return errors.New(`commit comment must not contain "`)
	case strings.ContainsFunc(comment, unicode.IsControl):
		return errors.New("commit comment must not contain control characters")
	}
	o := store.CommitOptions{Comment: comment, CheckOnly: c.args.Has("check"), Command: commitCommand(c)}
	if o.CheckOnly && c.args.Has("and-quit") {
		return errors.New("check changes nothing: it does not go with and-quit")
	}
	res, err := s.mode.candidate.Commit(ctx, s.env.Caller, o)
	for _, w := range res.Warnings {
		c.say(block(w))
	}
	var check *store.CheckError
	switch {
	case errors.As(err, &check):
		return printed(checkedOut(check))
	case err != nil:
		return err
	case o.CheckOnly:
		c.say("configuration check succeeds\n")
		return nil
	}
	s.remember(s.mode.candidate)
	c.say("commit complete\n")
	if c.args.Has("and-quit") {
		c.say("Exiting configuration mode\n")
		s.leaveConfiguration()
	}
	return nil
}

// commitCommand is what UI_COMMIT says was requested.
func commitCommand(c *call) string {
	switch {
	case c.args.Has("check"):
		return "commit check"
	case c.args.Has("and-quit"):
		return "commit and-quit"
	}
	return "commit"
}

// rollback loads a committed configuration into the candidate.
func rollback(ctx context.Context, s *Session, c *call) error {
	n := c.args.Int("number", 0)
	to, _, err := s.env.Store.Rollback(n)
	if err != nil {
		return err
	}
	if err := s.mayBecome(s.mode.candidate.Tree(), to); err != nil {
		return err
	}
	if err := s.mode.candidate.Rollback(ctx, s.env.Caller, n); err != nil {
		return err
	}
	c.say("load complete\n")
	return nil
}

func rollbackRescue(ctx context.Context, s *Session, c *call) error {
	to, _, err := s.env.Store.Rescue()
	if err != nil {
		return err
	}
	if err := s.mayBecome(s.mode.candidate.Tree(), to); err != nil {
		return err
	}
	if err := s.mode.candidate.RollbackRescue(ctx, s.env.Caller); err != nil {
		return err
	}
	c.say("load complete\n")
	return nil
}

// undo takes back edits of this session and shows what that changed.
func undo(ctx context.Context, s *Session, c *call) error {
	return s.retrace(ctx, c, s.mode.candidate.UndoLast)
}

func redo(ctx context.Context, s *Session, c *call) error {
	return s.retrace(ctx, c, s.mode.candidate.RedoLast)
}

func (s *Session) retrace(ctx context.Context, c *call, step func(context.Context, event.Subject, int) ([]configtree.Change, error)) error {
	before := s.mode.candidate.Tree()
	_, err := step(ctx, s.env.Caller, c.args.Int("number", 1))
	if err == nil {
		c.out.res = s.comparison(before, s.mode.candidate.Tree(), nil)
	}
	return err
}

// catchUp merges what others committed into a private candidate.
func catchUp(ctx context.Context, s *Session, _ *call) error {
	if !s.mode.candidate.Private() {
		return errors.New("update is for 'configure private'")
	}
	_, err := s.mode.candidate.Update(ctx, s.env.Caller)
	return err
}
