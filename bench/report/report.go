// Package report turns the results of runs into tables: a line for each run
// as it ends, medians, and the ratios between one target and the best of the
// others, round by round.
package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"loggia/bench/scenario"
)

const mebi = 1 << 20

// Line writes one run on one line, under the columns of Head.
func Line(w io.Writer, r scenario.Result) {
	fmt.Fprintf(w, "%-9s %-16s %2d  ", r.Scenario, r.Target, r.Round)
	if r.Error != "" {
		fmt.Fprintf(w, "NOT MEASURED: %s\n", strings.ReplaceAll(r.Error, "\n", "\n    "))
		return
	}
	if r.Messages == 0 {
		fmt.Fprintf(w, "ready %.1f ms, idle %.1f MB, stop %.0f ms%s\n", ms(r.Ready), mb(r.Idle), ms(r.Stop), stopped(r))
		return
	}
	t := r.Tally
	fmt.Fprintf(w, "%9.0f %7.2f %7.2f %7.2f %7.1f %7d %5d %5d %5d %6d %5d %5.2f%s%s\n",
		r.Rate, r.Send.Seconds(), r.Span.Seconds(), r.PerMsg, mb(r.Peak),
		t.Lost, t.Duplicate, t.Misrouted, t.Corrupt, t.Reordered, t.Junk, r.Other, special(r), stopped(r))
}

// Head writes the column titles of Line.
func Head(w io.Writer) {
	fmt.Fprintf(w, "%-9s %-16s %2s  %9s %7s %7s %7s %7s %7s %5s %5s %5s %6s %5s %5s\n", "scenario", "target", "rd",
		"msg/s", "send s", "span s", "us/msg", "peakMB", "lost", "dup", "misrt", "corr", "reord", "junk", "other")
}

// special shows what matters in some scenarios only: the rate that the generator
// reached, which copies a receiver can tell where the sink was away, and what
// connections cost in memory where there are many.
func special(r scenario.Result) string {
	if r.Lossy {
		return fmt.Sprintf("  sent %.0f/s", float64(r.Messages)/max(r.Send.Seconds(), 1e-9))
	}
	if r.Away {
		return fmt.Sprintf("  %d of %d copies marked", r.Tally.Marked, r.Tally.Duplicate)
	}
	if !r.Crowded {
		return ""
	}
	return fmt.Sprintf("  MB fresh %.1f, connected %.1f, after %.1f", mb(r.Fresh), mb(r.Connected), mb(r.Idle))
}

func stopped(r scenario.Result) string {
	if r.StopError == "" {
		return ""
	}
	return "  stop: " + strings.ReplaceAll(r.StopError, "\n", "\n    ")
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func mb(n int64) float64         { return float64(n) / mebi }

// Summary writes the medians of all runs and, if ours names a target, its
// ratios to the best of the others.
func Summary(w io.Writer, results []scenario.Result, ours string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\nmedians")
	fmt.Fprintln(t, "scenario\ttarget\truns\tmsg/s\tus/msg\tpeak MB\tidle MB\tready ms\tstop ms\tworst lost\tworst reord\t")
	for _, name := range distinct(results, func(r scenario.Result) string { return r.Scenario }) {
		of := only(results, func(r scenario.Result) bool { return r.Scenario == name })
		for _, target := range distinct(of, func(r scenario.Result) string { return r.Target }) {
			medians(t, name, target, only(of, func(r scenario.Result) bool { return r.Target == target && r.Error == "" }))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if ours == "" {
		return nil
	}
	fmt.Fprintf(w, "\n%s against the best other target of the same round (rate: more is better; the rest: less is better)\n", ours)
	fmt.Fprintln(t, "scenario\twhat\tmedian\trounds\t")
	for _, name := range distinct(results, func(r scenario.Result) string { return r.Scenario }) {
		ratios(t, name, only(results, func(r scenario.Result) bool { return r.Scenario == name && r.Error == "" }), ours)
	}
	return t.Flush()
}

func medians(w io.Writer, name, target string, runs []scenario.Result) {
	if len(runs) == 0 {
		fmt.Fprintf(w, "%s\t%s\t0\t\t\t\t\t\t\t\t\t\n", name, target)
		return
	}
	of := func(f func(scenario.Result) float64) float64 { return Median(each(runs, f)) }
	worst := func(f func(scenario.Result) float64) float64 { return slices.Max(each(runs, f)) }
	fmt.Fprintf(w, "%s\t%s\t%d\t%.0f\t%.2f\t%.1f\t%.1f\t%.1f\t%.0f\t%.0f\t%.0f\t\n", name, target, len(runs),
		of(rate), of(perMessage), of(peak), of(idle), of(ready),
		of(func(r scenario.Result) float64 { return ms(r.Stop) }),
		worst(func(r scenario.Result) float64 { return float64(r.Tally.Lost) }),
		worst(func(r scenario.Result) float64 { return float64(r.Tally.Reordered) }))
}

func rate(r scenario.Result) float64       { return r.Rate }
func perMessage(r scenario.Result) float64 { return r.PerMsg }
func peak(r scenario.Result) float64       { return mb(r.Peak) }
func idle(r scenario.Result) float64       { return mb(r.Idle) }
func connected(r scenario.Result) float64  { return mb(r.Connected) }
func ready(r scenario.Result) float64      { return ms(r.Ready) }

// measure is something that is compared between targets.
type measure struct {
	name string
	of   func(scenario.Result) float64
	more bool // more is better
}

// ratios writes a line for each measure of one scenario.
func ratios(w io.Writer, name string, runs []scenario.Result, ours string) {
	measures := []measure{{"msg/s", rate, true}, {"us/msg", perMessage, false}, {"peak RSS", peak, false}}
	if len(runs) > 0 && runs[0].Messages == 0 {
		measures = []measure{{"ready", ready, false}, {"idle RSS", idle, false}}
	}
	if len(runs) > 0 && (runs[0].Lossy || runs[0].Away) {
		measures = measures[1:] // the rate was given
	}
	if len(runs) > 0 && runs[0].Crowded {
		measures = append(measures, measure{"connected RSS", connected, false}, measure{"RSS after", idle, false})
	}
	for _, m := range measures {
		var found []float64
		var shown []string
		for _, round := range distinct(runs, func(r scenario.Result) int { return r.Round }) {
			r, ok := Ratio(only(runs, func(r scenario.Result) bool { return r.Round == round }), ours, m.of, m.more)
			if ok {
				found = append(found, r)
				shown = append(shown, fmt.Sprintf("%.2f", r))
			}
		}
		if len(found) > 0 {
			fmt.Fprintf(w, "%s\t%s\t%.2fx\t%s\t\n", name, m.name, Median(found), strings.Join(shown, " "))
		}
	}
}

// Ratio compares our run with the best of the others among runs, which are of
// one round. Those that lost or altered messages are not counted as others,
// unless all of them did. It is not ok when there is nothing to compare.
func Ratio(runs []scenario.Result, ours string, of func(scenario.Result) float64, more bool) (float64, bool) {
	mine := only(runs, func(r scenario.Result) bool { return r.Target == ours })
	others := only(runs, func(r scenario.Result) bool { return r.Target != ours })
	if honest := only(others, func(r scenario.Result) bool { return r.Tally.Faithful() }); len(honest) > 0 {
		others = honest
	}
	if len(mine) != 1 || len(others) == 0 {
		return 0, false
	}
	best := slices.Min(each(others, of))
	if more {
		best = slices.Max(each(others, of))
	}
	if best == 0 {
		return 0, false
	}
	return of(mine[0]) / best, true
}

// Median returns the middle of some numbers, of an even count the mean of the
// two in the middle.
func Median(of []float64) float64 {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func only(runs []scenario.Result, wanted func(scenario.Result) bool) []scenario.Result {
	return slices.DeleteFunc(slices.Clone(runs), func(r scenario.Result) bool { return !wanted(r) })
}

func each(runs []scenario.Result, of func(scenario.Result) float64) []float64 {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	return values
}

// distinct returns the values of a key in the order of their first appearance.
func distinct[K cmp.Ordered](runs []scenario.Result, key func(scenario.Result) K) []K {
	var keys []K
	for _, r := range runs {
		if k := key(r); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}
