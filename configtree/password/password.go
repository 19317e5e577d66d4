// Package password holds what a new password has to be like, and turns it into
// what the configuration keeps of it. The rules are those of [edit system login
// password]:
//
//	password {
//	    minimum-length 12;
//	    change-type character-sets;     # or set-transitions
//	    minimum-changes 3;
//	    minimum-numerics 1;
//	    format sha512;
//	}
//
// A password is checked where it is known in plain text and never again: at the
// question of plain-text-password and as plain-text-password-value, typed or
// loaded. A hash that somebody brings along says nothing about its password.
package password

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/go-crypt/crypt/algorithm/shacrypt"

	"loggia/configtree"
)

// The statements that hold a password: in plain text, which no configuration
// keeps, and as a hash.
const (
	PlainStatement = "plain-text-password-value"
	HashStatement  = "encrypted-password"
)

// Rules are what a new password has to be like.
type Rules struct {
	MinimumLength, MaximumLength           int // bytes
	Numerics, Uppers, Lowers, Punctuations int // least number of each
	Changes                                int // least number of sets, or of changes between sets
	CountSets                              bool
	Reuse                                  int  // how many former ones must not come back
	MinimumDays                            int  // before which it is not changed again; 0: at any time
	MaximumDays                            int  // after which it does not let in; 0: never
	SHA256                                 bool // else SHA-512
}

// RulesOf reads the rules from [edit system login].
func RulesOf(login *configtree.Reader) Rules {
	r := login.Child("password")
	number := func(name string) int { return int(r.Uint(name)) }
	return Rules{
		MinimumLength: number("minimum-length"), MaximumLength: number("maximum-length"),
		Numerics: number("minimum-numerics"), Uppers: number("minimum-upper-cases"), Lowers: number("minimum-lower-cases"),
		Punctuations: number("minimum-punctuations"), Changes: number("minimum-changes"),
		CountSets: r.Text("change-type") == "character-sets",
		Reuse:     number("minimum-reuse"), MinimumDays: number("minimum-lifetime"), MaximumDays: number("maximum-lifetime"),
		SHA256: r.Text("format") == "sha256",
	}
}

// set is a set of characters that passwords are made of.
type set int

// The sets. Blanks count as punctuation.
const (
	upper set = iota
	lower
	numeric
	punctuation
	other // not ASCII
	sets
)

func setOf(r rune) set {
	switch {
	case r >= utf8.RuneSelf:
		return other
	case unicode.IsUpper(r):
		return upper
	case unicode.IsLower(r):
		return lower
	case unicode.IsDigit(r):
		return numeric
	}
	return punctuation
}

// Check reports what is wrong with a password, in Junos' words where it has some.
func (r Rules) Check(plain string) error {
	switch {
	case len(plain) < r.MinimumLength:
		return fmt.Errorf("minimum password length is %d", r.MinimumLength)
	case len(plain) > r.MaximumLength:
		return fmt.Errorf("maximum password length is %d", r.MaximumLength)
	}
	var count [sets]int
	transitions, last := 0, set(-1)
	for _, c := range plain {
		s := setOf(c)
		if last >= 0 && s != last {
			transitions++
		}
		count[s]++
		last = s
	}
	for _, rule := range []struct {
		least int
		of    set
		name  string
	}{{r.Numerics, numeric, "digits"}, {r.Uppers, upper, "upper-case letters"}, {r.Lowers, lower, "lower-case letters"},
		{r.Punctuations, punctuation, "punctuation characters"}} {
		if count[rule.of] < rule.least {
			return fmt.Errorf("minimum number of %s in a password is %d", rule.name, rule.least)
		}
	}
	return r.changes(count, transitions)
}

// changes applies minimum-changes.
func (r Rules) changes(count [sets]int, transitions int) error {
	if !r.CountSets {
		if transitions < r.Changes && r.Changes == 1 {
			return errors.New("require change of case, digits or punctuation")
		} else if transitions < r.Changes {
			return fmt.Errorf("require %d changes of case, digits or punctuation", r.Changes)
		}
		return nil
	}
	used := 0
	for _, n := range count {
		if n > 0 {
			used++
		}
	}
	if used < r.Changes {
		return fmt.Errorf("require characters of %d sets: upper case, lower case, digits, punctuation", r.Changes)
	}
	return nil
}

// rounds is how often the hash is applied: what crypt(5) does when nothing is said.
const rounds = 5000

// Hash returns the notation of crypt(5), with a random salt.
func (r Rules) Hash(plain string) (string, error) {
	format := shacrypt.WithSHA512()
	if r.SHA256 {
		format = shacrypt.WithSHA256()
	}
	h, err := shacrypt.New(format, shacrypt.WithRounds(rounds))
	if err != nil {
		return "", err
	}
	digest, err := h.Hash(plain)
	if err != nil {
		return "", err
	}
	return digest.Encode(), nil
}

// Login is whose password a path leads to: a `login user`, or root. In a group that
// is applied to several it is the pattern.
func Login(path configtree.Path) string {
	for _, s := range path {
		if s.Node.Name == "user" && s.Key != "" {
			return s.Key
		}
	}
	return "root"
}
