package op

import (
	"fmt"
	"strings"
)

// ClassDefinition is a login class as it is configured. Commands and statements
// are matched in one of two forms, of which a class uses one for each:
//
//   - allow-commands and its like are one POSIX extended regular expression for
//     the whole text, "show log messages" or "system syslog file messages any".
//     What denies may match anywhere in it, what allows must match from its
//     beginning. Where both match, the longer match wins, and allow wins a draw.
//   - allow-commands-regexps and its like are lists of expressions with a term
//     for each word, which must match the whole word; what lies behind or below
//     is included, unless the last term ends in $. Deny wins, unless
//     regex-additive-logic turns that round for the configuration.
//
// Case does not matter. Both go before the permission flags.
type ClassDefinition struct {
	Name        string
	Permissions []string

	AllowCommands, DenyCommands               string
	AllowConfiguration, DenyConfiguration     string
	AllowCommandsRegexps, DenyCommandsRegexps []string
	AllowConfigurationRegexps                 []string
	DenyConfigurationRegexps                  []string
	Additive                                  bool // regex-additive-logic
}

// Class is what a login class lets its members do, in the shell, over NETCONF
// and over sftp. It is compiled once for each commit, never changes, and is safe
// for concurrent use. The zero Class permits what needs no permission.
type Class struct {
	definition ClassDefinition
	flags      map[string]bool
	all        bool // every flag
	control    bool // every flag that changes configuration
	commands   rules
	config     rules
}

// ClassProblem is an expression of a class that cannot be used.
type ClassProblem struct {
	Statement string // "allow-commands"
	Value     string // the expression, of a leaf-list
	Err       error
}

// Error names the statement.
func (p *ClassProblem) Error() string { return fmt.Sprintf("%s: %v", p.Statement, p.Err) }

// predefined are Junos' own classes and their flags (junos-cli 10.1).
var predefined = [...]struct {
	name  string
	flags []string
}{
	{"super-user", []string{"all"}},
	{"superuser", []string{"all"}},
	{"operator", []string{"clear", "network", "reset", "trace", "view"}},
	{"read-only", []string{"view"}},
	{"unauthorized", nil},
}

// Predefined reports whether a class of this name exists without being configured.
func Predefined(name string) bool {
	for _, p := range predefined {
		if p.name == name {
			return true
		}
	}
	return false
}

// PredefinedClasses returns the classes that exist without being configured.
func PredefinedClasses() []*Class {
	var all []*Class
	for _, p := range predefined {
		c, _ := NewClass(ClassDefinition{Name: p.name, Permissions: p.flags})
		all = append(all, c)
	}
	return all
}

// SuperUser may do everything.
func SuperUser() *Class { return PredefinedClasses()[0] }

// NewClass compiles a class. With a problem the class permits nothing that needs
// a permission: whoever wrote the expression relied on it.
func NewClass(d ClassDefinition) (*Class, []ClassProblem) { return make(Expressions).NewClass(d) }

// NewClass is NewClass that takes from x what it has, and adds to it what is new.
func (x Expressions) NewClass(d ClassDefinition) (*Class, []ClassProblem) {
	c := &Class{definition: d, flags: map[string]bool{}}
	var problems []ClassProblem
	c.commands = x.newRules("commands", d.AllowCommands, d.DenyCommands, d.AllowCommandsRegexps, d.DenyCommandsRegexps, &problems)
	c.config = x.newRules("configuration", d.AllowConfiguration, d.DenyConfiguration, d.AllowConfigurationRegexps,
		d.DenyConfigurationRegexps, &problems)
	c.config.allowWins = d.Additive
	if len(problems) > 0 {
		return &Class{definition: ClassDefinition{Name: d.Name}}, problems
	}
	for _, f := range d.Permissions {
		c.grant(f)
	}
	return c, nil
}

func (x Expressions) newRules(what, allow, deny string, allows, denies []string, problems *[]ClassProblem) (r rules) {
	one := func(side, text string, anchored bool) pattern {
		if text == "" {
			return nil
		}
		p, err := x.newExpression(text, anchored)
		if err != nil {
			*problems = append(*problems, ClassProblem{Statement: side + "-" + what, Err: err})
		}
		return p
	}
	several := func(side string, lists []string) pattern {
		if len(lists) == 0 {
			return nil
		}
		t, at, err := x.newTerms(lists)
		if err != nil {
			*problems = append(*problems, ClassProblem{side + "-" + what + "-regexps", lists[at], err})
		}
		return t
	}
	if len(allows)+len(denies) > 0 {
		return rules{allow: several("allow", allows), deny: several("deny", denies), lists: true}
	}
	return rules{allow: one("allow", allow, true), deny: one("deny", deny, false)}
}

// grant adds a flag and what it includes: one that changes a part shows it.
func (c *Class) grant(flag string) {
	c.flags[flag] = true
	switch flag {
	case "all":
		c.all = true
	case "control", "all-control", "edit":
		c.control = true
	}
	if part, ok := strings.CutSuffix(flag, "-control"); ok && part != "all" {
		c.flags[part] = true
	}
}

// Name is what the configuration calls the class.
func (c *Class) Name() string { return c.definition.Name }

// Definition is the class as it is configured.
func (c *Class) Definition() ClassDefinition { return c.definition }

// Unlimited reports whether the class may do everything, so that nobody need ask.
func (c *Class) Unlimited() bool { return c.all && c.commands.none() && c.config.none() }

// May reports whether the class has a permission flag, itself or through one
// that includes it. The empty flag is everybody's.
func (c *Class) May(flag string) bool {
	return flag == "" || c.all || c.flags[flag] || c.control && controls(flag)
}

// controls reports whether the flag is about a part of the configuration, to see
// or to change, and thus included in control.
func controls(flag string) bool {
	if strings.HasSuffix(flag, "-control") {
		return flag != "all-control"
	}
	switch flag {
	case "access", "admin", "firewall", "flow-tap", "interface", "routing", "secret", "security", "snmp", "storage",
		"system", "trace", "unified-edge", "control", "all-control":
		return true
	}
	return false
}

// Command reports whether the class may run a command that needs a flag. Words
// are those of the command and its arguments in full: "show", "log", "messages".
// A name of a log or a file counts as what it leads to, and a rule that denies it
// as it is typed counts too.
func (c *Class) Command(flag string, words []string) bool {
	if c.commands.none() {
		return c.May(flag)
	}
	all := forms(words)
	if all == nil {
		all = [][]string{words}
	}
	permitted := c.May(flag)
	for _, form := range all {
		switch c.commands.over(form) {
		case denied:
			return false
		case allowed:
			permitted = true
		}
	}
	return permitted && !c.denies(words...) && c.concerns(words)
}

// MayCommand reports whether words can be the beginning, or all, of a command
// that the class may run.
func (c *Class) MayCommand(flag string, words []string) bool {
	if c.commands.none() {
		return c.May(flag)
	}
	p := c.commands.prospect()
	for _, w := range words {
		p = p.word(w)
	}
	return p.ever(c.May(flag))
}
