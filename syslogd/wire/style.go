package wire

import (
	"bytes"
	"strconv"
	"time"
)

// Style is how one destination wants its lines (the format statements of
// `[edit system syslog]`). It is not changed once in use; any number of
// goroutines may format with it, each with its own Stamps.
type Style struct {
	Structured       bool // structured-data: RFC 5424
	Brief            bool // structured-data brief: no text where a tag says what happened
	ExplicitPriority bool // %FACILITY-severity-TAG; has no effect when Structured
	Year             bool // time-format year; has no effect when Structured
	Millisecond      bool // time-format millisecond; has no effect when Structured
	ExcludeHostname  bool // exclude-hostname
	PRI              bool // leading <PRI>, as on the wire; structured lines always have it
	RawControl       bool // bytes as they came, for octet-counted framing alone

	Prefix           string         // log-prefix: "PREFIX: " behind the host name
	FacilityOverride int            // facility-override: number in PRI, 0 to 23; -1 is none
	Zone             *time.Location // time-zone; nil is UTC
	HostName         string         // our own name, for what comes without one
}

// SDID is the SD-ID (RFC 5424, 6.3.2) of what this program says about a
// message. 32473 is IANA's number for documentation.
const SDID = "loggia@32473"

// TruncatedMark stands behind the text of a standard line whose message was cut
// to max-message-size, and of any line that a crash has cut.
const TruncatedMark = " [truncated]"

// truncatedParam is the mark of a message that was cut to max-message-size, as a
// parameter of our own structured data.
const truncatedParam = ` truncated="yes"`

// Append appends the line of r, without a line feed, to dst. Except with
// RawControl it holds no control byte but TAB: they are written #ooo, octal.
func (s *Style) Append(dst []byte, b *Batch, r *Record, c *Stamps) []byte {
	if s.Structured {
		return s.appendStructured(dst, b, r, c)
	}
	return s.appendStandard(dst, b, r, c)
}

// appendStandard writes `Mmm dd hh:mm:ss host process[pid]: TAG: text`.
func (s *Style) appendStandard(dst []byte, b *Batch, r *Record, c *Stamps) []byte {
	if s.PRI {
		dst = s.appendPRI(dst, r)
	}
	nanos := r.Time
	if nanos == 0 {
		nanos = b.Received.UnixNano()
	}
	dst = c.appendBSD(dst, nanos, s)
	text := b.Bytes(r.Msg)
	if from, ok := inOneWriting(b, r); ok && !s.ExcludeHostname && s.Prefix == "" && !s.ExplicitPriority {
		dst = s.appendText(append(dst, ' '), b.Buf[from:r.Msg.Off+r.Msg.Len])
	} else {
		dst = s.appendSource(dst, b, r)
		dst = s.appendTag(dst, b, r)
		if len(text) == 0 && r.Form == RFC5424 { // its data is all there is to read, if it was sent `structured-data brief`
			sd := b.Bytes(r.SD)
			from, to := marks(sd)
			dst = s.appendText(s.appendText(dst, sd[:from]), sd[to:])
		} else {
			dst = s.appendText(dst, text)
		}
	}
	if r.Flags&Truncated != 0 && !bytes.HasSuffix(text, []byte(TruncatedMark)) {
		dst = append(dst, TruncatedMark...)
	}
	return dst
}

// inOneWriting reports whether the message already stands in the buffer as a
// standard line writes it, `host process[pid]: text`, and from where: most of
// what arrives does, and is copied in one piece.
func inOneWriting(b *Batch, r *Record) (from uint32, ok bool) {
	if r.Form != RFC3164 || r.Host.Len == 0 || r.App.Off != r.Host.Off+r.Host.Len+1 {
		return 0, false
	}
	after := r.App.Off + r.App.Len
	if r.ProcID.Len > 0 {
		after = r.ProcID.Off + r.ProcID.Len + 1 // the bracket
	}
	return r.Host.Off, r.Msg.Off == after+2 && b.Buf[after] == ':' && b.Buf[after+1] == ' '
}

// appendSource writes ` host PREFIX: process[pid]: `.
func (s *Style) appendSource(dst []byte, b *Batch, r *Record) []byte {
	if !s.ExcludeHostname {
		dst = s.appendHost(append(dst, ' '), b, r)
	}
	if s.Prefix != "" {
		dst = append(appendEscapedString(append(dst, ' '), s.Prefix), ':')
	}
	dst = append(dst, ' ')
	if r.App.Len == 0 {
		return dst
	}
	if r.Form != RFC3164 && r.Flags&Damaged == 0 { // PRINTUSASCII, as parsed
		dst = append(dst, b.Bytes(r.App)...)
		if r.ProcID.Len > 0 {
			dst = append(append(dst, '['), b.Bytes(r.ProcID)...)
			dst = append(dst, ']')
		}
		return append(dst, ':', ' ')
	}
	dst = s.appendText(dst, b.Bytes(r.App))
	if r.ProcID.Len > 0 {
		dst = s.appendText(append(dst, '['), b.Bytes(r.ProcID))
		dst = append(dst, ']')
	}
	return append(dst, ':', ' ')
}

// appendTag writes `TAG: `, `%FACILITY-severity-TAG: ` or `%FACILITY-severity: `.
func (s *Style) appendTag(dst []byte, b *Batch, r *Record) []byte {
	tag := b.Bytes(r.MsgID)
	if r.Form == RFC5424 && !junosTag(tag) {
		tag = nil
	}
	if !s.ExplicitPriority || hasPriority(b, r) {
		if len(tag) > 0 {
			dst = append(append(dst, tag...), ':', ' ')
		}
		return dst
	}
	dst = append(append(dst, '%'), r.Facility.Code()...)
	dst = append(dst, '-', '0'+byte(r.Severity))
	if len(tag) > 0 {
		dst = append(append(dst, '-'), tag...)
	}
	return append(dst, ':', ' ')
}

// junosTag tells a MSGID that is a message tag in Junos' manner (UI_COMMIT),
// and belongs in a standard line, from others (TCPIN, ID47), which do not.
func junosTag(id []byte) bool {
	underscore := false
	for _, c := range id {
		switch {
		case c == '_':
			underscore = true
		case c-'A' < 26 || isDigit(c):
		default:
			return false
		}
	}
	return underscore
}

// hasPriority tells that a line must not get a (second) explicit priority: the
// sender's text has one (%DAEMON-6: of Junos, %SYS-5-CONFIG_I: of Cisco), or it
// is our own remark about other lines, which comes from no process.
func hasPriority(b *Batch, r *Record) bool {
	if r.Form == Own {
		return r.App.Len == 0
	}
	text := b.Bytes(r.Msg)
	if r.App.Len > 0 && b.Buf[r.App.Off] == '%' {
		text = b.Buf[r.App.Off : r.Msg.Off+r.Msg.Len]
	}
	if len(text) == 0 || text[0] != '%' {
		return false
	}
	i := 1
	for i < len(text) && (isAlpha(text[i]) || isDigit(text[i]) || text[i] == '_') {
		i++
	}
	return i > 1 && i+2 < len(text) && text[i] == '-' && text[i+1]-'0' < 8 && (text[i+2] == '-' || text[i+2] == ':')
}

// appendPRI writes `<PRI>`. It is the one place where facilities of our own turn
// into numbers.
func (s *Style) appendPRI(dst []byte, r *Record) []byte {
	number := uint64(r.Facility.Wire())
	if s.FacilityOverride >= 0 {
		number = uint64(s.FacilityOverride)
	}
	dst = strconv.AppendUint(append(dst, '<'), number<<3|uint64(r.Severity), 10)
	return append(dst, '>')
}

// appendHost writes HOSTNAME: as sent, else the peer's address, else ours.
func (s *Style) appendHost(dst []byte, b *Batch, r *Record) []byte {
	if r.Host.Len > 0 {
		return appendField(dst, b.Bytes(r.Host), maxHost, r.Flags&Damaged == 0)
	}
	if peer := b.Origin.Peer.Addr(); peer.IsValid() {
		return peer.Unmap().AppendTo(dst)
	}
	if s.HostName == "" {
		return append(dst, '-')
	}
	return append(dst, s.HostName...)
}

// appendStructured writes `<PRI>1 TIMESTAMP HOST APP PROCID MSGID SD text`.
func (s *Style) appendStructured(dst []byte, b *Batch, r *Record, c *Stamps) []byte {
	dst = append(s.appendPRI(dst, r), '1', ' ')
	if raw := b.Bytes(r.Stamp); r.Time != 0 && verbatim(r, raw) {
		dst = append(dst, raw...)
	} else {
		nanos := r.Time
		if nanos == 0 {
			nanos = b.Received.UnixNano()
		}
		dst = c.appendISO(dst, nanos, s)
	}
	dst = append(dst, ' ')
	if s.ExcludeHostname {
		dst = append(dst, '-')
	} else {
		dst = s.appendHost(dst, b, r)
	}
	clean := r.Form != RFC3164 && r.Flags&Damaged == 0
	dst = appendField(append(dst, ' '), b.Bytes(r.App), maxApp, clean)
	dst = appendField(append(dst, ' '), b.Bytes(r.ProcID), maxProcID, clean)
	dst = appendField(append(dst, ' '), b.Bytes(r.MsgID), maxMsgID, clean)
	dst = append(dst, ' ')
	dst = s.appendSD(dst, b.Bytes(r.SD), r.Flags&Truncated != 0)
	if s.Brief && saysItAll(b, r) || r.Msg.Len == 0 && s.Prefix == "" {
		return dst
	}
	dst = append(dst, ' ')
	if s.Prefix != "" {
		dst = append(appendEscapedString(dst, s.Prefix), ':', ' ')
	}
	if s.RawControl && r.Msg.Off >= 3 && string(b.Buf[r.Msg.Off-3:r.Msg.Off]) == bom && r.Form == RFC5424 {
		dst = append(dst, bom...)
	}
	return s.appendText(dst, b.Bytes(r.Msg))
}

// saysItAll reports whether r without its text still tells what happened: it has
// a tag, and either parameters or the tag of a catalogue, such as UI_COMMIT. The
// text of everything else, such as what syslog(3) sends, is all there is.
func saysItAll(b *Batch, r *Record) bool {
	if r.MsgID.Len == 0 {
		return false
	}
	sd := b.Bytes(r.SD)
	from, to := marks(sd)
	return len(sd) > to-from || junosTag(b.Bytes(r.MsgID))
}

// verbatim tells a TIMESTAMP that is already as RFC 5424, 6.2.3 wants it.
func verbatim(r *Record, raw []byte) bool {
	if r.Flags&NoZone != 0 || len(raw) < len("2006-01-02T15:04:05Z") {
		return false
	}
	if r.Form == RFC5424 && r.Flags&Damaged == 0 {
		return true
	}
	t, ok := readISO(raw, 0, len(raw))
	return ok && t.strict
}

// appendField writes a header field: PRINTUSASCII up to its greatest length,
// `-` when absent. Other bytes, which only older formats and damage bring, become
// `?`; clean says that there are none.
func appendField(dst, field []byte, limit int, clean bool) []byte {
	if len(field) == 0 {
		return append(dst, '-')
	}
	if clean {
		return append(dst, field...)
	}
	if len(field) > limit {
		field = field[:limit]
	}
	start := len(dst)
	dst = append(dst, field...)
	for i, c := range dst[start:] {
		if c-'!' > '~'-'!' {
			dst[start+i] = '?'
		}
	}
	return dst
}

// appendSD writes structured data as it came. A message that was cut is marked
// in our own element: an SD-ID must not stand twice (RFC 5424, 6.3.2).
func (s *Style) appendSD(dst, sd []byte, truncated bool) []byte {
	switch {
	case !truncated && len(sd) == 0:
		return append(dst, '-')
	case !truncated:
		return s.appendText(dst, sd)
	}
	at := OwnElement(sd)
	if at < 0 {
		dst = append(append(s.appendText(dst, sd), '['), SDID...)
		return append(append(dst, truncatedParam...), ']')
	}
	at += len(SDID) + 1
	dst = s.appendText(dst, sd[:at])
	if !bytes.Contains(sd[at:], []byte(truncatedParam)) {
		dst = append(dst, truncatedParam...)
	}
	return s.appendText(dst, sd[at:])
}

// appendText writes text, control bytes as #ooo unless RawControl.
func (s *Style) appendText(dst, text []byte) []byte {
	if s.RawControl {
		return append(dst, text...)
	}
	return AppendEscaped(dst, text)
}
