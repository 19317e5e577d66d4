package format

import "loggia/configtree"

// Quote returns s as it is written in configuration text and on set lines; see
// configtree.Quote. Words reads all of it back unchanged.
func Quote(s string) string { return configtree.Quote(s) }

func isControl(c byte) bool { return c < ' ' || c == 0x7f }

// unescape appends what the escape at the head of s stands for and returns how many
// bytes of s it took; s[0] is the backslash. A backslash before anything else stands for
// itself, so that `"sshd\[[0-9]+\]"` may be typed as people write regular expressions.
func unescape(dst []byte, s string) ([]byte, int) {
	if len(s) < 2 {
		return append(dst, s...), len(s)
	}
	switch s[1] {
	case '"', '\\':
		return append(dst, s[1]), 2
	case 'n':
		return append(dst, '\n'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 'x':
		if len(s) >= 4 {
			hi, lo := hexDigit(s[2]), hexDigit(s[3])
			// Only what Quote writes: `\x2e` in a regular expression stays one.
			if c := byte(hi<<4 | lo); hi >= 0 && lo >= 0 && isControl(c) {
				return append(dst, c), 4
			}
		}
	}
	return append(dst, '\\'), 1
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
