package report

import (
	"strings"
	"testing"
	"time"

	"loggia/bench/ledger"
	"loggia/bench/scenario"
)

func result(target string, round int, rate, perMsg float64, lost int) scenario.Result {
	return scenario.Result{Scenario: "S1", Target: target, Round: round, Messages: 10, Rate: rate, PerMsg: perMsg, Peak: 1 << 20,
		Tally: ledger.Tally{Lost: lost}}
}

func TestMedian(t *testing.T) {
	tests := []struct {
		of   []float64
		want float64
	}{
		{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3},
	}
	for _, test := range tests {
		if got := Median(test.of); got != test.want {
			t.Errorf("Median(%v) = %v, want %v", test.of, got, test.want)
		}
	}
}

func TestRatio(t *testing.T) {
	a, b, c, liar := result("ours", 1, 900, 1, 0), result("b", 1, 300, 4, 0), result("c", 1, 200, 2, 0), result("liar", 1, 9000, 0.1, 5)
	tests := []struct {
		name string
		runs []scenario.Result
		rate float64
		cost float64
		ok   bool
	}{
		{"best of each measure", []scenario.Result{a, b, c}, 3, 0.5, true},
		{"one that lost is no measure", []scenario.Result{a, b, liar}, 3, 0.25, true},
		{"unless all did", []scenario.Result{a, liar}, 0.1, 10, true},
		{"nobody else", []scenario.Result{a}, 0, 0, false},
		{"without us", []scenario.Result{b, c}, 0, 0, false},
	}
	for _, test := range tests {
		r, ok := Ratio(test.runs, "ours", rate, true)
		if r != test.rate || ok != test.ok {
			t.Errorf("%s: rate %v %v, want %v", test.name, r, ok, test.rate)
		}
		if r, _ := Ratio(test.runs, "ours", perMessage, false); r != test.cost {
			t.Errorf("%s: cost %v, want %v", test.name, r, test.cost)
		}
	}
}

func TestSummary(t *testing.T) {
	runs := []scenario.Result{
		result("ours", 1, 800, 1, 0), result("b", 1, 200, 4, 0),
		result("b", 2, 300, 4, 2), result("ours", 2, 600, 1, 0),
		{Scenario: "S1", Target: "ours", Round: 3, Error: "no room"}, result("b", 3, 100, 4, 0),
	}
	var b strings.Builder
	if err := Summary(&b, runs, "ours"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"S1 ours 2 700 1.00", "S1 b 3 200 4.00", "S1 msg/s 3.00x 4.00 2.00", "S1 us/msg 0.25x 0.25 0.25"} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestLine(t *testing.T) {
	idle := scenario.Result{Scenario: "S11", Target: "b", Ready: 12 * time.Millisecond, Idle: 3 << 20}
	tests := []struct {
		r    scenario.Result
		want string
	}{
		{scenario.Result{Scenario: "S1", Target: "b", Round: 1, Error: "b: no\nroom"}, "NOT MEASURED: b: no\n    room"},
		{result("b", 1, 1000, 2.5, 7), "1000    0.00    0.00    2.50     1.0       7"},
		{idle, "ready 12.0 ms, idle 3.0 MB, stop 0 ms"},
	}
	for _, test := range tests {
		var b strings.Builder
		Line(&b, test.r)
		if !strings.Contains(b.String(), test.want) {
			t.Errorf("%q, want %q", b.String(), test.want)
		}
	}
}
