package op

import (
	"bytes"
	"testing"
	"time"

	"loggia/configtree"
)

// trialEngine answers Impact, and remembers what it was asked.
type trialEngine struct {
	engine
	answer Impact
	since  time.Time
}

func (e *trialEngine) Impact(_ *configtree.Effective, since time.Time) (Impact, error) {
	e.since = since
	return e.answer, nil
}

func impactText(t *testing.T, x Impact) string {
	t.Helper()
	var b bytes.Buffer
	if err := x.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func classWith(t *testing.T, flags ...string) *Class {
	t.Helper()
	class, problems := NewClass(ClassDefinition{Permissions: flags})
	if problems != nil {
		t.Fatal(problems)
	}
	return class
}

func someImpact() Impact {
	return Impact{Since: noon, Tried: 10, Passed: 90, Nowhere: 3, Heard: Tally{1, []string{"heard"}}, Unheard: Tally{2, []string{"a", "b"}},
		Destinations: []Effect{
			{Name: "file all", Before: 5, After: 5},
			{Name: "file more", Before: 5, After: 6, More: Tally{3, []string{"c", "d"}}, Fewer: Tally{2, []string{"e", "f"}}},
			{Name: "file new", Added: true, After: 1, More: Tally{1, []string{"g"}}},
			{Name: "host gone", Removed: true},
		}}
}

func TestImpactShowsWhatChanges(t *testing.T) {
	const want = `tried on 10 of 100 messages received since 2026-11-22 12:00:00 UTC

file more: 3 more, 2 fewer (now 5, then 6)
  + c
  + d
  - e
  - f

file new (new): 1 more (now 0, then 1)
  + g

host gone (removed): none of these messages (now 0, then 0)

nowhere: 2 more that are kept today would be dropped
  - a
  - b

nowhere: 1 fewer, which are dropped today (3 are)
  + heard

no change for 1 other destinations
`
	if got := impactText(t, someImpact()); got != want {
		t.Errorf("%s", got)
	}
	if got := impactText(t, Impact{}); got != "no messages to try it on\n" {
		t.Errorf("%s", got)
	}
	same := Impact{Since: noon, Tried: 1, Destinations: []Effect{{Name: "file all", Before: 1, After: 1}}}
	if got := impactText(t, same); got != "tried on 1 messages received since 2026-11-22 12:00:00 UTC\nevery destination would get what it gets today\n" {
		t.Errorf("%s", got)
	}
}

func TestRehearseAsksForALastWhile(t *testing.T) {
	env := newEnv(t)
	env.Class = func() *Class { return classWith(t, "all") }
	e := &trialEngine{answer: someImpact()}
	env.Engine = e
	for text, want := range map[string]time.Time{"": {}, "15m": env.Now().Add(-15 * time.Minute), "90s": env.Now().Add(-90 * time.Second)} {
		x, err := Rehearse(env, nil, text)
		if err != nil || !e.since.Equal(want) || x.Tried != 10 {
			t.Errorf("%q: since %v, %v", text, e.since, err)
		}
	}
	for _, text := range []string{"15", "-1m", "0s", "yesterday"} {
		if _, err := Rehearse(env, nil, text); err != errSpan {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRehearseHidesTheLogFromThoseWhoMayNotSeeIt(t *testing.T) {
	env := newEnv(t)
	env.Engine = &trialEngine{answer: someImpact()}
	env.Class = func() *Class { return classWith(t, "configure") }
	x, err := Rehearse(env, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	all := []Tally{x.Heard, x.Unheard}
	for _, d := range x.Destinations {
		all = append(all, d.More, d.Fewer)
	}
	for _, tally := range all {
		if tally.Examples != nil {
			t.Errorf("%+v", tally)
		}
	}
}
