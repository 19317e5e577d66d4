package schema

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseMust(t *testing.T) {
	up := func(names ...string) MustPath { return MustPath{Up: 1, Names: names} }
	for expr, want := range map[string]Test{
		"../a":                      Exists{up("a")},
		"../../a/b-c":               Exists{MustPath{Up: 2, Names: []string{"a", "b-c"}}},
		"a":                         Exists{MustPath{Names: []string{"a"}}},
		"..":                        Exists{MustPath{Up: 1}},
		"../..":                     Exists{MustPath{Up: 2}},
		"not(../a)":                 Not{Exists{up("a")}},
		". = 'x'":                   Compare{Literal: "x"},
		`. != "it's"`:               Compare{Literal: "it's", Unequal: true},
		". != 'tls' or ../t":        Or{Compare{Literal: "tls", Unequal: true}, Exists{up("t")}},
		"../a and ../b or ../c":     Or{And{Exists{up("a")}, Exists{up("b")}}, Exists{up("c")}},
		"../a and (../b or ../c)":   And{Exists{up("a")}, Or{Exists{up("b")}, Exists{up("c")}}},
		"not( ../a = '1' )and ../b": And{Not{Compare{Path: up("a"), Literal: "1"}}, Exists{up("b")}},
		"../order and ../android":   And{Exists{up("order")}, Exists{up("android")}},
		"\n ../a\n  or\t../b\n":     Or{Exists{up("a")}, Exists{up("b")}},
	} {
		got, err := ParseMust(expr, "message")
		if err != nil || !reflect.DeepEqual(got, Must{Expr: expr, Message: "message", Test: want}) {
			t.Errorf("%s: %#v, %v", expr, got.Test, err)
		}
	}
}

func TestParseMustRefusesTheRestOfXPath(t *testing.T) {
	for _, expr := range []string{
		"", "count(../a) > 1", "../a[name='x']", "/system", "../a | ../b", "../*", "../a = ../b", ". = 'x", ". =",
		"not ../a", "(../a", "../a)", "../a or", "and ../a", "../", "../a/", "p:a", "@a", "1 = 1", "../a < 'x'", "...",
		strings.Repeat("(", 40) + "../a" + strings.Repeat(")", 40),
	} {
		if m, err := ParseMust(expr, ""); err == nil {
			t.Errorf("%s: parsed as %#v", expr, m.Test)
		}
	}
}

func FuzzParseMust(f *testing.F) {
	f.Add("not(../a) and (. != 'x' or ../../b/c)")
	f.Fuzz(func(t *testing.T, expr string) {
		m, err := ParseMust(expr, "")
		if err != nil {
			return
		}
		again, err := ParseMust(testText(m.Test), "")
		if err != nil || !reflect.DeepEqual(again.Test, m.Test) {
			t.Errorf("%q: %#v reads %#v when written out, %v", expr, m.Test, again.Test, err)
		}
	})
}

// testText writes a test in the grammar.
func testText(t Test) string {
	join := func(tests []Test, word string) string {
		var parts []string
		for _, one := range tests {
			parts = append(parts, testText(one))
		}
		return "(" + strings.Join(parts, word) + ")"
	}
	switch t := t.(type) {
	case And:
		return join(t, " and ")
	case Or:
		return join(t, " or ")
	case Not:
		return "not(" + testText(t.Test) + ")"
	case Exists:
		return pathText(t.Path)
	case Compare:
		op, quote := "=", "'"
		if t.Unequal {
			op = "!="
		}
		if strings.Contains(t.Literal, quote) {
			quote = `"`
		}
		return fmt.Sprintf("%s %s %s%s%s", pathText(t.Path), op, quote, t.Literal, quote)
	}
	panic(fmt.Sprintf("no text for %T", t))
}

func pathText(p MustPath) string {
	parts := p.Names
	for range p.Up {
		parts = append([]string{".."}, parts...)
	}
	if len(parts) == 0 {
		return "."
	}
	return strings.Join(parts, "/")
}
