package wire

import "time"

// stamp is a TIMESTAMP as it was read: civil time, perhaps without year or zone.
type stamp struct {
	end    int // where it ends in the buffer
	year   int // 0: the sender did not say
	nanos  int32
	offset int32 // seconds east of UTC, when zoned
	month  uint8 // 1 to 12
	day    uint8
	hour   uint8
	minute uint8
	second uint8
	zoned  bool
	strict bool // exactly as RFC 5424, 6.2.3 wants it
}

// Stamps outside of these years are kept as text and not believed.
const (
	firstYear = 1970
	lastYear  = 2261 // int64 nanoseconds end in 2262
)

// readStamp reads any stamp that RFC 3164 senders write at i.
func readStamp(buf []byte, i, end int) (stamp, bool) {
	if end-i < 14 {
		return stamp{}, false
	}
	c := buf[i]
	if c == '*' || c == '.' { // Cisco: clock not set, not synchronised
		i++
		c = buf[i]
	}
	if isAlpha(c) {
		return readBSD(buf, i, end, 0)
	}
	if !isDigit(c) {
		return stamp{}, false
	}
	if buf[i+4] == ' ' { // Cisco Nexus: year first
		if year, ok := digits(buf, i, end, 4); ok {
			return readBSD(buf, i+5, end, year)
		}
	}
	t, ok := readISO(buf, i, end)
	return t, ok && (t.end == end || buf[t.end] == ' ' || buf[t.end] == ':')
}

// digits reads exactly n digits.
func digits(buf []byte, i, end, n int) (v int, ok bool) {
	if end-i < n {
		return 0, false
	}
	for _, c := range buf[i : i+n] {
		if !isDigit(c) {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

// two reads two digits; a result above 99 says that they are none.
func two(buf []byte, i int) uint8 {
	a, b := buf[i]-'0', buf[i+1]-'0'
	if a > 9 || b > 9 {
		return 255
	}
	return a*10 + b
}

// readISO reads RFC 3339 and its relatives: `2026-11-22T12:00:00.123+01:00`,
// also with a blank for the T, a comma for the point, and without zone.
func readISO(buf []byte, i, end int) (t stamp, ok bool) {
	if end-i < 19 || buf[i+4] != '-' || buf[i+7] != '-' || buf[i+13] != ':' || buf[i+16] != ':' {
		return t, false
	}
	hi, lo := two(buf, i), two(buf, i+2)
	t.month, t.day = two(buf, i+5), two(buf, i+8)
	t.hour, t.minute, t.second = two(buf, i+11), two(buf, i+14), two(buf, i+17)
	if hi > 99 || lo > 99 || !t.inRange() {
		return t, false
	}
	t.year = int(hi)*100 + int(lo)
	if t.day > monthDays(t.year, t.month) {
		return t, false
	}
	switch buf[i+10] {
	case 'T':
		t.strict = t.second < 60
	case 't', ' ':
	default:
		return t, false
	}
	t.end = i + 19
	t.fraction(buf, end)
	t.zone(buf, end)
	return t, true
}

func (t *stamp) inRange() bool {
	return t.month-1 < 12 && t.day-1 < 31 && t.hour < 24 && t.minute < 60 && t.second <= 60
}

// fraction reads `.` and the digits behind it; those beyond nanoseconds are
// passed over.
func (t *stamp) fraction(buf []byte, end int) {
	i := t.end
	if i+1 >= end || (buf[i] != '.' && buf[i] != ',') || !isDigit(buf[i+1]) {
		return
	}
	if buf[i] == ',' {
		t.strict = false
	}
	i++
	start, scale, v := i, int32(100_000_000), int32(0)
	for ; i < end && isDigit(buf[i]); i++ {
		v += int32(buf[i]-'0') * scale
		scale /= 10
	}
	if i-start > 6 {
		t.strict = false
	}
	t.nanos, t.end = v, i
}

// zone reads `Z`, `±hh:mm`, `±hhmm` or `±hh`.
func (t *stamp) zone(buf []byte, end int) {
	i := t.end
	if i < end && buf[i]|0x20 == 'z' {
		t.strict = t.strict && buf[i] == 'Z'
		t.zoned, t.end = true, i+1
		return
	}
	if end-i < 3 || (buf[i] != '+' && buf[i] != '-') {
		t.strict = false
		return
	}
	next, h, m := i+3, two(buf, i+1), uint8(0)
	if next < end && buf[next] == ':' {
		next++
	} else {
		t.strict = false
	}
	switch {
	case end-next >= 2 && isDigit(buf[next]):
		m = two(buf, next)
		next += 2
	case buf[next-1] == ':': // the colon behind the stamp
		next--
		t.strict = false
	}
	if h > 23 || m > 59 {
		t.strict = false
		return
	}
	t.offset = int32(h)*3600 + int32(m)*60
	if buf[i] == '-' {
		t.offset = -t.offset
	}
	t.zoned, t.end = true, next
}

// readBSD reads `Mmm dd hh:mm:ss` with the year before the month (given), after
// the day, after the time or nowhere, the day padded with a blank, a zero or
// not at all, with a fraction of a second or not, and an offset from UTC or a
// zone name before a colon.
func readBSD(buf []byte, i, end, year int) (t stamp, ok bool) {
	if end-i < 14 {
		return t, false
	}
	t.year = year
	if t.month = month(buf[i], buf[i+1], buf[i+2]); t.month == 0 || buf[i+3] != ' ' {
		return t, false
	}
	i += 4
	if buf[i] == ' ' {
		i++
	}
	for n := 0; n < 2 && isDigit(buf[i]); n++ {
		t.day = t.day*10 + buf[i] - '0'
		i++
	}
	if buf[i] != ' ' {
		return t, false
	}
	i++
	if t.year == 0 && end-i > 4 && buf[i+4] == ' ' {
		if y, ok := digits(buf, i, end, 4); ok {
			t.year = y
			i += 5
		}
	}
	if end-i < 7 {
		return t, false
	}
	if buf[i+1] == ':' {
		t.hour = buf[i] - '0'
		i++
	} else {
		t.hour = two(buf, i)
		i += 2
	}
	if end-i < 6 || buf[i] != ':' || buf[i+3] != ':' {
		return t, false
	}
	t.minute, t.second = two(buf, i+1), two(buf, i+4)
	if !t.inRange() || t.day > monthDays(2000, t.month) {
		return t, false
	}
	t.end = i + 6
	t.fraction(buf, end)
	if t.end < end && (buf[t.end] == '+' || buf[t.end] == '-') { // Huawei
		t.zone(buf, end)
	}
	return t, t.tail(buf, end)
}

// tail reads the year behind the time, or a zone name that a colon or a year
// follows, and checks that the stamp ends like one. Of the names only UTC and
// GMT say what they mean; CST is three zones.
func (t *stamp) tail(buf []byte, end int) bool {
	i := t.end
	if i == end {
		return true
	}
	if buf[i] == ':' {
		return true
	}
	if buf[i] != ' ' {
		return false
	}
	if t.year == 0 && end-i >= 5 && yearEnds(buf[i+5:end]) {
		if y, ok := digits(buf, i+1, end, 4); ok && y >= firstYear && y <= lastYear {
			t.year, t.end = y, i+5
			return true
		}
	}
	j := i + 1
	for j < end && j-i <= 5 && buf[j]-'A' < 26 {
		j++
	}
	if j-i < 4 || j == end || !zoneName(buf[i+1:j], buf[j:end]) {
		return true
	}
	switch {
	case buf[j] == ':':
		t.end = j
	case t.year == 0 && end-j > 5 && buf[j+5] == ' ': // "CST 1987", RFC 3164, 5.4
		y, ok := digits(buf, j+1, end, 4)
		if !ok || y < firstYear || y > lastYear {
			return true
		}
		t.year, t.end = y, j+5
	default:
		return true
	}
	t.zoned = string(buf[i+1:j]) == "UTC" || string(buf[i+1:j]) == "GMT"
	return true
}

// zoneName tells the abbreviation of a zone from a host or a tag in capitals
// (SSHD: text): it is one of those in use, or Cisco's %TAG follows.
func zoneName(word, rest []byte) bool {
	if len(rest) > 2 && rest[0] == ':' && rest[1] == ' ' && rest[2] == '%' {
		return true
	}
	switch string(word) {
	case "UTC", "GMT", "WET", "WEST", "BST", "IST", "CET", "CEST", "EET", "EEST", "MSK", "JST", "KST", "HKT", "SGT",
		"EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "BRT", "AEST", "AEDT", "ACST", "AWST", "NZST", "NZDT", "SAST":
		return true
	}
	return false
}

// yearEnds tells a year from the start of a word such as 2001:db8::1.
func yearEnds(rest []byte) bool {
	if len(rest) > 0 && rest[0] == ':' {
		rest = rest[1:]
	}
	return len(rest) == 0 || rest[0] == ' '
}

// month tells the month from its English abbreviation, in any case; 0 is none.
func month(a, b, c byte) uint8 {
	switch uint32(a|0x20)<<16 | uint32(b|0x20)<<8 | uint32(c|0x20) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return 1
	case 'f'<<16 | 'e'<<8 | 'b':
		return 2
	case 'm'<<16 | 'a'<<8 | 'r':
		return 3
	case 'a'<<16 | 'p'<<8 | 'r':
		return 4
	case 'm'<<16 | 'a'<<8 | 'y':
		return 5
	case 'j'<<16 | 'u'<<8 | 'n':
		return 6
	case 'j'<<16 | 'u'<<8 | 'l':
		return 7
	case 'a'<<16 | 'u'<<8 | 'g':
		return 8
	case 's'<<16 | 'e'<<8 | 'p':
		return 9
	case 'o'<<16 | 'c'<<8 | 't':
		return 10
	case 'n'<<16 | 'o'<<8 | 'v':
		return 11
	case 'd'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}

// monthDays is the length of a month.
func monthDays(year int, month uint8) uint8 {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// minuteCache remembers which instant the last zoneless minute was: senders
// repeat it thousands of times, and zone arithmetic is dear.
type minuteCache struct {
	valid    bool
	year     int
	minute   uint32 // month, day, hour, minute, a byte each
	received int64  // minute of receipt: it decides about the year
	zone     *time.Location
	unix     int64 // seconds, start of the minute
	found    bool
}

// setTime gives r the stamp t, whose text starts at from.
func (p *Parser) setTime(b *Batch, r *Record, t stamp, from int) {
	r.Stamp = span(from, t.end)
	if c := b.Buf[from]; c == '*' || c == '.' {
		r.Stamp = span(from+1, t.end)
	}
	if !t.zoned {
		r.Flags |= NoZone
	}
	if t.year != 0 && (t.year < firstYear || t.year > lastYear) {
		return
	}
	var unix int64
	if t.zoned && t.year != 0 {
		unix = civil(t.year, t.month, t.day)*86400 + int64(t.hour)*3600 + int64(t.minute)*60 - int64(t.offset)
	} else {
		var found bool
		if unix, found = p.local(b, &t); !found {
			return
		}
		unix -= int64(t.offset)
	}
	if unix += int64(t.second); unix >= 0 {
		r.Time = unix*1e9 + int64(t.nanos)
	}
}

// civil returns the days from 1 January 1970 to a date of the Gregorian
// calendar.
func civil(year int, month, day uint8) int64 {
	y, m := int64(year), int64(month)
	if m <= 2 {
		y--
		m += 12
	}
	return 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + int64(day) - 719469
}

// local finds the start of t's minute in the parser's zone.
func (p *Parser) local(b *Batch, t *stamp) (unix int64, found bool) {
	zone := p.Zone
	if zone == nil || t.zoned {
		zone = time.UTC
	}
	key := minuteCache{
		valid: true, year: t.year, zone: zone, received: b.Received.Unix() / 60,
		minute: uint32(t.month)<<24 | uint32(t.day)<<16 | uint32(t.hour)<<8 | uint32(t.minute),
	}
	c := &p.minute
	if !c.valid || c.minute != key.minute || c.received != key.received || c.year != key.year || c.zone != key.zone {
		key.unix, key.found = nearest(t, zone, b.Received)
		*c = key
	}
	return c.unix, c.found
}

// maxAhead is how far in the future a stamp without year may be taken to lie:
// clocks go wrong by hours and days, but a line of March that comes in November
// is an old one.
const maxAhead = 31 * 24 * time.Hour

// nearest chooses, among the instants that the stamp may mean, the one nearest
// to receipt: the year when the sender gives none (a line of 31 December read
// on 1 January is of last year, within maxAhead), and which of the two when the
// clock was put back.
func nearest(t *stamp, zone *time.Location, received time.Time) (unix int64, found bool) {
	first, last := t.year, t.year
	if t.year == 0 {
		y := received.In(zone).Year()
		first, last = y-1, y+1
		if t.month == 2 && t.day == 29 { // the last leap year: 4 years away, or 8 around 2100
			first = y - 8
		}
	}
	var best time.Duration
	for y := first; y <= last; y++ {
		if t.day > monthDays(y, t.month) {
			continue
		}
		at := time.Date(y, time.Month(t.month), int(t.day), int(t.hour), int(t.minute), 0, 0, zone)
		for _, shift := range [...]time.Duration{0, time.Hour, -time.Hour} {
			alt := at.Add(shift)
			if shift != 0 && (alt.Hour() != int(t.hour) || alt.Minute() != int(t.minute)) {
				continue
			}
			d := alt.Sub(received)
			if t.year == 0 && d > maxAhead {
				continue
			}
			if d = d.Abs(); !found || d < best {
				unix, best, found = alt.Unix(), d, true
			}
		}
	}
	return unix, found
}
