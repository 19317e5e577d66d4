package schema

import (
	"strings"
	"unicode"
)

// Wildcards are keys of lists within configuration groups: a pattern in angle
// brackets stands for the entries whose keys it matches, `<*>` for all of them.
// In a pattern * matches any text, ? any character, and [a-z4] or [!a-z4] one
// character that is, or is not, in the brackets.

// wildcardHelp is what help says about keys within a group.
const wildcardHelp = "Every entry; a pattern such as <a*> or <[1-4]?> for some of them"

// maxWildcard bounds a pattern in bytes.
const maxWildcard = 255

// IsWildcard reports whether the key of a list within a group is a wildcard.
func IsWildcard(key string) bool {
	return len(key) > 2 && key[0] == '<' && key[len(key)-1] == '>'
}

// MatchWildcard reports whether a wildcard stands for the entry with that key.
// What is no wildcard stands for nothing. The time is bounded by the product of
// the lengths.
func MatchWildcard(wildcard, key string) bool {
	if !IsWildcard(wildcard) {
		return false
	}
	pattern, text := []rune(wildcard[1:len(wildcard)-1]), []rune(key)
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, from = p, t
			p++
			continue
		}
		if n, ok := matchOne(pattern[p:], text[t]); ok {
			p, t = p+n, t+1
			continue
		}
		if star < 0 {
			return false
		}
		from++
		p, t = star+1, from
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne matches one character and returns how much of the pattern it took.
func matchOne(pattern []rune, c rune) (int, bool) {
	if len(pattern) == 0 {
		return 0, false
	}
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		if end := bracketEnd(pattern); end > 0 {
			return end + 1, inBrackets(pattern[1:end], c)
		}
	}
	return 1, pattern[0] == c
}

// bracketEnd returns the index of the ] that ends the brackets that pattern
// begins with; the first character within may be a ]. It is 0 when there is none.
func bracketEnd(pattern []rune) int {
	first := 1
	if len(pattern) > 1 && pattern[1] == '!' {
		first = 2
	}
	for i := first + 1; i < len(pattern); i++ {
		if pattern[i] == ']' {
			return i
		}
	}
	return 0
}

func inBrackets(set []rune, c rune) bool {
	negated := len(set) > 1 && set[0] == '!'
	if negated {
		set = set[1:]
	}
	for i := 0; i < len(set); i++ {
		low, high := set[i], set[i]
		if i+2 < len(set) && set[i+1] == '-' {
			high = set[i+2]
			i += 2
		}
		if low <= c && c <= high {
			return !negated
		}
	}
	return negated
}

// checkWildcard says what is wrong with a wildcard.
func checkWildcard(key string) error {
	if len(key) > maxWildcard {
		return refuse("Pattern of %d bytes is longer than %d", len(key), maxWildcard)
	}
	if strings.ContainsFunc(key, unicode.IsControl) || strings.ContainsRune(key, unicode.ReplacementChar) {
		return refuse("Invalid pattern '%s': must be printable text", key)
	}
	pattern := []rune(key[1 : len(key)-1])
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '[' {
			continue
		}
		end := bracketEnd(pattern[i:])
		if end == 0 {
			return refuse("Invalid pattern '%s': missing ']'", key)
		}
		i += end
	}
	return nil
}
