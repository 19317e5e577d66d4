package op

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// Explanation is how a message is read and where it goes.
type Explanation struct {
	Fields       []Field
	Destinations []Decision
}

// Field is something that was found in a message, or assumed.
type Field struct{ Name, Value, Note string }

// Decision is what becomes of a message at one destination.
type Decision struct {
	Name  string // `file messages`
	Place string // `system syslog file messages`

	Facility, Severity string // of the message
	Decided            string // the line that decides; empty: none is about the facility
	Overridden         string // the `any` line that it overrides
	Selected           bool   // it lets the severity pass
	Conditions         []Condition
	Reached            bool
	Line               string // as it would be written
	withheld           bool   // the line that decides is not shown
}

// Condition is one more statement that decides.
type Condition struct {
	Statement   string
	Holds       bool
	Alternative bool // one of the alternatives suffices
}

// explain is `show system syslog explain MESSAGE`.
func explain(_ context.Context, env *Env, a Args) (Result, error) {
	m, err := sender(a)
	if err != nil {
		return nil, err
	}
	m.Text, m.Time = a["message"], env.Now()
	x := env.Engine.Explain(m)
	x.withhold(env.Class(), env.Store.Running().Tree.Schema())
	return x, nil
}

// WriteText implements Result.
func (x Explanation) WriteText(w io.Writer) error { return compose(w, x.write) }

// Element implements Result.
func (x Explanation) Element() Element {
	e := Element{Name: "syslog-explanation"}
	for _, f := range x.Fields {
		row := Group("field", Leaf("name", f.Name), Leaf("value", f.Value))
		if f.Note != "" {
			row.Children = append(row.Children, Leaf("note", f.Note))
		}
		e.Children = append(e.Children, row)
	}
	for i := range x.Destinations {
		d := &x.Destinations[i]
		row := Group("destination", Leaf("name", d.Name), Leaf("path", d.Place), Leaf("reached", fmt.Sprint(d.Reached)))
		if d.Decided != "" {
			row.Children = append(row.Children, Leaf("decided-by", d.decided()), Leaf("because", d.because()))
		}
		for _, c := range d.Conditions {
			row.Children = append(row.Children, Group("condition", Leaf("statement", c.Statement), Leaf("holds", fmt.Sprint(c.Holds))))
		}
		row.Children = append(row.Children, Leaf("line", d.Line))
		e.Children = append(e.Children, row)
	}
	return e
}

// write shows the fields, then each destination with the statements that decide.
func (x Explanation) write(b *strings.Builder) {
	b.WriteString("The message:\n")
	for _, f := range x.Fields {
		fmt.Fprintf(b, "    %-12s%s", f.Name, f.Value)
		if f.Note != "" {
			fmt.Fprintf(b, "   # %s", f.Note)
		}
		b.WriteByte('\n')
	}
	for i := range x.Destinations {
		x.Destinations[i].write(b)
	}
	if len(x.Destinations) == 0 {
		b.WriteString("\nNo destination is configured: it goes nowhere\n")
	}
}

func (d *Decision) write(b *strings.Builder) {
	verdict := "does not go there"
	if d.Reached {
		verdict = "goes there"
	}
	fmt.Fprintf(b, "\n%s: %s\n", d.Name, verdict)
	place := "    [edit " + d.Place + "]"
	if d.Decided == "" {
		fmt.Fprintf(b, "%s   # no line is about %s\n", place, d.Facility)
		return
	}
	fmt.Fprintf(b, "%s %s;   # %s\n", place, d.decided(), d.because())
	if !d.Selected {
		return
	}
	for _, c := range d.Conditions {
		fmt.Fprintf(b, "%s %s;   # %s\n", place, c.Statement, c.because())
	}
	if d.Reached {
		fmt.Fprintf(b, "    %s\n", d.Line)
	}
}

// decided is the line that decides, as it is shown.
func (d *Decision) decided() string {
	if d.withheld {
		return accessDenied
	}
	return d.Decided
}

// because says how the line that decides does.
func (d *Decision) because() string {
	level := d.Decided[strings.LastIndexByte(d.Decided, ' ')+1:]
	var why string
	switch {
	case d.withheld && d.Selected:
		return d.Severity + " passes"
	case d.withheld:
		return d.Severity + " does not pass"
	case level == "none":
		why = "takes " + d.Facility + " out"
	case level == "any":
		why = "every severity passes"
	case d.Selected:
		why = d.Severity + " passes"
	default:
		why = d.Severity + " is less severe than " + level
	}
	if d.Overridden != "" {
		why += "; overrides " + d.Overridden
	}
	return why
}

func (c *Condition) because() string {
	switch {
	case c.Holds:
		return "holds"
	case c.Alternative:
		return "does not match"
	}
	return "does not hold"
}
