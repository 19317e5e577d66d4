package daemon

import (
	"strings"
	"time"

	"loggia/configtree"
	"loggia/op"
	"loggia/syslogd"
)

// Impact implements op.Engine.
func (c counters) Impact(next *configtree.Effective, since time.Time) (op.Impact, error) {
	r := newReading(next, new(known))
	config, dec := decodeDestinations(r.Reader, r.system().hostName, nil, nil)
	routing, err := syslogd.Rehearse(config)
	if err != nil {
		return op.Impact{}, dec.refusedParts(err)
	}
	x := c.d.engine.Impact(routing, since)
	out := op.Impact{Since: x.Since, Tried: x.Tried, Passed: x.Passed, Unheard: op.Tally(x.Unheard), Heard: op.Tally(x.Heard), Nowhere: x.Nowhere}
	for _, e := range x.Effects {
		out.Destinations = append(out.Destinations, op.Effect{Name: strings.TrimSpace(e.Kind.String() + " " + e.Name), Place: e.Place,
			Added: e.Added, Removed: e.Removed, Before: e.Before, After: e.After, More: op.Tally(e.More), Fewer: op.Tally(e.Fewer)})
	}
	return out, nil
}
