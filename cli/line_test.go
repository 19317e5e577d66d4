package cli

import (
	"slices"
	"testing"
)

// What # begins is a comment, but for what the marks of display inheritance are
// filtered by.
func TestCommentsInALine(t *testing.T) {
	for line, want := range map[string][]string{
		"show # all of it":                               {"show"},
		"set a b ## c":                                   {"set", "a", "b"},
		"show | compare ## against":                      {"show", "|", "compare"},
		"show system | display inheritance | except ##":  {"show", "system", "|", "display", "inheritance", "|", "except", "##"},
		"show|except ##|count":                           {"show", "|", "except", "##", "|", "count"},
		"show | except ## | match \"a | b\" # and so on": {"show", "|", "except", "##", "|", "match", "a | b"},
		"show | except \"##\"":                           {"show", "|", "except", "##"},
		"show | except # x ## y":                         {"show", "|", "except"},
		"show | match a ##":                              {"show", "|", "match", "a"},
		"show configuration | display inheritance | except ## | no-more": {"show", "configuration", "|", "display", "inheritance", "|", "except", "##", "|", "no-more"},
	} {
		words, bad := splitLine(line)
		var got []string
		for _, w := range words {
			got = append(got, w.Text)
			if at := line[w.Col:]; !w.Quoted && at[:len(w.Text)] != w.Text {
				t.Errorf("%s: %q is said to be at %d", line, w.Text, w.Col)
			}
		}
		if bad != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q %v, want %q", line, got, bad, want)
		}
	}
}
