package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Flags say what the caller wants to be reminded of.
type Flags uint8

// The flags.
const (
	Own        Flags = 1 << iota // keeps its room when others are refused or overwritten
	Uncounted                    // is not counted as accepted, nor as settled
	Raw                          // may hold control bytes
	Structured                   // is an RFC 5424 message
	end        Flags = 0x80      // the end of a segment
)

// Record is one record. Text is valid until the next call of Next.
type Record struct {
	Text     []byte
	Seq      uint64
	Received int64 // nanoseconds since 1970 UTC
	Number   uint32
	Flags    Flags
}

const (
	headerSize = 32

	// Overhead is what a record takes on disk beside its text, in bytes.
	Overhead = headerSize
	magic    = "Lg\x1e"

	// MaxText bounds a record: what is longer is no record.
	MaxText = 4 << 20
)

// castagnoli makes the CRC32C table; crc32 keeps one for all.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// appendRecord appends the encoding of r.
func appendRecord(dst []byte, r *Record, table *crc32.Table) []byte {
	from := len(dst)
	dst = append(dst, magic[0], magic[1], magic[2], byte(r.Flags))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(r.Text)))
	dst = binary.LittleEndian.AppendUint64(dst, r.Seq)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.Received))
	dst = binary.LittleEndian.AppendUint32(dst, r.Number)
	dst = append(dst, 0, 0, 0, 0)
	dst = append(dst, r.Text...)
	sum := crc32.Update(crc32.Checksum(dst[from:from+28], table), table, dst[from+headerSize:])
	binary.LittleEndian.PutUint32(dst[from+28:], sum)
	return dst
}

// readRecord decodes the record that b begins with, without checking its sum,
// and returns its size; 0 when b begins with none or holds less than all of it.
func readRecord(b []byte, r *Record) int {
	n := recordSize(b)
	if n == 0 || n > len(b) {
		return 0
	}
	r.Flags = Flags(b[3])
	r.Seq = binary.LittleEndian.Uint64(b[8:])
	r.Received = int64(binary.LittleEndian.Uint64(b[16:]))
	r.Number = binary.LittleEndian.Uint32(b[24:])
	r.Text = b[headerSize:n:n]
	return n
}

// recordSize is what the header that b begins with says; 0 when it is none, or
// b is too short for one.
func recordSize(b []byte) int {
	if len(b) < headerSize || string(b[:3]) != magic {
		return 0
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if n > MaxText {
		return 0
	}
	return headerSize + int(n)
}

// checks reports whether the sum of the record in b, whole, is right.
func checks(b []byte, table *crc32.Table) bool {
	sum := crc32.Update(crc32.Checksum(b[:28], table), table, b[headerSize:])
	return sum == binary.LittleEndian.Uint32(b[28:])
}

// whole returns the length of the records at the beginning of b that check.
func whole(b []byte, table *crc32.Table) int {
	n := 0
	for {
		size := recordSize(b[n:])
		if size == 0 || size > len(b)-n || !checks(b[n:n+size], table) {
			return n
		}
		n += size
	}
}

// seek returns where in b the next record begins that is whole and checks, not
// before from; -1 if there is none.
func seek(b []byte, from int, table *crc32.Table) int {
	for from < len(b) {
		i := bytes.Index(b[from:], []byte(magic))
		if i < 0 {
			return -1
		}
		from += i
		if size := recordSize(b[from:]); size > 0 && size <= len(b)-from && checks(b[from:from+size], table) {
			return from
		}
		from++
	}
	return -1
}
