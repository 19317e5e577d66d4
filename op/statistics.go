package op

import (
	"context"
	"fmt"
	"strings"
)

// showStatistics is `show system syslog statistics`. Each row's numbers add
// up: received = accepted + refused, and accepted = filtered + delivered +
// repeated + dropped + waiting.
func showStatistics(_ context.Context, env *Env, _ Args) (Result, error) {
	st := env.Engine.Statistics()
	var b strings.Builder
	fmt.Fprintf(&b, "%-32s %12s %12s %10s %10s\n", "Source", "Received", "Accepted", "Refused", "Truncated")
	for _, s := range st.Sources {
		fmt.Fprintf(&b, "%-32s %12d %12d %10d %10d\n", s.Name, s.Received, s.Accepted, sum(s.Refused), s.Truncated)
		writeReasons(&b, "refused", s.Refused)
	}
	fmt.Fprintf(&b, "\n%-32s %12s %12s %12s %10s %10s %10s\n", "Destination", "Accepted", "Delivered", "Filtered", "Repeated", "Dropped", "Waiting")
	for _, d := range st.Destinations {
		fmt.Fprintf(&b, "%-32s %12d %12d %12d %10d %10d %10d\n", d.Name, d.Accepted, d.Delivered, d.Filtered, d.Repeated, sum(d.Dropped), d.Waiting)
		writeReasons(&b, "dropped", d.Dropped)
		if d.State != "" {
			fmt.Fprintf(&b, "    state: %s\n", d.State)
		}
		if d.LastError != "" {
			fmt.Fprintf(&b, "    last error: %s\n", d.LastError)
		}
	}
	return Text(b.String()), nil
}

func sum(list []Reason) (n uint64) {
	for _, r := range list {
		n += r.Count
	}
	return n
}

func writeReasons(b *strings.Builder, what string, list []Reason) {
	for _, r := range list {
		if r.Count > 0 {
			fmt.Fprintf(b, "    %s, %s: %d\n", what, r.Reason, r.Count)
		}
	}
}
