package wire

// AppendEscaped appends text with each control byte (C0 except TAB, and DEL)
// written as # and three octal digits, so that a record is one line and does
// nothing to a terminal. `#` itself stays: the form is for the eye and is not
// read back.
func AppendEscaped(dst, text []byte) []byte {
	for {
		n := plain(text)
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		dst = appendEscape(dst, text[n])
		text = text[n+1:]
	}
}

// appendEscapedString is AppendEscaped for the few words of a configuration.
func appendEscapedString(dst []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; control(c) {
			dst = appendEscape(dst, c)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

func appendEscape(dst []byte, c byte) []byte {
	return append(dst, '#', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
}

// plain is the length of the run that text starts with and that needs no
// escape: of almost every message, all of it.
func plain(text []byte) int {
	if len(text) >= 16 {
		return plain16(text)
	}
	for i, c := range text {
		if control(c) {
			return i
		}
	}
	return len(text)
}

func control(c byte) bool { return (c < ' ' && c != '\t') || c == 0x7f }
