package sink

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDialsHaveRoomForSoMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := NewDials(2)
		began := time.Now()
		enter := func() func() {
			t.Helper()
			leave, err := d.enter(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return leave
		}
		first, second := enter(), enter()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := d.enter(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("a third at once: %v", err)
		}
		changed := make(chan struct{})
		close(changed)
		if _, err := d.enter(t.Context(), changed); !errors.Is(err, errMoved) {
			t.Errorf("a third whose target changed: %v", err)
		}
		first()
		third := enter()
		if time.Since(began) != 0 {
			t.Errorf("it waited %v although there was room", time.Since(began))
		}
		fourth := enter() // when the second has had its time
		if time.Since(began) != dialPlace {
			t.Errorf("it waited %v, want %v", time.Since(began), dialPlace)
		}
		for _, leave := range []func(){second, third, fourth, first} { // each again or late, as it comes
			leave()
		}
		synctest.Wait()
		if len(d.places) != 0 {
			t.Errorf("%d places are taken for ever", len(d.places))
		}
		var none *Dials
		leave, err := none.enter(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		leave()
	})
}
