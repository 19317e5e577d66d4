package cli

import (
	"cmp"
	"context"
	"strings"

	"loggia/configtree"
	"loggia/op"
)

// operationalVerbs are the operational commands that need the session itself.
func operationalVerbs() []*verb {
	statement := op.Param{Name: "path", Kind: op.Statement, Help: "Part of the configuration"}
	newer := rollbackNumber(false)
	newer.Name, newer.Kind, newer.Help = "compare", op.Option, "Show what a newer one changed"
	v := func(words, help, permission string, params ...op.Param) op.Grammar {
		return op.Grammar{Words: words, Help: help, Permission: permission, NoPipe: true, Params: params}
	}
	return []*verb{
		{Grammar: v("configure", "Change the configuration", "configure"), atPrompt: true, run: configure},
		{Grammar: v("configure exclusive", "Change it while nobody else can", "configure"), atPrompt: true, run: configureExclusive},
		{Grammar: v("configure private", "Change a copy of your own, and commit that", "configure"), atPrompt: true, run: configurePrivate},
		{Grammar: v("edit", "Change the configuration, starting at a level of it", flagConfigure, statement),
			edit: configtree.Find, level: true, atPrompt: true, configures: true, run: configure},
		{Grammar: v("exit", "End this session", ""), atPrompt: true, always: true, run: quit},
		{Grammar: v("quit", "End this session", ""), atPrompt: true, always: true, run: quit},
		{Grammar: op.Grammar{Words: "show configuration", Help: "Show the running configuration", RPC: "get-configuration",
			Params: []op.Param{statement}}, edit: configtree.Find, shows: true, run: showRunning},
		{Grammar: op.Grammar{Words: "show system rollback", Help: "Show a committed configuration", Permission: "view", RPC: "get-rollback-information",
			Params: []op.Param{rollbackNumber(true), newer}}, shows: true, run: showRollback},
		{Grammar: op.Grammar{Words: "show system configuration rescue", Help: "Show the rescue configuration", Permission: "view", RPC: "get-rescue-information"}, shows: true, run: showRescue},
		{Grammar: v("test configuration", "Check a file as if it were the configuration", "configure",
			op.Param{Name: "filename", Help: "File to check, or terminal", Required: true, Choices: loadSources, Names: op.FileNames}), run: testConfiguration},
		shellVerb(),
		{Grammar: op.Grammar{Words: "request support information", Help: "Show all that somebody who helps wants to see", Permission: "view"}, run: supportInformation},
	}
}

// quit ends the session, and says so when the engine ends with it.
func quit(_ context.Context, s *Session, c *call) error {
	if s.o.LastSession != nil && s.o.LastSession() {
		c.say("Logging stops with this session. To keep it running, start: loggia daemon\n")
	}
	return errQuit
}

// say adds text to a command's answer.
func (c *call) say(text string) { c.out.text.WriteString(placed(c.out.source, text)) }

// editors lists the other sessions in configuration mode, two lines each
// (junos-cli §1.3).
func (s *Session) editors() string {
	var b strings.Builder
	for _, o := range s.env.Sessions() {
		if o.EditPath != "" && o.Subject != s.env.Caller {
			b.WriteString(op.Editor(o, s.env.Now()))
		}
	}
	return b.String()
}

// status lists all sessions in configuration mode, this one included.
func status(_ context.Context, s *Session, c *call) error {
	c.say("Users currently editing the configuration:\n")
	for _, o := range s.env.Sessions() {
		if o.EditPath != "" || o.Subject == s.env.Caller {
			o.EditPath = cmp.Or(o.EditPath, s.place())
			c.say(op.Editor(o, s.env.Now()))
		}
	}
	return nil
}

func help(_ context.Context, _ *Session, c *call) error {
	c.say(helpText)
	return nil
}

// helpText is for somebody who has never seen such a shell.
const helpText = `This is loggia: it collects log messages, keeps and forwards them as configured
here, and records every change of its configuration. It is no router: interfaces,
routes and protocols are unknown to it.

Type ? at any place to see what may come next, also in the middle of a word.
Space and Tab write out a word once it is clear; every word may be shortened.

At > you look at things: show log, show configuration, show system, file list.
At # you change the configuration. Nothing takes effect before commit:

    configure                                     from > to #
    set system syslog file messages any notice    log to a file
    set system syslog host 192.0.2.9 any any      send to a log server
    show | compare                                what would change
    commit                                        make it so
    rollback 1                                    load the commit before
    exit                                          back to >

Behind | the output can be filtered: match, except, find, count, last, save.
Each 'help tip cli' shows something that is easily overlooked.
`
