package wire

import "time"

// Stamps remembers how the last minutes are written, so that a stamp costs a
// copy and not calendar arithmetic. The zero value is ready. It belongs to one
// goroutine and serves any number of styles.
type Stamps struct {
	minutes [4]writtenMinute // by the low bits of the minute
	second  writtenSecond
}

// writtenSecond is the last second that was asked for, as RFC 3164 has it.
type writtenSecond struct {
	start int64 // nanoseconds since 1970 UTC
	zone  *time.Location
	text  [len(bsdText)]byte
	valid bool
}

// writtenMinute is one minute of one zone, up to the seconds.
type writtenMinute struct {
	minute int64
	zone   *time.Location
	bsd    [len("Jan _2 15:04:")]byte
	iso    [len("2006-01-02T15:04:")]byte
	offset [len("+01:00")]byte
	nOff   int // 1 for Z, 6 for an offset
}

// at returns the minute of an instant, and its second.
func (c *Stamps) at(nanos int64, zone *time.Location) (m *writtenMinute, second int64) {
	if zone == nil {
		zone = time.UTC
	}
	unix := floorDiv(nanos, 1e9)
	minute := floorDiv(unix, 60)
	m = &c.minutes[minute&3]
	if m.zone != zone || m.minute != minute {
		m.write(minute, zone)
	}
	return m, unix - minute*60
}

// floorDiv rounds towards the past: instants before 1970 are negative.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// monthNames are those of RFC 3164, 4.1.2.
const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"

// write fills m. Zones whose offset has seconds, which are those of before
// 1972, are rounded down to the minute, as RFC 5424 can show no more.
func (m *writtenMinute) write(minute int64, zone *time.Location) {
	m.minute, m.zone = minute, zone
	_, east := time.Unix(minute*60, 0).In(zone).Zone()
	east -= east % 60
	t := time.Unix(minute*60+int64(east), 0).UTC()
	year, month, day := t.Date()
	hour, min, _ := t.Clock()
	copy(m.bsd[:], monthNames[3*(month-1):3*month])
	m.bsd[3] = ' '
	put2(m.bsd[4:], day)
	if day < 10 {
		m.bsd[4] = ' '
	}
	m.bsd[6] = ' '
	put2(m.iso[0:], year/100)
	put2(m.iso[2:], year%100)
	put2(m.iso[5:], int(month))
	put2(m.iso[8:], day)
	m.iso[4], m.iso[7], m.iso[10] = '-', '-', 'T'
	put2(m.iso[11:], hour)
	put2(m.iso[14:], min)
	m.iso[13], m.iso[16] = ':', ':'
	copy(m.bsd[7:], m.iso[11:])
	m.offset[0], m.nOff = 'Z', 1
	if east != 0 {
		m.offset[0], m.offset[3], m.nOff = '+', ':', 6
		if east < 0 {
			m.offset[0], east = '-', -east
		}
		put2(m.offset[1:], east/3600)
		put2(m.offset[4:], east/60%60)
	}
}

func put2(dst []byte, v int) { dst[0], dst[1] = '0'+byte(v/10), '0'+byte(v%10) }

// appendBSD writes `Mmm dd hh:mm:ss[.mmm][ yyyy]`.
func (c *Stamps) appendBSD(dst []byte, nanos int64, s *Style) []byte {
	if w := &c.second; !w.valid || uint64(nanos-w.start) >= 1e9 || w.zone != s.Zone {
		m, second := c.at(nanos, s.Zone)
		*w = writtenSecond{start: floorDiv(nanos, 1e9) * 1e9, zone: s.Zone, valid: true}
		copy(w.text[:], m.bsd[:])
		put2(w.text[len(m.bsd):], int(second))
	}
	dst = append(dst, c.second.text[:]...)
	if s.Millisecond {
		dst = appendMillis(dst, nanos)
	}
	if s.Year {
		m, _ := c.at(nanos, s.Zone)
		dst = append(append(dst, ' '), m.iso[:4]...)
	}
	return dst
}

// appendISO writes `yyyy-mm-ddThh:mm:ss.mmm` and `Z` or `±hh:mm`.
func (c *Stamps) appendISO(dst []byte, nanos int64, s *Style) []byte {
	m, second := c.at(nanos, s.Zone)
	dst = append(dst, m.iso[:]...)
	dst = append(dst, '0'+byte(second/10), '0'+byte(second%10))
	dst = appendMillis(dst, nanos)
	return append(dst, m.offset[:m.nOff]...)
}

func appendMillis(dst []byte, nanos int64) []byte {
	ms := (nanos - floorDiv(nanos, 1e9)*1e9) / 1e6
	return append(dst, '.', '0'+byte(ms/100), '0'+byte(ms/10%10), '0'+byte(ms%10))
}
