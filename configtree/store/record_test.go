package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/schema"
)

func TestTheReasonOfAFailureHoldsNoSecret(t *testing.T) {
	at := func(secret bool) configtree.Path {
		return configtree.Path{{Node: &schema.Node{Name: "system"}}, {Node: &schema.Node{Name: "password", Secret: secret}}}
	}
	shown := configtree.Problem{Path: at(false), Err: errors.New("no such word: swordfish")}
	hidden := configtree.Problem{Path: at(true), Token: "swordfish", Err: errors.New("no such word: swordfish")}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{errors.New("disk\nfull"), "disk; full"},
		{&shown, "[edit system password] no such word: swordfish"},
		{&hidden, "[edit system password] invalid value"},
		{fmt.Errorf("load: %w", Problems{hidden, shown, shown}), "[edit system password] invalid value (and 2 more)"},
		{errors.New(strings.Repeat("ä", maxReason)), strings.Repeat("ä", maxReason/2) + "…"},
	} {
		if got := FailureReason(tt.err); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}

// TestMost: of many problems the errors are told first, in the order they came in.
func TestMost(t *testing.T) {
	list := Problems{{Token: "a", Warning: true}, {Token: "b"}, {Token: "c", Warning: true}, {Token: "d"}}
	for _, c := range []struct {
		n, errs, warnings int
		want              string
	}{{0, 2, 2, ""}, {1, 1, 2, "b"}, {2, 0, 2, "bd"}, {3, 0, 1, "abd"}, {4, 0, 0, "abcd"}, {9, 0, 0, "abcd"}} {
		got := ""
		most, errs, warnings := list.Most(c.n)
		for _, p := range most {
			got += p.Token
		}
		if got != c.want || errs != c.errs || warnings != c.warnings {
			t.Errorf("%d: %q, %d more errors and %d warnings", c.n, got, errs, warnings)
		}
	}
}
