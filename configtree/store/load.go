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
	maxLoad = maxCost - entryCost // edits in one load

	// MaxProblems is how many errors, and how many warnings, of a text that is read are
	// kept. There may be as many as it has words.
	MaxProblems = 1000

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
	defer c.store.heap.Settled()
	switch {
	case verb == LoadOverride || verb == LoadUpdate:
		ed.begin = func() *state { return &state{tree: configtree.New(c.store.schema)} }
	case verb != LoadPatch && !ed.partial:
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
		tree, refused := ed.made(configtree.New(c.store.schema))
		problems = append(problems, refused...)
		ed.whole, ed.edits, ed.advance, ed.base = tree, nil, nil, c.store.Running()
		ed.keeps, ed.compare = true, verb == LoadUpdate
	}
	if Problems(problems).fatal() && !ed.partial {
		// What could be read is tried, so that all problems are told at once.
		problems = inOrder(append(problems, ed.draft(c.state.Load()).problems...))
		return nil, problems, Problems(problems)
	}
	changes, refused, err := c.change(ctx, ed)
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

// collect reads the source.
func (ed *edition) collect(ctx context.Context, store *Store, verb LoadVerb, edits Source) ([]configtree.Problem, error) {
	var wrong FirstProblems
	ed.edits = []configtree.Edit{}
	defer ed.arrive()
	for edit, problem := range edits {
		if ed.count%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		switch {
		case problem != nil:
			wrong.Add(problem)
		case ed.count+len(ed.freed) == maxLoad:
			return nil, errTooLarge
		case edit.Op == configtree.Replace && verb != LoadReplace && verb != LoadPatch:
			// Without `load replace` the tag says nothing.
		case edit.Op == configtree.Unprotect && (verb == LoadOverride || verb == LoadUpdate):
			ed.freed = append(ed.freed, edit)
		default:
			if err := ed.read(edit, store); err != nil {
				return nil, err
			}
		}
	}
	ed.ahead(true)
	ed.arrive()
	if a := ed.advance; a != nil && a.named { // it is recorded edit by edit
		if err := ed.stray(store.schema); err != nil {
			return nil, err
		}
	}
	ed.cost = ed.count
	return append(wrong.List, ed.hash(store)...), nil
}

// read takes an edit of a load.
func (ed *edition) read(edit configtree.Edit, store *Store) error {
	if givesPassword(&edit) {
		if err := ed.stray(store.schema); err != nil {
			return err
		}
	}
	if len(ed.edits) == cap(ed.edits) { // twofold: what is outgrown is garbage
		ed.edits = slices.Grow(ed.edits, max(len(ed.edits), 16))
	}
	keepSecret(&edit)
	ed.edits = append(ed.edits, edit)
	if ed.count++; ed.count == largeLoad {
		store.heap.Loading()
	}
	ed.ahead(false)
	return nil
}

// made applies the edits to a tree that has nothing yet.
func (ed *edition) made(empty *configtree.Tree) (*configtree.Tree, Problems) {
	if a := ed.advance; a != nil {
		return a.after, a.problems
	}
	return applyAll(empty, ed.edits)
}

func rollbackCommand(n int) string {
	if n == 0 {
		return "rollback"
	}
	return "rollback " + number(n)
}

func number(n int) string { return strconv.Itoa(n) }
