package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// SDOffset returns where STRUCTURED-DATA begins in an RFC 5424 line such as
// Style.Append writes: behind the sixth blank. It is -1 in other lines.
func SDOffset(line []byte) int {
	at := bytes.IndexByte(line, '>') + 1
	if at == 0 {
		return -1
	}
	blanks := 0
	for ; len(line)-at >= 8; at += 8 { // as a whole, where the sixth is not among them
		n := bits.OnesCount64(blank(binary.LittleEndian.Uint64(line[at:])))
		if blanks+n >= sdBlanks {
			break
		}
		blanks += n
	}
	for ; at < len(line) && blanks < sdBlanks; at++ {
		if line[at] == ' ' {
			blanks++
		}
	}
	if at >= len(line) || line[at] != '-' && line[at] != '[' {
		return -1
	}
	return at
}

// sdBlanks stand between PRI and STRUCTURED-DATA (RFC 5424, 6).
const sdBlanks = 6

// blank marks the bytes of x that are blanks by their high bits.
func blank(x uint64) uint64 {
	x ^= ' ' * ones
	return ^((x&^highs + ^uint64(highs)) | x) & highs
}

// OwnElement returns where our own SD-ELEMENT begins in what begins with
// structured data, -1 where it has none.
func OwnElement(sd []byte) int {
	if len(sd) == 0 || sd[0] != '[' || !bytes.Contains(sd, []byte("["+SDID)) {
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

// marks returns where in valid structured data the element stands that says
// nothing but through which machines the message came (package sink); from is to
// where there is none.
func marks(sd []byte) (from, to int) {
	at := OwnElement(sd)
	if at < 0 {
		return 0, 0
	}
	i := at + 1 + len(SDID)
	for sd[i] == ' ' {
		name := sd[i+1 : sdName(sd, i+1, len(sd))]
		if string(name) != "node" && string(name) != "seq" {
			return 0, 0
		}
		i = sdValue(sd, i+1+len(name)+len(`="`), len(sd))
	}
	return at, i + 1
}
