package op

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"loggia/configtree"
)

// Impact is what a configuration that is not in force would have made of
// messages that came in lately.
type Impact struct {
	Since  time.Time // receipt of the oldest message tried; zero: there was none
	Tried  uint64    // messages
	Passed uint64    // messages since then that were not kept to be tried

	Destinations   []Effect
	Unheard, Heard Tally  // messages that would go nowhere any more, and that would go somewhere at last
	Nowhere        uint64 // messages that go nowhere now
}

// Effect is what changes for one destination.
type Effect struct {
	Name           string // `file messages`
	Place          string // `system syslog file messages`
	Added, Removed bool
	Before, After  uint64 // messages
	More, Fewer    Tally
}

// Tally is a number of messages with a few of them, as they are written.
type Tally struct {
	Count    uint64
	Examples []string
}

// errSpan is about the time behind `last`.
var errSpan = errors.New("last: a time such as 90s, 15m or 2h is needed")

// Rehearse tries next on the messages of the last while, such as 15m, or on all
// that are kept where it is empty. Who may not see the log sees no examples.
func Rehearse(env *Env, next *configtree.Effective, last string) (Impact, error) {
	var since time.Time
	if last != "" {
		span, err := time.ParseDuration(last)
		if err != nil || span <= 0 {
			return Impact{}, errSpan
		}
		since = env.Now().Add(-span)
	}
	x, err := env.Engine.Impact(next, since)
	if err != nil {
		return x, err
	}
	if !x.Since.IsZero() {
		x.Since = x.Since.In(env.Now().Location())
	}
	if !env.Class().May("trace") {
		x.Unheard.Examples, x.Heard.Examples = nil, nil
		for i := range x.Destinations {
			x.Destinations[i].More.Examples, x.Destinations[i].Fewer.Examples = nil, nil
		}
	}
	return x, nil
}

// WriteText implements Result.
func (x Impact) WriteText(w io.Writer) error { return compose(w, x.write) }

func (x Impact) write(b *strings.Builder) {
	if x.Tried == 0 {
		b.WriteString("no messages to try it on\n")
		return
	}
	tried := strconv.FormatUint(x.Tried, 10)
	if x.Passed > 0 {
		tried += " of " + strconv.FormatUint(x.Tried+x.Passed, 10)
	}
	fmt.Fprintf(b, "tried on %s messages received since %s\n", tried, Stamp(x.Since))
	same := 0
	for i := range x.Destinations {
		if !x.Destinations[i].write(b) {
			same++
		}
	}
	if x.Unheard.Count > 0 {
		fmt.Fprintf(b, "\nnowhere: %d more that are kept today would be dropped\n", x.Unheard.Count)
		x.Unheard.write(b, '-')
	}
	if x.Heard.Count > 0 {
		fmt.Fprintf(b, "\nnowhere: %d fewer, which are dropped today (%d are)\n", x.Heard.Count, x.Nowhere)
		x.Heard.write(b, '+')
	}
	switch {
	case same == len(x.Destinations):
		b.WriteString("every destination would get what it gets today\n")
	case same > 0:
		fmt.Fprintf(b, "\nno change for %d other destinations\n", same)
	}
}

// write shows what changes, if anything does.
func (e *Effect) write(b *strings.Builder) bool {
	if e.More.Count == 0 && e.Fewer.Count == 0 && !e.Added && !e.Removed {
		return false
	}
	fmt.Fprintf(b, "\n%s%s: ", e.Name, e.fate())
	var parts []string
	if e.More.Count > 0 {
		parts = append(parts, fmt.Sprintf("%d more", e.More.Count))
	}
	if e.Fewer.Count > 0 {
		parts = append(parts, fmt.Sprintf("%d fewer", e.Fewer.Count))
	}
	if parts == nil {
		parts = []string{"none of these messages"}
	}
	fmt.Fprintf(b, "%s (now %d, then %d)\n", strings.Join(parts, ", "), e.Before, e.After)
	e.More.write(b, '+')
	e.Fewer.write(b, '-')
	return true
}

func (e *Effect) fate() string {
	switch {
	case e.Added:
		return " (new)"
	case e.Removed:
		return " (removed)"
	}
	return ""
}

func (t *Tally) write(b *strings.Builder, mark byte) {
	for _, line := range t.Examples {
		fmt.Fprintf(b, "  %c %s\n", mark, line)
	}
}

// Element implements Result.
func (x Impact) Element() Element {
	e := Group("syslog-impact", count("messages-tried", x.Tried), count("messages-not-kept", x.Passed))
	if x.Tried > 0 {
		e.Children = append(e.Children, moment("since", x.Since, Stamp(x.Since)))
	}
	for i := range x.Destinations {
		d := &x.Destinations[i]
		row := Group("destination", Leaf("name", d.Name), Leaf("path", d.Place), count("before", d.Before), count("after", d.After),
			d.More.element("more"), d.Fewer.element("fewer"))
		if fate := strings.Trim(d.fate(), " ()"); fate != "" {
			row.Children = append(row.Children, Leaf("fate", fate))
		}
		e.Children = append(e.Children, row)
	}
	e.Children = append(e.Children, x.Unheard.element("dropped"), x.Heard.element("no-longer-dropped"), count("nowhere-before", x.Nowhere))
	return e
}

func (t *Tally) element(name string) Element {
	e := Group(name, count("count", t.Count))
	for _, line := range t.Examples {
		e.Children = append(e.Children, Leaf("example", line))
	}
	return e
}
