package daemon

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loggia/audit/event"
)

// Notes keep their order, never make who adds wait, and tell what they dropped.
func TestNotesKeepOrderAndBound(t *testing.T) {
	var got []string
	stalled := make(chan struct{})
	n := newNotes(func(all ...event.Event) {
		<-stalled
		for _, e := range all {
			got = append(got, e.Entry().Text)
		}
	}, func() int { return 1 }, time.Now)
	n.add(event.Fault{Reason: "first"})
	for i := range 2 * maxNotes {
		n.add(event.Fault{Reason: fmt.Sprint(i)})
	}
	close(stalled)
	n.end()
	n.add(event.Fault{Reason: "after the end"})
	if len(got) < maxNotes || len(got) > 2*maxNotes || got[0] != "first" || got[1] != "0" || got[2] != "1" {
		t.Errorf("%d notes, first %q", len(got), got[:min(len(got), 4)])
	}
	if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "found no room") }) {
		t.Error("nothing was said of what was dropped")
	}
}

// TestNotesOfThousandsAreForTheTrail: the log gets as many records as it can take
// with so many destinations, the trail all, and a record tells of the difference.
func TestNotesOfThousandsAreForTheTrail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards the three
		var logged, trailed, told []string
		n := newNotes(func(all ...event.Event) {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range all {
				switch entry := e.Entry(); {
				case entry.Tag == event.RecordsSpared{}.Entry().Tag:
					told = append(told, entry.Text)
				case entry.Trail:
					trailed = append(trailed, entry.Text)
				default:
					logged = append(logged, entry.Text)
				}
			}
		}, func() int { return 5000 }, time.Now)
		for i := range 3000 {
			n.add(event.HostChannel{State: event.ChannelFailed, Host: fmt.Sprint(i)})
		}
		n.add(event.StorageResumed{})
		time.Sleep(2 * notesGather)
		synctest.Wait()
		mu.Lock()
		if len(logged) != notesLeast+1 || len(trailed) != 3000-notesLeast || len(told) != 0 {
			t.Errorf("%d logged, %d for the trail, told %q", len(logged), len(trailed), told)
		}
		mu.Unlock()
		time.Sleep(notesPause + time.Second)
		synctest.Wait()
		mu.Lock()
		if len(told) != 1 || !strings.HasPrefix(told[0], "2990 records ") {
			t.Errorf("told %q", told)
		}
		logged, trailed = nil, nil
		mu.Unlock()
		for i := range 30 {
			n.add(event.AlarmSet{Place: fmt.Sprint(i)})
		}
		time.Sleep(2 * notesGather)
		synctest.Wait()
		mu.Lock()
		if len(logged) != notesLeast || len(trailed) != 30-notesLeast {
			t.Errorf("later %d logged, %d for the trail", len(logged), len(trailed))
		}
		mu.Unlock()
		n.end()
		if len(told) != 2 || !strings.HasPrefix(told[1], "20 records ") {
			t.Errorf("told %q", told)
		}
	})
}

func TestAlarmsOfADestinationThatIsGone(t *testing.T) {
	a := newAlarms(func() time.Time { return time.Unix(1e9, 0) })
	for _, place := range []string{"system syslog file a", "system syslog file a rotation", "system syslog file ab"} {
		if !a.set(edit(place), fmt.Errorf("full")) {
			t.Errorf("%s is no news", place)
		}
	}
	if a.set(edit("system syslog file a"), fmt.Errorf("full")) {
		t.Error("the same alarm is news")
	}
	a.forget("system syslog file a")
	if left := a.list(); len(left) != 1 || left[0].Place != "[edit system syslog file ab]" {
		t.Errorf("%+v", left)
	}
	if !a.set(edit("system syslog file ab"), nil) || len(a.list()) != 0 {
		t.Error("the alarm was not cleared")
	}
}
