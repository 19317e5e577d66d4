package receive

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"syscall"
)

// ledger is the file that keeps a position; see the package comment.
type ledger struct {
	file   *os.File
	number uint64 // of the last record
}

const recordSize = 512 // bytes of a record

// openLedger opens a ledger, for this process alone, and returns its newest record.
func openLedger(path string) (*ledger, record, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, record{}, err
	}
	l := &ledger{file: file}
	if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil, record{}, errors.Join(fmt.Errorf("%s: another collector has it", path), file.Close())
	}
	last, err := l.recall()
	if err != nil {
		return nil, record{}, errors.Join(err, file.Close())
	}
	if info, err := file.Stat(); err == nil && info.Size() > 0 && last.number == 0 {
		// Beginning anew would leave out, or repeat, what nobody could tell.
		return nil, record{}, errors.Join(fmt.Errorf("%s: damaged: nothing says how far it was; remove it to begin anew", path), file.Close())
	}
	l.number = last.number
	return l, last, nil
}

// record is one record of the ledger.
type record struct {
	number   uint64
	inode    uint64
	size     int64
	position string
}

const recordFormat = "loggia-position 1 %d %d %d %s "

// note writes a record down, under the next number.
func (l *ledger) note(r record) error {
	l.number++
	text := fmt.Sprintf(recordFormat, l.number, r.inode, r.size, orElse(r.position, "-"))
	text += fmt.Sprintf("%08x\n", crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
	if len(text) > recordSize {
		return fmt.Errorf("a position of %d bytes", len(r.position))
	}
	_, err := l.file.WriteAt([]byte(text+strings.Repeat(" ", recordSize-len(text))), int64(l.number%2)*recordSize)
	return err
}

// recall reads the newest good record; the zero record if there is none.
func (l *ledger) recall() (newest record, err error) {
	both := make([]byte, 2*recordSize)
	n, err := l.file.ReadAt(both, 0)
	if err != nil && err != io.EOF {
		return newest, err
	}
	for both = both[:n]; len(both) > 0; both = both[min(recordSize, len(both)):] {
		line, _, _ := strings.Cut(string(both[:min(recordSize, len(both))]), "\n")
		at := strings.LastIndexByte(line, ' ') + 1
		var r record
		if fmt.Sprintf("%08x", crc32.Checksum([]byte(line[:at]), crc32.MakeTable(crc32.Castagnoli))) != line[at:] {
			continue
		}
		if _, err := fmt.Sscanf(line[:at], recordFormat, &r.number, &r.inode, &r.size, &r.position); err != nil {
			continue // of another version
		}
		if r.position == "-" {
			r.position = ""
		}
		if r.number > newest.number {
			newest = r
		}
	}
	return newest, nil
}
