package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"loggia/audit/event"
)

// clearStatistics is `clear system syslog statistics`.
func clearStatistics(_ context.Context, env *Env, _ Args) (Result, error) {
	env.Engine.ClearStatistics()
	env.Recorder.Record(env.Caller, event.StatisticsCleared{Username: env.Caller.User})
	return Text(""), nil
}

// statisticsDetail is `show system syslog statistics detail`: every counter on a
// line of its own, also those that are zero and a sum needs.
type statisticsDetail struct{ statistics }

// WriteText implements Result.
func (st statisticsDetail) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		if !st.Since.IsZero() {
			fmt.Fprintf(b, "Counted since %s\n", Stamp(st.Since))
		}
		for i := range st.Sources {
			sourceDetail(b, &st.Sources[i])
		}
		for i := range st.Destinations {
			destinationDetail(b, &st.Destinations[i])
		}
		for i := range st.Expressions {
			expressionDetail(b, &st.Expressions[i])
		}
	})
}

// Element implements Result: the sums, and what expressions cost.
func (st statisticsDetail) Element() Element {
	e := st.statistics.Element()
	for i, s := range st.Sources {
		row := &e.Children[i]
		*row = withReasons(*row, "anomaly", s.Anomalies)
		row.Children = append(row.Children, count("waiting", s.Waiting), count("high-water-bytes", s.HighWater), count("connected", s.Connected))
		row.Children = append(row.Children, s.Rates.elements()...)
	}
	for i, d := range st.Destinations {
		row := &e.Children[len(st.Sources)+i]
		row.Children = append(row.Children, count("made", d.Made), count("waiting-bytes", d.WaitingBytes))
		row.Children = append(row.Children, d.Rates.elements()...)
	}
	for _, t := range st.Expressions {
		e.Children = append(e.Children, Group("expression", Leaf("statement", t.Text), count("evaluated", t.Evaluated), count("matched", t.Matched),
			Leaf("cost-nanoseconds", fmt.Sprint(t.Cost.Nanoseconds())), count("instructions", uint64(t.Instructions)),
			count("automaton-states", uint64(t.States)), count("automaton-flushes", t.Flushes)))
	}
	return e
}

// elements are the rates for programs.
func (r Rates) elements() (all []Element) {
	for i, name := range [...]string{"rate-1-minute", "rate-5-minutes", "rate-15-minutes"} {
		all = append(all, Leaf(name, fmt.Sprintf("%.1f", r[i])))
	}
	return all
}

func expressionDetail(b *strings.Builder, t *ExpressionStatistics) {
	fmt.Fprintf(b, "\nExpression: %s\n", t.Text)
	number(b, 1, "messages looked at", t.Evaluated)
	number(b, 2, "matched", t.Matched)
	if t.Cost > 0 {
		fmt.Fprintf(b, "%-36s%20s\n", "    time for a message, sampled", t.Cost)
	}
	number(b, 1, "instructions", uint64(t.Instructions))
	number(b, 1, "states of the automaton", uint64(t.States))
	some(b, 1, "times it was too large", t.Flushes)
}

func sourceDetail(b *strings.Builder, s *SourceStatistics) {
	fmt.Fprintf(b, "\nSource: %s\n", s.Name)
	number(b, 1, "received", s.Received)
	number(b, 2, "accepted", s.Accepted)
	some(b, 3, "waiting to be routed", s.Waiting)
	some(b, 3, "truncated", s.Truncated)
	for _, a := range s.Anomalies {
		some(b, 3, a.Reason, a.Count)
	}
	number(b, 2, "refused", sum(s.Refused))
	for _, r := range s.Refused {
		some(b, 3, r.Reason, r.Count)
	}
	some(b, 1, "dropped by the kernel", s.KernelDrops)
	some(b, 1, "most bytes that ever waited", s.HighWater)
	some(b, 1, "connections open", uint64(max(s.Connections, 0)))
	some(b, 1, "connections ever", s.Connected)
	some(b, 1, "connections turned away", s.TurnedAway)
	some(b, 1, "connections not allowed", s.Barred)
	some(b, 1, "errors that lost nothing", s.Errors)
	rates(b, s.Rates)
}

func destinationDetail(b *strings.Builder, d *DestinationStatistics) {
	fmt.Fprintf(b, "\nDestination: %s\n", d.Name)
	number(b, 1, "accepted", d.Accepted)
	number(b, 2, "filtered", d.Filtered)
	number(b, 2, "delivered", d.Delivered)
	number(b, 2, "repeated", d.Repeated)
	number(b, 2, "dropped", sum(d.Dropped))
	for _, r := range d.Dropped {
		some(b, 3, r.Reason, r.Count)
	}
	number(b, 2, "waiting", d.Waiting)
	some(b, 1, "lines of its own besides", d.Made)
	some(b, 1, "bytes waiting", d.WaitingBytes)
	rates(b, d.Rates)
	if d.State != "" {
		fmt.Fprintf(b, "    state: %s\n", d.State)
	}
	if d.LastError != "" {
		fmt.Fprintf(b, "    last error: %s\n", d.LastError)
	}
}

// number writes a counter; those of a sum stand a level deeper than the sum.
func number(b *strings.Builder, level int, name string, n uint64) {
	fmt.Fprintf(b, "%-36s%20d\n", strings.Repeat("    ", level)+name, n)
}

// some writes a counter that is not zero.
func some(b *strings.Builder, level int, name string, n uint64) {
	if n > 0 {
		number(b, level, name, n)
	}
}

func rates(b *strings.Builder, r Rates) {
	if r != (Rates{}) {
		fmt.Fprintf(b, "    messages a second over 1, 5, 15 minutes: %.1f, %.1f, %.1f\n", r[0], r[1], r[2])
	}
}

// Message is a message to be explained.
type Message struct {
	Text  string
	Local bool       // from a program of this machine
	From  netip.Addr // else from this address
	Time  time.Time  // of receipt
}

// errSender is the error about a source that is none.
var errSender = errors.New("from: neither an address nor `local`")

// sender reads the parameter `from` of explain; without it the message comes
// from 127.0.0.1 over the network.
func sender(a Args) (m Message, err error) {
	switch from := a["from"]; {
	case !a.Has("from"):
		m.From = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case from == "local":
		m.Local = true
	default:
		if m.From, err = netip.ParseAddr(from); err != nil {
			err = errSender
		}
	}
	return m, err
}
