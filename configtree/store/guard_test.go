package store

import (
	"context"
	"errors"
	"slices"
	"testing"

	"loggia/configtree"
)

// TestGuard: a guard sees every change of a candidate as a whole and can refuse
// it; then nothing is changed.
func TestGuard(t *testing.T) {
	var r tape
	s := open(t, t.TempDir(), &r)
	defer closed(t, s)
	c := s.Shared()
	if _, _, err := c.Edit(context.Background(), ann, edits(t, "set system time-zone UTC")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Commit(context.Background(), ann, plainCommit); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveRescue(context.Background(), ann); err != nil {
		t.Fatal(err)
	}
	no := errors.New("no")
	var seen [][]configtree.Change
	ctx := WithGuard(context.Background(), func(from, to *configtree.Tree, changes []configtree.Change) error {
		if !slices.EqualFunc(changes, configtree.Diff(from, to), func(a, b configtree.Change) bool { return a.Kind == b.Kind && a.Path.Equal(b.Path) }) {
			t.Error("the changes are not the difference")
		}
		seen = append(seen, changes)
		return no
	})
	other := edits(t, "set system host-name guarded")
	if _, _, err := c.Edit(context.Background(), bob, edits(t, "set system host-name open")); err != nil {
		t.Fatal(err)
	}
	before := c.Tree()
	for name, do := range map[string]func() error{
		"edit":     func() error { _, _, err := c.Edit(ctx, ann, other); return err },
		"load":     func() error { _, _, err := c.Load(ctx, ann, LoadMerge, "f", listed(other)); return err },
		"partial":  func() error { _, _, err := c.LoadPartial(ctx, ann, LoadMerge, "f", listed(other)); return err },
		"override": func() error { _, _, err := c.Load(ctx, ann, LoadOverride, "f", listed(other)); return err },
		"rollback": func() error { return c.Rollback(ctx, ann, 1) },
		"rescue":   func() error { return c.RollbackRescue(ctx, ann) },
		"undo":     func() error { _, err := c.UndoLast(ctx, bob, 1); return err },
		"factory":  func() error { _, err := c.LoadFactory(ctx, ann); return err },
	} {
		seen = nil
		if err := do(); !errors.Is(err, no) || len(seen) != 1 {
			t.Errorf("%s: %v, asked %d times", name, err, len(seen))
		}
		if !c.Tree().Equal(before) {
			t.Errorf("%s changed something", name)
		}
	}
}
