package op

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"strings"
)

// fileText is the contents of a file, opened and read when it is written out. Those
// of a compressed file are shown unpacked, as `show log` does with an archive.
type fileText struct {
	env  *Env
	name string
}

// WriteText implements Result.
func (t fileText) WriteText(w io.Writer) error {
	f, err := t.env.Files.Open(t.name)
	if err != nil {
		return err
	}
	text, err := unpacked(t.name, f)
	if err == nil {
		_, err = io.Copy(w, text)
	}
	return errors.Join(err, f.Close())
}

// unpacked returns what is in a file: whether it is compressed is told by its name
// and how it begins.
func unpacked(name string, f io.Reader) (io.Reader, error) {
	if !strings.HasSuffix(name, ".gz") {
		return f, nil
	}
	r := bufio.NewReader(f)
	if magic, err := r.Peek(2); err != nil || string(magic) != "\x1f\x8b" { // RFC 1952, 2.3.1
		return r, nil // whatever it is, or whatever is wrong with it, reading it will tell
	}
	return gzip.NewReader(r)
}

// Element implements Result.
func (t fileText) Element() Element { return content(t) }
