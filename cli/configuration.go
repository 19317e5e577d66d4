package cli

import (
	"context"
	"fmt"

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
	v := func(words, help string, p op.Param) op.Grammar {
		return op.Grammar{Words: words, Help: help, NoPipe: true, Params: []op.Param{p}}
	}
	show := v("show", "Show the configuration you are changing", optional)
	show.NoPipe = false
	return []*verb{
		{Grammar: v("set", "Set a statement", path), edit: configtree.Set, run: change},
		{Grammar: v("delete", "Remove a statement and all below it", optional), edit: configtree.Delete, run: change},
		{Grammar: v("edit", "Go to a level of the configuration", path), edit: configtree.Find, level: true, run: edit},
		{Grammar: show, edit: configtree.Find, shows: true, run: showCandidate},
		{Grammar: v("deactivate", "Keep a statement, but as if it were not there", path), edit: configtree.Deactivate, run: change},
		{Grammar: v("activate", "Let a deactivated statement hold again", path), edit: configtree.Activate, run: change},
		{Grammar: v("protect", "Let nobody change or delete a statement", path), edit: configtree.Protect, run: change},
		{Grammar: v("unprotect", "Let a protected statement be changed again", path), edit: configtree.Unprotect, run: change},
		{Grammar: v("annotate", "Put a comment before a statement", path), edit: configtree.Annotate, anything: true, run: change},
		{Grammar: v("rename", "Give an entry another name", path), edit: configtree.Rename, run: change},
		{Grammar: v("copy", "Make an entry like another", path), edit: configtree.Copy, run: change},
		{Grammar: v("insert", "Put an entry before or after another", path), edit: configtree.InsertBefore, run: change},
		{Grammar: v("wildcard delete", "Delete the statements whose names match", path), edit: configtree.Delete, pattern: true, run: wildcardDelete},
		{Grammar: v("wildcard range set", "Set several statements: name[0-3,8,!2]", path), edit: configtree.Set, ranges: true, run: overRange},
		{Grammar: v("wildcard range delete", "Remove several statements", path), edit: configtree.Delete, ranges: true, run: overRange},
		{Grammar: v("wildcard range activate", "Let several deactivated statements hold again", path), edit: configtree.Activate, ranges: true, run: overRange},
		{Grammar: v("wildcard range deactivate", "Keep several, but as if they were not there", path), edit: configtree.Deactivate, ranges: true, run: overRange},
		{Grammar: v("wildcard range protect", "Let nobody change or delete several statements", path), edit: configtree.Protect, ranges: true, run: overRange},
		{Grammar: v("wildcard range unprotect", "Let several protected statements be changed again", path), edit: configtree.Unprotect, ranges: true, run: overRange},
		{Grammar: op.Grammar{Words: "replace pattern", Help: "Replace text in names and values", NoPipe: true, Params: []op.Param{
			{Name: "pattern", Help: "Regular expression", Required: true},
			{Name: "with", Kind: op.Option, Help: "Text to put in its place", Required: true},
			{Name: "upto", Kind: op.Option, Help: "Stop after so many", Type: numberType(1, 1<<32-1)}}}, anything: true, fits: fitsPattern, run: replacePattern},
	}
}

// configurationVerbs are the other commands of configuration mode.
func configurationVerbs() []*verb {
	v := func(words, help string, params ...op.Param) op.Grammar {
		return op.Grammar{Words: words, Help: help, NoPipe: true, Params: params}
	}
	levels := op.Param{Name: "number", Help: "Number of levels", Type: numberType(1, 100)}
	return []*verb{
		{Grammar: v("up", "Go up one level, or several", levels), rest: restConfiguration, run: up},
		{Grammar: v("top", "Go to the top of the configuration"), rest: restConfiguration, run: top},
		{Grammar: v("exit", "Go back to where you came from"), run: exit},
		{Grammar: v("exit configuration-mode", "Leave configuration mode"), run: leave},
		{Grammar: v("quit", "Go back to where you came from"), run: exit},
		{Grammar: v("quit configuration-mode", "Leave configuration mode"), run: leave},
		{Grammar: v("run", "Run an operational command"), rest: restOperational},
		{Grammar: op.Grammar{Words: "status", Help: "Show who is changing the configuration"}, run: status},
	}
}

// remember keeps what the end of a batch needs to undo.
func (s *Session) remember(c *store.Candidate) {
	s.shared, s.mark = c, c.Mark(s.env.Caller)
}

// levelAfter is the level that top or up goes to.
func (s *Session) levelAfter(v *verb, args op.Args) configtree.Path {
	level := s.level()
	if v.Words == "top" {
		return nil
	}
	return level[:max(0, len(level)-args.Int("number", 1))]
}

// change serves set and delete.
func change(ctx context.Context, s *Session, c *call) error {
	switch {
	case !c.given:
		return deleteLevel(ctx, s, c)
	case c.password:
		return s.setPassword(ctx, c)
	}
	return s.apply(ctx, c, localClasses(c, c.path.Edits))
}

// localClasses gives a class that is set another name when its own belongs to
// one that is there from the start (junos-cli 10.1).
func localClasses(c *call, edits []configtree.Edit) []configtree.Edit {
	said := ""
	for i, e := range edits {
		for j, step := range e.Path {
			if e.Op != configtree.Set || step.Node.Name != "class" || step.Node.Kind != schema.List || !op.Predefined(step.Key) {
				continue
			}
			edits[i].Path = e.Path[:j].Append(configtree.Step{Node: step.Node, Key: step.Key + "-local"}).Append(e.Path[j+1:]...)
			if said != step.Key {
				said = step.Key
				c.say(fmt.Sprintf("warning: '%s' is a predefined class name; changing to '%s-local'\n", said, said))
			}
		}
	}
	return edits
}

// apply makes edits in the candidate and shows what it thinks of them.
func (s *Session) apply(ctx context.Context, c *call, edits []configtree.Edit) error {
	_, problems, err := s.mode.candidate.Edit(ctx, s.env.Caller, edits)
	for i := range problems {
		if problems[i].Warning {
			c.say(message(&problems[i]) + "\n")
		}
	}
	return cutShort(err, errNotChanged)
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
	return s.apply(ctx, c, []configtree.Edit{{Op: configtree.Override, Path: c.relative}})
}

// edit goes to a level, which need not exist yet.
func edit(_ context.Context, s *Session, c *call) error {
	s.mode.levels = append(s.mode.levels, c.path.Path)
	return nil
}

// up goes up. exit then still leads to where the last edit was typed.
func up(_ context.Context, s *Session, c *call) error {
	to := s.levelAfter(c.verb, c.args)
	if n := len(s.mode.levels); n > 0 {
		s.mode.levels[n-1] = to
	}
	return nil
}

func top(_ context.Context, s *Session, _ *call) error {
	s.mode.levels = nil
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
