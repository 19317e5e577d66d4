package event

import (
	"fmt"
	"testing"
	"time"
)

func TestSparing(t *testing.T) {
	var r Sparing
	now := time.Unix(1e9, 0)
	recorded := 0
	for range 1000 {
		if _, ok := r.Note(now); ok {
			recorded++
		}
	}
	if recorded != sparingAtOnce {
		t.Errorf("%d records at once, want %d", recorded, sparingAtOnce)
	}
	now = now.Add(sparingPause)
	more, ok := r.Note(now)
	if !ok || more != fmt.Sprintf(" (and %d times before without a record)", 1000-sparingAtOnce) {
		t.Errorf("after a pause: %v %q", ok, more)
	}
	if _, ok := r.Note(now); ok {
		t.Error("a second record in the same time of a flood")
	}
	r.Note(now.Add(sparingPause))
	for i := range sparingAtOnce {
		if more, ok := r.Note(now.Add(2 * sparingPause)); !ok || more != "" {
			t.Errorf("call %d after a quiet time: %v %q", i, ok, more)
		}
	}
}
