package wire

import "bytes"

// parse3164 reads what follows PRI in any of the shapes that RFC 3164 describes
// as "observed". A header that is not there is not invented: without a stamp
// there is no host, and without "tag:" or "tag[pid]" there is no App; the words
// stay in the text.
func (p *Parser) parse3164(b *Batch, r *Record, i, end int) {
	buf := b.Buf
	if nanos, ok := p.bsd.read(b, p.Zone, i, end); ok {
		after := i + len(bsdText)
		r.Form, r.Time, r.Stamp = RFC3164, nanos, span(i, after)
		r.Flags |= NoZone
		tagged(buf, r, p.host3164(b, r, skipBlanks(buf, after, end), end), end)
		return
	}
	t, at, ok := p.find3164Stamp(b, r, i, end)
	if !ok {
		if r.Flags&NoPRI != 0 {
			r.Msg = span(i, end)
			return
		}
		r.Form = RFC3164
		r.Msg = span(i, end)
		if at := skipSequence(buf, i, end); at != i || !sequenced(buf, i, end) {
			tagged(buf, r, at, end)
		}
		return
	}
	r.Form = RFC3164
	p.setTime(b, r, t, at)
	if r.Time != 0 {
		p.bsd.keep(b, p.Zone, at, &t, r.Time)
	}
	i = t.end
	if i < end && buf[i] == ':' { // Cisco: the stamp ends in a colon, and no host follows
		i = skipBlanks(buf, i+1, end)
	} else {
		i = p.host3164(b, r, skipBlanks(buf, i, end), end)
	}
	tagged(buf, r, i, end)
	if r.Host.Len == 0 && r.App.Len == 0 && end-i > 2 && buf[i] == '-' && buf[i+1] == ' ' { // an absent host, as RFC 5424 writes it
		if tagged(buf, r, i+2, end); r.App.Len == 0 {
			r.Msg = span(i, end)
		}
	}
}

// find3164Stamp looks for the stamp at i, behind a blank, or behind the sequence
// number and origin that Cisco devices put before it: "45: ", "45: router: ", ": ".
func (p *Parser) find3164Stamp(b *Batch, r *Record, i, end int) (t stamp, at int, ok bool) {
	buf := b.Buf
	if t, ok = readStamp(buf, i, end); ok {
		return t, i, true
	}
	if i < end && buf[i] == ' ' && r.Flags&NoPRI == 0 {
		t, ok = readStamp(buf, i+1, end)
		return t, i + 1, ok
	}
	host := Span{}
	for range 3 {
		j := i
		for j < end && j-i <= maxHost && buf[j] > ' ' && buf[j] != ':' {
			j++
		}
		if j >= end || buf[j] != ':' {
			return t, i, false
		}
		if j > i && !allDigits(buf[i:j]) {
			if host.Len != 0 || !hostName(buf[i:j]) {
				return t, i, false
			}
			host = span(i, j)
		}
		i = skipBlanks(buf, j+1, end)
		if t, ok = readStamp(buf, i, end); ok {
			r.Host = host
			return t, i, true
		}
	}
	return t, i, false
}

// skipSequence leaves out Cisco's sequence number where no stamp follows it.
func skipSequence(buf []byte, i, end int) int {
	j := i
	for j < end && isDigit(buf[j]) {
		j++
	}
	if j > i && j+2 < end && buf[j] == ':' && buf[j+1] == ' ' && buf[j+2] == '%' {
		return j + 2
	}
	return i
}

// sequenced reports whether what stands at i is a number and a colon: a sequence
// number of Cisco's in front of what cannot be read, such as an uptime or the
// place in the machine, and no tag.
func sequenced(buf []byte, i, end int) bool {
	j := i
	for j < end && isDigit(buf[j]) {
		j++
	}
	return j > i && j < end && buf[j] == ':'
}

// skipBlanks leaves out the blanks behind a stamp: one, or two as Junos writes.
func skipBlanks(buf []byte, i, end int) int {
	for n := 0; n < 2 && i < end && buf[i] == ' '; n++ {
		i++
	}
	return i
}

// forwarded is what AIX's syslogd puts in place of a host name.
const forwarded = "Message forwarded from "

// host3164 takes the word at i as HOSTNAME when it reads like one, as rsyslog
// does: letters, digits, `.`, `_` and `-`, the last of them a letter or digit,
// or an IPv6 address, and a blank behind it. Messages of the unix socket have
// none (see Parser.HostName).
func (p *Parser) host3164(b *Batch, r *Record, i, end int) int {
	buf := b.Buf
	if i < end && buf[i] == forwarded[0] && bytes.HasPrefix(buf[i:end], []byte(forwarded)) {
		from := i + len(forwarded)
		if j := from + wordLen(buf[from:end]); j > from+1 && buf[j-1] == ':' && hostName(buf[from:j-1]) {
			r.Host = span(from, j-1)
			return skipBlanks(buf, j, end)
		}
	}
	j := i
	for j < end && hostByte[buf[j]] {
		j++
	}
	switch {
	case j < end && buf[j] == ' ': // all of it is of a name
		if j == i || j-i > maxHost || !isAlpha(buf[j-1]) && !isDigit(buf[j-1]) {
			return i
		}
	default:
		j = i + wordLen(buf[i:end])
		if j == end || buf[j] != ' ' || !hostName(buf[i:j]) {
			return i
		}
	}
	if b.Origin.Kind == Unix && !p.ourName(buf[i:j]) {
		return i
	}
	r.Host = span(i, j)
	j++
	if end-j > 1 && buf[j] == ':' && buf[j+1] == ' ' { // Cisco ASA: "host : %ASA-6-…"
		j += 2
	}
	return j
}

// ourName reports whether word is a name of ours, in full or without its domain.
func (p *Parser) ourName(word []byte) bool {
	return isName(word, p.HostName) || isName(word, p.MachineName)
}

func isName(word []byte, name string) bool {
	n := len(word)
	return n <= len(name) && string(word) == name[:n] && (n == len(name) || name[n] == '.')
}

// wordLen is the length of the run of bytes above blank that text starts with.
func wordLen(text []byte) int {
	for i, c := range text {
		if c <= ' ' || i > maxHost {
			return i
		}
	}
	return len(text)
}

func hostName(word []byte) bool {
	if len(word) == 0 || len(word) > maxHost {
		return false
	}
	colons := 0
	for _, c := range word {
		switch {
		case hostByte[c]:
		case c == ':':
			colons++
		case c == '[' || c == ']' || c == '%':
			if colons == 0 && c != '[' {
				return false
			}
		default:
			return false
		}
	}
	last := word[len(word)-1]
	if colons > 0 {
		return colons > 1 && (word[0] == '[') == (last == ']') && ipv6(word)
	}
	return isAlpha(last) || isDigit(last)
}

// ipv6 tells an address from a tag such as Foo::Bar: hexadecimal digits up to
// the zone, and at most seven colons.
func ipv6(word []byte) bool {
	colons := 0
	for _, c := range word {
		switch {
		case c == '%':
			return colons <= 7
		case c == ':':
			colons++
		case c == '[' || c == ']' || c == '.' || isDigit(c) || c|0x20-'a' < 6:
		default:
			return false
		}
	}
	return colons <= 7 && (word[len(word)-1] != ':' || word[len(word)-2] == ':')
}

// hostByte marks the bytes of a host name.
var hostByte = [256]bool{
	'.': true, '_': true, '-': true,
	'0': true, '1': true, '2': true, '3': true, '4': true, '5': true, '6': true, '7': true, '8': true, '9': true,
	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true, 'i': true, 'j': true,
	'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true, 'q': true, 'r': true, 's': true, 't': true,
	'u': true, 'v': true, 'w': true, 'x': true, 'y': true, 'z': true,
	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true, 'I': true, 'J': true,
	'K': true, 'L': true, 'M': true, 'N': true, 'O': true, 'P': true, 'Q': true, 'R': true, 'S': true, 'T': true,
	'U': true, 'V': true, 'W': true, 'X': true, 'Y': true, 'Z': true,
}

func allDigits(word []byte) bool {
	for _, c := range word {
		if !isDigit(c) {
			return false
		}
	}
	return len(word) > 0
}

// tagged splits "tag: text", "tag[pid]: text" and "tag[pid] text" at i. A first
// word that is none of these is text: taking it for a tag, as RFC 3164 allows,
// would change what the sender wrote when the line is put together again.
func tagged(buf []byte, r *Record, i, end int) {
	r.Msg = span(i, end)
	j, most := i, min(end, i+maxHost)
	for {
		for j < most && hostByte[buf[j]] { // as most tags are
			j++
		}
		if j >= most || buf[j] <= ' ' || buf[j] == 0x7f || buf[j] == '[' {
			break
		}
		if buf[j] != ':' {
			j++
			continue
		}
		if j+1 == end || buf[j+1] != ':' { // Perl's Foo::Bar is one tag
			break
		}
		j += 2
	}
	if j == i || j >= end {
		return
	}
	switch {
	case buf[j] == ':' && colonEndsTag(buf, j, end):
		r.App = span(i, j)
		r.Msg = span(afterTag(buf, j+1, end), end)
	case buf[j] == '[':
		k := j + 1
		for k < end && k-j <= maxProcID && buf[k] > ' ' && buf[k] != ']' && buf[k] != '[' {
			k++
		}
		if k >= end || buf[k] != ']' || k == j+1 || k+1 >= end {
			return
		}
		switch {
		case buf[k+1] == ':':
			r.Msg = span(afterTag(buf, k+2, end), end)
		case buf[k+1] == ' ' && allDigits(buf[j+1:k]):
			r.Msg = span(k+2, end)
		default:
			return
		}
		r.App, r.ProcID = span(i, j), span(j+1, k)
	}
}

// colonEndsTag tells "tag: text" and "tag:text" from times, URLs and paths.
func colonEndsTag(buf []byte, j, end int) bool {
	return j+1 == end || buf[j+1] == ' ' || isAlpha(buf[j+1])
}

// afterTag leaves out the one blank between tag and text.
func afterTag(buf []byte, i, end int) int {
	if i < end && buf[i] == ' ' {
		i++
	}
	return min(i, end)
}
