package cli

import (
	"context"
	"errors"
	"strings"

	"loggia/configtree"
	"loggia/op"
)

// operationalVerbs are the operational commands that need the session itself.
func operationalVerbs() []*verb {
	statement := op.Param{Name: "path", Kind: op.Statement, Help: "Part of the configuration"}
	return []*verb{
		{Grammar: op.Grammar{Words: "configure", Help: "Change the configuration", Permission: "configure", NoPipe: true}, run: configure},
		{Grammar: op.Grammar{Words: "edit", Help: "Change the configuration, starting at a level of it", Permission: "configure",
			NoPipe: true, Params: []op.Param{statement}}, run: configure},
		{Grammar: op.Grammar{Words: "exit", Help: "End this session", NoPipe: true}, run: quit},
		{Grammar: op.Grammar{Words: "quit", Help: "End this session", NoPipe: true}, run: quit},
		{Grammar: op.Grammar{Words: "show configuration", Help: "Show the running configuration",
			Params: []op.Param{statement}}, run: showRunning},
		{Grammar: op.Grammar{Words: "show system rollback", Help: "Show a committed configuration", Permission: "view",
			Params: []op.Param{{Name: "number", Help: "Which one; 0 is the running configuration", Required: true, Type: rollbackType(), Choices: rollbackChoices},
				{Name: "compare", Kind: op.Option, Help: "Show what a newer one changed", Type: rollbackType(), Choices: rollbackChoices}}}, run: showRollback},
		{Grammar: op.Grammar{Words: "help", Help: "Explain how to find your way"}, run: help},
	}
}

// quit ends the session, and says so when the engine ends with it.
func quit(_ context.Context, s *Session, c *call) error {
	if s.o.LastSession != nil && s.o.LastSession() {
		c.say("Logging stops with this session. To keep it running, start: loggia daemon\n")
	}
	return errQuit
}

// configure enters configuration mode, at a level when `edit` named one.
func configure(_ context.Context, s *Session, c *call) error {
	candidate := s.env.Store.Shared()
	if s.o.Batch && candidate.Dirty() && s.shared == nil {
		return errors.New("configuration database modified")
	}
	if c.given {
		if err := editable(c.path); err != nil {
			return err
		}
	}
	c.say("Entering configuration mode\n")
	if users := s.editors(); users != "" {
		c.say("Users currently editing the configuration:\n" + users)
	}
	if candidate.Dirty() {
		c.say("The configuration has been changed but not committed\n")
	}
	s.enterConfiguration(candidate)
	if c.given {
		s.mode.levels = append(s.mode.levels, c.path.Path)
	}
	return nil
}

// say adds text to a command's answer.
func (c *call) say(text string) { c.out.text.WriteString(text) }

// editors lists the other sessions in configuration mode, two lines each
// (junos-cli §1.3).
func (s *Session) editors() string {
	var b strings.Builder
	for _, o := range s.env.Sessions() {
		if o.EditPath == "" || o.PID == s.env.Caller.PID {
			continue
		}
		b.WriteString(op.Editor(o, s.env.Now()))
	}
	return b.String()
}

// editable refuses a level that is a leaf.
func editable(res configtree.Resolution) error {
	if n := len(res.Path); n == 0 || len(res.Edits) > 0 && isLeaf(res.Path) {
		return errors.New("a level of the configuration is wanted, not a value")
	}
	return nil
}

func help(_ context.Context, _ *Session, c *call) error {
	c.say(`Type ? at any place to see what may come next, also in the middle of a word.
Space and Tab write out a word as soon as it is clear; every word may be shortened.

At > you look at things: show log, show configuration, show system, file list.
At # you change the configuration. Nothing takes effect before commit:

    configure                                       from > to #
    set system syslog file messages any notice      log to a file
    set system syslog host 192.0.2.9 any any        send to a log server
    show | compare                                  what would change
    commit                                          make it so
    rollback 1                                      load the one before; commit again to return to it
    exit                                            back to >

Behind | the output can be filtered: match, except, find, count, last, save.
`)
	return nil
}
