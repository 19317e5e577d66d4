package cli

import (
	"context"
	"errors"
	"fmt"

	"loggia/op"
)

// tip is something that is easily overlooked: a sentence, and a line to try it with.
type tip struct {
	mode tipMode
	try  string // a line of the mode, or keys
	text string
}

// tipMode is where a tip is tried.
type tipMode string

const (
	atLook   tipMode = ">" // a command of operational mode
	atChange tipMode = "#" // one of configuration mode
	atKeys   tipMode = "key"
)

// tips are the tips of `help tip cli`. That each is true is shown by testdata/script/tips.txtar,
// which runs its line, and by TestTipsAboutKeys.
func tips() []tip {
	return []tip{
		{atKeys, "?", "A question mark shows what may come next, also in the middle of a word."},
		{atLook, "sh conf sys sysl", "Every word may be shortened, as long as it is clear which one it is."},
		{atLook, "help apropos archive", "help apropos finds the commands and statements that have to do with a word."},
		{atLook, "help reference syslog file archive", "help reference explains a statement in full, with its default."},
		{atLook, "help syslog UI_COMMIT", "help syslog explains what the records of loggia itself mean."},
		{atLook, "show log messages | last 20", "last shows the end of a long answer, without paging through it."},
		{atLook, "show log messages | match \"error|fail\" | count", "Behind | an answer is filtered, also several times: this counts lines."},
		{atLook, "show log messages | save today.txt", "save writes an answer to a file in your home; file show shows it again."},
		{atLook, "monitor start messages | except sshd", "monitor start shows new lines of a log while you go on typing."},
		{atLook, "show log audit | find commit", "find shows everything from the first line that matches."},
		{atLook, "show configuration | display set", "display set shows configuration as the commands that make it."},
		{atLook, "show configuration | display blame", "display blame shows of each statement who committed it, and when."},
		{atLook, "show configuration system syslog | display inheritance defaults", "display inheritance defaults shows also what holds by itself."},
		{atLook, "show configuration | compare rollback 1", "compare rollback N shows what has changed since an earlier commit."},
		{atLook, "show system commit", "show system commit lists who committed what, and why they say they did."},
		{atLook, "show system syslog statistics", "The statistics say what was received, written, sent and dropped."},
		{atLook, "show system syslog explain \"<132>app: disk nearly full\"", "explain says where a message would go, and which statement sends it there."},
		{atLook, "show system alarms", "What needs attention and does not go away by itself is an alarm."},
		{atLook, "request system configuration rescue save", "rollback rescue loads what was saved as the rescue configuration."},
		{atLook, "show cli authorization", "show cli authorization lists what you may do."},
		{atLook, "set cli screen-length 0", "With screen-length 0 no answer stops at ---(more)---."},
		{atLook, "set cli timestamp", "With set cli timestamp every command says when it was run."},
		{atLook, "configure private", "In configure private nobody else sees or commits your changes."},
		{atChange, "show | compare", "compare shows what a commit would change."},
		{atChange, "commit check", "commit check tells what is wrong, and changes nothing."},
		{atChange, "commit check | display impact", "display impact shows where recent messages would go after this commit."},
		{atChange, "commit confirmed 5", "commit confirmed undoes a commit that you do not confirm by another one."},
		{atChange, "commit comment \"for the auditors\"", "The comment of a commit stays in the history, beside your name."},
		{atChange, "rollback 1", "rollback N loads an earlier commit; it takes effect with the next one."},
		{atChange, "undo", "undo takes back your last edit and shows what that changed; redo makes it again."},
		{atChange, "run show log messages | last 5", "run leads to the commands that look at things."},
		{atChange, "top show system syslog", "top in front of a command has it start at the top, up at the level above."},
		{atChange, "deactivate system syslog file messages", "What is deactivated stays in the configuration and has no effect."},
		{atChange, "copy system syslog file messages to file spare", "copy makes an entry like another one, rename gives it another name."},
		{atChange, "wildcard range set system syslog file port[0-3] any notice", "wildcard range makes several statements at once."},
		{atChange, "annotate system \"ask ann first\"", "annotate puts a comment before a statement."},
		{atKeys, "Ctrl-R", "Ctrl-R searches the lines that you typed before."},
		{atKeys, "Esc-/", "Behind the beginning of a line Esc-/ calls back the last one that began so."},
		{atKeys, "Esc-.", "Esc-. writes the last word of the line before."},
		{atKeys, "Ctrl-W Ctrl-Y", "Ctrl-W erases a word, Ctrl-Y puts it back, also on another line."},
		{atKeys, "h", "At ---(more)--- h lists the keys: / searches, m keeps what matches, s saves."},
	}
}

func tipVerb() *verb {
	return &verb{Grammar: op.Grammar{Words: "help tip cli", Help: "Show something that is easily overlooked", Params: []op.Param{
		{Name: "number", Help: "Which one; without it any", Type: numberType(1, uint64(len(tips())))}}}, run: showTip}
}

// showTip shows one of the tips that the class can follow, without a number by the clock:
//
//	tip 24: compare shows what a commit would change.
//	    # show | compare
func showTip(_ context.Context, s *Session, c *call) error {
	all := tips()
	n := int(s.env.Now().Unix()%int64(len(all))) + 1
	given := c.args.Has("number")
	if given {
		n = c.args.Int("number", 1)
	}
	for range all {
		if one := all[n-1]; s.follows(one) {
			c.say(fmt.Sprintf("tip %d: %s\n    %s %s\n", n, one.text, one.mode, one.try))
			return nil
		}
		if given {
			return errors.New("this tip is about what you may not do")
		}
		n = n%len(all) + 1
	}
	return errors.New("there is no tip for you")
}

// follows reports whether the class may do what a tip says.
func (s *Session) follows(t tip) bool {
	w := &walk{s: s, tree: s.grammar.operational}
	switch t.mode {
	case atKeys:
		return true
	case atChange:
		if !s.mayConfigure() {
			return false
		}
		w.config, w.tree = true, s.grammar.configuration
	}
	words, _ := splitLine(t.try)
	for _, word := range words {
		if w.accept(word) != nil {
			return false
		}
	}
	_, f := w.finish(len(t.try))
	return f == nil
}
