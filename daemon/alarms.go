package daemon

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"loggia/op"
)

// alarms are the parts of the configuration that do not work at the moment.
type alarms struct {
	now func() time.Time
	mu  sync.Mutex // guards by
	by  map[string]op.Alarm
}

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
	a.by[place] = op.Alarm{Since: since, Place: "[edit " + place + "]", Reason: err.Error()}
	return true
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
