package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loggia/audit/event"
	"loggia/configtree"
)

// commands are set lines, one command each.
func commands(t *testing.T, lines ...string) []Command {
	t.Helper()
	var all []Command
	for _, l := range lines {
		all = append(all, Command{edits(t, l), event.CommandLine{Username: "ann", Command: l}})
	}
	return all
}

// Commands made together lead where they lead one by one, with the same records in the same
// order, can be undone one by one, and are so in the log on disk; what changes nothing is
// no step, whether alone or not.
func TestEditEach(t *testing.T) {
	ctx := context.Background()
	random := rand.New(rand.NewPCG(1, 2))
	var lines []string
	for range 3 * checkpoint {
		lines = append(lines, fmt.Sprintf("set system syslog file f%d any %s", random.IntN(40), []string{"info", "notice", "any"}[random.IntN(3)]))
	}
	lines = append(lines, "set system syslog file f1 any info", "set system syslog file f1 any info", "set system syslog host h any any", "set system syslog",
		"set system login user u class operator", "set system login user u authentication encrypted-password $6$salt$hash")
	lines = append(lines, "set system syslog file f1 any any", "set system syslog file f1 any info", "set system syslog archive size 1m", "set system syslog file f2 structured-data brief")
	dirs, tapes := [2]string{t.TempDir(), t.TempDir()}, [2]*tape{new(tape), new(tape)}
	s := [2]*Store{open(t, dirs[0], tapes[0]), open(t, dirs[1], tapes[1])}
	together, single := s[0].Shared(), s[1].Shared()
	for _, l := range commands(t, lines...) {
		tapes[1].Record(ann, l.Record)
		if _, _, err := single.Edit(ctx, ann, l.Edits); err != nil {
			t.Fatal(err)
		}
	}
	for part := range slices.Chunk(commands(t, lines...), 50) {
		if err := together.EditEach(ctx, ann, part); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(tapes[1].lines(), tapes[0].lines()); diff != "" {
		t.Errorf("recorded: %s", diff)
	}
	same := func(what string, a, b *Candidate) {
		t.Helper()
		if !a.Tree().Equal(b.Tree()) {
			t.Errorf("%s the trees differ", what)
		}
		if a, b := len(a.state.Load().log), len(b.state.Load().log); a != b {
			t.Errorf("%s there are %d entries, not %d", what, a, b)
		}
	}
	same("at first", together, single)
	for _, n := range []int{1, 1, 3, 70, 40} {
		for i, c := range []*Candidate{together, single} {
			if _, err := c.UndoLast(ctx, ann, n); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
		same(fmt.Sprint("after undo ", n), together, single)
	}
	for i := range s {
		if err := s[i].Close(); err != nil {
			t.Fatal(err)
		}
		s[i] = open(t, dirs[i], new(tape))
	}
	same("after a restart", s[0].Shared(), s[1].Shared())
}

// A command that takes back what another has done is a step as well.
func TestEditEachLeadsBack(t *testing.T) {
	ctx := context.Background()
	c := open(t, t.TempDir(), new(tape)).Shared()
	if _, _, err := c.Edit(ctx, ann, edits(t, "set system host-name a")); err != nil {
		t.Fatal(err)
	}
	if err := c.EditEach(ctx, ann, commands(t, "set system host-name b", "set system host-name a")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UndoLast(ctx, ann, 1); err != nil {
		t.Fatal(err)
	}
	if want := c.Tree().Batch(); want.Apply(edits(t, "set system host-name b")[0]) != nil || !c.Tree().Equal(want.Tree()) {
		t.Error("the host is not b again")
	}
}

// A problem with one of the commands is nothing done and nothing said.
func TestEditEachIsAllOrNone(t *testing.T) {
	ctx := context.Background()
	tape := new(tape)
	s := open(t, t.TempDir(), tape)
	c := s.Shared()
	if _, _, err := c.Edit(ctx, ann, edits(t, "set system syslog file p any any", "protect system syslog file p")); err != nil {
		t.Fatal(err)
	}
	tree := c.Tree()
	tape.lines()
	if err := c.EditEach(ctx, ann, commands(t, "set system syslog file a any any", "set system syslog file p any info")); err == nil {
		t.Error("no error")
	}
	if said := tape.lines(); len(said) > 0 || c.Tree() != tree {
		t.Errorf("recorded %q", said)
	}
	var none []configtree.Edit
	if err := c.EditEach(ctx, ann, []Command{{none, event.CommandLine{}}}); err != nil {
		t.Error(err)
	}
}
