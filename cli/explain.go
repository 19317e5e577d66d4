package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/op"
)

// explainVerbs look things up in what ? knows: the commands and the schema.
func explainVerbs() []*verb {
	word := func(help string) []op.Param {
		words := []op.Param{{Name: helpWords()[0], Help: help, Required: true}}
		for _, name := range helpWords()[1:] {
			words = append(words, op.Param{Name: name, Help: "What goes on behind it"})
		}
		return words
	}
	return []*verb{
		tipVerb(),
		{Grammar: op.Grammar{Words: "help", Help: "Explain how to find your way"}, run: help},
		{Grammar: op.Grammar{Words: "help apropos", Help: "Find what a word stands in", Params: word("Text to look for")}, run: apropos},
		{Grammar: op.Grammar{Words: "help topic", Help: "Find what is called so", Params: word("Command or statement, or the words that lead to it")}, run: topic},
		{Grammar: op.Grammar{Words: "help reference", Help: "Explain a statement in full", Params: word("Name of the statement, or the words that lead to it")}, run: reference},
	}
}

// helpWords are the names of the words that may be asked about at once.
func helpWords() []string {
	return []string{"word", "second-word", "third-word", "fourth-word", "fifth-word", "sixth-word", "seventh-word", "eighth-word"}
}

// asked are the words that were asked about, in small letters.
func asked(args op.Args) (words []string) {
	for _, name := range helpWords() {
		if args.Has(name) {
			words = append(words, strings.ToLower(args[name]))
		}
	}
	return words
}

// inOrder reports whether words stand among all in their order, with anything between them.
func inOrder(words, all []string) bool {
	for _, w := range all {
		if len(words) > 0 && words[0] == w {
			words = words[1:]
		}
	}
	return len(words) == 0
}

// ledTo reports whether words lead to a statement: the last is its name, and those before it are
// called like levels above it, in their order, or are names of entries of the one before.
func ledTo(words []string, n *schema.Node) bool {
	last := len(words) - 1
	if words[last] != n.Name {
		return false
	}
	above := schemaPath(n.Parent)
	entry := false // the word before stands for a list
	for _, w := range words[:last] {
		i := slices.IndexFunc(above, func(s configtree.Step) bool { return s.Node.Name == w })
		switch {
		case i >= 0:
			entry, above = above[i].Node.Kind == schema.List, above[i+1:]
		case !entry:
			return false
		default:
			entry = false
		}
	}
	return true
}

// whatThisIs is for those who look for what a router has.
const whatThisIs = "; 'help' says what this machine is for"

// explained is a command or statement with its help.
type explained struct{ line, help string }

// commandLines yields the commands of a tree that the class may use.
func (s *Session) commandLines(n *node, before string) iter.Seq[explained] {
	return func(yield func(explained) bool) { s.eachCommand(n, before, yield) }
}

func (s *Session) eachCommand(n *node, before string, yield func(explained) bool) bool {
	for _, c := range n.children {
		line := before + c.word
		if c.verb != nil && s.leadsTo(c.verb, strings.Fields(line)) && !yield(explained{line, c.help}) {
			return false
		}
		if !s.eachCommand(c, line+" ", yield) {
			return false
		}
	}
	return true
}

// statements yields the statements below n that the class may see, as they are
// set, or shown by who may not set them. Groups repeat all of it and are left out.
func (s *Session) statements(n *schema.Node, yield func(*schema.Node, explained) bool) {
	show, configures := s.showsStatements(), s.mayConfigure()
	var below func(n *schema.Node, before string) bool
	below = func(n *schema.Node, before string) bool {
		for _, c := range n.Children {
			path := schemaPath(c)
			if c.Origin != nil || c.Groups != 0 || !s.sees(path, "") {
				continue
			}
			line := before + " " + statementWords(c)
			e := explained{line: "set" + line, help: c.Description}
			if !configures || !s.changes(path, "") {
				e.line = show + before + " " + c.Name
				if c.Kind == schema.List {
					e.line = show + line
				}
			}
			if show == "" && !strings.HasPrefix(e.line, "set ") {
				continue
			}
			if !yield(c, e) || !below(c, line) {
				return false
			}
		}
		return true
	}
	below(n, "")
}

// showsStatements is the command that shows statements, "" when the class has none.
func (s *Session) showsStatements() string {
	if s.configuring() {
		return "show"
	}
	w := s.newWalk()
	for _, word := range []string{"show", "configuration"} {
		if w.accept(configtree.Word{Text: word}) != nil {
			return ""
		}
	}
	return "show configuration"
}

// schemaPath is the path of a statement in any entry of the lists above it.
func schemaPath(n *schema.Node) configtree.Path {
	if n.Parent == nil {
		return nil
	}
	return schemaPath(n.Parent).Append(configtree.Step{Node: n})
}

// statementWords is a statement with placeholders for its key and value.
func statementWords(n *schema.Node) string {
	words := n.Name
	if n.NoKeyword {
		words = ""
	}
	value := n.Placeholder
	if value == "" {
		value = n.Name
	}
	leaf := n.Kind == schema.Leaf && n.Type.Base != schema.Empty || n.Kind == schema.LeafList
	if n.Kind == schema.List || leaf {
		words = strings.TrimSpace(words + " <" + strings.Trim(value, "<>") + ">")
	}
	return words
}

// apropos lists what has a word in its name or its help: statements at and below
// the level in configuration mode, else commands.
func apropos(_ context.Context, s *Session, c *call) error {
	text := joined(asked(c.args))
	return s.found(c, func(e explained, name string, _ *schema.Node) bool {
		return strings.Contains(strings.ToLower(name), text) || strings.Contains(strings.ToLower(e.help), text)
	})
}

// topic lists what is called so.
func topic(_ context.Context, s *Session, c *call) error {
	words := asked(c.args)
	return s.found(c, func(_ explained, name string, n *schema.Node) bool {
		if n != nil {
			return ledTo(words, n)
		}
		return inOrder(words, strings.Fields(name))
	})
}

// found lists the commands and statements that fit. Those of configuration mode are told as
// they are typed there, behind its prompt.
func (s *Session) found(c *call, fits func(e explained, name string, n *schema.Node) bool) error {
	say := func(e explained) { c.say(e.line + "\n    " + e.help + "\n") }
	any := false
	list := func(from *node, prompt string) {
		for e := range s.commandLines(from, "") {
			if fits(e, e.line, nil) {
				any = true
				say(explained{prompt + e.line, e.help})
			}
		}
	}
	if !s.configuring() {
		list(s.grammar.operational, "> ")
	}
	if c.verb.Words == "help topic" {
		list(s.grammar.configuration, "# ")
	}
	s.statements(s.level().Cursor(s.schema()).Node, func(n *schema.Node, e explained) bool {
		if fits(e, n.Name, n) {
			any = true
			say(e)
		}
		return true
	})
	if !any {
		return errors.New("nothing found for " + joined(asked(c.args)) + whatThisIs)
	}
	return nil
}

// reference explains the statements of a name in full.
func reference(_ context.Context, s *Session, c *call) error {
	words := asked(c.args)
	found := false
	s.statements(s.schema(), func(n *schema.Node, e explained) bool {
		if !ledTo(words, n) {
			return true
		}
		if found {
			c.say("\n")
		}
		found = true
		c.say(e.line + "\n    " + n.Type.Help(e.help) + "\n")
		for _, row := range [][2]string{{"Default", n.Default}, {"Permission", op.FlagOf(n)}, {"Key", n.KeyDescription}} {
			if row[1] != "" {
				c.say(fmt.Sprintf("    %s: %s\n", row[0], row[1]))
			}
		}
		for _, e := range n.Type.Enums {
			c.say(fmt.Sprintf("        %-20s %s\n", e.Name, e.Help))
		}
		for _, child := range n.Children {
			if child.Groups == 0 && s.sees(schemaPath(child), "") {
				c.say(fmt.Sprintf("        %-20s %s\n", child.Name, child.Description))
			}
		}
		return true
	})
	if !found {
		return errors.New("there is no statement " + joined(words) + whatThisIs)
	}
	return nil
}

// showAuthorization answers `show cli authorization` (junos-cli §10.3).
func showAuthorization(_ context.Context, s *Session, c *call) error {
	c.out.res = op.Rights(&s.env)
	return nil
}

// supportCommands are what somebody who helps wants to see first.
func supportCommands() []string {
	return []string{
		"show version detail",
		"show system uptime",
		"show system alarms",
		"show system commit",
		"show system users",
		"show system storage",
		"show system processes extensive",
		"show system memory",
		"show system syslog statistics",
		"show log",
		"show configuration | except SECRET-DATA",
	}
}

// support is the answer of `request support information`.
type support struct {
	ctx context.Context
	s   *Session
}

func supportInformation(ctx context.Context, s *Session, c *call) error {
	c.out.res = support{ctx, s}
	return nil
}

// WriteText implements op.Result: every command with its answer. One that fails
// says so in its place.
func (r support) WriteText(w io.Writer) error {
	for _, line := range supportCommands() {
		at := &walk{s: r.s, tree: r.s.grammar.run}
		words, _ := splitLine(line)
		if slices.ContainsFunc(words, func(word configtree.Word) bool { return at.accept(word) != nil }) {
			continue // not for this class
		}
		c, f := at.finish(len(line))
		if f != nil {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s%s\n\n", r.s.prompt(), line); err != nil {
			return err
		}
		if err := r.answer(w, c); err != nil {
			if _, err := fmt.Fprintf(w, "%s\n", message(err)); err != nil {
				return err
			}
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
		if r.ctx.Err() != nil {
			return context.Cause(r.ctx)
		}
	}
	return nil
}

func (r support) answer(w io.Writer, c *call) error {
	c.out = &reply{}
	if err := c.verb.run(r.ctx, r.s, c); err != nil {
		return err
	}
	res := c.out.result()
	if res == nil {
		return nil
	}
	out, err := r.s.filters(c.pipes, sink{w})
	if err != nil {
		return err
	}
	return out.finish(res.WriteText(contextWriter{r.ctx, out}))
}
