package store

import (
	"context"
	"slices"

	"loggia/audit/event"
	"loggia/configtree"
)

// Command is a command of a batch.
type Command struct {
	Edits  []configtree.Edit
	Record event.Event // that it was given
}

// EditEach is Edit for each of several commands in a row, with what that costs paid once:
// each can be undone by itself, and has its record before those of what it changed. It is
// all or none: with a problem, even a warning, nothing is changed or recorded, and who wants
// to know which command it belongs to makes them one by one.
func (c *Candidate) EditEach(ctx context.Context, by event.Subject, commands []Command) error {
	ed := edition{by: by, action: "set", each: commands}
	for _, command := range commands {
		ed.edits = append(ed.edits, command.Edits...)
	}
	if problems := ed.hash(c.store); len(problems) > 0 {
		return problems
	}
	_, _, err := c.change(ctx, ed)
	return err
}

// each applies the edits of commands to a tree. steps are what each of them changed.
func (r *replay) each(tree *configtree.Tree, edits []configtree.Edit, commands []Command) (problems Problems, steps [][]configtree.Change) {
	steps = make([][]configtree.Change, len(commands))
	for i := range commands {
		mine := edits[:len(commands[i].Edits)]
		edits = edits[len(mine):]
		problems = append(problems, r.edits(mine)...)
		before := tree
		tree = r.batch.Tree()
		steps[i] = configtree.Diff(before, tree)
	}
	return problems, steps
}

// changed reports whether there is anything to undo: commands may take back what others did.
func (d *draft) changed() bool {
	return len(d.changes) > 0 || slices.ContainsFunc(d.steps, func(step []configtree.Change) bool { return len(step) > 0 })
}

// entryEach is entries of an edition of commands.
func (d *draft) entryEach(ed *edition, e entry) []entry {
	entries := make([]entry, 0, len(ed.each))
	before, edits := e.seq, d.edits
	for i := range ed.each {
		n := len(ed.each[i].Edits)
		if len(d.steps[i]) > 0 {
			e.seq++
			e.edits, e.cost = edits[:n:n], n+entryCost
			entries = append(entries, e)
		}
		edits = edits[n:]
	}
	// Of the trees to replay from only the last is at hand.
	if e.seq/checkpoint > before/checkpoint {
		entries[len(entries)-1].after = d.after
	}
	return entries
}
