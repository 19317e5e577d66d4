package op

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// rights is the answer of `show cli authorization`: what a class lets a user do (junos-cli 10.3).
type rights struct {
	user  string
	class *Class
	flags []schema.Enum // that the class has
}

// Rights tells the caller what he may do.
func Rights(env *Env) Result {
	r := rights{user: env.Caller.User, class: env.Class()}
	permissions := env.Store.Running().Tree.Schema()
	for _, name := range []string{"system", "login", "class", "permissions"} {
		permissions = permissions.Child(name)
	}
	for _, e := range permissions.Type.Enums {
		if r.class.May(e.Name) {
			r.flags = append(r.flags, e)
		}
	}
	return r
}

func showRights(_ context.Context, env *Env, _ Args) (Result, error) { return Rights(env), nil }

// rules are the expressions of the class: title and element name of each, and its text, which is
// empty when there is none.
func (r rights) rules() [][3]string {
	d := r.class.Definition()
	return [][3]string{
		{"Allow", "allow-command", expressions(d.AllowCommands, d.AllowCommandsRegexps)},
		{"Deny", "deny-command", expressions(d.DenyCommands, d.DenyCommandsRegexps)},
		{"Allow configuration", "allow-config", expressions(d.AllowConfiguration, d.AllowConfigurationRegexps)},
		{"Deny configuration", "deny-config", expressions(d.DenyConfiguration, d.DenyConfigurationRegexps)},
	}
}

// WriteText implements Result.
func (r rights) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		fmt.Fprintf(b, "Current user: '%s' login: '%s' class '%s'\nPermissions:\n", r.user, r.user, r.class.Name())
		for _, e := range r.flags {
			fmt.Fprintf(b, "    %-12s-- %s\n", e.Name, e.Help)
		}
		b.WriteString("Individual command authorization:\n")
		for _, rule := range r.rules() {
			fmt.Fprintf(b, "    %s regular expression: %s\n", rule[0], cmp.Or(rule[2], "none"))
		}
	})
}

// Element implements Result.
func (r rights) Element() Element {
	flags, rules := Element{Name: "user-permission-list"}, Element{Name: "command-authorization"}
	for _, e := range r.flags {
		flags.Children = append(flags.Children, Group("permission", Leaf("name", e.Name), Leaf("description", e.Help)))
	}
	for _, rule := range r.rules() {
		rules.Children = append(rules.Children, Leaf(rule[1], rule[2]))
	}
	return Group("authorization-information",
		Group("user-information", Leaf("user", r.user), Leaf("login-name", r.user), Leaf("user-class", r.class.Name())), flags, rules)
}

// expressions are those of a class, of which it has one, or a list, or none.
func expressions(one string, several []string) string {
	if one != "" || len(several) == 0 {
		return one
	}
	quoted := make([]string, len(several))
	for i, text := range several {
		quoted[i] = configtree.Quote(text)
	}
	return "[ " + strings.Join(quoted, " ") + " ]"
}
