package logfile

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"loggia/syslogd/logfile/inflate"
)

// Live is the writer of a log, when it is in this process: sink.File.
type Live interface {
	// Published returns how far the log has been written.
	Published() Point
	// Changed returns a channel that is closed once Published is no longer p.
	Changed(p Point) <-chan struct{}
	// OpenLive opens the live file for reading, together with the point that
	// belongs to it.
	OpenLive() (*os.File, Point, error)
}

// archive is one closed file of a log.
type archive struct {
	part   Part
	number uint64 // in its name
	label  Label  // Lines 0: unknown
	known  bool   // label.Generation, Epoch and First hold
	inode  fs.FileInfo
}

func (a *archive) name(log string) string {
	switch a.part {
	case Waiting:
		return WaitingName(log, a.number)
	case Archive:
		return ArchiveName(log, int(a.number))
	}
	return unpackedName(log, a.number)
}

// unpackedName is the name of archive n after somebody ran gunzip on it.
func unpackedName(log string, n uint64) string {
	name := ArchiveName(log, int(n))
	return name[:len(name)-len(".gz")]
}

// archives lists the closed files of the log before generation, oldest first.
// They are renamed while we look: a file that waits becomes archive 0, and
// archives move up by one at a time. Waiting files are therefore listed first,
// then the archives from 0 upwards; so each is seen at least once, and what is
// seen twice is dropped.
func (l *Log) archives(generation uint64) ([]archive, error) {
	dir, err := l.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var waiting, all []archive
	top, unpacked := uint64(0), map[uint64]bool{}
	for _, entry := range names {
		switch part, n := ParseName(l.name, entry); part {
		case Waiting:
			if n < generation {
				waiting = append(waiting, archive{part: Waiting, number: n})
			}
		case Archive:
			top = max(top, n)
		case Unpacked:
			top = max(top, n)
			unpacked[n] = true
		}
	}
	slices.SortFunc(waiting, func(a, b archive) int { return cmp.Compare(b.number, a.number) })
	for _, a := range waiting { // newest first
		if l.identify(&a) {
			all = append(all, a)
		}
	}
	const slack = 16 // turned over meanwhile
	for n := uint64(0); n <= min(top+slack, MaxArchives); n++ {
		a := archive{part: Archive, number: n}
		if !l.identify(&a) {
			a.part = Unpacked
			if !unpacked[n] || !l.identify(&a) {
				continue
			}
		}
		if a.known && a.label.Generation >= generation || slices.ContainsFunc(all, a.same) {
			continue
		}
		all = append(all, a)
	}
	slices.Reverse(all)
	return all, nil
}

// same reports whether a and b are the same part of the log.
func (a *archive) same(b archive) bool {
	if a.known && b.known {
		return a.label.Generation == b.label.Generation
	}
	return os.SameFile(a.inode, b.inode)
}

// identify reads what the file says about itself. It reports whether it exists.
func (l *Log) identify(a *archive) bool {
	f, err := l.root.Open(a.name(l.name))
	if err != nil {
		return false
	}
	defer f.Close()
	return l.identifyFile(a, f)
}

func (l *Log) identifyFile(a *archive, f *os.File) bool {
	var err error
	if a.inode, err = f.Stat(); err != nil || !a.inode.Mode().IsRegular() {
		return false
	}
	switch a.part {
	case Archive:
		a.label, a.known = ReadLabel(f)
	case Waiting:
		a.label = Label{Generation: a.number}
		if index, err := l.index.Open(WaitingName(l.name, a.number)); err == nil {
			if h, ok := ReadHead(index); ok {
				a.label.Epoch, a.label.First = h.Epoch, h.First
			}
			index.Close()
		}
		a.known = true
	}
	return true
}

// open opens the archive as it was listed, wherever it has been renamed to
// since. The error is fs.ErrNotExist when it has been overwritten.
func (l *Log) open(a *archive) (*os.File, Part, error) {
	if f, ok := l.openIf(*a, a); ok {
		return f, a.part, nil
	}
	from := a.number + 1
	if a.part == Waiting {
		from = 0
	}
	misses := 0
	for n := from; n <= MaxArchives && misses < 16; n++ {
		if f, ok := l.openIf(archive{part: Archive, number: n}, a); ok {
			return f, Archive, nil
		}
		if _, err := l.root.Stat(ArchiveName(l.name, int(n))); err != nil {
			misses++
		}
	}
	return nil, a.part, &fs.PathError{Op: "open", Path: a.name(l.name), Err: fs.ErrNotExist}
}

// openIf opens the file at place if it is a.
func (l *Log) openIf(place archive, a *archive) (*os.File, bool) {
	f, err := l.root.Open(place.name(l.name))
	if err != nil {
		return nil, false
	}
	if !l.identifyFile(&place, f) || !place.same(*a) {
		f.Close()
		return nil, false
	}
	return f, true
}

// stream is the text of one file of the log from its beginning.
type stream struct {
	scan  *scanner
	file  *os.File
	index *cursor // nil if there is none
	idx   *os.File
	size  int64 // of the index
	head  Head
	known bool // head holds
}

func (s *stream) close() error {
	errs := []error{s.file.Close()}
	if s.idx != nil {
		errs = append(errs, s.idx.Close())
	}
	return errors.Join(errs...)
}

// attach adds the index of the file, under one of its names, if there is a
// usable one.
func (s *stream) attach(l *Log, names ...string) {
	for _, name := range names {
		f, err := l.index.Open(name)
		if err != nil {
			continue
		}
		h, ok := ReadHead(f)
		info, err := f.Stat()
		if ok && err == nil && (!s.known || h == s.head) {
			s.idx, s.index, s.size, s.head, s.known = f, newCursor(f), info.Size(), h, true
			return
		}
		f.Close()
	}
}

// openArchive starts reading a closed file.
func (l *Log) openArchive(a *archive) (*stream, error) {
	f, part, err := l.open(a)
	if err != nil {
		return nil, err
	}
	s := &stream{file: f, known: a.known && a.label.First > 0, head: Head{a.label.Generation, a.label.Epoch, a.label.First}}
	if a.known {
		s.attach(l, WaitingName(l.name, a.label.Generation))
	}
	var text io.Reader = f
	if part == Archive {
		text = inflate.NewReader(f)
	}
	s.scan = newScanner(text)
	return s, nil
}

// openLive opens the live file and tells up to which offset it holds whole lines. A
// log that has only archives gives no file.
func (l *Log) openLive() (*os.File, Point, error) {
	f, p, err := l.openFile()
	if err != nil || f == nil || l.Live != nil {
		return f, p, err
	}
	end, err := lastNewline(f, int64(p.Offset))
	if err != nil {
		f.Close()
		return nil, Point{}, err
	}
	p.Offset = uint64(end)
	return f, p, nil
}

// openFile is openLive, but for the end of a file that has no writer: all of it is
// what there is to read.
func (l *Log) openFile() (*os.File, Point, error) {
	if l.Live != nil {
		return l.Live.OpenLive()
	}
	f, err := l.root.Open(l.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Point{Generation: 1<<64 - 1}, nil
	}
	if err != nil {
		return nil, Point{}, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, Point{}, err
	}
	p := Point{Generation: 1<<64 - 1, Offset: uint64(info.Size())}
	if index, err := l.index.Open(l.name); err == nil {
		if h, ok := ReadHead(index); ok {
			p.Generation, p.Epoch, p.First = h.Generation, h.Epoch, h.First
		}
		index.Close()
	}
	return f, p, nil
}

// liveStream starts reading the live file at offset.
func (l *Log) liveStream(f *os.File, p Point, offset int64) *stream {
	s := &stream{file: f, known: p.First > 0, head: Head{p.Generation, p.Epoch, p.First}}
	s.attach(l, l.name, WaitingName(l.name, p.Generation)) // it may be turned over by now
	s.scan = newScanner(io.NewSectionReader(f, offset, int64(p.Offset)-offset))
	return s
}
