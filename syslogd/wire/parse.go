package wire

import (
	"time"

	"loggia/audit/event"
)

// The priority that a message without a valid PRI gets (RFC 3164, 4.3.3).
const (
	assumedFacility = event.User
	assumedSeverity = event.Notice
)

// Parser turns received messages into records. It keeps what it learnt about
// the last stamp, so each input has its own and uses it from one goroutine.
type Parser struct {
	// Zone is where stamps without a zone are meant; nil is UTC.
	Zone *time.Location

	// HostName is our own name. Messages from the unix socket carry no host
	// (RFC 3164 as syslog(3) writes it); one that starts with exactly this word,
	// or with its first label, does after all, as `logger --rfc3164` sends it.
	HostName string

	// MachineName is what the kernel calls this machine, where that is another name:
	// programs of it may put it there as well.
	MachineName string

	minute minuteCache
	iso    isoMinute
	bsd    bsdMinute
}

// Parse appends the record of the message b.Buf[off:end] to b.Records. It never
// fails: what follows no known form is a Bare record whose Msg is everything.
// Line feeds and NULs at the end are not part of the message. b.Received and
// b.Origin must be set, for the year of stamps without one and for the rule
// that local messages carry no host name.
func (p *Parser) Parse(b *Batch, off, end int) {
	buf := b.Buf
	end = trimEnd(buf, off, end)
	b.Records = append(b.Records, Record{})
	r := &b.Records[len(b.Records)-1]
	r.Raw = span(off, end)
	r.Facility, r.Severity = assumedFacility, assumedSeverity

	i := off
	if end-off > len(bom) && buf[off] == bom[0] && string(buf[off:off+len(bom)]) == bom && buf[off+len(bom)] == '<' {
		i += len(bom) // of a sender that begins what it writes with a mark of UTF-8
		off = i
	}
	if pri, after, ok := readPRI(buf, off, end); ok {
		i = after
		r.Facility, r.Severity = event.Facility(pri>>3), event.Severity(pri&7)
		if r.Facility == event.Kernel && b.Origin.Kind == Unix && b.Origin.UID != 0 {
			r.Facility = event.User // only the kernel and root speak for the kernel
		}
		if after+1 < end && buf[after] == '1' && buf[after+1] == ' ' {
			p.parse5424(b, r, after+2, end)
			return
		}
	} else {
		r.Flags |= NoPRI
	}
	p.parse3164(b, r, i, end)
}

func span(from, to int) Span { return Span{uint32(from), uint32(to - from)} }

// trimEnd leaves out the line feed, with its carriage return, and the NULs that
// senders append to a datagram.
func trimEnd(buf []byte, off, end int) int {
	for end > off {
		switch buf[end-1] {
		case 0:
			end--
		case '\n':
			end--
			if end > off && buf[end-1] == '\r' {
				end--
			}
		default:
			return end
		}
	}
	return end
}

// readPRI reads "<" PRIVAL ">" (RFC 5424, 6.2.1: 0 to 191, no leading zeros).
func readPRI(buf []byte, i, end int) (pri, after int, ok bool) {
	if end-i < 3 || buf[i] != '<' {
		return 0, i, false
	}
	j := i + 1
	for j < end && j < i+4 && isDigit(buf[j]) {
		pri = pri*10 + int(buf[j]-'0')
		j++
	}
	digits := j - i - 1
	if digits == 0 || j >= end || buf[j] != '>' || pri > 191 || (digits > 1 && buf[i+1] == '0') {
		return 0, i, false
	}
	return pri, j + 1, true
}

// Priority returns the PRIVAL that a message begins with, 0 to 191, and false
// where it has no valid one.
func Priority(message []byte) (pri int, ok bool) {
	pri, _, ok = readPRI(message, 0, len(message))
	return pri, ok
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isAlpha(c byte) bool { return c|0x20-'a' < 26 }
