package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/op"
)

// editVerbs are the commands of configuration mode that may also follow top
// and up: they work at a level.
func editVerbs() []*verb {
	path := op.Param{Name: "path", Kind: op.Statement, Help: "Statement", Required: true}
	optional := path
	optional.Required = false
	return []*verb{
		{Grammar: op.Grammar{Words: "set", Help: "Set a statement", NoPipe: true, Params: []op.Param{path}}, run: set},
		{Grammar: op.Grammar{Words: "delete", Help: "Remove a statement and all below it", NoPipe: true, Params: []op.Param{optional}}, run: set},
		{Grammar: op.Grammar{Words: "edit", Help: "Go to a level of the configuration", NoPipe: true, Params: []op.Param{path}}, run: edit},
		{Grammar: op.Grammar{Words: "show", Help: "Show the configuration you are changing", Params: []op.Param{optional}}, run: showCandidate},
	}
}

// configurationVerbs are the other commands of configuration mode.
func configurationVerbs() []*verb {
	number := func(help string) op.Param {
		return op.Param{Name: "number", Help: help, Type: numberType(1, 100)}
	}
	verbs := []*verb{
		{Grammar: op.Grammar{Words: "up", Help: "Go up one level, or several", NoPipe: true, Params: []op.Param{number("Number of levels")}}, rest: restConfiguration, run: up},
		{Grammar: op.Grammar{Words: "top", Help: "Go to the top of the configuration", NoPipe: true}, rest: restConfiguration, run: up},
		{Grammar: op.Grammar{Words: "exit", Help: "Go back to where you came from", NoPipe: true}, run: exit},
		{Grammar: op.Grammar{Words: "exit configuration-mode", Help: "Leave configuration mode", NoPipe: true}, run: leave},
		{Grammar: op.Grammar{Words: "quit", Help: "Go back to where you came from", NoPipe: true}, run: exit},
		{Grammar: op.Grammar{Words: "quit configuration-mode", Help: "Leave configuration mode", NoPipe: true}, run: leave},
		{Grammar: op.Grammar{Words: "run", Help: "Run an operational command", NoPipe: true}, rest: restOperational, run: run},
		{Grammar: op.Grammar{Words: "status", Help: "Show who is changing the configuration"}, run: status},
		{Grammar: op.Grammar{Words: "help", Help: "Explain how to find your way"}, run: help},
	}
	return append(verbs, commitVerbs()...)
}

func (s *Session) enterConfiguration(c *store.Candidate) {
	s.mode = &configMode{candidate: c}
	if s.shared == nil {
		s.remember(c)
	}
	s.record(event.DatabaseLogin{Username: s.env.Caller.User})
}

func (s *Session) leaveConfiguration() {
	s.mode = nil
	s.record(event.DatabaseLogout{Username: s.env.Caller.User})
}

// levelAfter is the level that a command behind top or up works at.
func (s *Session) levelAfter(v *verb, args op.Args) configtree.Path {
	level := s.level()
	if v.Words == "top" {
		return nil
	}
	return level[:max(0, len(level)-args.Int("number", 1))]
}

// set serves set and delete.
func set(ctx context.Context, s *Session, c *call) error {
	if !c.given {
		return deleteLevel(ctx, s, c)
	}
	if !s.changes(c.path.Path[len(c.path.Path)-1].Node) {
		return errors.New("permission denied: " + c.path.Path[len(c.path.Path)-1:].String())
	}
	return s.apply(ctx, c, c.path.Edits)
}

// apply makes edits in the candidate and shows what it thinks of them.
func (s *Session) apply(ctx context.Context, c *call, edits []configtree.Edit) error {
	_, problems, err := s.mode.candidate.Edit(ctx, s.env.Caller, edits)
	for _, p := range problems {
		if p.Warning {
			c.say("warning: " + p.Err.Error() + "\n")
		} else {
			err = errors.Join(err, &p)
		}
	}
	return err
}

// deleteLevel removes everything below the present level, after a question.
func deleteLevel(ctx context.Context, s *Session, c *call) error {
	if len(c.relative) == 0 {
		if err := s.o.Screen.Say("This will delete the entire configuration\n"); err != nil {
			return err
		}
	}
	yes, err := s.o.Screen.Ask(ctx, "Delete everything under this level?", false)
	if err != nil || !yes {
		return err
	}
	at, ok := s.tree().At(c.relative)
	if !ok {
		return nil
	}
	if !s.changes(at.Schema()) {
		return errors.New("permission denied")
	}
	var edits []configtree.Edit
	for n := range at.Children() {
		step := configtree.Step{Node: n.Schema(), Key: n.Key()}
		edits = append(edits, configtree.Edit{Op: configtree.Delete, Path: append(slices.Clone(c.relative), step)})
	}
	return s.apply(ctx, c, edits)
}

// edit goes to a level.
func edit(_ context.Context, s *Session, c *call) error {
	if err := editable(c.path); err != nil {
		return err
	}
	s.mode.levels = append(s.mode.levels, c.path.Path)
	return nil
}

func isLeaf(p configtree.Path) bool {
	k := p[len(p)-1].Node.Kind
	return k == schema.Leaf || k == schema.LeafList
}

// up serves up and top, alone or before another command.
func up(ctx context.Context, s *Session, c *call) error {
	if c.sub != nil {
		c.sub.out = c.out
		return c.sub.verb.run(ctx, s, c.sub)
	}
	to := s.levelAfter(c.verb, c.args)
	if c.verb.Words == "top" {
		s.mode.levels = nil
		return nil
	}
	s.mode.levels = append(s.mode.levels, to)
	return nil
}

// exit goes back to where the last edit was typed, and at the top leaves.
func exit(ctx context.Context, s *Session, c *call) error {
	if n := len(s.mode.levels); n > 0 && len(s.level()) > 0 {
		s.mode.levels = s.mode.levels[:n-1]
		return nil
	}
	return leave(ctx, s, c)
}

// leave leaves configuration mode. Shared edits stay for the next one.
func leave(ctx context.Context, s *Session, c *call) error {
	if s.mode.candidate.Dirty() {
		if err := s.o.Screen.Say("The configuration has been changed but not committed\n"); err != nil {
			return err
		}
		yes, err := s.o.Screen.Ask(ctx, "Exit with uncommitted changes?", true)
		if err != nil || !yes {
			return err
		}
		c.say("\n")
	}
	c.say("Exiting configuration mode\n")
	s.leaveConfiguration()
	return nil
}

// run runs an operational command.
func run(ctx context.Context, s *Session, c *call) error {
	mode := s.mode
	res, err := s.call(ctx, c.sub)
	s.mode = mode
	if res != nil {
		err = errors.Join(s.render(ctx, res, c.sub), err)
	}
	if errors.Is(err, errQuit) {
		return nil
	}
	return err
}

func status(_ context.Context, s *Session, c *call) error {
	c.say("Users currently editing the configuration:\n")
	for _, o := range s.env.Sessions() {
		if o.EditPath != "" {
			c.say(op.Editor(o, s.env.Now()))
		}
	}
	return nil
}

// showCandidate shows the candidate at or below the level.
func showCandidate(_ context.Context, s *Session, c *call) error {
	path := c.relative
	if c.given {
		path = c.path.Path
	}
	header := ""
	if len(path) == 0 {
		header = s.header(s.mode.candidate.Dirty())
	}
	c.out.res = s.shown(s.mode.candidate.Tree(), path, header)
	return nil
}

// showRunning shows the running configuration.
func showRunning(_ context.Context, s *Session, c *call) error {
	var path configtree.Path
	header := s.header(false)
	if c.given {
		path, header = c.path.Path, ""
	}
	c.out.res = s.shown(s.env.Store.Running().Tree, path, header)
	return nil
}

// header is the remark over a whole configuration.
func (s *Session) header(changed bool) string {
	if changed {
		return "## Last changed: " + op.Stamp(s.env.Now()) + "\n"
	}
	return commitHeader(s, s.env.Store.Running().Meta)
}

func commitHeader(s *Session, m store.Meta) string {
	return fmt.Sprintf("## Last commit: %s by %s\n", op.Stamp(m.Time.In(s.env.Now().Location())), m.User)
}
