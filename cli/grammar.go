package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"loggia/configtree/schema"
	"loggia/op"
)

// grammar is every command of a session, arranged for the walk.
type grammar struct {
	operational   *node
	configuration *node
	run           *node // what may follow run
	after         *node // what may follow top and up
	pipes         *node
	answerPipes   *node // directly behind a command
	shownPipes    *node // directly behind a command that shows configuration
	commitPipes   *node // directly behind commit
}

// groups are the help texts of words that lead to commands.
var groups = map[string]string{
	"show":                                   "Show something",
	"clear security":                         "Remove something that protects connections",
	"clear security pki":                     "Remove keys and certificates",
	"clear system login":                     "Clear something about logins",
	"clear system syslog":                    "Clear something of the syslog engine",
	"request security pki ca-certificate":    "Work with certificates of authorities",
	"request security pki local-certificate": "Work with certificates of this machine",
	"request security ssh":                   "Work with what the SSH server proves itself with",
	"request security ssh host-key":          "Work with the keys of the SSH server",
	"request security":                       "Work with keys and certificates",
	"request security pki":                   "Work with certificates",
	"show security":                          "Show keys and certificates",
	"show security pki":                      "Show certificates",
	"show security ssh":                      "Show what the SSH server proves itself with",
	"show system login":                      "Show something about logins",
	"show system":                            "Show something about the system",
	"clear system":                           "Clear something of the system",
	"request support":                        "Collect what somebody who helps wants to see",
	"help tip":                               "Show something that is easily overlooked",
	"start":                                  "Go to another shell",
	"test":                                   "Try something without doing it",
	"show system configuration":              "Show a configuration that is kept",
	"show system configuration database":     "Show who edits the configuration",
	"request system configuration rescue":    "Keep a configuration to come back to",
	"wildcard range":                         "Work on all names of a range",
	"wildcard":                               "Work on all statements whose names match",
	"replace":                                "Replace text in the configuration",
	"show system syslog":                     "Show something about the syslog engine",
	"clear":                                  "Clear something",
	"file":                                   "Work with files",
	"file compare":                           "Compare files",
	"file checksum":                          "Compute a checksum of a file",
	"monitor":                                "Show log lines as they are written",
	"set":                                    "Set something of this session",
	"set cli":                                "Set how this session works",
	"load":                                   "Load configuration from a file or the terminal",
	"display":                                "Show the answer in another form",
	"request":                                "Ask the system to do something",
	"request system":                         "Ask the system to do something",
	"request system configuration":           "Work with configurations as a whole",
}

// theGrammar is the grammar of all sessions, made for the first of them.
var theGrammar = sync.OnceValue(newGrammar)

func newGrammar() *grammar {
	operational := slices.Concat(operationalVerbs(), explainVerbs(), settingVerbs(), monitorVerbs())
	for _, c := range op.All() {
		operational = append(operational, &verb{Grammar: c.Grammar, run: func(ctx context.Context, s *Session, k *call) error {
			if yes, err := s.agreed(ctx, c.Question); err != nil || !yes {
				return err
			}
			res, err := c.Run(ctx, &s.env, k.args)
			k.out.res = res
			return err
		}})
	}
	editing, moving, keeping := editVerbs(), configurationVerbs(), slices.Concat(commitVerbs(), loadVerbs())
	for _, v := range editing {
		v.configures, v.editing = true, true
	}
	for _, v := range moving {
		v.always = true
	}
	for _, v := range keeping {
		v.configures, v.Permission = true, cmp.Or(v.Permission, flagConfigure)
	}
	explaining := slices.DeleteFunc(slices.Clone(operational), func(v *verb) bool { return !strings.HasPrefix(v.Words+" ", "help ") })
	running := slices.DeleteFunc(slices.Clone(operational), func(v *verb) bool { return v.atPrompt })
	return &grammar{
		operational:   newTree(operational),
		run:           newTree(running),
		configuration: newTree(slices.Concat(editing, moving, explaining, keeping)),
		after:         newTree(editing),
		pipes:         newTree(append(pipeVerbs(), refreshVerb())),
		answerPipes:   newTree(slices.Concat(pipeVerbs(), encodeVerbs(), []*verb{refreshVerb()})),
		shownPipes:    newTree(slices.Concat(pipeVerbs(), displayVerbs(), []*verb{refreshVerb()})),
		commitPipes:   newTree(slices.Concat(pipeVerbs(), encodeVerbs(), []*verb{detailVerb(), impactVerb()})),
	}
}

func numberType(low, high uint64) schema.Type {
	return schema.Type{Base: schema.Unsigned, Ranges: []schema.Range{{Min: low, Max: high}}}
}

func rollbackType() schema.Type { return numberType(0, 49) }
