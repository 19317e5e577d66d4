package cli

import (
	"iter"
	"slices"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/op"
)

// candidates lists what may stand where the walk has come to, as far as it
// begins with prefix. <[Enter]> and | are listed for an empty prefix alone.
func (w *walk) candidates(prefix string) []candidate {
	var list []candidate
	switch {
	case w.pipe != nil:
		return w.pipe.candidates(prefix)
	case w.sub != nil:
		return w.sub.candidates(prefix)
	case w.pending != nil && w.pending.Optional:
		list = append(list, valueCandidate(*w.pending))
	case w.pending != nil:
		list = append(list, valueCandidate(*w.pending))
		return begin(append(list, w.choices(*w.pending, prefix)...), prefix)
	}
	p := w.positional()
	if w.inStatement() || p != nil && p.Kind == op.Statement {
		list = append(list, w.statementCandidates(prefix)...)
	}
	if !w.inStatement() {
		list = append(list, w.keywords()...)
		if p != nil && p.Kind == op.Positional {
			if !p.Only {
				list = append(list, valueCandidate(*p))
			}
			list = append(list, w.choices(*p, prefix)...)
		}
		if w.takesRest() {
			list = append(list, w.restCandidates(prefix)...)
		}
	}
	if prefix == "" && w.complete() {
		list = append(list, candidate{name: "<[Enter]>", help: "Execute this command", enter: true})
		if !w.verb.NoPipe && w.verb.rest == restNone {
			list = append(list, candidate{name: "|", help: "Pipe through a command", pipe: true})
		}
	}
	return begin(list, prefix)
}

func (w *walk) restCandidates(prefix string) []candidate {
	tree := w.s.grammar.run
	if w.verb.rest == restConfiguration {
		tree = w.s.grammar.after
	}
	sub := &walk{s: w.s, config: w.config, tree: tree}
	return sub.candidates(prefix)
}

// complete reports whether the line could end here.
func (w *walk) complete() bool {
	if w.finishCommand(0) != nil {
		return false
	}
	if !w.inStatement() {
		return true
	}
	res, p := w.resolveWords(w.path)
	return p == nil && res.Complete
}

func begin(list []candidate, prefix string) []candidate {
	var out []candidate
	for _, c := range list {
		if c.placeholder || c.enter || c.pipe || c.keys != nil || strings.HasPrefix(c.name, prefix) {
			out = append(out, c)
		}
	}
	return out
}

// valueCandidate is the placeholder of a parameter.
func valueCandidate(p op.Param) candidate {
	return candidate{name: "<" + p.Name + ">", help: p.Type.Help(p.Help), placeholder: true}
}

// statementCandidates lists the statements, keys and values that may follow
// the path typed so far.
func (w *walk) statementCandidates(prefix string) (list []candidate) {
	res, p := w.resolveSoFar(w.path)
	if p != nil && p.Kind != configtree.Missing {
		return nil
	}
	if _, asks := w.asksPassword(w.path); asks {
		return nil
	}
	if w.verb.edit == configtree.Annotate && len(w.path) > 0 && len(res.Path) > len(w.level) {
		list = append(list, candidate{name: "<comment>", help: "Text of the comment, in quotes; \"\" removes it", placeholder: true})
	}
	if w.verb.pattern {
		list = append(list, candidate{name: "<pattern>", help: "Regular expression for the names to delete", placeholder: true})
	}
	for _, word := range res.Connect {
		list = append(list, candidate{name: word, help: connective(word)})
	}
	list = append(list, w.below(res, prefix, false)...)
	if w.verb.edit != configtree.Find {
		switch res.Bracket {
		case "[":
			list = append(list, candidate{name: "[", help: "Open a set of values"})
		case "]":
			list = append(list, candidate{name: "]", help: "Close the current set"})
		}
	}
	if hashed := passwordAt(res.Next.Node); hashed != nil && w.verb.edit == configtree.Set && !w.verb.ranges &&
		res.Next.Want == schema.WantStatement && w.allowed()(pathTo(res.Path, hashed), "") && strings.HasPrefix(plainText, prefix) {
		list = append(list, candidate{name: plainText, help: plainTextHelp})
	}
	return list
}

// connective is the help of the words between the two statements of a command.
func connective(word string) string {
	switch word {
	case "before":
		return "In front of another"
	case "after":
		return "Behind another"
	}
	return "Its new name"
}

// below lists what the schema allows after res, and the keys that exist in the
// candidate configuration. The statements that a class may not see are left out.
func (w *walk) below(res configtree.Resolution, prefix string, keywords bool) []candidate {
	cursor, allowed, all := res.Next, w.allowed(), w.s.class.Unlimited()
	var list []candidate
	for _, c := range cursor.Candidates(prefix) {
		if c.Node != nil && !all && !allowed(pathTo(res.Path, c.Node), "") {
			continue
		}
		if w.verb.level && c.Node != nil && (c.Node.Kind == schema.Leaf || c.Node.Kind == schema.LeafList) {
			continue // there is no level
		}
		list = append(list, candidate{name: c.Name, help: c.Help, mark: c.Mark, placeholder: c.Placeholder})
	}
	if !keywords {
		list = append(list, w.existing(res, cursor, prefix, list)...)
	}
	return list
}

// pathTo is the path of the statement n that may follow at, or stands at its end.
// The walk may leave levels to reach it.
func pathTo(at configtree.Path, n *schema.Node) configtree.Path {
	for i := len(at) - 1; i >= 0; i-- {
		switch at[i].Node {
		case n:
			return at[:i].Append(configtree.Step{Node: n})
		case n.Parent:
			return at[:i+1].Append(configtree.Step{Node: n})
		}
	}
	return configtree.Path{{Node: n}}
}

// existing lists the keys of the entries, or the elements, that the candidate
// has of the list the cursor stands at, beside those that are listed as words.
func (w *walk) existing(res configtree.Resolution, cursor schema.Cursor, prefix string, listed []candidate) []candidate {
	if cursor.Want == schema.WantStatement || cursor.Node == nil {
		return nil
	}
	if cursor.Node.Kind != schema.List && cursor.Node.Kind != schema.LeafList {
		return nil
	}
	parent := res.Path
	if n := len(parent); n > 0 && parent[n-1].Node == cursor.Node {
		parent = parent[:n-1]
	}
	at, ok := w.s.tree().At(parent)
	if !ok || cursor.Node.Secret {
		return nil
	}
	help := cursor.Node.KeyDescription
	if help == "" {
		help = cursor.Node.Description
	}
	var may *op.Entries
	if !w.s.class.Unlimited() {
		if may = w.s.class.ChangesEntries(parent, cursor.Node); w.verb.edit == configtree.Find {
			may = w.s.class.SeesEntries(parent, cursor.Node)
		}
	}
	return []candidate{existingNames(func(from string) iter.Seq[candidate] {
		return func(yield func(candidate) bool) {
			for key := range permittedKeys(at, cursor.Node.Name, prefix, from, may) {
				word := slices.ContainsFunc(listed, func(c candidate) bool { return c.name == key && !c.placeholder })
				if !word && !yield(candidate{name: key, help: help, key: true}) {
					return
				}
			}
		}
	})}
}

// permittedKeys yields the keys that begin with prefix and do not come before from, as far as
// the class may know of them; may is nil for one that may know of all. Where it rules out many
// that begin alike, they are passed over.
func permittedKeys(at configtree.Node, list, prefix, from string, may *op.Entries) iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := true; more; {
			more = false
			beyond, rest := "", true // what comes before that is ruled out, but for what needs quotes; whether more comes behind
			for n := range at.Named(list, prefix, from) {
				key := n.Key()
				switch {
				case (!rest || key < beyond) && format.Quote(key) == key:
					continue
				case may == nil || may.May(key):
					if !yield(key) {
						return
					}
					continue
				}
				next, quoted, ok := may.Beyond(key)
				if !quoted {
					if !ok {
						return
					}
					if more = next > key; more {
						from = next
						break
					}
				}
				beyond, rest = next, ok
			}
		}
	}
}
