package wire

import "bytes"

// A sender that counts wrongly, characters for bytes or the count itself for
// instance, loses its place: what is left of one message hides the count of the next,
// and without line feeds that would go on to the end of the connection. Behind
// counted messages, text that is none ends where a count and a PRI stand in it, also
// where it begins with a PRI: the count in front of that may have been taken for text.

// length is n, or all where n is -1.
func length(n, all int) int {
	if n < 0 {
		return all
	}
	return n
}

// headerMost is the longest MSG-LEN SP PRI.
const headerMost = countDigits + len(" <191>")

// nextCount returns where in buf the first MSG-LEN SP PRI begins, -1 where there is
// none.
func nextCount(buf []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(buf[at:], '<')
		if i < 0 {
			return -1
		}
		i += at
		at = i + 1
		if _, _, ok := readPRI(buf, i, len(buf)); !ok || i < 2 || buf[i-1] != ' ' {
			continue
		}
		if from := countBefore(buf, i-1); from < i-1 {
			return from
		}
	}
}

// countBefore returns where the number begins that ends at end, which is no more
// than the digits that a count has; end where there is none.
func countBefore(buf []byte, end int) (from int) {
	from = end
	for i := end - 1; i >= 0 && i >= end-countDigits && isDigit(buf[i]); i-- {
		if buf[i] != '0' {
			from = i
		}
	}
	return from
}

// unfinishedCount is how many bytes at the end of buf may be the beginning of a
// MSG-LEN SP PRI.
func unfinishedCount(buf []byte) int {
	end, pri := len(buf), len(buf)
	for pri > 0 && end-pri < 3 && isDigit(buf[pri-1]) {
		pri--
	}
	switch {
	case pri >= 2 && buf[pri-1] == '<' && buf[pri-2] == ' ':
		end = pri - 2
	case end >= 1 && buf[end-1] == ' ':
		end--
	}
	if from := countBefore(buf, end); from < end {
		return len(buf) - from
	}
	return 0
}
