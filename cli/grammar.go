package cli

import (
	"context"

	"loggia/configtree/schema"
	"loggia/op"
)

// grammar is every command of a session, arranged for the walk.
type grammar struct {
	operational   *node
	configuration *node
	after         *node // what may follow top and up
	pipes         *node
}

// groups are the help texts of words that lead to commands.
var groups = map[string]string{
	"show":               "Show something",
	"show cli":           "Show how this session is set up",
	"show system":        "Show something about the system",
	"show system syslog": "Show something about the syslog engine",
	"clear":              "Clear something",
	"file":               "Work with files",
	"monitor":            "Show log lines as they are written",
	"set":                "Set something of this session",
	"set cli":            "Set how this session works",
	"request":            "Ask the system to do something",
	"load":               "Load configuration from a file or the terminal",
	"display":            "Show the configuration in another form",
}

func newGrammar(commands []op.Command) *grammar {
	operational := append(operationalVerbs(), settingVerbs()...)
	operational = append(operational, monitorVerbs()...)
	for _, c := range commands {
		operational = append(operational, &verb{Grammar: c.Grammar, run: func(ctx context.Context, s *Session, k *call) error {
			res, err := c.Run(ctx, &s.env, k.args)
			k.out.res = res
			return err
		}})
	}
	after := editVerbs()
	all := append(editVerbs(), configurationVerbs()...)
	return &grammar{
		operational:   newTree(operational, groups),
		configuration: newTree(all, groups),
		after:         newTree(after, groups),
		pipes:         newTree(pipeVerbs(), groups),
	}
}

func numberType(low, high uint64) schema.Type {
	return schema.Type{Base: schema.Unsigned, Ranges: []schema.Range{{Min: low, Max: high}}}
}

func rollbackType() schema.Type { return numberType(0, 49) }

func patternType() schema.Type { return schema.Type{} }

// rollbackChoices lists the committed configurations by their rollback number.
func rollbackChoices(env *op.Env) []op.Choice { return op.Rollbacks(env) }
