package store

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"testing"

	"loggia/configtree"
)

// many are so many set lines that their entry is packed.
func many(t *testing.T) []configtree.Edit {
	t.Helper()
	var lines []string
	for i := range advancePart + 76 {
		lines = append(lines, fmt.Sprintf("set system syslog file f%d any notice", i))
	}
	return edits(t, append(lines, `set system login message "two\nlines, \"quoted\" = end"`, "deactivate system syslog file f7")...)
}

// A packed entry has the edits that it was made from, and is in the journal what it
// would be there otherwise.
func TestPackedEntry(t *testing.T) {
	plain := entry{seq: 7, by: ann, edits: many(t)}
	packed := plain
	parts, err := packed.pack()
	if err != nil || packed.edits != nil || packed.whole() {
		t.Fatalf("%d edits, %v", len(packed.edits), err)
	}
	if len(packed.packed) > 20*len(plain.edits) {
		t.Errorf("%d bytes", len(packed.packed))
	}
	root := grammar(t)
	got, err := packed.unpack(root)
	if err != nil || len(got) != len(plain.edits) {
		t.Fatalf("%d edits, %v", len(got), err)
	}
	for i := range got {
		if want := plain.edits[i]; got[i].Op != want.Op || got[i].Value != want.Value || !reflect.DeepEqual(got[i].Path, want.Path) {
			t.Errorf("%+v, not %+v", got[i], want)
		}
	}
	want, err := appendEntry([]byte("before\n"), &plain)
	if err != nil {
		t.Fatal(err)
	}
	if frame, err := appendEntry([]byte("before\n"), &packed); err != nil || !bytes.Equal(frame, want) {
		t.Errorf("%d bytes, not %d, %v", len(frame), len(want), err)
	}
	if frame := bytes.Join(packed.frame(parts), nil); len(parts) < 2 || "before\n"+string(frame) != string(want) {
		t.Errorf("in %d parts %d bytes, not %d", len(parts), len(frame), len(want))
	}
}

// Many edits are undone, redone, kept over a restart and put on top of what others
// commit, as few are.
func TestManyEdits(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	c := s.Shared()
	ctx := context.Background()
	if _, _, err := c.Edit(ctx, ann, many(t)); err != nil {
		t.Fatal(err)
	}
	if c.state.Load().log[0].packed == nil {
		t.Fatal("not packed")
	}
	want := text(t, c.Tree())
	edit(t, c, bob, "set system host-name b")
	both := text(t, c.Tree())
	if changes, err := c.UndoLast(ctx, ann, 1); err != nil || len(changes) == 0 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	if _, err := c.RedoLast(ctx, ann, 1); err != nil || text(t, c.Tree()) != both {
		t.Fatalf("%v", err)
	}
	closed(t, s)
	s = open(t, dir, new(tape))
	defer closed(t, s)
	c = s.Shared()
	if text(t, c.Tree()) != both {
		t.Error("another after the restart")
	}
	if c.state.Load().log[1].packed == nil {
		t.Error("not packed after the restart")
	}
	if _, err := c.UndoLast(ctx, c.state.Load().log[0].by, 1); err != nil || text(t, c.Tree()) != want {
		t.Errorf("%v", err)
	}
}
