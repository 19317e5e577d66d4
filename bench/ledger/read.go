package ledger

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxLine bounds a line in bytes. Longer ones are entered in pieces, which
// makes them corrupt or junk.
const maxLine = 64 << 10

// Lines enters every line of r, the last one too when its line feed is
// missing.
func (a *Account) Lines(r io.Reader) error {
	b := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := b.ReadSlice('\n')
		if len(line) > 0 {
			a.Line(bytes.TrimSuffix(line, []byte{'\n'}))
		}
		switch {
		case err == nil, errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}

// Log enters the log called name in dir with its archives, oldest line first:
// name.9.gz, ..., name.0.gz (or not yet compressed, name.0), name. That none
// of them exists is no error: then everything is lost.
func (a *Account) Log(dir, name string) error {
	parts, err := parts(dir, name)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := a.part(filepath.Join(dir, p)); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}

func (a *Account) part(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if !strings.HasSuffix(path, ".gz") {
		return a.Lines(f)
	}
	z, err := gzip.NewReader(bufio.NewReaderSize(f, 256<<10))
	if err != nil {
		return err
	}
	return errors.Join(a.Lines(z), z.Close())
}

// parts lists the files of a log, oldest first.
func parts(dir, name string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	type part struct {
		name string
		age  int // 0 for the live file, 1 for archive 0
	}
	var found []part
	for _, e := range entries {
		if e.Name() == name {
			found = append(found, part{name, 0})
			continue
		}
		rest, ok := strings.CutPrefix(e.Name(), name+".")
		n, err := strconv.Atoi(strings.TrimSuffix(rest, ".gz"))
		if ok && err == nil {
			found = append(found, part{e.Name(), n + 1})
		}
	}
	slices.SortFunc(found, func(a, b part) int { return cmp.Compare(b.age, a.age) })
	names := make([]string, len(found))
	for i, p := range found {
		names[i] = p.name
	}
	return names, nil
}

// Frames enters what a relay sent on one connection: octet counted messages
// or lines, told apart message by message. Text that is neither is entered as
// a line.
func (a *Account) Frames(stream []byte) { a.frames(stream, false) }

// CutFrames enters what a relay sent on a connection that the receiver has cut:
// it may end in a part of a message, which has to come again and is not entered.
func (a *Account) CutFrames(stream []byte) { a.frames(stream, true) }

func (a *Account) frames(stream []byte, cut bool) {
	for len(stream) > 0 {
		if start, size, ok := octetCount(stream); ok {
			if cut && start+size > len(stream) {
				return
			}
			end := min(start+size, len(stream))
			a.Line(bytes.TrimSuffix(stream[start:end], []byte{'\n'}))
			stream = stream[end:]
			continue
		}
		line, rest, whole := bytes.Cut(stream, []byte{'\n'})
		if cut && !whole {
			return
		}
		a.Line(line)
		stream = rest
	}
}

// octetCount reads the length before an octet counted message (RFC 6587
// section 3.4.1), which starts with the priority's angle bracket.
func octetCount(b []byte) (start, size int, ok bool) {
	for i := 0; i < min(len(b), 8); i++ {
		switch {
		case b[i] >= '0' && b[i] <= '9':
			size = size*10 + int(b[i]-'0')
		case b[i] == ' ' && i > 0 && i+1 < len(b) && b[i+1] == '<':
			return i + 1, size, true
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}
