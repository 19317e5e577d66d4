package cli

import (
	"context"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
)

// overRange changes a statement once for each name that its ranges stand for:
//
//	wildcard range set system syslog file f[0-3,8] any notice
//	wildcard range deactivate system syslog file f[0-8/2,!4]
func overRange(ctx context.Context, s *Session, c *call) error {
	lines, err := configtree.Ranges(c.typed)
	if err != nil {
		return err
	}
	var edits []configtree.Edit
	for _, line := range lines {
		res, p := configtree.Resolve(s.schema(), c.verb.edit, c.relative, line)
		if p != nil {
			return p
		}
		edits = append(edits, res.Edits...)
	}
	return s.apply(ctx, c, edits)
}

// asTyped takes the quotes off ranges, which in quotes are none: a line in the
// history must mean the same when it is run again.
func (c *call) asTyped(line string) string {
	var pairs []string
	for _, w := range c.typed {
		if w.IsRange() {
			pairs = append(pairs, format.Quote(w.Text), w.Text)
		}
	}
	return strings.NewReplacer(pairs...).Replace(line)
}

// expand replaces the words with ranges by one of the names each.
func expand(words []configtree.Word, one func(string) string) []configtree.Word {
	out := slices.Clone(words)
	for i, w := range out {
		if w.IsRange() {
			out[i].Text = one(w.Text)
		}
	}
	return out
}
