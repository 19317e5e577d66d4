package sink

import (
	"strings"
	"testing"

	"loggia/syslogd/spool"
)

func TestMark(t *testing.T) {
	many := strings.Repeat(` node="x" seq="1"`, maxHops)
	for _, c := range []struct {
		name, text, want string
		flags            spool.Flags
	}{
		{"none", `<13>1 - h a - - - text`, `<13>1 - h a - - [loggia@32473 node="n1" seq="42"] text`, spool.Structured},
		{"no text", `<13>1 - h a - - -`, `<13>1 - h a - - [loggia@32473 node="n1" seq="42"]`, spool.Structured},
		{"another", `<13>1 - h a - - [x a="1"] text`, `<13>1 - h a - - [loggia@32473 node="n1" seq="42"][x a="1"] text`, spool.Structured},
		{"our own", `<13>1 - h a - - [x a="\]"][loggia@32473 a="b"] text`, `<13>1 - h a - - [x a="\]"][loggia@32473 node="n1" seq="42" a="b"] text`, spool.Structured},
		{"bare", `<13>1 - h a - - [loggia@32473] text`, `<13>1 - h a - - [loggia@32473 node="n1" seq="42"] text`, spool.Structured},
		{"relayed", `<13>1 - h a - - [loggia@32473 node="n0" seq="1"] text`, `<13>1 - h a - - [loggia@32473 node="n1" seq="42" node="n0" seq="1"] text`, spool.Structured},
		{"far", `<13>1 - h a - - [loggia@32473` + many + `] text`, `<13>1 - h a - - [loggia@32473` + many + `] text`, spool.Structured},
		{"in the text", `<13>1 - h a - - - [loggia@32473 a="b"]`, `<13>1 - h a - - [loggia@32473 node="n1" seq="42"] [loggia@32473 a="b"]`, spool.Structured},
		{"own record", `<13>1 - h a - - - text`, `<13>1 - h a - - [meta sequenceId="7"][loggia@32473 node="n1" seq="42"] text`, spool.Structured | spool.Own},
		{"standard", `<13>Nov 22 10:00:00 h a: - - - - - - text`, `<13>Nov 22 10:00:00 h a: - - - - - - text`, 0},
	} {
		m := newMarker("n1")
		got := string(m.apply(&spool.Record{Text: []byte(c.text), Seq: 42, Number: 7, Flags: c.flags}))
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
		unmarked := newMarker("")
		if got := string(unmarked.apply(&spool.Record{Text: []byte(c.text), Flags: c.flags})); got != c.text {
			t.Errorf("%s: without a node %s", c.name, got)
		}
	}
}
