package sink

import (
	"context"
	"sync"
	"time"
)

// Dials bounds how many Remotes begin to connect at the same time: thousands that
// do so at once hold up everything else for seconds. A host that does not answer
// is waited for longer than it keeps its place, so that others get theirs.
type Dials struct{ places chan struct{} }

// dialPlace is how long an attempt keeps its place.
const dialPlace = time.Second

// NewDials returns room for n attempts.
func NewDials(n int) *Dials { return &Dials{make(chan struct{}, n)} }

// enter waits for a place, which leave gives back, unless ctx ends or the target
// changes (errMoved).
func (d *Dials) enter(ctx context.Context, changed <-chan struct{}) (leave func(), err error) {
	if d == nil {
		return func() {}, nil
	}
	select {
	case d.places <- struct{}{}:
	case <-changed:
		return nil, errMoved
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	give := sync.OnceFunc(func() { <-d.places })
	timer := time.AfterFunc(dialPlace, give)
	return func() {
		timer.Stop()
		give()
	}, nil
}
