package wire

import "unicode/utf8"

// Framer splits a stream into messages (RFC 6587). Senders announce nothing, so
// each message is looked at: digits, a blank and `<` are octet counting (3.4.1),
// anything else runs to the next LF, CR LF or NUL (3.4.2), and behind a counted
// message also to the next count in front of a PRI: its sender has miscounted. A
// count that is not followed by `<`, or of more than seven digits, is text.
//
// A message longer than MaxMessageSize is cut there, at the last boundary of a
// UTF-8 character, and marked Truncated; the rest is passed over and the next
// message starts where the sender's framing says. One Framer belongs to one
// connection.
type Framer struct {
	MaxMessageSize int // bytes; the caller's buffer must hold this and 16 more

	skip     int  // bytes of an octet-counted message still to be passed over
	skipLine bool // the rest of a line is to be passed over
	counts   bool // the last message was octet-counted, and no line has ended since
	scanned  int  // bytes at the start of the buffer known to hold no line end
}

// countDigits is the most digits that an octet count has: no message is that long,
// and a lie costs no more than that.
const countDigits = 7

// Next finds the next message in buf, which starts where the last call's
// consumed ended: with ok, buf[off:end] is a message, valid as long as buf is.
// Without ok more must be read behind buf[consumed:], which may move; with eof
// (nothing will follow) the stream is used up. Empty lines are no messages.
func (f *Framer) Next(buf []byte, eof bool) (off, end, consumed int, flags Flags, ok bool) {
	at := f.passOver(buf, eof)
	if at == len(buf) || f.skipLine {
		return 0, 0, at, 0, false
	}
	if buf[at] == bom[0] && f.scanned == 0 {
		n, wait := countMarked(buf[at:], eof)
		if at += n; wait {
			return 0, 0, at, 0, false
		}
	}
	count, header, wait := octetCount(buf[at:], eof)
	if wait {
		return 0, 0, at, 0, false
	}
	var used int
	if header > 0 {
		off, end = at+header, 0
		end, used, flags, ok = f.counted(buf[off:], count, eof)
		f.counts = true
		end, used = off+end, off+used
	} else {
		off = at
		end, used, flags, ok = f.line(buf[at:], eof)
		end, used = at+end, at+used
	}
	if !ok {
		return 0, 0, at, 0, false
	}
	f.scanned = 0
	return off, end, used, flags, true
}

// passOver returns how much of buf is the rest of a message that was cut, or
// what stands between messages.
func (f *Framer) passOver(buf []byte, eof bool) int {
	at := min(f.skip, len(buf))
	f.skip -= at
	if f.skipLine {
		n := lineEnd(buf[at:])
		if f.counts {
			if m := nextCount(buf[at : at+length(n, len(buf)-at)]); m >= 0 {
				f.skipLine = false
				return at + m
			}
		}
		if n < 0 {
			if f.counts && !eof {
				return len(buf) - unfinishedCount(buf[at:])
			}
			return len(buf)
		}
		at += n
		f.skipLine, f.counts = false, false
	}
	if f.skip > 0 || f.scanned > 0 {
		return at
	}
	for at < len(buf) && (buf[at] == '\n' || buf[at] == '\r' || buf[at] == 0) {
		at++
	}
	return at
}

// octetCount reads MSG-LEN SP and looks for the `<` behind it. header 0 means
// that the message is a line; wait, that more bytes are needed to tell.
func octetCount(buf []byte, eof bool) (count, header int, wait bool) {
	if buf[0]-'1' > 8 {
		return 0, 0, false
	}
	i := 0
	for i < len(buf) && isDigit(buf[i]) {
		if i == countDigits {
			return 0, 0, false
		}
		count = count*10 + int(buf[i]-'0')
		i++
	}
	if i+1 >= len(buf) && (i == len(buf) || buf[i] == ' ') {
		return 0, 0, !eof
	}
	if buf[i] != ' ' || buf[i+1] != '<' {
		return 0, 0, false
	}
	return count, i + 1, false
}

// countMarked returns the length of the mark of UTF-8 that buf starts with and an
// octet count follows, as from a program that begins what it writes with one.
// wait means that more bytes are needed to tell.
func countMarked(buf []byte, eof bool) (n int, wait bool) {
	if len(buf) <= len(bom) {
		return 0, !eof && bom[:len(buf)] == string(buf)
	}
	if string(buf[:len(bom)]) == bom && buf[len(bom)]-'1' <= 8 {
		return len(bom), false
	}
	return 0, false
}

// counted delivers an octet-counted message whose text starts at buf[0].
func (f *Framer) counted(buf []byte, count int, eof bool) (end, used int, flags Flags, ok bool) {
	switch {
	case count <= f.MaxMessageSize && count <= len(buf):
		return count, count, 0, true
	case count > f.MaxMessageSize && len(buf) > f.MaxMessageSize:
		used = min(count, len(buf))
		f.skip = count - used
		return Cut(buf, f.MaxMessageSize), used, Truncated, true
	case eof: // the connection ended inside the message
		return len(buf), len(buf), Truncated, true
	}
	return 0, 0, 0, false
}

// line delivers the line that starts at buf[0].
func (f *Framer) line(buf []byte, eof bool) (end, used int, flags Flags, ok bool) {
	n := -1
	if f.scanned < len(buf) {
		n = lineEnd(buf[f.scanned:])
	}
	unfinished := 0
	if f.counts {
		from := max(0, f.scanned-headerMost)
		if m := nextCount(buf[from : f.scanned+length(n, len(buf)-f.scanned)]); from+m > 0 && m >= 0 {
			end = from + m
			used = end
			if end > f.MaxMessageSize {
				end, flags = Cut(buf, f.MaxMessageSize), Truncated
			}
			return end, used, flags, true
		}
		unfinished = unfinishedCount(buf)
		f.counts = n < 0
	}
	switch {
	case n >= 0:
		end, used = f.scanned+n, f.scanned+n+1
		if end > 0 && buf[end] == '\n' && buf[end-1] == '\r' {
			end--
		}
	case len(buf)-unfinished > f.MaxMessageSize+1: // one more than a CR
		end, used = len(buf)-unfinished, len(buf)-unfinished
		f.skipLine = true
	case eof:
		end, used = len(buf), len(buf)
	default:
		f.scanned = len(buf)
		return 0, 0, 0, false
	}
	if end > f.MaxMessageSize {
		end, flags = Cut(buf, f.MaxMessageSize), Truncated
	}
	return end, used, flags, true
}

// lineEnd is the place of the first LF or NUL, or -1.
func lineEnd(buf []byte) int {
	if len(buf) >= 16 {
		return lineEnd16(buf)
	}
	for i, c := range buf {
		if c == '\n' || c == 0 {
			return i
		}
	}
	return -1
}

// Cut returns the greatest length not above n at which text can be cut without
// splitting a UTF-8 character. Text that is no UTF-8 is cut at n.
func Cut(text []byte, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for i := n; i >= 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(text[i]) {
			if i < n && !utf8.FullRune(text[i:n]) {
				return i
			}
			return n
		}
	}
	return n
}
