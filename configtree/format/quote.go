package format

import "strings"

// bare says which characters need no quotes: letters, digits and the
// punctuation that has no meaning in any of the grammars. Everything else is
// quoted, non-ASCII text included: a reader with another encoding then at least
// sees where it ends.
func bare(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("._-/:@+%^~*<>", c) >= 0
}

// Quote returns s as it is written in configuration text and on set lines:
// as it is when it consists of bare characters only, else in double quotes with
// `"` and `\` escaped. Control characters are written \n, \t, \r or \xhh, so that
// a value never breaks a line. The empty string is `""`. Bare words that would read
// as something else at the start of a statement (`inactive:`, `/*`) are quoted too.
// Words reads all of it back unchanged.
func Quote(s string) string {
	if !needsQuotes(s) {
		return s
	}
	return string(appendQuoted(make([]byte, 0, len(s)+8), s))
}

// appendQuote appends Quote(s).
func appendQuote(dst []byte, s string) []byte {
	if needsQuotes(s) {
		return appendQuoted(dst, s)
	}
	return append(dst, s...)
}

func needsQuotes(s string) bool {
	for i := range len(s) {
		if !bare(s[i]) {
			return true
		}
	}
	return s == "" || strings.HasPrefix(s, commentMark) || isTag(s)
}

func appendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case isControl(c):
			dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

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
