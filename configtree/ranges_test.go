package configtree

import (
	"strings"
	"testing"
)

func TestNamesOfARange(t *testing.T) {
	for text, want := range map[string]string{
		"f[0-3]":                    "f0 f1 f2 f3",
		"f[08-10]x":                 "f08x f09x f10x",
		"[1,3,5-6]":                 "1 3 5 6",
		"a[0-1]b[2-3]":              "a0b2 a0b3 a1b2 a1b3",
		"plain":                     "plain",
		"f[3-1]":                    "",
		"f[a-b]":                    "",
		"f[0-99999]":                "",
		"f[-1-2]":                   "",
		"f[]":                       "",
		"f[0-999][0-999]":           "",
		"f[99999999999999999999-3]": "",
		"f[1-8/2,!5]":               "f1 f3 f7",
		"f[1-3,5,!2]":               "f1 f3 f5",
		"f[!2,1-3]":                 "f1 f3",
		"f[1-20,!3-19]":             "f1 f2 f20",
		"f[01-03,!2]":               "f01 f03",
		"f[1,1,1-2]":                "f1 f2",
		"f[!1]":                     "",
		"f[1-2,!1-2]":               "",
		"f[1-8/0]":                  "",
		"f[1/2]":                    "",
		"f[1-8/x]":                  "",
		"f[1,,2]":                   "",
		"f[!]":                      "",
		"f[+1-2]":                   "",
		"open[1":                    "open[1",
	} {
		if got := strings.Join(namesOf(text), " "); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
}
