package schema

import (
	"fmt"
	"regexp"
	"strings"
)

// Base is the fundamental type of a value.
type Base uint8

// The base types.
const (
	String        Base = iota
	Unsigned           // Ranges bound it
	Empty              // a leaf without a value (`world-readable;`)
	Enumeration        // Enums
	Address            // IPv4 or IPv6 address
	AddressOrName      // address or host name
	Prefix             // address/length
	Bytes              // a number with optional suffix k, m or g; Ranges bound the bytes; kept as typed
	TimeZone           // IANA zone name or GMT±n
	DateTime           // yyyy-mm-dd.hh:mm
	Secret             // text that has to be said to others; kept in the notation of package secret
)

// Type describes the values of a leaf, a leaf-list or a list key.
type Type struct {
	Base      Base
	Text      bool      // Unsigned: modelled as a string, which JSON quotes (archive files)
	Ranges    []Range   // Unsigned, Bytes; empty is unbounded
	Lengths   []Range   // String: length in bytes of UTF-8
	Enums     []Enum    // Enumeration: the words. Any other base: words accepted besides, such as * for a user
	Patterns  []Pattern // String: all must match
	Wildcards bool      // key of a list within a group: patterns in angle brackets are accepted besides
	Units     string    // such as minutes, for help and errors
}

// Range is an inclusive interval.
type Range struct{ Min, Max uint64 }

// Enum is one word of an enumeration.
type Enum struct{ Name, Help string }

// Pattern is a restriction on a string: an anchored regular expression and
// what to say when it does not match.
type Pattern struct {
	Expr, Message string

	re *regexp.Regexp
}

// patterns shares one compiled expression among all types that use it.
type patterns map[string]*regexp.Regexp

func (p patterns) compile(t *Type) {
	for i := range t.Patterns {
		expr := t.Patterns[i].Expr
		re, ok := p[expr]
		if !ok {
			re, _ = regexp.Compile(`^(?:` + expr + `)$`) // nil matches nothing, see Link
			p[expr] = re
		}
		t.Patterns[i].re = re
	}
}

func (p *Pattern) match(value string) bool { return p.re != nil && p.re.MatchString(value) }

// Help returns the help text of a value of type t: the description with the
// permitted range and its units, as in "How often sizes are checked (1..59
// minutes)" (Junos' way of saying it).
func (t *Type) Help(description string) string {
	if len(t.Ranges) == 0 {
		return description
	}
	help := "(" + t.Interval() + ")"
	if description != "" {
		help = description + " " + help
	}
	return help
}

// Interval writes the permitted numbers as "1..59 minutes", "" when they are not bounded.
func (t *Type) Interval() string {
	if len(t.Ranges) == 0 {
		return ""
	}
	s := intervals(t.Ranges)
	switch {
	case t.Base == Bytes:
		s += " bytes"
	case t.Units != "":
		s += " " + t.Units
	}
	return s
}

func intervals(rs []Range) string {
	var b strings.Builder
	for i, r := range rs {
		if i > 0 {
			b.WriteByte('|')
		}
		fmt.Fprintf(&b, "%d..%d", r.Min, r.Max)
	}
	return b.String()
}

func within(rs []Range, n uint64) bool {
	for _, r := range rs {
		if r.Min <= n && n <= r.Max {
			return true
		}
	}
	return len(rs) == 0
}
