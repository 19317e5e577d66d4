package op

import (
	"context"
	"fmt"
	"strings"

	"loggia/audit/event"
)

// helpSyslog explains the records of the program itself: all of them in a line
// each, or one by its tag (junos-cli §2.5).
func helpSyslog(_ context.Context, _ *Env, a Args) (Result, error) {
	var b strings.Builder
	if !a.Has("tag") {
		for _, k := range event.Catalogue() {
			fmt.Fprintf(&b, "%-27s %s\n", k.Entry().Tag, k.Help)
		}
		return Text(b.String()), nil
	}
	for _, k := range event.Catalogue() {
		e := k.Entry()
		if !strings.EqualFold(e.Tag, a["tag"]) {
			continue
		}
		for _, row := range [][2]string{{"Name", e.Tag}, {"Message", e.Text}, {"Help", k.Help}, {"Type", kindOf(e)},
			{"Severity", e.Severity.String()}, {"Facility", facilityWord(e.Facility)}} {
			fmt.Fprintf(&b, "%-15s%s\n", row[0]+":", row[1])
		}
		return Text(b.String()), nil
	}
	return nil, fmt.Errorf("there is no message with the tag %s; 'help syslog' lists all", a["tag"])
}

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
