package cli

import (
	"slices"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// resolveWords walks words of the Statement parameter through the schema.
func (w *walk) resolveWords(words []configtree.Word) (configtree.Resolution, *configtree.Problem) {
	if n := len(words) - 1; w.verb.pattern && n >= 0 {
		res, p := configtree.Resolve(w.s.schema(), w.verb.edit, w.level, words)
		if p != nil && p.Kind != configtree.Missing && p.Word == n {
			return w.beforePattern(words)
		}
		return res, p
	}
	if w.verb.ranges {
		res, p := configtree.Resolve(w.s.schema(), w.verb.edit, w.level, expand(words, configtree.FirstOfRange))
		for i := range res.Words {
			if _, secret := slices.BinarySearch(res.Secret, i); !secret && i < len(words) && words[i].IsRange() {
				res.Words[i] = words[i].Text
			}
		}
		return res, p
	}
	if res, asks := w.asksPassword(words); asks {
		res.Words = append(slices.Clone(res.Words), plainText)
		res.Complete = true
		return res, nil
	}
	return configtree.Resolve(w.s.schema(), w.verb.edit, w.level, words)
}

// resolveSoFar is resolveWords for a line that goes on: annotate takes what was
// typed last for its comment.
func (w *walk) resolveSoFar(words []configtree.Word) (configtree.Resolution, *configtree.Problem) {
	if w.verb.edit == configtree.Annotate {
		return configtree.Resolve(w.s.schema(), configtree.Find, w.level, words)
	}
	return w.resolveWords(words)
}

// resolve walks the Statement parameter through the schema and past the
// permissions of the class. end is where the next word would begin.
func (w *walk) resolve(end int) (configtree.Resolution, *failure) {
	res, p := w.resolveWords(w.path)
	if bad := w.forbidden(); bad >= 0 && (p == nil || p.Word >= bad) {
		return res, &failure{col: w.path[bad].Col, text: "syntax error."}
	}
	if p != nil {
		return res, w.statementFailure(p, end)
	}
	return res, nil
}

// allowed is what the present command needs of a statement: to see it, or to
// change it.
func (w *walk) allowed() func(p configtree.Path, value string) bool {
	if w.verb.edit == configtree.Find {
		return w.s.sees
	}
	return w.s.changes
}

// forbidden returns the index of the first word that names a statement which
// the class may not use, or -1.
func (w *walk) forbidden() int {
	if w.s.class.Unlimited() {
		return -1
	}
	allowed := w.allowed()
	words, bad, next := w.path, -1, 0
	if w.verb.ranges {
		words = expand(words, configtree.FirstOfRange)
	}
	configtree.ResolveWhile(w.s.schema(), w.verb.edit, w.level, words, func(i int, reached configtree.Path, edits []configtree.Edit) bool {
		if !allowed(reached, "") || slices.ContainsFunc(edits, func(e configtree.Edit) bool { return !allowed(e.Path, setValue(e)) }) {
			bad = i
		}
		next = i + 1
		return bad < 0
	})
	if bad >= 0 {
		return bad
	}
	// What the walk was not told of is short: a wrong word ends it.
	for i := min(next, len(words)-1); i < len(words); i++ {
		res, p := w.resolveWords(w.path[:i+1])
		if p != nil && p.Kind != configtree.Missing {
			return -1
		}
		if !allowed(res.Path, "") {
			return i
		}
		settled := 0
		if i < next { // each edit but that of the last word was looked at
			settled = max(0, len(res.Edits)-1)
		}
		if slices.ContainsFunc(res.Edits[settled:], func(e configtree.Edit) bool { return !allowed(e.Path, setValue(e)) }) {
			return i
		}
	}
	return -1
}

// noLevel says what is wrong with a path that leads to a value, or to a list as
// a whole, where a level is wanted.
func (w *walk) noLevel(res configtree.Resolution, end int) *failure {
	switch last := res.Path.Last(); {
	case last.Node == nil || last.Node.Kind == schema.Container:
		return nil
	case last.Node.Kind == schema.List && last.Key != "":
		return nil
	case last.Node.Kind == schema.List:
		return missing(end)
	}
	return &failure{col: w.path[len(w.path)-1].Col, text: "syntax error."}
}

func (w *walk) statementFailure(p *configtree.Problem, end int) *failure {
	if p.Word >= len(w.path) {
		return &failure{col: end, end: true, text: sentence(p.Err.Error())}
	}
	f := &failure{col: w.path[p.Word].Col}
	switch p.Kind {
	case configtree.Ambiguous:
		f.text = "'" + p.Token + "' is ambiguous."
		if res, q := w.resolveWords(w.path[:p.Word]); q == nil || q.Kind == configtree.Missing {
			f.list = w.below(res, p.Token, true)
		}
	case configtree.Unknown, configtree.Syntax:
		f.text = "syntax error."
		if len(p.Path) == 0 && ofRouters(p.Token) {
			f.text += noRouter
		}
	default:
		f.text = sentence(p.Err.Error())
	}
	return f
}
