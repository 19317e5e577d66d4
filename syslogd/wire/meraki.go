package wire

// epochDigits is how many digits the seconds since 1970 have from 2001 on. Those that
// begin with a 9, from 2255 on, do not all fit into nanoseconds.
const epochDigits = 10

// meraki reads what Cisco Meraki devices send, a header of their own that only
// begins like one of RFC 5424, at i:
//
//	<134>1 1764066000.123456789 MX84 flows src=192.0.2.7 dst=198.51.100.9
//
// It reports false, and leaves r alone, for what is none.
func (p *Parser) meraki(b *Batch, r *Record, i, end int) bool {
	buf := b.Buf
	if end-i < epochDigits+len(".0 h ") || buf[i+epochDigits] != '.' || buf[i] == '0' || buf[i] == '9' {
		return false
	}
	seconds := int64(0)
	for _, c := range buf[i : i+epochDigits] {
		if !isDigit(c) {
			return false
		}
		seconds = seconds*10 + int64(c-'0')
	}
	t := stamp{end: i + epochDigits}
	t.fraction(buf, end)
	if t.end == i+epochDigits || t.end == end || buf[t.end] != ' ' {
		return false
	}
	host := t.end + 1
	after := host + wordLen(buf[host:end])
	if after >= end || buf[after] != ' ' || !hostName(buf[host:after]) {
		return false
	}
	r.Form, r.Time, r.Stamp, r.Host = RFC3164, seconds*1e9+int64(t.nanos), span(i, t.end), span(host, after)
	tagged(buf, r, after+1, end)
	return true
}
