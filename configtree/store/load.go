package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"

	"loggia/audit/event"
	"loggia/configtree"
)

// LoadVerb is a way to take a file into the candidate.
type LoadVerb uint8

// The ways.
const (
	LoadMerge    LoadVerb = iota // adds; where both say something the file wins
	LoadOverride                 // the file is the whole configuration, but for what is protected
	LoadReplace                  // like merge, but statements tagged `replace:` replace their counterpart
	LoadSet                      // set, delete and other commands
	LoadUpdate                   // the file is the whole configuration; only what differs counts as an edit
	LoadPatch                    // the file is a comparison: what it removes must be there
)

// String returns the verb as typed after `load`.
func (v LoadVerb) String() string {
	return [...]string{"merge", "override", "replace", "set", "update", "patch"}[v]
}

const (
	maxLoad         = maxCost - entryCost // edits in one load
	maxLoadProblems = 1000                // problems that one load reports

	// largeLoad is how many edits make a load one that the garbage collector leaves
	// alone at first.
	largeLoad = 4096

	// wholeCost is what a tree as a whole is taken to keep in memory, in statements.
	wholeCost = 10_000
)

var errTooLarge = fmt.Errorf("more than %d statements", maxLoad)

// Source is what a load reads: edits, and problems of reading them.
type Source = iter.Seq2[configtree.Edit, *configtree.Problem]

// Load takes edits from a source, which is a file name or "terminal", into the
// candidate: all of them, or none if there is a problem that is more than a
// warning. It reads the source to its end and reports the problems of reading
// and of applying together.
func (c *Candidate) Load(ctx context.Context, by event.Subject, verb LoadVerb, source string, edits Source) (changes []configtree.Change, problems []configtree.Problem, err error) {
	return c.load(ctx, edition{by: by, action: "set"}, verb, source, edits)
}

// LoadPartial is Load that takes what it can: problems leave out what they are
// about, and are no error.
func (c *Candidate) LoadPartial(ctx context.Context, by event.Subject, verb LoadVerb, source string, edits Source) (changes []configtree.Change, problems []configtree.Problem, err error) {
	return c.load(ctx, edition{by: by, action: "set", partial: true}, verb, source, edits)
}

func (c *Candidate) load(ctx context.Context, ed edition, verb LoadVerb, source string, edits Source) (changes []configtree.Change, problems []configtree.Problem, err error) {
	if err := c.Usable(ed.by); err != nil {
		return nil, nil, err
	}
	c.store.record(ed.by, event.Load{Username: ed.by.User, Command: "load " + verb.String()})
	defer c.store.collector.resume()
	if !ed.partial && (verb == LoadMerge || verb == LoadReplace || verb == LoadSet) {
		ed.begin = c.state.Load
	}
	problems, err = ed.collect(ctx, c.store, verb, edits)
	if err != nil {
		return nil, problems, err
	}
	switch verb {
	case LoadReplace:
		ed.action = "replace"
	case LoadPatch:
		ed.strict = true
	case LoadOverride, LoadUpdate:
		ed.first = event.ConfigWhole{Username: ed.by.User, Action: verb.String(), Source: source}
		for _, e := range ed.edits {
			if e.Op == configtree.Unprotect {
				ed.freed = append(ed.freed, e)
			}
		}
		made := slices.DeleteFunc(ed.edits, func(e configtree.Edit) bool { return e.Op == configtree.Unprotect })
		tree, refused := applyAll(configtree.New(c.store.schema), made)
		problems = append(problems, refused...)
		ed.whole, ed.cost, ed.edits, ed.base = tree, len(made), nil, c.store.Running()
		ed.keeps, ed.compare = true, verb == LoadUpdate
	}
	if Problems(problems).fatal() && !ed.partial {
		// What could be read is tried, so that all problems are told at once.
		problems = inOrder(append(problems, ed.draft(c.state.Load()).problems...))
		return nil, problems, Problems(problems)
	}
	changes, refused, err := c.change(ctx, ed)
	c.store.giveBack()
	problems = inOrder(append(problems, refused...))
	if Problems(problems).fatal() && !ed.partial {
		err = Problems(problems)
	}
	return changes, problems, err
}

// inOrder puts problems in the order of the lines that they are about; those that are
// about none come last.
func inOrder(problems []configtree.Problem) []configtree.Problem {
	slices.SortStableFunc(problems, func(a, b configtree.Problem) int {
		return cmp.Compare(uint(a.Line-1), uint(b.Line-1))
	})
	return problems
}

// collect reads the source. Problems beyond the first maxLoadProblems are left out.
func (ed *edition) collect(ctx context.Context, store *Store, verb LoadVerb, edits Source) ([]configtree.Problem, error) {
	problems := []configtree.Problem{}
	ed.edits = []configtree.Edit{}
	defer ed.arrive()
	for edit, problem := range edits {
		if len(ed.edits)%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch {
		case problem != nil && len(problems) < maxLoadProblems:
			problems = append(problems, *problem)
		case problem != nil:
		case len(ed.edits) == maxLoad:
			return nil, errTooLarge
		case edit.Op == configtree.Replace && verb != LoadReplace && verb != LoadPatch:
			// Without `load replace` the tag says nothing.
		default:
			if len(ed.edits) == cap(ed.edits) { // twofold: what is outgrown is garbage
				ed.edits = slices.Grow(ed.edits, max(len(ed.edits), 16))
			}
			if n := edit.Path.Last().Node; n != nil && n.Unkept {
				ed.stray() // it becomes another edit
			}
			keepSecret(&edit)
			if ed.edits = append(ed.edits, edit); len(ed.edits) == largeLoad {
				store.collector.putOff(firstCollection)
			}
			ed.ahead(false)
		}
	}
	ed.ahead(true)
	ed.arrive()
	ed.cost = len(ed.edits)
	return append(problems, ed.hash(store)...), nil
}

func rollbackCommand(n int) string {
	if n == 0 {
		return "rollback"
	}
	return "rollback " + number(n)
}

func number(n int) string { return strconv.Itoa(n) }
