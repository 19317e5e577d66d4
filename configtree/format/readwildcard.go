package format

import (
	"slices"

	"loggia/configtree"
)

// wildcard reads the commands that stand for several statements:
//
//	wildcard delete system syslog file "^old"
//	wildcard range set system syslog file f[0-3,8] any notice
func (s *setReader) wildcard(n int, at configtree.Path, words []configtree.Word) bool {
	last := words[len(words)-1]
	behind := last.Col + len(last.Text) + 1
	switch {
	case len(words) == 1:
		return s.problem(n, behind, "", errMissing)
	case words[1].Text == "delete":
		return s.deleteMatching(n, at, words, behind)
	case words[1].Text != "range":
		return s.problem(n, words[1].Col, words[1].Text, errSyntax)
	case len(words) == 2:
		return s.problem(n, behind, "", errMissing)
	}
	return s.ranges(n, at, words[0].Col, words[2:])
}

// deleteMatching reads wildcard delete, a level, an expression.
func (s *setReader) deleteMatching(n int, at configtree.Path, words []configtree.Word, behind int) bool {
	if len(words) == 2 {
		return s.problem(n, behind, "", errMissing)
	}
	expr, level := words[len(words)-1], words[2:len(words)-1]
	e := configtree.Edit{Op: configtree.DeleteMatching, Path: at, Value: expr.Text}
	if len(level) > 0 {
		res, p := configtree.Resolve(s.root, configtree.Delete, at, level)
		if p != nil {
			return s.yield(configtree.Edit{}, s.explain(n, at, words[1:], res, p))
		}
		e.Path = res.Path
	}
	if _, err := configtree.CompileName(expr.Text); err != nil {
		return s.problem(n, expr.Col, expr.Text, err)
	}
	return s.edits(n, e.Op, words[0].Col, []configtree.Edit{e})
}

// overRange are the commands that may stand behind `wildcard range`.
var overRange = [...]configtree.Op{configtree.Set, configtree.Delete, configtree.Activate, configtree.Deactivate,
	configtree.Protect, configtree.Unprotect}

// ranges reads what stands behind `wildcard range`, at col: a command for each of the names.
func (s *setReader) ranges(n int, at configtree.Path, col int, words []configtree.Word) bool {
	op, ok := verb(words[0].Text)
	if !ok || words[0].Quoted || !slices.Contains(overRange[:], op) {
		return s.problem(n, words[0].Col, words[0].Text, errSyntax)
	}
	lines, err := configtree.Ranges(words[1:])
	if err != nil {
		return s.problem(n, words[0].Col, words[0].Text, err)
	}
	for _, line := range lines {
		res, p := configtree.Resolve(s.root, op, at, line)
		if p != nil {
			return s.yield(configtree.Edit{}, s.explain(n, at, append(words[:1:1], line...), res, p))
		}
		if !s.edits(n, op, col, res.Edits) {
			return false
		}
	}
	return true
}
