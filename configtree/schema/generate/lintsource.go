package main

import (
	"slices"
	"strings"

	"github.com/openconfig/goyang/pkg/yang"
)

// dataHints are the statements of loggia-cli that any data node may have.
const dataHints = "cli:permission cli:accepted "

// groupsHint is what statements about configuration groups have besides.
const groupsHint = "cli:groups "

// dataNodes are the statements that declare data.
const dataNodes = "container list leaf leaf-list choice uses "

// allowedStatements is the part of YANG 1.1 that compiles: for each statement,
// the statements that may stand in it. What is missing here (refine, when,
// feature, leafref, min-elements …) has no meaning in the table, so that it
// would be lost without a word.
var allowedStatements = map[string]string{
	"module": "yang-version namespace prefix import organization contact description revision " +
		"extension typedef grouping augment " + dataNodes,
	"import":       "prefix",
	"revision":     "description",
	"extension":    "argument description",
	"typedef":      "type description units default",
	"grouping":     "description typedef grouping " + dataNodes,
	"augment":      "description " + dataNodes,
	"uses":         "description",
	"container":    "presence must description typedef grouping cli:oneliner cli:oneliner-plus " + dataHints + dataNodes,
	"list":         "key must description max-elements ordered-by typedef grouping cli:nokeyword cli:oneliner cli:oneliner-plus cli:homogeneous cli:secret " + groupsHint + dataHints + dataNodes,
	"leaf":         "type units default must mandatory description cli:value cli:dynamic cli:secret cli:unkept " + dataHints,
	"leaf-list":    "type units must max-elements ordered-by description cli:value cli:dynamic cli:secret " + groupsHint + dataHints,
	"choice":       "default mandatory description case container list leaf leaf-list",
	"case":         "description " + dataNodes,
	"must":         "error-message description",
	"type":         "range length pattern enum type cli:syntax cli:bounds",
	"enum":         "description",
	"pattern":      "error-message description",
	"range":        "",
	"length":       "",
	"yang-version": "", "namespace": "", "prefix": "", "organization": "", "contact": "", "description": "",
	"argument": "", "key": "", "presence": "", "max-elements": "", "ordered-by": "", "units": "", "default": "",
	"mandatory": "", "error-message": "",
	"cli:nokeyword": "", "cli:oneliner": "", "cli:oneliner-plus": "", "cli:homogeneous": "", "cli:secret": "",
	"cli:accepted": "", "cli:value": "", "cli:dynamic": "", "cli:permission": "", "cli:groups": "",
	"cli:syntax": "", "cli:bounds": "", "cli:unkept": "",
}

// withoutArgument are the extensions that take none.
var withoutArgument = []string{
	"cli:nokeyword", "cli:oneliner", "cli:oneliner-plus", "cli:homogeneous", "cli:secret", "cli:accepted",
	"cli:unkept",
}

// lintSource checks a module as it is written.
func (c *compiler) lintSource(s source) {
	statements, err := yang.Parse(s.text, s.name)
	if err != nil {
		c.errs = append(c.errs, err)
		return
	}
	for _, st := range statements {
		if st.Keyword != "module" {
			c.errorf(st, "%s where a module belongs", st.Keyword)
			continue
		}
		if version := sub(st, "yang-version"); version == nil || version.Argument != "1.1" {
			c.errorf(st, "module %s must say yang-version 1.1", st.Argument)
		}
		if s.name != st.Argument+".yang" {
			c.errorf(st, "module %s stands in %s", st.Argument, s.name)
		}
		c.lintStatement(st)
	}
}

func (c *compiler) lintStatement(st *yang.Statement) {
	allowed := strings.Fields(allowedStatements[st.Keyword])
	for _, s := range st.SubStatements() {
		if !slices.Contains(allowed, s.Keyword) {
			c.errorf(s, "%s within %s is no part of the YANG that compiles", s.Keyword, st.Keyword)
			continue
		}
		c.lintArgument(s)
		c.lintStatement(s)
	}
}

func (c *compiler) lintArgument(st *yang.Statement) {
	if want := !slices.Contains(withoutArgument, st.Keyword); want != st.HasArgument {
		c.errorf(st, "%s with the wrong number of arguments", st.Keyword)
	}
	if st.Keyword == "default" && st.Argument == "" {
		c.errorf(st, "an empty default is none")
	}
	words := map[string][]string{
		"ordered-by": {"user", "system"}, "mandatory": {"true", "false"},
		"cli:groups": {"define", "apply", "except", "flag"},
	}
	if permitted := words[st.Keyword]; permitted != nil && !slices.Contains(permitted, st.Argument) {
		c.errorf(st, "%s %s", st.Keyword, st.Argument)
	}
	if st.Keyword == "import" && st.Argument == "loggia-cli" {
		if prefix := sub(st, "prefix"); prefix == nil || prefix.Argument != "cli" {
			c.errorf(st, "loggia-cli must be imported with the prefix cli")
		}
	}
}
