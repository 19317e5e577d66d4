package store

import (
	"context"
	"errors"
	"fmt"

	"loggia/configtree"
)

// delta is what one commit changed, by path. Trees are not kept for it.
type delta struct {
	whole map[string]bool // came to be, with all below it
	self  map[string]bool // got another value, mark, comment or place
}

// blameKey makes a path the key of a map.
func blameKey(p configtree.Path) string {
	var key []byte
	for _, s := range p {
		key = appendStep(key, s)
	}
	return string(key)
}

func appendStep(key []byte, s configtree.Step) []byte {
	key = append(append(key, s.Node.Name...), 0)
	return append(append(key, s.Key...), 1)
}

// maxDelta bounds what is kept about one commit, in paths. Of a larger one it is
// found out again whenever somebody asks.
const maxDelta = 20_000

func newDelta(from, to *configtree.Tree) *delta {
	d := &delta{map[string]bool{}, map[string]bool{}}
	for _, c := range configtree.Diff(from, to) {
		switch c.Kind {
		case configtree.Added:
			d.whole[blameKey(c.Path)] = true
		case configtree.Removed:
		default:
			d.self[blameKey(c.Path)] = true
		}
	}
	return d
}

// Blame tells of a configuration which commit each statement owes what it is.
type Blame struct {
	commits     []Meta         // newest first
	whole, self map[string]int // index in commits of the newest that changed the path
}

// Of returns the commit that made a statement, or last changed it: its value, a
// mark, its comment, its place; for a level that holds others, itself alone and
// not its contents. It is false for what is older than all commits that are
// kept; Meta is that of the oldest then.
func (b *Blame) Of(p configtree.Path) (Meta, bool) {
	newest := len(b.commits)
	var room [256]byte
	key := room[:0]
	for _, s := range p {
		key = appendStep(key, s)
		if at, ok := b.whole[string(key)]; ok {
			newest = min(newest, at)
		}
	}
	if at, ok := b.self[string(key)]; ok {
		newest = min(newest, at)
	}
	if newest == len(b.commits) {
		return b.commits[len(b.commits)-1], false
	}
	return b.commits[newest], true
}

// Blame explains the configuration n commits ago, 0 for the one in force. What
// commits of this run of the program changed is known; earlier ones are read
// and compared the first time somebody asks, which takes about as long as
// loading the configuration once for each of them.
func (s *Store) Blame(ctx context.Context, n int) (*Blame, error) {
	history, err := s.History()
	if err != nil {
		return nil, err
	}
	if n < 0 || n >= len(history) {
		return nil, fmt.Errorf("rollback %d: %w", n, ErrNoRollback)
	}
	b := &Blame{commits: history[n:], whole: map[string]int{}, self: map[string]int{}}
	deltas, err := s.deltas(ctx, b.commits)
	if err != nil {
		return nil, err
	}
	for i, d := range deltas {
		for path := range d.whole {
			first(b.whole, path, i)
		}
		for path := range d.self {
			first(b.self, path, i)
		}
	}
	return b, nil
}

func first(m map[string]int, path string, i int) {
	if _, ok := m[path]; !ok {
		m[path] = i
	}
}

// deltas returns what each commit changed, the newest first. Of the oldest that
// is known only if it began with nothing.
func (s *Store) deltas(ctx context.Context, commits []Meta) ([]*delta, error) {
	trees := treeReader{store: s, trees: map[uint64]*configtree.Tree{}}
	var all []*delta
	for i, m := range commits {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.mu.Lock()
		d := s.blamed[m.Revision]
		s.mu.Unlock()
		if d == nil {
			parent := Meta{}
			if i+1 < len(commits) {
				parent = commits[i+1]
			} else if m.Parent != 0 {
				break
			}
			to, err := trees.read(m.Revision)
			from, lost := trees.read(parent.Revision)
			if err := errors.Join(err, lost); err != nil {
				// What lies behind a damaged revision is older than what is known.
				s.notice("blame: %v", err)
				break
			}
			d = newDelta(from, to)
			s.keepDelta(m.Revision, d)
		}
		all = append(all, d)
	}
	return all, nil
}

// keepDelta keeps what a commit changed as long as the commit is in history.
func (s *Store) keepDelta(revision uint64, d *delta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteDelta(revision, d)
}

// noteDelta is keepDelta for a caller who holds mu.
func (s *Store) noteDelta(revision uint64, d *delta) {
	if len(d.whole)+len(d.self) <= maxDelta {
		s.blamed[revision] = d
	}
	if len(s.blamed) <= 2*(MaxRollbacks+1) {
		return
	}
	known := make(map[uint64]*delta, len(s.history))
	for _, m := range s.history {
		if d, ok := s.blamed[m.Revision]; ok {
			known[m.Revision] = d
		}
	}
	s.blamed = known
}

// treeReader reads revisions and keeps the last two.
type treeReader struct {
	store *Store
	trees map[uint64]*configtree.Tree
}

func (r *treeReader) read(revision uint64) (*configtree.Tree, error) {
	if tree := r.trees[revision]; tree != nil {
		return tree, nil
	}
	tree := configtree.New(r.store.schema)
	running := r.store.Running()
	switch revision {
	case 0:
	case running.Number:
		tree = running.Tree
	default:
		var err error
		// What this program does not know in it, it cannot ask about either.
		if tree, _, _, err = r.store.disk.readRevision(revision, r.store.schema); err != nil {
			return nil, err
		}
	}
	for old := range r.trees {
		if len(r.trees) > 1 && old > revision {
			delete(r.trees, old)
		}
	}
	r.trees[revision] = tree
	return tree, nil
}
