package cli

import "bytes"

// zerosFilter leaves out the lines of counters that have counted nothing: those
// that have numbers, all of them 0. A word is a number when it is nothing but
// digits, with what may stand between them and behind: 1,024  0.00  0%.
func zerosFilter(_ *Session, _ *call, next stage) (stage, error) {
	var kept []byte
	return &filter{next: next, each: func(block []byte) error {
		kept = kept[:0]
		for line := range bytes.Lines(block) {
			if !allZero(line) {
				kept = append(kept, line...)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return next.lines(kept)
	}}, nil
}

// allZero reports whether a line has a number, and none but 0.
func allZero(line []byte) bool {
	some := false
	for word := range bytes.FieldsSeq(line) {
		number, zero := isNumber(bytes.TrimRight(word, ",;%"))
		if number && !zero {
			return false
		}
		some = some || number
	}
	return some
}

func isNumber(word []byte) (number, zero bool) {
	zero = true
	for _, c := range word {
		switch {
		case c >= '0' && c <= '9':
			number, zero = true, zero && c == '0'
		case c != '.' && c != ',':
			return false, false
		}
	}
	return number, zero
}
