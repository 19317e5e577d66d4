package terminal

import (
	"unicode/utf8"

	prompt "github.com/c-bata/go-prompt"
)

// A key is one press, or a run of printable characters that came together.
type key struct {
	code  prompt.Key // NotDefined for text
	text  string     // what to insert; "" unless code is NotDefined
	meta  bool       // Esc or Alt before it
	burst bool       // arrived in one read with others: a script or a paste
}

// Codes beside go-prompt's own, which are not negative.
const (
	keyResize    prompt.Key = -1 - iota // the size has changed
	keyEnd                              // nothing more will be typed
	keyInterrupt                        // Ctrl-C was pressed while a command runs
)

const (
	maxSequence = 32   // bytes of an escape sequence
	maxString   = 256  // bytes of a terminal's answer (OSC, DCS and such)
	maxRun      = 4096 // bytes of text in one key
)

// decodeKey takes the first key off b, which is not empty, and says how many
// bytes it was. n == 0: the rest of it has not come yet. A key with code Ignore
// is to be dropped.
func decodeKey(b []byte) (k key, n int) {
	switch c := b[0]; {
	case c == 0x1b:
		return decodeEscape(b)
	case c == '\r' && len(b) > 1 && b[1] == '\n':
		return key{code: prompt.ControlM}, 2
	case c == '\r' || c == '\n':
		return key{code: prompt.ControlM}, 1
	case c < 0x20 || c == 0x7f:
		return key{code: control(c)}, 1
	}
	return decodeText(b)
}

func control(c byte) prompt.Key {
	switch c {
	case '\t':
		return prompt.Tab
	case 0x08:
		return prompt.Backspace
	}
	if k := prompt.GetKey([]byte{c}); k != prompt.NotDefined {
		return k
	}
	return prompt.Ignore
}

// decodeText takes a run of characters. A blank and `?` stand alone: both may
// ask the Assistant. What is not UTF-8 becomes U+FFFD rather than vanish, so
// that a line never means something other than what it shows.
func decodeText(b []byte) (key, int) {
	n := 0
	for n < len(b) && n < maxRun {
		c := b[n]
		if c < 0x20 || c == 0x7f || (c == ' ' || c == '?') && n > 0 {
			break
		}
		if c == ' ' || c == '?' {
			return key{code: prompt.NotDefined, text: string(b[:1])}, 1
		}
		if c < utf8.RuneSelf {
			n++
			continue
		}
		if !utf8.FullRune(b[n:]) {
			break
		}
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size == 1 {
			if n == 0 {
				return key{code: prompt.NotDefined, text: "\ufffd"}, 1
			}
			break
		}
		n += size
	}
	if n == 0 {
		return key{}, 0
	}
	return key{code: prompt.NotDefined, text: string(b[:n])}, n
}

// decodeEscape takes an escape sequence, or Esc and the key after it.
func decodeEscape(b []byte) (key, int) {
	if len(b) == 1 {
		return key{}, 0
	}
	switch b[1] {
	case '[', 'O':
		n, whole := sequenceLen(b)
		if n == 0 {
			return key{}, 0
		}
		if whole {
			return key{code: sequence(b[:n])}, n
		}
		return key{code: prompt.Ignore}, n
	case ']', 'P', '_', '^', 'X': // an answer of the terminal, never asked for
		return key{code: prompt.Ignore}, stringLen(b)
	case 0x1b:
		return key{code: prompt.Escape}, 1
	}
	k, n := decodeKey(b[1:])
	if n == 0 {
		return key{}, 0
	}
	if k.code == prompt.NotDefined { // only the first character belongs to the Esc
		_, size := utf8.DecodeRuneInString(k.text)
		if k.text != "\ufffd" {
			n = size
		}
		k.text = k.text[:size]
	}
	k.meta = true
	return k, n + 1
}

// sequence looks a whole escape sequence up in go-prompt's table.
func sequence(b []byte) prompt.Key {
	if len(b) == 3 && b[1] == 'O' { // SS3: cursor keys of the application mode
		switch b[2] {
		case 'H':
			return prompt.Home
		case 'F':
			return prompt.End
		}
	}
	if k := prompt.GetKey(b); k != prompt.NotDefined {
		return k
	}
	return prompt.Ignore
}

// sequenceLen measures a CSI or SS3 sequence (ECMA-48 5.4). 0: more bytes are
// needed. whole is false for what is cut off by a control character, which is
// left in place: an Enter is never swallowed.
func sequenceLen(b []byte) (n int, whole bool) {
	i := 2
	if b[1] == '[' && len(b) > 2 && b[2] == '[' { // Linux console: ESC [ [ A
		i = 3
	}
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c < 0x20 || c >= 0x7f:
			return i, false
		case b[1] == 'O' || c >= 0x40:
			return i + 1, true
		case i >= maxSequence:
			return i + 1, false
		}
	}
	return 0, false
}

// stringLen measures a control string up to BEL or ST; one that is too long, or
// holds a line end, is no string: only its two first bytes are dropped.
func stringLen(b []byte) int {
	for i := 2; i < len(b); i++ {
		switch c := b[i]; {
		case c == 0x07:
			return i + 1
		case c == '\\' && b[i-1] == 0x1b:
			return i + 1
		case c == '\r' || c == '\n' || i >= maxString:
			return 2
		}
	}
	return 0
}
