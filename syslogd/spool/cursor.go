package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
)

const (
	cursorName  = "cursor"
	cursorSize  = 64
	cursorMagic = "lgcursor"
)

// cursor is what a spool knows beside its segments.
type cursor struct {
	settled   uint64   // the last number that is settled
	reserved  uint64   // no number from here on was given; 0: the segments tell
	boot      [16]byte // when it was written
	closed    bool     // in order; then reserved is the number that comes next
	told      bool     // of explained: cursors of old have none
	explained uint64   // up to here, numbers that no segment has were overwritten or left out
}

func (c *cursor) encode() []byte {
	b := make([]byte, 0, cursorSize)
	b = append(b, cursorMagic...)
	b = binary.LittleEndian.AppendUint64(b, c.settled)
	b = binary.LittleEndian.AppendUint64(b, c.reserved)
	b = append(b, c.boot[:]...)
	closed := uint64(0)
	if c.closed {
		closed = 1
	}
	b = binary.LittleEndian.AppendUint64(b, closed)
	b = binary.LittleEndian.AppendUint64(b, c.explained)
	b = binary.LittleEndian.AppendUint32(b, 1)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli()))
}

// errCursor is a cursor that does not read back.
var errCursor = errors.New("the note of what was delivered is damaged")

// readCursor reads dir's cursor. A spool that is new has none.
func readCursor(dir string) (c cursor, found bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, cursorName))
	if errors.Is(err, os.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	if len(b) != cursorSize || string(b[:8]) != cursorMagic ||
		crc32.Checksum(b[:60], castagnoli()) != binary.LittleEndian.Uint32(b[60:]) {
		return c, false, errCursor
	}
	c.settled = binary.LittleEndian.Uint64(b[8:])
	c.reserved = binary.LittleEndian.Uint64(b[16:])
	copy(c.boot[:], b[24:40])
	c.closed = binary.LittleEndian.Uint64(b[40:]) == 1
	c.explained, c.told = binary.LittleEndian.Uint64(b[48:]), binary.LittleEndian.Uint32(b[56:]) == 1
	return c, true, nil
}

// bootID tells one boot of the machine from another; zero where nobody says.
func bootID() (id [16]byte) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id // then every start counts as one after a power cut
	}
	copy(id[:], strings.ReplaceAll(string(b), "-", ""))
	return id
}
