package wire

import "encoding/binary"

// isoMinute remembers the text of the last minute and zone that a strict RFC 5424
// TIMESTAMP had, and the instant at which that minute began: a stream repeats them
// thousands of times, and the next stamp is then two comparisons and a few digits.
type isoMinute struct {
	date, time uint64 // `2026-11-` and `22T14:30`, as they stand in memory
	zone       [len("+01:00")]byte
	zoneLen    int   // 1 for Z, else 6; 0: nothing is remembered
	start      int64 // nanoseconds since 1970 UTC
}

// minuteText is the part of a stamp before its seconds.
const minuteText = "2006-01-02T15:04:"

// keep remembers the stamp t, whose text stands at i, and which is the instant
// nanos.
func (m *isoMinute) keep(buf []byte, i int, t *stamp, nanos int64) {
	m.zoneLen = 1
	if buf[t.end-1] != 'Z' {
		m.zoneLen = len(m.zone)
	}
	copy(m.zone[:], buf[t.end-m.zoneLen:t.end])
	m.date, m.time = binary.LittleEndian.Uint64(buf[i:]), binary.LittleEndian.Uint64(buf[i+8:])
	m.start = nanos - int64(t.second)*1e9 - int64(t.nanos)
}

// fractionUnits are what the last of so many digits of a fraction counts,
// nanoseconds.
var fractionUnits = [...]int64{1: 1e8, 2: 1e7, 3: 1e6, 4: 1e5, 5: 1e4, 6: 1e3}

// read reads the strict stamp at i if it is of the remembered minute and zone and
// a blank follows.
func (m *isoMinute) read(buf []byte, i, end int) (nanos int64, next int, ok bool) {
	const shortest = len(minuteText + "05Z ")
	if m.zoneLen == 0 || end-i < shortest {
		return 0, i, false
	}
	text := buf[i:end]
	if binary.LittleEndian.Uint64(text) != m.date || binary.LittleEndian.Uint64(text[8:]) != m.time || text[16] != ':' {
		return 0, i, false
	}
	second := two(text, len(minuteText))
	if second > 59 {
		return 0, i, false
	}
	nanos = m.start + int64(second)*1e9
	j := len(minuteText + "05")
	if text[j] == '.' {
		from, v := j+1, int64(0)
		for j++; j < len(text) && isDigit(text[j]); j++ {
			v = v*10 + int64(text[j]-'0')
		}
		digits := j - from
		if digits < 1 || digits > 6 { // RFC 5424, 6.2.3
			return 0, i, false
		}
		nanos += v * fractionUnits[digits]
	}
	if len(text) <= j+m.zoneLen || string(text[j:j+m.zoneLen]) != string(m.zone[:m.zoneLen]) || text[j+m.zoneLen] != ' ' {
		return 0, i, false
	}
	return nanos, i + j + m.zoneLen, true
}
