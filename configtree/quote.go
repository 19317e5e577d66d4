package configtree

import "strings"

// CommentMark is what a comment in configuration text begins with.
const CommentMark = "/*"

// tagged reports whether a word would read as a tag in front of a statement.
func tagged(word string) bool {
	switch word {
	case "inactive:", "active:", "protect:", "unprotect:", "replace:", "delete:":
		return true
	}
	return false
}

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

// AppendQuote appends Quote(s).
func AppendQuote(dst []byte, s string) []byte {
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
	return s == "" || strings.HasPrefix(s, CommentMark) || tagged(s)
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
