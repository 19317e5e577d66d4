package daemon

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"loggia/op"
)

// alarms are what does not work at the moment: parts of the configuration, by
// their place in brackets, and the program's own, such as `audit trail`.
type alarms struct {
	now func() time.Time
	mu  sync.Mutex // guards by
	by  map[string]op.Alarm
}

func newAlarms(now func() time.Time) *alarms {
	return &alarms{now: now, by: map[string]op.Alarm{}}
}

// edit is how a place in the configuration is shown.
func edit(place string) string { return "[edit " + place + "]" }

// set raises, or with a nil error clears, the alarm of a place. It reports
// whether that is news.
func (a *alarms) set(place string, err error) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	old, was := a.by[place]
	if err == nil {
		delete(a.by, place)
		return was
	}
	if was && old.Reason == err.Error() {
		return false
	}
	since := a.now()
	if was {
		since = old.Since
	}
	a.by[place] = op.Alarm{Since: since, Place: place, Reason: err.Error()}
	return true
}

// forget drops the alarms of a destination that is gone. What is wrong with a
// part of it has a place that begins with its own.
func (a *alarms) forget(destination string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	whole := edit(destination)
	maps.DeleteFunc(a.by, func(place string, _ op.Alarm) bool {
		return place == whole || strings.HasPrefix(place, strings.TrimSuffix(whole, "]")+" ")
	})
}

func (a *alarms) list() []op.Alarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []op.Alarm
	for _, one := range a.by {
		all = append(all, one)
	}
	slices.SortFunc(all, func(x, y op.Alarm) int { return cmp.Or(x.Since.Compare(y.Since), cmp.Compare(x.Place, y.Place)) })
	return all
}
