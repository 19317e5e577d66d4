package op

import (
	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

// Some answers about the state of the engine repeat statements of the configuration. Those that the class of
// the user may not see there are withheld here too.

// accessDenied stands for such a statement, as Junos shows it.
const accessDenied = "/* ACCESS-DENIED */"

// withhold takes out of an explanation the statements that a class may not see. What becomes of the message
// stays: that is state.
func (x *Explanation) withhold(c *Class, root *schema.Node) {
	if c.SeesAll() {
		return
	}
	for i := range x.Destinations {
		d := &x.Destinations[i]
		hidden := func(statement string) bool { return !c.seesLine(root, d.Place+" "+statement) }
		if d.Decided != "" && hidden(d.Decided) {
			d.withheld, d.Overridden = true, ""
		}
		for j := range d.Conditions {
			if hidden(d.Conditions[j].Statement) {
				d.Conditions[j].Statement = accessDenied
			}
		}
	}
}

// seesLine reports whether the class sees a statement as it is typed, without its value.
func (c *Class) seesLine(root *schema.Node, line string) bool {
	words, err := format.Words(line)
	if err != nil {
		return false
	}
	res, problem := configtree.Resolve(root, configtree.Find, nil, words)
	return problem == nil && c.Sees(res.Path, "")
}

// withholdExpressions does the same for the statistics of expressions, which are not told by where they stand:
// one is seen where the class sees a statement with it.
func withholdExpressions(all []ExpressionStatistics, c *Class, running *configtree.Tree) {
	if c.SeesAll() || len(all) == 0 {
		return
	}
	seen := map[[2]string]bool{}
	var each func(n configtree.Node)
	each = func(n configtree.Node) {
		if s := n.Schema(); s.Name == "match" || s.Name == "match-strings" {
			seen[[2]string{s.Name, n.Value()}] = true
		}
		for child := range n.Children() {
			each(child)
		}
	}
	each(c.View(running).Root())
	for i := range all {
		words, err := format.Words(all[i].Text)
		for _, w := range words {
			bracket := !w.Quoted && (w.Text == "[" || w.Text == "]")
			if err != nil || w.Col > 0 && !bracket && !seen[[2]string{words[0].Text, w.Text}] {
				all[i].Text = accessDenied
				break
			}
		}
	}
}
