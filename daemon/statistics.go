package daemon

import (
	"strings"

	"loggia/op"
	"loggia/syslogd"
	"loggia/syslogd/sink"
)

// counters shows the engine's counters to commands. It implements op.Engine.
type counters struct{ engine *syslogd.Engine }

// Statistics implements op.Engine.
func (c counters) Statistics() op.Statistics {
	all := c.engine.Statistics()
	var out op.Statistics
	for _, s := range all.Sources {
		row := op.SourceStatistics{Name: s.Name, Received: s.Received, Accepted: s.Accepted, Truncated: s.Truncated,
			KernelDrops: s.KernelDrops, TurnedAway: s.TurnedAway}
		for i, n := range s.Refused {
			row.Refused = append(row.Refused, op.Reason{Reason: syslogd.Refusal(i).String(), Count: n})
		}
		out.Sources = append(out.Sources, row)
	}
	for _, d := range all.Destinations {
		row := op.DestinationStatistics{Name: strings.TrimSpace(d.Kind.String() + " " + d.Name), Accepted: d.Selected, Filtered: d.Filtered,
			Delivered: d.Sink.Delivered, Repeated: d.Sink.Repeated, Waiting: d.Sink.Waiting}
		if h := d.Host; h != nil && h.Status != sink.Up {
			row.State, row.LastError = h.Status.String(), h.LastError
		}
		for i, n := range d.Sink.Dropped {
			row.Dropped = append(row.Dropped, op.Reason{Reason: sink.Reason(i).String(), Count: n})
		}
		out.Destinations = append(out.Destinations, row)
	}
	return out
}
