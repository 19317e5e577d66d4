package daemon

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"loggia/op"
	"loggia/syslogd"
	"loggia/syslogd/wire"
)

// Explain implements op.Engine.
func (c counters) Explain(m op.Message) op.Explanation {
	return explain(c.d.engine.Routing(), m, m.Time.Location())
}

// ClearStatistics implements op.Engine.
func (c counters) ClearStatistics() { c.d.engine.ClearStatistics() }

// somebody is the uid of a program without privileges.
const somebody = 65534

// explain asks a routing about a message.
func explain(r syslogd.Routing, m op.Message, zone *time.Location) op.Explanation {
	origin := wire.Origin{Kind: wire.Unix, UID: somebody}
	if !m.Local {
		origin = wire.Origin{Kind: wire.UDP, Peer: netip.AddrPortFrom(m.From.Unmap(), 514)}
	}
	x := r.Explain([]byte(m.Text), origin, m.Time)
	out := op.Explanation{Fields: fieldsOf(&x, m, zone)}
	for i := range x.Destinations {
		d := &x.Destinations[i]
		row := op.Decision{Name: strings.TrimSpace(d.Kind.String() + " " + d.Name), Place: d.Place, Facility: x.Record.Facility.Word(),
			Severity: x.Record.Severity.String(), Selected: d.Selected, Reached: d.Reached, Line: d.Line}
		if d.Decided != nil {
			row.Decided = d.Decided.Text
		}
		if d.Overridden != nil {
			row.Overridden = d.Overridden.Text
		}
		for _, c := range d.Conditions {
			row.Conditions = append(row.Conditions, op.Condition{Statement: c.Statement, Holds: c.Holds, Alternative: c.Alternative})
		}
		out.Destinations = append(out.Destinations, row)
	}
	return out
}

// formatName is the word for the form of a message.
func formatName(f wire.Form) string {
	switch f {
	case wire.RFC3164:
		return "RFC 3164 (BSD)"
	case wire.RFC5424:
		return "RFC 5424"
	}
	return "none that is known"
}

// fieldsOf lists what was found in the message, and what was assumed.
func fieldsOf(x *syslogd.Explanation, m op.Message, zone *time.Location) []op.Field {
	b, r := x.Batch, x.Record
	text := func(s wire.Span) string { return string(b.Bytes(s)) }
	source := op.Field{Name: "source", Value: "a program of this machine, without privileges"}
	if !m.Local {
		source.Value = m.From.String()
	}
	all := append([]op.Field{source}, barred(x)...)
	all = append(all, []op.Field{{Name: "format", Value: formatName(r.Form)}, priority(x), stamp(x, zone), host(x)}...)
	for _, f := range []op.Field{{Name: "program", Value: text(r.App)}, {Name: "process id", Value: text(r.ProcID)},
		{Name: "message id", Value: text(r.MsgID)}, {Name: "data", Value: text(r.SD)}} {
		if f.Value != "" {
			all = append(all, f)
		}
	}
	all = append(all, op.Field{Name: "text", Value: text(r.Msg)})
	if r.Flags&wire.Truncated != 0 {
		all = append(all, op.Field{Name: "truncated", Value: fmt.Sprintf("to %d bytes", x.MaxMessage), Note: "max-message-size"})
	}
	for _, a := range x.Anomalies {
		all = append(all, op.Field{Name: "anomaly", Value: a.String()})
	}
	return all
}

// barred says which inputs would not take the message.
func barred(x *syslogd.Explanation) []op.Field {
	if len(x.Barred) == 0 {
		return nil
	}
	f := op.Field{Name: "refused", Value: "by " + strings.Join(x.Barred, ", "), Note: "allow-source does not name the sender"}
	if x.Refused {
		f.Note += ": the message goes nowhere"
	}
	return []op.Field{f}
}

func priority(x *syslogd.Explanation) op.Field {
	r := x.Record
	f := op.Field{Name: "priority", Value: r.Facility.Word() + "." + r.Severity.String()}
	switch {
	case r.Flags&wire.NoPRI != 0:
		f.Note = "assumed: the message has none"
	case x.Sent != r.Facility:
		f.Note = "sent as " + x.Sent.Word() + ", which only the kernel and root may say"
	}
	return f
}

func stamp(x *syslogd.Explanation, zone *time.Location) op.Field {
	const layout = "2006-01-02 15:04:05.000 MST"
	r := x.Record
	f := op.Field{Name: "time", Value: x.Batch.Received.In(zone).Format(layout), Note: "of receipt: the message has none that can be read"}
	if r.Time != 0 {
		f.Value, f.Note = time.Unix(0, r.Time).In(zone).Format(layout), "as sent: "+string(x.Batch.Bytes(r.Stamp))
		if r.Flags&wire.NoZone != 0 {
			f.Note += "; taken as time-zone " + zone.String() + " and the nearest year"
		}
	}
	return f
}

func host(x *syslogd.Explanation) op.Field {
	f := op.Field{Name: "host", Value: x.Host}
	switch {
	case x.Record.Host.Len > 0:
	case x.Batch.Origin.Peer.IsValid():
		f.Note = "the address of the sender: the message names none"
	default:
		f.Note = "our own: the message names none"
	}
	return f
}
