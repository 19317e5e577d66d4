package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"loggia/audit/event"
	"loggia/cli/terminal"
	"loggia/configtree"
	"loggia/configtree/format"
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
			{Name: "confirmed", Kind: op.Option, Optional: true, Help: "Undo it unless confirmed in so many minutes",
				Type: numberType(1, 65535)},
			{Name: "at", Kind: op.Option, Help: "When to do it: 21:30, \"2026-12-24 21:30\" or reboot"},
			{Name: "and-quit", Kind: op.Flag, Help: "Leave configuration mode when it succeeds"},
			{Name: "prepare", Kind: op.Flag, Help: "Check it, and keep it for 'commit activate'"},
			{Name: "activate", Kind: op.Flag, Help: "Make what 'commit prepare' has kept take effect"},
			{Name: "check", Kind: op.Flag, Help: "Only check; change nothing"},
			{Name: "full", Kind: op.Flag, Help: "Check everything, as every commit does here"},
			{Name: "synchronize", Kind: op.Flag, Help: "On a router's other routing engine, too; here is none"},
			{Name: "force", Kind: op.Flag, Help: "With synchronize"}}}, steps: true, changes: true, run: commit},
		{Grammar: op.Grammar{Words: "rollback", Help: "Load a committed configuration, or forget the changes", NoPipe: true,
			Params: []op.Param{rollbackNumber(false)}}, run: rollback, needs: rollbackFlag},
		{Grammar: op.Grammar{Words: "rollback rescue", Help: "Load the rescue configuration", NoPipe: true, Permission: flagRollback}, run: rollbackRescue},
		{Grammar: op.Grammar{Words: "undo", Help: "Take back your last edits", NoPipe: true, Params: []op.Param{edits}}, run: undo},
		{Grammar: op.Grammar{Words: "redo", Help: "Make the edits again that undo took back", NoPipe: true, Params: []op.Param{edits}}, run: redo},
		{Grammar: op.Grammar{Words: "update", Help: "Bring what others committed into what you edit", NoPipe: true}, run: catchUp},
	}
}

// flagRollback is the permission to go back to an earlier configuration.
const flagRollback = "rollback"

// rollbackFlag is the flag that a rollback needs: who may change the
// configuration may forget the changes.
func rollbackFlag(words []string) string {
	if len(words) < 2 || words[1] == "0" {
		return flagConfigure
	}
	return flagRollback
}

// rollbackNumber is the number of a committed configuration.
func rollbackNumber(required bool) op.Param {
	return op.Param{Name: "number", Element: "rollback", Help: "Which one; 0 is the running configuration", Required: required,
		Type: rollbackType(), Choices: op.Rollbacks}
}

func commit(ctx context.Context, s *Session, c *call) error {
	o, err := s.commitOptions(c)
	if err != nil {
		return err
	}
	commit := s.mode.candidate.Commit
	if c.args.Has("activate") {
		commit = s.env.Store.Activate
	}
	res, err := commit(ctx, s.env.Caller, o)
	c.say(blocks(res.Warnings))
	if err != nil {
		return cutShort(err, errNotCommitted)
	}
	if res.Scheduled {
		c.say(s.alsoTaken())
	}
	before := c.out.text.Len()
	c.committed(s, o, res)
	s.outcome = c.out.text.String()[before:]
	switch {
	case o.CheckOnly:
		s.tries()
	case !c.args.Has("activate"): // what was edited since the preparation is no part of it
		s.remember(s.mode.candidate)
	}
	if res.Scheduled && !o.At.Activate || c.args.Has("and-quit") {
		c.say("Exiting configuration mode\n")
		s.leaveConfiguration()
	}
	done := committed{text: c.out.text.String(), check: o.CheckOnly}
	if pipe := c.impact(); pipe != nil {
		x, err := op.Rehearse(&s.env, res.Checked, pipe.args["last"])
		if err != nil {
			return err
		}
		done.impact = &x
	}
	c.out.res = done
	return nil
}

// What becomes of commands that Ctrl-C came in time for. Behind their point of no return
// it changes nothing any more, and they say what they did.
var (
	errNotCommitted = errors.New("interrupted, nothing was committed")
	errNotLoaded    = errors.New("interrupted, nothing was loaded")
	errNotChanged   = errors.New("interrupted, nothing was changed")
)

// cutShort is err, or in the place of one that says no more than that the command was
// interrupted what this came to.
func cutShort(err, outcome error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, terminal.ErrInterrupt) {
		return outcome
	}
	return err
}

// committed is the answer of a commit that succeeded.
type committed struct {
	text  string
	check bool // it was only checked

	impact *op.Impact // nil: nobody asked
}

// WriteText implements op.Result.
func (c committed) WriteText(w io.Writer) error {
	err := op.Text(c.text).WriteText(w)
	if err == nil && c.impact != nil {
		err = c.impact.WriteText(w)
	}
	return err
}

// Element implements op.Result. Clients look for the element within.
func (c committed) Element() op.Element {
	done := "commit-success"
	if c.check {
		done = "commit-check-success"
	}
	e := op.Group("commit-results",
		op.Group("routing-engine", op.Leaf("name", "re0"), op.Leaf(done, "")).With("junos:style", "normal"))
	if c.impact != nil {
		e.Children = append(e.Children, c.impact.Element())
	}
	return e
}

// commitOptions is what was typed behind commit.
func (s *Session) commitOptions(c *call) (o store.CommitOptions, err error) {
	comment := c.args["comment"]
	switch {
	case strings.Contains(comment, `"`):
		return o, errors.New(`commit comment must not contain "`)
	case strings.ContainsFunc(comment, unicode.IsControl):
		return o, errors.New("commit comment must not contain control characters")
	}
	if c.args.Has("force") && !c.args.Has("synchronize") {
		return o, errors.New("force goes with synchronize")
	}
	o = store.CommitOptions{Comment: comment, CheckOnly: c.args.Has("check"), Command: commitCommand(c)}
	if o.CheckOnly && c.args.Has("and-quit") {
		return o, errors.New("check changes nothing: it does not go with and-quit")
	}
	if err := inTwoSteps(c); err != nil {
		return o, err
	}
	if c.impact() != nil && !o.CheckOnly {
		return o, errors.New("display impact is for 'commit check'")
	}
	if c.args.Has("confirmed") {
		o.Confirmed = c.args.Int("confirmed", store.DefaultConfirm)
	}
	if c.args.Has("prepare") {
		o.At.Activate = true
	}
	if c.args.Has("at") {
		if o.At, err = store.ParseAt(c.args["at"], s.env.Now()); err != nil {
			return o, err
		}
	}
	if len(c.pipes) > 0 && c.pipes[0].verb.Words == detail {
		o.Progress = func(step string) { c.say(s.env.Now().Format("2006-01-02 15:04:05.000000 MST") + ": " + step + "\n") }
	}
	return o, nil
}

// inTwoSteps refuses what does not go with the two steps of a commit.
func inTwoSteps(c *call) error {
	for _, step := range []string{"prepare", "activate"} {
		for _, other := range []string{"check", "at", "confirmed", "activate"} {
			if c.args.Has(step) && c.args.Has(other) && step != other {
				return fmt.Errorf("'%s' does not go with '%s'", other, step)
			}
		}
	}
	return nil
}

// committed says what a commit came to, and of one without changes what it did not do.
func (c *call) committed(s *Session, o store.CommitOptions, res store.Result) {
	_, waiting := s.env.Store.Pending()
	empty := res.Empty && !o.CheckOnly
	if empty && o.Comment != "" {
		c.say("warning: nothing has changed: no revision keeps the comment\n")
	}
	switch {
	case empty && o.Confirmed > 0 && !waiting:
		c.say("warning: nothing has changed: there is nothing to roll back\ncommit complete\n")
	case o.CheckOnly && res.Confirmed:
		c.say("commit confirmed timer cancelled\nconfiguration check succeeds\n")
	case o.CheckOnly:
		c.say("configuration check succeeds\n")
	case res.Scheduled && o.At.Activate:
		c.say("commit prepare successful\n")
	case res.Scheduled && o.At.Reboot:
		c.say("configuration check succeeds\ncommit at will be executed at the next reboot\n")
	case res.Scheduled:
		c.say("configuration check succeeds\ncommit at will be executed at " + op.Stamp(o.At.Time.In(s.env.Now().Location())) + "\n")
	case o.Confirmed > 0:
		c.say(fmt.Sprintf("commit confirmed will be automatically rolled back in %d minutes unless confirmed\ncommit complete\n", o.Confirmed))
	default:
		c.say("commit complete\n")
	}
}

// commitCommand is what UI_COMMIT says was requested.
func commitCommand(c *call) string {
	command := "commit"
	for _, name := range []string{"prepare", "activate", "check", "at", "confirmed", "and-quit", "full", "synchronize", "force"} {
		if value, ok := c.args[name]; ok {
			command += " " + name
			if value != "" {
				command += " " + format.Quote(value)
			}
		}
	}
	return command
}

// detail is the pipe that shows the steps of a commit.
const detail = "display detail"

func detailVerb() *verb {
	return &verb{Grammar: op.Grammar{Words: detail, Help: "Show each step with its time"}}
}

// impactWords is the pipe that tries what commit check has checked.
const impactWords = "display impact"

func impactVerb() *verb {
	return &verb{Grammar: op.Grammar{Words: impactWords, Help: "Show where recent messages would go instead",
		Params: []op.Param{{Name: "last", Kind: op.Option, Help: "How far back, such as 15m"}}}}
}

// impact returns the pipe that asks for it, nil when none does.
func (c *call) impact() *call {
	if len(c.pipes) > 0 && c.pipes[0].verb.Words == impactWords {
		return c.pipes[0]
	}
	return nil
}

// rollback loads a committed configuration into the candidate.
func rollback(ctx context.Context, s *Session, c *call) error {
	return s.rolledBack(c, s.mode.candidate.Rollback(ctx, s.env.Caller, c.args.Int("number", 0)))
}

func rollbackRescue(ctx context.Context, s *Session, c *call) error {
	return s.rolledBack(c, s.mode.candidate.RollbackRescue(ctx, s.env.Caller))
}

func (s *Session) rolledBack(c *call, err error) error {
	if err != nil {
		return cutShort(err, errNotLoaded)
	}
	s.outcome = "load complete\n"
	c.say(s.outcome)
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
	s.tried = trial{}
	_, err := step(ctx, s.env.Caller, c.args.Int("number", 1))
	if err == nil {
		c.out.res = s.comparison(before, s.mode.candidate.Tree(), nil)
	}
	return cutShort(err, errNotChanged)
}

// catchUp merges what others committed into a private candidate.
func catchUp(ctx context.Context, s *Session, _ *call) error {
	if !s.mode.candidate.Private() {
		return errors.New("update is for 'configure private'")
	}
	_, err := s.mode.candidate.Update(ctx, s.env.Caller)
	return cutShort(err, errNotChanged)
}
