package logfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"loggia/syslogd/logfile/inflate"
)

// Text is the text of a log and its archives as it was when it was opened, for
// those who read much of it and want nothing but text: in blocks of whole lines,
// and in sections that can be read in any order and several at once. What is written
// later is not in it. A log that is turned over meanwhile is read to the end all
// the same; where an archive is thrown away before its turn, that is an error.
type Text struct {
	log      *Log // nil for a single archive
	file     *os.File
	limit    int64 // how far file is read
	sections []Section

	buffers sync.Pool // of *[]byte
}

// Section is a part of a Text.
type Section struct {
	text     *Text
	archive  *archive // nil: it is of the file
	packed   bool     // the file is an archive
	from, to int64    // of the file: the section has the lines that begin here
	err      error    // instead of anything to read
}

const (
	sectionSize = MaxLine  // bytes of a section of a plain file, at its end fewer; a line has no more
	blockSize   = 64 << 10 // bytes read at a time
)

// Text opens the text of the log. Whoever opens it closes it. In a file that nothing
// of ours writes to, a last line without a newline is a line like the others.
func (l *Log) Text() (*Text, error) { return l.text(sectionSize) }

func (l *Log) text(size int64) (*Text, error) {
	live, p, err := l.openFile()
	if err != nil {
		return nil, err
	}
	t := &Text{log: l, file: live, limit: int64(p.Offset)}
	archives, err := l.archives(p.Generation)
	if err != nil {
		t.sections = append(t.sections, Section{err: err})
	}
	for i := range archives {
		t.sections = append(t.sections, Section{text: t, archive: &archives[i]})
	}
	if live == nil {
		return t, nil
	}
	for at := int64(0); at < t.limit; {
		if t.limit-at <= size { // the last lines are wanted most, and without much before them
			size = min(size, blockSize)
		}
		to := min(at+size, t.limit)
		t.sections = append(t.sections, Section{text: t, from: at, to: to})
		at = to
	}
	return t, nil
}

// OpenArchive opens the text of one archive, by its name.
func OpenArchive(dir, name string) (*Text, error) {
	if name == "" || name != filepath.Base(name) || name[0] == '.' {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f, err := root.Open(name)
	if err = errors.Join(err, root.Close()); err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t := &Text{file: f, limit: info.Size()}
	t.sections = []Section{{text: t, packed: true, to: t.limit}}
	return t, nil
}

// Sections returns the sections, oldest first.
func (t *Text) Sections() []Section { return t.sections }

// Close gives the file back; nobody reads a section any more.
func (t *Text) Close() error { return closeIf(t.file) }

// Blocks iterates over the text of the section in blocks of whole lines, each with
// its newline, also where the file has none at its end. A block is valid until the
// next step. What a line has beyond MaxLine is left out. What is damaged ends the
// section with an error; so does the end of ctx.
func (p Section) Blocks(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		more, err := true, p.err
		if err == nil {
			more, err = p.read(ctx, func(b []byte) bool { return yield(b, nil) })
		}
		if err != nil && more {
			yield(nil, err)
		}
	}
}

// read hands out the blocks; more is false once nobody wants any more.
func (p Section) read(ctx context.Context, yield func([]byte) bool) (more bool, err error) {
	buffer, ok := p.text.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
		*buffer = make([]byte, blockSize)
	}
	defer p.text.buffers.Put(buffer)
	b := blocks{ctx: ctx, buf: buffer, yield: yield}
	switch {
	case p.archive != nil:
		return p.archived(&b)
	case p.packed:
		return b.unpack(io.NewSectionReader(p.text.file, 0, p.text.limit), filepath.Base(p.text.file.Name()))
	}
	from, found, err := p.text.lineFrom(p.from, p.to)
	if err != nil || !found {
		return true, err
	}
	to, found, err := p.text.lineFrom(p.to, min(p.text.limit, p.to+MaxLine))
	if err != nil {
		return true, err
	}
	if !found { // the last line ends with the file, or is overlong
		to = min(p.text.limit, p.to+MaxLine)
	}
	text := io.NewSectionReader(p.text.file, from, to-from)
	more, err = b.all(text)
	if at, _ := text.Seek(0, io.SeekCurrent); more && err == nil && at < to-from { // it never fails
		err = p.text.cut()
	}
	return more, err
}

// lineFrom returns where the first line begins at or behind from and before to.
func (t *Text) lineFrom(from, to int64) (at int64, found bool, err error) {
	if from == 0 {
		return 0, true, nil
	}
	var buf [4 << 10]byte
	for at = from - 1; at < to-1; {
		n, err := t.file.ReadAt(buf[:min(int64(len(buf)), to-1-at)], at)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return at + int64(i) + 1, true, nil
		}
		if errors.Is(err, io.EOF) {
			err = t.cut()
		}
		if err != nil {
			return 0, false, err
		}
		at += int64(n)
	}
	return 0, false, nil
}

// cut is what is wrong with a file that somebody else has made shorter.
func (t *Text) cut() error {
	return &fs.PathError{Op: "read", Path: filepath.Base(t.file.Name()), Err: errors.New("cut short while it was read")}
}

// archived reads an archive of the log, wherever it has been renamed to.
func (p Section) archived(b *blocks) (more bool, err error) {
	name := p.archive.name(p.text.log.name)
	f, kind, err := p.text.log.open(p.archive)
	switch {
	case errors.Is(err, fs.ErrNotExist) && p.archive.label.Lines > 0:
		return true, fmt.Errorf("%s: %d lines were thrown away before they were read", name, p.archive.label.Lines)
	case errors.Is(err, fs.ErrNotExist):
		return true, fmt.Errorf("%s: thrown away before it was read", name)
	case err != nil:
		return true, err
	}
	if kind == Archive {
		more, err = b.unpack(f, name)
	} else {
		more, err = b.all(f)
	}
	return more, errors.Join(err, f.Close())
}

// blocks cuts a stream into blocks of whole lines.
type blocks struct {
	ctx   context.Context
	buf   *[]byte
	yield func([]byte) bool
}

func (b *blocks) unpack(r io.Reader, name string) (more bool, err error) {
	if more, err = b.all(inflate.NewReader(r)); err != nil && b.ctx.Err() == nil {
		err = &fs.PathError{Op: "unpack", Path: name, Err: err}
	}
	return more, err
}

// all hands out what r holds.
func (b *blocks) all(r io.Reader) (more bool, err error) {
	buf, held, overlong := *b.buf, 0, false
	defer func() { *b.buf = buf }()
	for err == nil {
		if b.ctx.Err() != nil {
			return true, b.ctx.Err()
		}
		if held == len(buf) {
			buf = append(buf, make([]byte, len(buf))...)
		}
		var n int
		n, err = r.Read(buf[held:min(len(buf), held+blockSize)])
		fresh := buf[held : held+n]
		if held += n; overlong { // the rest of a line is left out
			i := bytes.IndexByte(fresh, '\n')
			if held = 0; i >= 0 {
				held, overlong = copy(buf, fresh[i+1:]), false
				fresh = buf[:held]
			}
		}
		if i := bytes.LastIndexByte(fresh, '\n'); i >= 0 && !overlong {
			end := held - len(fresh) + i + 1
			if !b.hand(buf[:end]) {
				return false, nil
			}
			held = copy(buf, buf[end:held])
		}
		if held > MaxLine {
			if !b.last(&buf, MaxLine) {
				return false, nil
			}
			held, overlong = 0, true
		}
	}
	if held > 0 && !b.last(&buf, held) {
		return false, nil
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return true, err
}

// hand hands out lines, the first of which may be overlong: one that is so takes
// more reads than one.
func (b *blocks) hand(lines []byte) bool {
	if len(lines) > MaxLine {
		if n := bytes.IndexByte(lines, '\n'); n > MaxLine {
			return b.last(&lines, MaxLine) && (n+1 == len(lines) || b.yield(lines[n+1:]))
		}
	}
	return b.yield(lines)
}

// last hands out the n bytes of a line whose newline is missing.
func (b *blocks) last(buf *[]byte, n int) bool {
	return b.yield(append((*buf)[:n], '\n'))
}
