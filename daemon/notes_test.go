package daemon

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// Notes keep their order, never make who adds wait, and tell what they dropped.
func TestNotesKeepOrderAndBound(t *testing.T) {
	var got []string
	stalled := make(chan struct{})
	n := newNotes(func(e event.Event) {
		<-stalled
		got = append(got, e.Entry().Text)
	})
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
