package op

import (
	"context"
	"fmt"
	"io"
	"strings"

	"loggia/audit/event"
)

// messages is the answer of `help syslog`: the records of the program itself.
type messages []event.Kind

// message is one of them, explained in full (junos-cli §2.5).
type message event.Kind

func helpSyslog(_ context.Context, _ *Env, a Args) (Result, error) {
	if !a.Has("tag") {
		return messages(event.Catalogue()), nil
	}
	for _, k := range event.Catalogue() {
		if strings.EqualFold(k.Entry().Tag, a["tag"]) {
			return message(k), nil
		}
	}
	return nil, fmt.Errorf("there is no message with the tag %s; 'help syslog' lists all", a["tag"])
}

// WriteText implements Result.
func (m messages) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		for _, k := range m {
			fmt.Fprintf(b, "%-27s %s\n", k.Entry().Tag, k.Help)
		}
	})
}

// Element implements Result.
func (m messages) Element() Element {
	e := Element{Name: "syslog-tag-information-list"}
	for _, k := range m {
		e.Children = append(e.Children, message(k).tag())
	}
	return e
}

// rows are the lines of the explanation, each with the name of its element.
func (m message) rows() [][3]string {
	k := event.Kind(m)
	e := k.Entry()
	return [][3]string{{"Name", "name", e.Tag}, {"Message", "message", e.Text}, {"Help", "help", k.Help}, {"Type", "type", kindOf(e)},
		{"Severity", "severity", e.Severity.String()}, {"Facility", "facility", facilityWord(e.Facility)}}
}

// WriteText implements Result.
func (m message) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		for _, row := range m.rows() {
			fmt.Fprintf(b, "%-15s%s\n", row[0]+":", row[2])
		}
	})
}

func (m message) tag() Element {
	tag := Element{Name: "syslog-tag"}
	for _, row := range m.rows() {
		tag.Children = append(tag.Children, Leaf(row[1], row[2]))
	}
	return Group("syslog-tag-information", tag)
}

// Element implements Result.
func (m message) Element() Element { return Group("syslog-tag-information-list", m.tag()) }

func kindOf(e event.Entry) string {
	if e.Failed {
		return "Error: something did not succeed"
	}
	return "Event: this message reports an event, not an error"
}

// facilityWord is what the configuration calls the facility of a record of ours.
func facilityWord(f event.Facility) string {
	for _, word := range []string{"authorization", "change-log", "daemon", "interactive-commands", "kernel", "syslog", "user"} {
		if set, ok := event.Named(word); ok && set.Has(f) {
			return word
		}
	}
	return strings.ToLower(f.Code())
}

func logTags(*Env, string) []Choice {
	var out []Choice
	for _, k := range event.Catalogue() {
		out = append(out, Choice{k.Entry().Tag, k.Help})
	}
	return out
}
