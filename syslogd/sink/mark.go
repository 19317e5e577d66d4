package sink

import (
	"bytes"
	"strconv"

	"loggia/syslogd/spool"
	"loggia/syslogd/wire"
)

// marker writes into structured records what tells a receiver two copies of
// one apart from two equal ones:
//
//	[loggia@32473 node="8c1f…" seq="4711"]
//
// node is the machine that sends and seq the record's number in the spool of
// this host, the same in each copy. A record that was relayed keeps the marks of
// those it came from behind ours, in the same element. Records of this program
// have a sequenceId as well (RFC 5424 7.3.1).
type marker struct {
	node string // ` node="…" seq="`; empty: no marks
	buf  []byte
}

func newMarker(node string) marker {
	if node == "" {
		return marker{}
	}
	return marker{node: ` node="` + node + `" seq="`}
}

// maxHops is how many machines put their mark into one record.
const maxHops = 8

// apply returns the text of rec with its mark, valid until the next call.
func (m *marker) apply(rec *spool.Record) []byte {
	if m.node == "" || rec.Flags&spool.Structured == 0 {
		return rec.Text
	}
	m.buf = m.append(m.buf[:0], rec)
	return m.buf
}

// append appends the text of rec with its mark to dst.
func (m *marker) append(dst []byte, rec *spool.Record) []byte {
	text, at := rec.Text, -1
	if m.node != "" && rec.Flags&spool.Structured != 0 {
		at = wire.SDOffset(text)
	}
	if at < 0 {
		return append(dst, text...)
	}
	own := wire.OwnElement(text[at:])
	dst = append(dst, text[:at]...)
	if rec.Flags&spool.Own != 0 && rec.Number > 0 {
		dst = append(dst, `[meta sequenceId="`...)
		dst = strconv.AppendUint(dst, uint64(rec.Number), 10)
		dst = append(dst, `"]`...)
	}
	rest := text[at:]
	switch {
	case own < 0:
		dst = append(append(dst, '['), wire.SDID...)
		dst = append(m.appendMark(dst, rec.Seq), ']')
		if rest[0] == '-' {
			rest = rest[1:]
		}
	default:
		head := own + 1 + len(wire.SDID)
		dst = append(dst, rest[:head]...)
		if bytes.Count(rest[head:], []byte(` node="`)) < maxHops {
			dst = m.appendMark(dst, rec.Seq)
		}
		rest = rest[head:]
	}
	return append(dst, rest...)
}

func (m *marker) appendMark(dst []byte, seq uint64) []byte {
	dst = append(dst, m.node...)
	dst = strconv.AppendUint(dst, seq, 10)
	return append(dst, '"')
}
