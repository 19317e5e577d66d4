package sink

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestDialsHaveRoomForSoMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDials(2)  // one of them for those that have not failed alone
		var mu sync.Mutex // guards got: places are granted by timers too
		var got []string
		have := func(name string) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, name)
		}
		ask := func(name string, failed bool) *place {
			p := d.ask(failed, func() { have(name) })
			if p.granted() {
				have(name)
			}
			return p
		}
		want := func(names ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(got, names) {
				t.Errorf("places for %q, want %q", got, names)
			}
		}
		first, second := ask("first", true), ask("second", false)
		again, gone, third, fourth := ask("again", true), ask("gone", false), ask("third", false), ask("fourth", false)
		want("first", "second")
		gone.leave()
		time.Sleep(dialPlace / 2)
		first.leave()
		want("first", "second", "third")
		time.Sleep(dialPlace / 2) // the second has had its time
		want("first", "second", "third", "fourth")
		time.Sleep(dialPlace / 2) // and the third: its place is not for one that has failed
		want("first", "second", "third", "fourth")
		time.Sleep(dialPlace / 2)
		want("first", "second", "third", "fourth", "again")
		for _, p := range []*place{first, second, gone, third, fourth, again} { // again or late, as it comes
			p.leave()
		}
		time.Sleep(2 * dialPlace)
		if d.free != 2 {
			t.Errorf("%d places are free, of 2", d.free)
		}
		var none *Dials
		p := none.ask(true, nil)
		if !p.granted() {
			t.Error("no place where there is room for everybody")
		}
		p.leave()
	})
}
