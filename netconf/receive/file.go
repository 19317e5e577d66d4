package receive

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// File is an Output: a log file that is turned over at a size, with a ledger
// beside it. Its methods are called by one goroutine; Close ends it.
type File struct {
	path  string
	size  int64 // at which it is turned over, bytes
	count int   // of files turned over that are kept

	file     *os.File
	inode    uint64
	at       int64 // size of file
	position string
	ledger   *os.File
	number   uint64 // of the last record

	mu    sync.Mutex // guards the files and what follows against the one who syncs
	dirty bool
	end   chan struct{}
	syncs sync.WaitGroup
	bad   error // what syncing said, told at the next Write
}

// syncEvery is how long a line may be lost to a power cut.
const syncEvery = time.Second

const recordSize = 512 // bytes of a record of the ledger

// OpenFile opens path, and cuts off what its ledger does not vouch for. It is
// turned over at size bytes, and count files are kept besides. The error names a
// ledger that another process holds.
func OpenFile(path string, size int64, count int) (*File, error) {
	f := &File{path: path, size: size, count: count, end: make(chan struct{})}
	if err := f.open(); err != nil {
		return nil, errors.Join(err, f.shut())
	}
	f.syncs.Go(f.syncer)
	return f, nil
}

func (f *File) open() (err error) {
	if f.ledger, err = os.OpenFile(f.path+".position", os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := syscall.Flock(int(f.ledger.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%s: another collector writes it", f.path)
	}
	last, err := f.recall()
	if err != nil {
		return err
	}
	f.number, f.position = last.number, last.position
	if err := f.finishTurnover(last); err != nil {
		return err
	}
	if f.file, err = os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o640); err != nil {
		return err
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file", f.path)
	}
	f.inode, f.at = inode(info), info.Size()
	if f.inode == last.inode && f.at > last.size {
		if err := f.file.Truncate(last.size); err != nil {
			return err
		}
		f.at = last.size
	}
	return f.note()
}

func inode(info fs.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Ino
	}
	return 0
}

// finishTurnover puts the new file in its place if a kill came between.
func (f *File) finishTurnover(last record) error {
	fresh := f.path + ".new"
	info, err := os.Stat(fresh)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case inode(info) != last.inode:
		return os.Remove(fresh) // never noted: empty
	}
	if err := f.shift(); err != nil {
		return err
	}
	return os.Rename(fresh, f.path)
}

// Position implements Output.
func (f *File) Position() string { return f.position }

// Write implements Output. A write that fails half way is cut off by the next
// OpenFile.
func (f *File) Write(events []Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.bad != nil {
		return f.bad
	}
	for len(events) > 0 {
		n, text := f.fitting(events)
		if n == 0 { // not even one, and the file is not empty
			if err := f.turnOver(); err != nil {
				return err
			}
			continue
		}
		if _, err := f.file.WriteString(text); err != nil {
			return err
		}
		f.at += int64(len(text))
		f.position = events[n-1].Position
		if err := f.note(); err != nil {
			return err
		}
		f.dirty = true
		events = events[n:]
	}
	return nil
}

// fitting returns how many events the file has room for, and their lines. An
// empty file has room for one, however long it is.
func (f *File) fitting(events []Event) (n int, text string) {
	var b strings.Builder
	for _, e := range events {
		if e.Mark {
			n++
			continue
		}
		if f.at+int64(b.Len()+len(e.Line))+1 > f.size && f.at+int64(b.Len()) > 0 {
			break
		}
		b.WriteString(e.Line + "\n")
		n++
	}
	return n, b.String()
}

// turnOver begins a new file. The ledger speaks for it before it has its name.
func (f *File) turnOver() error {
	fresh, err := os.OpenFile(f.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o640)
	if err != nil {
		return err
	}
	info, err := fresh.Stat()
	if err != nil {
		return errors.Join(err, fresh.Close())
	}
	old := f.file
	f.file, f.inode, f.at = fresh, inode(info), 0
	return errors.Join(old.Sync(), f.note(), old.Close(), f.shift(), os.Rename(f.path+".new", f.path), f.syncDirectory())
}

// shift makes room for a new file: messages becomes messages.0, and so on.
func (f *File) shift() error {
	if f.count == 0 {
		return ignoreMissing(os.Remove(f.path))
	}
	for i := f.count - 1; i > 0; i-- {
		if err := ignoreMissing(os.Rename(fmt.Sprintf("%s.%d", f.path, i-1), fmt.Sprintf("%s.%d", f.path, i))); err != nil {
			return err
		}
	}
	return ignoreMissing(os.Rename(f.path, f.path+".0"))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f *File) syncDirectory() error {
	d, err := os.Open(filepath.Dir(f.path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// record is one record of the ledger.
type record struct {
	number   uint64
	inode    uint64
	size     int64
	position string
}

const recordFormat = "loggia-position 1 %d %d %d %s "

// note writes down how far the file is good.
func (f *File) note() error {
	f.number++
	text := fmt.Sprintf(recordFormat, f.number, f.inode, f.at, orElse(f.position, "-"))
	text += fmt.Sprintf("%08x\n", crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
	if len(text) > recordSize {
		return fmt.Errorf("a position of %d bytes", len(f.position))
	}
	_, err := f.ledger.WriteAt([]byte(text+strings.Repeat(" ", recordSize-len(text))), int64(f.number%2)*recordSize)
	return err
}

// recall reads the newest good record; the zero record if there is none.
func (f *File) recall() (newest record, err error) {
	both := make([]byte, 2*recordSize)
	n, err := f.ledger.ReadAt(both, 0)
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

// syncer syncs what was written, once a second.
func (f *File) syncer() {
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-f.end:
			return
		case <-tick.C:
			f.mu.Lock()
			f.bad = errors.Join(f.bad, f.sync())
			f.mu.Unlock()
		}
	}
}

// sync syncs the lines before the ledger that vouches for them. mu is held.
func (f *File) sync() error {
	if !f.dirty {
		return nil
	}
	f.dirty = false
	return errors.Join(f.file.Sync(), f.ledger.Sync())
}

// Close syncs and closes the file.
func (f *File) Close() error {
	close(f.end)
	f.syncs.Wait()
	return errors.Join(f.bad, f.sync(), f.shut())
}

func (f *File) shut() (err error) {
	if f.file != nil {
		err = f.file.Close()
	}
	if f.ledger != nil {
		err = errors.Join(err, f.ledger.Close())
	}
	return err
}
