package daemon

import (
	"strings"
	"time"

	"loggia/op"
	"loggia/syslogd"
	"loggia/syslogd/sink"
)

// counters shows the engine's counters to commands. It implements op.Engine.
type counters struct{ d *Daemon }

// Statistics implements op.Engine.
func (c counters) Statistics() op.Statistics {
	all := c.d.engine.Statistics()
	out := op.Statistics{Since: all.Since.In(c.d.now().Location())}
	for _, s := range all.Sources {
		row := op.SourceStatistics{Name: s.Name, Received: s.Received, Accepted: s.Accepted, Truncated: s.Truncated,
			KernelDrops: s.KernelDrops, TurnedAway: s.TurnedAway, Barred: s.Barred, Waiting: s.Waiting, HighWater: s.HighWater, Errors: s.Errors,
			Connections: s.Connections, Connected: s.Connected, Rates: ratesOf(s.Rates)}
		for i, n := range s.Anomalies {
			row.Anomalies = append(row.Anomalies, op.Reason{Reason: syslogd.Anomaly(i).String(), Count: n})
		}
		for i, n := range s.Refused {
			row.Refused = append(row.Refused, op.Reason{Reason: syslogd.Refusal(i).String(), Count: n})
		}
		out.Sources = append(out.Sources, row)
	}
	for _, d := range all.Destinations {
		row := op.DestinationStatistics{Name: strings.TrimSpace(d.Kind.String() + " " + d.Name), Accepted: d.Selected, Filtered: d.Filtered,
			Delivered: d.Sink.Delivered, Repeated: d.Sink.Repeated, Waiting: d.Sink.Waiting, Made: d.Sink.Made, Rates: ratesOf(d.Rates)}
		if d.Host != nil {
			row.WaitingBytes = uint64(d.Host.QueuedBytes)
		}
		if h := d.Host; h != nil && h.Status != sink.Up {
			row.State, row.LastError = h.Status.String(), h.LastError
		}
		for i, n := range d.Sink.Dropped {
			row.Dropped = append(row.Dropped, op.Reason{Reason: sink.Reason(i).String(), Count: n})
		}
		out.Destinations = append(out.Destinations, row)
	}
	for _, t := range all.Expressions {
		row := op.ExpressionStatistics{Text: t.Text, Instructions: t.Instructions, Evaluated: t.Evaluated, Matched: t.Matched, States: t.States, Flushes: t.Flushes}
		if t.Sampled > 0 {
			row.Cost = t.Time / time.Duration(t.Sampled)
		}
		out.Expressions = append(out.Expressions, row)
	}
	return out
}

func ratesOf(r syslogd.Rates) op.Rates { return op.Rates{r.Minute, r.Minutes5, r.Minutes15} }
