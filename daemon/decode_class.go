package daemon

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"loggia/configtree"
	"loggia/op"
	"loggia/sshd"
)

// decodeClass reads `class NAME`. What is wrong with its expressions becomes a problem.
func decodeClass(r *configtree.Reader, additive bool, known op.Expressions) *loginClass {
	c := &loginClass{name: r.Key(), limited: r.Has("idle-timeout"), idle: minutes(r.Uint("idle-timeout")),
		access: access(r), noSFTP: r.Has("no-sftp-server")}
	r.Has("no-scp-server") // its own protocol is not spoken: what speaks sftp is sftp
	class, problems := known.NewClass(op.ClassDefinition{
		Name: c.name, Permissions: r.Texts("permissions"), Additive: additive,
		AllowCommands: r.Text("allow-commands"), DenyCommands: r.Text("deny-commands"),
		AllowConfiguration: r.Text("allow-configuration"), DenyConfiguration: r.Text("deny-configuration"),
		AllowCommandsRegexps: r.Texts("allow-commands-regexps"), DenyCommandsRegexps: r.Texts("deny-commands-regexps"),
		AllowConfigurationRegexps: r.Texts("allow-configuration-regexps"),
		DenyConfigurationRegexps:  r.Texts("deny-configuration-regexps"),
	})
	if op.Predefined(c.name) {
		c.problems = []configtree.Problem{{Path: r.Path(), Kind: configtree.Constraint, Err: fmt.Errorf("'%s' is a predefined class name", c.name)}}
		return c
	}
	c.class = class
	for _, p := range problems {
		path := r.PathOf(p.Statement)
		path[len(path)-1].Key = p.Value
		c.problems = append(c.problems, configtree.Problem{Path: path, Err: p.Err, Kind: configtree.Constraint})
	}
	return c
}

// access reads when members of a class may log in.
func access(c *configtree.Reader) sshd.Access {
	a := sshd.Access{Start: -1, End: -1}
	for _, day := range c.Texts("allowed-days") {
		for w := time.Sunday; w <= time.Saturday; w++ {
			if strings.EqualFold(w.String(), day) {
				a.Days |= 1 << w
			}
		}
	}
	if start := c.Text("access-start"); start != "" {
		a.Start, a.Limited = minuteOfDay(start), true
	}
	if end := c.Text("access-end"); end != "" {
		a.End, a.Limited = minuteOfDay(end), true
	}
	return a
}

// minuteOfDay reads hh:mm, whose form the schema has checked.
func minuteOfDay(text string) int {
	h, m, _ := strings.Cut(text, ":")
	hours, herr := strconv.Atoi(h)
	mins, merr := strconv.Atoi(m)
	if herr != nil || merr != nil {
		return -1
	}
	return hours*60 + mins
}
