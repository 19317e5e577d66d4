package store

import (
	"context"

	"loggia/configtree"
)

// Guard decides about a change on its way into a candidate: what makes to out
// of from, with their Diff. Its error refuses all of it.
type Guard func(from, to *configtree.Tree, changes []configtree.Change) error

type guardKey struct{}

// WithGuard returns a context in which every edit, load, rollback and undo of a
// candidate has to pass the guard, whatever command asked for it. It sees each
// change by itself, not what other sessions edit at the same time. What a private
// candidate takes over from others does not ask it.
func WithGuard(ctx context.Context, g Guard) context.Context {
	return context.WithValue(ctx, guardKey{}, g)
}

// guarded asks the guard of ctx, if there is one.
func (d *draft) guarded(ctx context.Context) error {
	g, ok := ctx.Value(guardKey{}).(Guard)
	if !ok || g == nil || len(d.changes) == 0 {
		return nil
	}
	return g(d.before.tree, d.after, d.changes)
}
