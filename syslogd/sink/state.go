package sink

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"

	"loggia/syslogd/logfile"
)

// state is what a File remembers besides its text and its index. It is one
// record at the beginning of STATE/index/.NAME, written in place, little endian:
//
//	0   4    "LGST"
//	4   4    CRC-32C of the bytes from 8 on
//	8   8×3  generation, epoch and first sequence number of the live file
//	32  8×n  accepted, delivered, repeated, made, and dropped by each Reason
//	    8    generation of the file with the newest record that a full disk must
//	         not cost (wire.Kept), 0 for none
//
// It is a second opinion: where it is missing or damaged, the numbering goes on
// from the index and the archives, and counting begins anew.
type state struct {
	head     logfile.Head
	counters Counters
	kept     uint64
}

const (
	stateMagic = "LGST"
	stateSize  = 8 + (3+4+int(NumReasons)+1)*8

	stateBefore = stateSize - 8 // without the last: what earlier versions wrote
)

func (s *state) encode() []byte {
	b := append(make([]byte, 0, stateSize), stateMagic...)
	b = append(b, 0, 0, 0, 0)
	c := &s.counters
	for _, n := range [...]uint64{s.head.Generation, s.head.Epoch, s.head.First, c.Accepted, c.Delivered, c.Repeated, c.Made} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	for _, n := range c.Dropped {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	b = binary.LittleEndian.AppendUint64(b, s.kept)
	binary.LittleEndian.PutUint32(b[4:], stateSum(b))
	return b
}

// decodeState reads what encode wrote. ok is false if it is not whole.
func decodeState(r io.ReaderAt) (s state, ok bool) {
	b := make([]byte, stateSize)
	n, err := r.ReadAt(b, 0)
	if n == stateBefore {
		b = b[:n]
	} else if err != nil {
		return s, false
	}
	if string(b[:4]) != stateMagic || stateSum(b) != binary.LittleEndian.Uint32(b[4:]) {
		return s, false
	}
	c := &s.counters
	for i, n := range [...]*uint64{&s.head.Generation, &s.head.Epoch, &s.head.First, &c.Accepted, &c.Delivered, &c.Repeated, &c.Made} {
		*n = binary.LittleEndian.Uint64(b[8+8*i:])
	}
	for i := range c.Dropped {
		c.Dropped[i] = binary.LittleEndian.Uint64(b[8+8*(7+i):])
	}
	if len(b) == stateSize {
		s.kept = binary.LittleEndian.Uint64(b[stateBefore:])
	}
	return s, true
}

// readState reads the state record of the log of that name.
func readState(index *directory, name string) (s state, ok bool, err error) {
	file, err := index.Open("." + name)
	if errors.Is(err, os.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	s, ok = decodeState(file)
	return s, ok, file.Close()
}

func stateSum(b []byte) uint32 {
	return crc32.Checksum(b[8:], crc32.MakeTable(crc32.Castagnoli))
}
