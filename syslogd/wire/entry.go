package wire

import (
	"strconv"

	"loggia/audit/event"
)

// appendEntryField writes a field to the buffer and returns where it stands.
func appendEntryField(b *Batch, field string) Span {
	from := len(b.Buf)
	b.Buf = append(b.Buf, field...)
	return span(from, len(b.Buf))
}

// AppendEntry appends our own record of e to b, as an RFC 5424 message without
// TIMESTAMP (the instant is b.Received): process, tag and attributes of e are
// APP-NAME, MSGID and one SD-ELEMENT. pid 0 and an empty host are left out; the
// style's own name stands in for the host.
func AppendEntry(b *Batch, e event.Entry, pid int, host string) {
	from := len(b.Buf)
	r := Record{Facility: e.Facility, Severity: e.Severity, Form: Own}
	if e.Kept {
		r.Flags = Kept
	}
	b.Buf = append(b.Buf, '<')
	b.Buf = strconv.AppendUint(b.Buf, uint64(e.Facility.Wire())<<3|uint64(e.Severity), 10)
	b.Buf = append(b.Buf, ">1 -"...)
	proc := ""
	if pid > 0 {
		proc = strconv.Itoa(pid)
	}
	for _, f := range [...]struct {
		span *Span
		text string
	}{{&r.Host, host}, {&r.App, e.Process}, {&r.ProcID, proc}, {&r.MsgID, e.Tag}} {
		b.Buf = append(b.Buf, ' ')
		if f.text == "" {
			b.Buf = append(b.Buf, '-')
			continue
		}
		*f.span = appendEntryField(b, f.text)
	}
	b.Buf = append(b.Buf, ' ')
	if len(e.Attrs) == 0 {
		b.Buf = append(b.Buf, '-')
	} else {
		at := len(b.Buf)
		b.Buf = AppendSD(b.Buf, e.Attrs)
		r.SD = span(at, len(b.Buf))
	}
	if e.Text != "" {
		b.Buf = append(b.Buf, ' ')
		r.Msg = appendEntryField(b, e.Text)
	}
	r.Raw = span(from, len(b.Buf))
	b.Records = append(b.Records, r)
}

// AppendSD appends the SD-ELEMENT that holds attrs: `[loggia@32473 name="value" …]`
// with `"`, `\` and `]` escaped (RFC 5424, 6.3.3).
func AppendSD(dst []byte, attrs []event.Attr) []byte {
	dst = append(append(dst, '['), SDID...)
	for _, a := range attrs {
		dst = append(append(append(dst, ' '), a.Name...), '=', '"')
		for i := range len(a.Value) {
			switch c := a.Value[i]; c {
			case '"', '\\', ']':
				dst = append(dst, '\\', c)
			default:
				dst = append(dst, c)
			}
		}
		dst = append(dst, '"')
	}
	return append(dst, ']')
}
