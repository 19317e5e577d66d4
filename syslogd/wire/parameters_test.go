package wire

import (
	"slices"
	"testing"
)

func TestParameters(t *testing.T) {
	for sd, want := range map[string][]string{
		"-":                                  nil,
		"":                                   nil,
		"[a@1]":                              nil,
		`[a@1 x="1" y=""][b z="a=\"b\" \]"]`: {"x=1", "y=", `z=a="b" ]`},
		`[a b="c\d\\"]`:                      {`b=c\d\`},
		`[a b="cut`:                          {"b=cut"},
	} {
		if got := Parameters([]byte(sd)); !slices.Equal(got, want) {
			t.Errorf("%s: %q", sd, got)
		}
	}
}
