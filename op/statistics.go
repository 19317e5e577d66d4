package op

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// statisticsWidth is what the rows have room for, in columns.
const statisticsWidth = 80

// statisticsTable is a table of counters: a row has a name, its numbers, and
// lines that say more.
type statisticsTable struct {
	head []string
	rows []statisticsRow
}

type statisticsRow struct {
	name    string
	numbers []uint64
	more    []string
}

// statistics is the answer of `show system syslog statistics`. Each row's
// numbers add up: received = accepted + refused, and accepted = filtered +
// delivered + repeated + dropped + waiting.
type statistics Statistics

func showStatistics(_ context.Context, env *Env, a Args) (Result, error) {
	st := statistics(env.Engine.Statistics())
	if a.Has("detail") {
		withholdExpressions(st.Expressions, env.Class(), env.Store.Running().Tree)
		return statisticsDetail{st}, nil
	}
	return st, nil
}

// WriteText implements Result.
func (st statistics) WriteText(w io.Writer) error {
	sources := statisticsTable{head: []string{"Source", "Received", "Accepted", "Refused", "Truncated"}}
	for _, s := range st.Sources {
		more := append(reasons("refused", s.Refused), reasons("never received", s.lost())...)
		sources.rows = append(sources.rows, statisticsRow{s.Name, []uint64{s.Received, s.Accepted, sum(s.Refused), s.Truncated}, more})
	}
	destinations := statisticsTable{head: []string{"Destination", "Accepted", "Delivered", "Filtered", "Repeated", "Dropped", "Waiting"}}
	for _, d := range st.Destinations {
		more := reasons("dropped", d.Dropped)
		if d.State != "" {
			more = append(more, "state: "+d.State)
		}
		if d.LastError != "" {
			more = append(more, "last error: "+d.LastError)
		}
		destinations.rows = append(destinations.rows, statisticsRow{d.Name, []uint64{d.Accepted, d.Delivered, d.Filtered, d.Repeated, sum(d.Dropped), d.Waiting}, more})
	}
	return compose(w, func(b *strings.Builder) {
		sources.write(b)
		b.WriteByte('\n')
		destinations.write(b)
	})
}

// lost is what never came in.
func (s *SourceStatistics) lost() []Reason {
	return []Reason{{"dropped by the kernel", s.KernelDrops}, {"connections turned away", s.TurnedAway}, {"connections not allowed", s.Barred}}
}

// Element implements Result.
func (st statistics) Element() Element {
	e := Element{Name: "syslog-statistics-information"}
	for _, s := range st.Sources {
		row := Group("source", Leaf("name", s.Name), count("received", s.Received), count("accepted", s.Accepted),
			count("refused", sum(s.Refused)), count("truncated", s.Truncated), count("kernel-drops", s.KernelDrops), count("turned-away", s.TurnedAway), count("barred", s.Barred))
		e.Children = append(e.Children, withReasons(row, "refused-reason", s.Refused))
	}
	for _, d := range st.Destinations {
		row := Group("destination", Leaf("name", d.Name), count("accepted", d.Accepted), count("delivered", d.Delivered),
			count("filtered", d.Filtered), count("repeated", d.Repeated), count("dropped", sum(d.Dropped)), count("waiting", d.Waiting))
		row = withReasons(row, "dropped-reason", d.Dropped)
		for _, said := range []Element{Leaf("state", d.State), Leaf("last-error", d.LastError)} {
			if said.Text != "" {
				row.Children = append(row.Children, said)
			}
		}
		e.Children = append(e.Children, row)
	}
	return e
}

func withReasons(row Element, name string, list []Reason) Element {
	for _, r := range list {
		if r.Count > 0 {
			row.Children = append(row.Children, Group(name, Leaf("reason", r.Reason), count("count", r.Count)))
		}
	}
	return row
}

// write lays the table out for a screen: columns as wide as they need. A name
// that is too long for what is left gets a line of its own.
func (t *statisticsTable) write(b *strings.Builder) {
	names, width, left := len(t.head[0]), make([]int, len(t.head)-1), statisticsWidth
	for i, h := range t.head[1:] {
		width[i] = len(h)
		for _, r := range t.rows {
			width[i] = max(width[i], len(strconv.FormatUint(r.numbers[i], 10)))
		}
		width[i]++
		left -= width[i]
	}
	for _, r := range t.rows {
		if len(r.name) <= left {
			names = max(names, len(r.name))
		}
	}
	for i := range width { // what is left keeps the columns apart
		width[i] += max(0, min(2, (left-names)/len(width)))
	}
	line := func(name string, cell func(i int) string) {
		if len(name) > names {
			b.WriteString(name + "\n")
			name = ""
		}
		fmt.Fprintf(b, "%-*s", names, name)
		for i, w := range width {
			fmt.Fprintf(b, "%*s", w, cell(i))
		}
		b.WriteByte('\n')
	}
	line(t.head[0], func(i int) string { return t.head[i+1] })
	for _, r := range t.rows {
		line(r.name, func(i int) string { return strconv.FormatUint(r.numbers[i], 10) })
		for _, m := range r.more {
			b.WriteString("    " + m + "\n")
		}
	}
}

func sum(list []Reason) (n uint64) {
	for _, r := range list {
		n += r.Count
	}
	return n
}

// reasons says what a counter is made of.
func reasons(what string, list []Reason) []string {
	var out []string
	for _, r := range list {
		if r.Count > 0 {
			out = append(out, fmt.Sprintf("%s, %s: %d", what, r.Reason, r.Count))
		}
	}
	return out
}
