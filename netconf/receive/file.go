package receive

import (
	"errors"
	"fmt"
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
	ledger   *ledger

	mu    sync.Mutex // guards the files and what follows against the one who syncs
	dirty bool
	end   chan struct{}
	syncs sync.WaitGroup
	bad   error // what syncing said, told at the next Write
}

// syncEvery is how long a line may be lost to a power cut.
const syncEvery = time.Second

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
	var last record
	if f.ledger, last, err = openLedger(f.path + ".position"); err != nil {
		return err
	}
	f.position = last.position
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

// Write implements Output. Of a write that fails half way nothing stays.
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
			return errors.Join(err, f.file.Truncate(f.at)) // a full disk takes a part
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

// note writes down how far the file is good.
func (f *File) note() error {
	return f.ledger.note(record{inode: f.inode, size: f.at, position: f.position})
}

// sync syncs the lines before the ledger that vouches for them. mu is held.
func (f *File) sync() error {
	if !f.dirty {
		return nil
	}
	f.dirty = false
	return errors.Join(f.file.Sync(), f.ledger.file.Sync())
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
		err = errors.Join(err, f.ledger.file.Close())
	}
	return err
}
