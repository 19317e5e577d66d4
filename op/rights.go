package op

import (
	"context"
	"strings"

	"loggia/configtree"
)

// showRights tells a program what its user may do: for people it is `show cli
// authorization`.
func showRights(_ context.Context, env *Env, _ Args) (Result, error) {
	c := env.Class()
	d := c.Definition()
	flags := Element{Name: "user-permission-list"}
	permissions := env.Store.Running().Tree.Root().Schema()
	for _, name := range []string{"system", "login", "class", "permissions"} {
		permissions = permissions.Child(name)
	}
	for _, e := range permissions.Type.Enums {
		if c.May(e.Name) {
			flags.Children = append(flags.Children, Group("permission", Leaf("name", e.Name), Leaf("description", e.Help)))
		}
	}
	return facts(Group("authorization-information",
		Group("user-information", Leaf("user", env.Caller.User), Leaf("login-name", env.Caller.User), Leaf("user-class", c.Name())),
		flags,
		Group("command-authorization",
			Leaf("allow-command", expressions(d.AllowCommands, d.AllowCommandsRegexps)), Leaf("deny-command", expressions(d.DenyCommands, d.DenyCommandsRegexps)),
			Leaf("allow-config", expressions(d.AllowConfiguration, d.AllowConfigurationRegexps)), Leaf("deny-config", expressions(d.DenyConfiguration, d.DenyConfigurationRegexps))))), nil
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
