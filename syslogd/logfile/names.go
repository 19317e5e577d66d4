package logfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// MaxArchives bounds the number of an archive: the range of `files`, 1 to 1000.
const MaxArchives = 1000

// ArchiveName returns the name of archive n, 0 being the newest.
func ArchiveName(name string, n int) string { return name + "." + strconv.Itoa(n) + ".gz" }

// WaitingName returns the name of a file that was turned over and is not yet
// compressed. It is also the name of its index.
func WaitingName(name string, generation uint64) string {
	return fmt.Sprintf("%s.%010d", name, generation)
}

// Part is what an entry of the log directory is to a log.
type Part uint8

// The parts.
const (
	Foreign  Part = iota // not of this log
	LiveFile             // NAME
	Waiting              // NAME.0000000017; the number is the generation
	Partial              // NAME.0000000017.gz, being compressed; the generation
	Archive              // NAME.N.gz; the number is N
	Unpacked             // NAME.N, an archive unpacked by hand; N
)

// ParseName tells what the directory entry is to the log of that name.
func ParseName(name, entry string) (Part, uint64) {
	rest, ok := strings.CutPrefix(entry, name)
	if !ok {
		return Foreign, 0
	}
	if rest == "" {
		return LiveFile, 0
	}
	digits, packed := strings.CutSuffix(rest, ".gz")
	if len(digits) < 2 || digits[0] != '.' || strings.Trim(digits[1:], "0123456789") != "" {
		return Foreign, 0
	}
	digits = digits[1:]
	n, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case err != nil:
		return Foreign, 0
	case len(digits) >= 10 && packed:
		return Partial, n
	case len(digits) >= 10:
		return Waiting, n
	case n > MaxArchives || strconv.FormatUint(n, 10) != digits:
		return Foreign, 0
	case packed:
		return Archive, n
	}
	return Unpacked, n
}

// LogName returns the name of the log that an entry of the log directory other
// than a live file may be a part of. ok is false if there is none.
func LogName(entry string) (name string, ok bool) {
	rest := strings.TrimSuffix(entry, ".gz")
	i := strings.LastIndexByte(rest, '.')
	if i <= 0 {
		return "", false
	}
	part, _ := ParseName(rest[:i], entry)
	return rest[:i], part != Foreign
}

// Label is what an archive says about itself in its gzip header.
type Label struct {
	Generation uint64
	Epoch      uint64
	First      uint64 // sequence number of the first line
	Lines      uint64
	Size       uint64 // unpacked, bytes
}

const labelSize = 5 * 8

// Extra returns l as the extra field of a gzip header.
func (l Label) Extra() []byte {
	b := append(make([]byte, 0, 4+labelSize), 'L', 'G', labelSize, 0)
	for _, n := range [...]uint64{l.Generation, l.Epoch, l.First, l.Lines, l.Size} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	return b
}

// ReadLabel reads the label from the beginning of a gzip file. ok is false when
// it has none, as with archives that somebody else made.
func ReadLabel(r io.ReaderAt) (l Label, ok bool) {
	var head [512]byte
	n, _ := r.ReadAt(head[:], 0) // a short file is one without label
	b := head[:n]
	const fExtra = 4 // RFC 1952, 2.3.1: FLG.FEXTRA
	if len(b) < 12 || b[0] != 0x1f || b[1] != 0x8b || b[3]&fExtra == 0 {
		return l, false
	}
	extra := b[12:]
	if want := int(binary.LittleEndian.Uint16(b[10:])); want < len(extra) {
		extra = extra[:want]
	}
	for len(extra) >= 4 {
		size := int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+size {
			return l, false
		}
		if extra[0] == 'L' && extra[1] == 'G' && size == labelSize {
			d := extra[4:]
			at := func(i int) uint64 { return binary.LittleEndian.Uint64(d[8*i:]) }
			return Label{at(0), at(1), at(2), at(3), at(4)}, true
		}
		extra = extra[4+size:]
	}
	return l, false
}
