// Package traffic makes the messages of a benchmark. The same Plan always
// makes the same messages, byte for byte but for their timestamps, so that
// every target of a comparison sees the same load.
//
// Each message knows its number: its text ends in seq=NNNNNNNNN. (nine digits
// and a full stop), and its Fact says what a faithful syslog daemon must have
// kept. Sizes run from 80 to 400 bytes with a mean of 208, framing aside:
//
//	<38>Nov 22 14:05:09 edge-1 sshd[4711]: Accepted publickey for bob ... seq=000000017.
//	<38>1 2026-11-22T14:05:09.017000Z edge-1 sshd 4711 - - Accepted publickey for bob ... seq=000000018.
package traffic

import (
	"hash/maphash"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"
)

// Framing says how messages follow each other on their connection, and with
// it which formats are mixed.
type Framing uint8

const (
	// Newline ends each message with LF (RFC 6587 section 3.4.2), RFC 3164 and
	// RFC 5424 mixed evenly.
	Newline Framing = iota
	// Octets puts the length before each message (RFC 6587 section 3.4.1), RFC
	// 5424 only.
	Octets
	// Datagram is one message a datagram, RFC 3164 and RFC 5424 mixed evenly.
	Datagram
	// Local is one message a datagram as syslog(3) writes it: RFC 3164
	// without a host name.
	Local
)

// Limits of the drawn message sizes in bytes.
const (
	MinSize = 80
	MaxSize = 400
	// mean size is MinSize + (MaxSize-MinSize)/(1+skew)
	skew = 1.5
)

// TailSize is the length of the number that ends every text.
const TailSize = len("seq=000000000.")

// Plan says what to make.
type Plan struct {
	Seed        uint64
	Messages    int            // how many in all, below a thousand million
	Connections int            // message n travels on connection n % Connections
	Framing     Framing        // the same on all connections
	Last        time.Time      // time of the last message; each earlier one is a millisecond older
	Match       *regexp.Regexp // if not nil, Fact.Match tells which texts it matches
}

// Fact is what is known of one message and must survive its journey.
type Fact struct {
	Sum      uint64 // of the text, see Load.Hash
	Size     uint16 // of the text in bytes
	Facility uint8
	Severity uint8
	Match    bool // Plan.Match matches the text
}

// Stream is what one connection carries.
type Stream struct {
	Bytes []byte
	Ends  []int // end offset of each message in Bytes, framing included
}

// Message returns the n-th message of the stream with its framing.
func (s *Stream) Message(n int) []byte {
	if n == 0 {
		return s.Bytes[:s.Ends[0]]
	}
	return s.Bytes[s.Ends[n-1]:s.Ends[n]]
}

// Load is the traffic of one scenario: what is sent, and what is true of it.
type Load struct {
	Plan    Plan
	Facts   []Fact // by message number
	Streams []Stream
	seed    maphash.Seed
}

// Hash sums a text the way Fact.Sum does. Sums of two Loads do not compare.
func (l *Load) Hash(text []byte) uint64 { return maphash.Bytes(l.seed, text) }

// Make builds the whole load in memory, about 220 bytes a message.
func Make(p Plan) *Load {
	l := &Load{
		Plan:    p,
		Facts:   make([]Fact, p.Messages),
		Streams: make([]Stream, p.Connections),
		seed:    maphash.MakeSeed(),
	}
	each := (p.Messages + p.Connections - 1) / p.Connections
	for i := range l.Streams {
		l.Streams[i] = Stream{Bytes: make([]byte, 0, each*220), Ends: make([]int, 0, each)}
	}
	w := newWriter(p)
	for n := range p.Messages {
		s := &l.Streams[n%p.Connections]
		message, text := w.message(n)
		l.Facts[n] = Fact{
			Sum: l.Hash(text), Size: uint16(len(text)),
			Facility: w.template.facility, Severity: w.template.severity,
			Match: p.Match != nil && p.Match.Match(text),
		}
		s.Bytes = appendFramed(s.Bytes, message, p.Framing)
		s.Ends = append(s.Ends, len(s.Bytes))
	}
	return l
}

func appendFramed(dst, message []byte, f Framing) []byte {
	switch f {
	case Newline:
		return append(append(dst, message...), '\n')
	case Octets:
		dst = append(strconv.AppendInt(dst, int64(len(message)), 10), ' ')
	}
	return append(dst, message...)
}

// writer makes one message after the other in a buffer of its own.
type writer struct {
	plan       Plan
	random     *rand.Rand
	templates  []template
	users      []string
	interfaces []string
	hosts      []string
	template   template // of the message made last
	old        bool     // RFC 3164 only
	buf        []byte
}

func newWriter(p Plan) *writer {
	return &writer{
		plan:      p,
		random:    rand.New(rand.NewPCG(p.Seed, uint64(p.Framing))),
		templates: templates(), users: users(), interfaces: interfaces(), hosts: hosts(),
	}
}

// message makes message n. Both results are valid until the next call; text
// is the MSG part, what is left when priority, header and tag are taken away.
func (w *writer) message(n int) (message, text []byte) {
	w.template = w.templates[w.random.IntN(len(w.templates))]
	size := MinSize + int(math.Round(float64(MaxSize-MinSize)*math.Pow(w.random.Float64(), skew)))
	w.header(n, size)
	start := len(w.buf)
	w.text(size - TailSize - 1)
	if len(w.buf) > start {
		w.buf = append(w.buf, ' ')
	}
	w.buf = append(w.buf, "seq="...)
	w.buf = appendPadded(w.buf, n, 9)
	w.buf = append(w.buf, '.')
	return w.buf, w.buf[start:]
}

// header writes everything before the text, in one of the two formats.
func (w *writer) header(n, size int) {
	at := w.plan.Last.Add(-time.Duration(w.plan.Messages-1-n) * time.Millisecond)
	host := w.hosts[w.random.IntN(len(w.hosts))]
	pid := int64(300 + w.random.IntN(32000))
	b := append(w.buf[:0], '<')
	b = strconv.AppendInt(b, int64(w.template.facility)<<3|int64(w.template.severity), 10)
	b = append(b, '>')
	if w.modern() {
		b = at.UTC().AppendFormat(append(b, "1 "...), "2006-01-02T15:04:05.000000Z07:00")
		b = append(append(append(b, ' '), host...), ' ')
		b = append(append(b, w.template.tag...), ' ')
		b = append(strconv.AppendInt(b, pid, 10), " - "...)
		if size > 180 && w.random.IntN(6) == 0 {
			b = append(b, `[origin ip="`...)
			b = append(w.address(b), `" software="`...)
			b = append(append(b, w.template.tag...), `"] `...)
		} else {
			b = append(b, "- "...)
		}
	} else {
		b = append(at.AppendFormat(b, "Jan _2 15:04:05"), ' ')
		if w.plan.Framing != Local {
			b = append(append(b, host...), ' ')
		}
		b = append(append(b, w.template.tag...), '[')
		b = append(strconv.AppendInt(b, pid, 10), "]: "...)
	}
	w.buf = b
}

// modern says whether the next message is RFC 5424.
func (w *writer) modern() bool {
	if w.old {
		return false
	}
	switch w.plan.Framing {
	case Octets:
		return true
	case Local:
		return false
	}
	return w.random.IntN(2) == 0
}

// text appends the template, filled in and cut or stretched so that the
// message ends near offset end and no character is cut in two.
func (w *writer) text(end int) {
	start := len(w.buf)
	t := w.template.text
	for i := 0; i < len(t); i++ {
		if t[i] == '{' && i+2 < len(t) && t[i+2] == '}' {
			w.fill(t[i+1])
			i += 2
			continue
		}
		w.buf = append(w.buf, t[i])
	}
	if missing := end - len(w.buf); missing > 0 {
		w.buf = append(w.buf, filler[:min(missing, len(filler))]...)
	}
	if len(w.buf) > end {
		cut := max(end, start)
		for cut > start && !utf8.RuneStart(w.buf[cut]) {
			cut--
		}
		w.buf = w.buf[:cut]
	}
}

func (w *writer) fill(kind byte) {
	switch kind {
	case 'a':
		w.buf = w.address(w.buf)
	case 'n':
		w.buf = strconv.AppendInt(w.buf, int64(w.random.IntN(100000)), 10)
	case 'p':
		w.buf = strconv.AppendInt(w.buf, int64(1024+w.random.IntN(64000)), 10)
	case 'u':
		w.buf = append(w.buf, w.users[w.random.IntN(len(w.users))]...)
	case 'i':
		w.buf = append(w.buf, w.interfaces[w.random.IntN(len(w.interfaces))]...)
	case 'x':
		w.buf = strconv.AppendUint(w.buf, 1<<28|uint64(w.random.Uint32())>>1, 16)
	}
}

// address appends a private IPv4 address.
func (w *writer) address(b []byte) []byte {
	r := w.random.Uint32()
	b = append(b, "10."...)
	b = append(strconv.AppendUint(b, uint64(r>>16&255), 10), '.')
	b = append(strconv.AppendUint(b, uint64(r>>8&255), 10), '.')
	return strconv.AppendUint(b, uint64(r&255), 10)
}

// appendPadded appends n in decimal with leading zeros.
func appendPadded(b []byte, n, width int) []byte {
	for d := int(math.Pow10(width - 1)); d > 0; d /= 10 {
		b = append(b, byte('0'+n/d%10))
	}
	return b
}
