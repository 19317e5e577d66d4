package wire

import "bytes"

// SDOffset returns where STRUCTURED-DATA begins in an RFC 5424 line such as
// Style.Append writes: behind the sixth blank. It is -1 in other lines.
func SDOffset(line []byte) int {
	at := bytes.IndexByte(line, '>')
	if at < 0 {
		return -1
	}
	for range 6 {
		i := bytes.IndexByte(line[at+1:], ' ')
		if i < 0 {
			return -1
		}
		at += 1 + i
	}
	if at+1 == len(line) || line[at+1] != '-' && line[at+1] != '[' {
		return -1
	}
	return at + 1
}

// OwnElement returns where our own SD-ELEMENT begins in what begins with
// structured data, -1 where it has none.
func OwnElement(sd []byte) int {
	if !bytes.Contains(sd, []byte("["+SDID)) {
		return -1 // as most do not
	}
	for i := 0; i < len(sd) && sd[i] == '['; {
		name := sdName(sd, i+1, len(sd))
		if string(sd[i+1:name]) == SDID {
			return i
		}
		next := sdElement(sd, i, len(sd))
		if next == i {
			return -1
		}
		i = next
	}
	return -1
}

// Visited reports whether structured data bears the mark of a machine: that it
// was sent by it, and has come back. mark is ` node="ID"`.
func Visited(sd, mark []byte) bool {
	if !bytes.Contains(sd, mark) {
		return false
	}
	at := OwnElement(sd)
	return at >= 0 && bytes.Contains(sd[at:sdElement(sd, at, len(sd))], mark)
}
