package store

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// packFrom is how many edits make an entry one that is kept packed. As they are,
// with a path each, they take some 300 bytes of memory each, and the log of a
// candidate keeps up to maxCost of them for the case that somebody undoes them; as
// candidate.log has them, compressed, they take a few.
const packFrom = 1000

// whole reports whether the entry gave the candidate as a whole.
func (e *entry) whole() bool { return e.edits == nil && e.packed == nil }

// pack packs the edits of an entry that has many.
func (e *entry) pack() error {
	if len(e.edits) < packFrom {
		return nil
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return err
	}
	var line []byte
	for i := range e.edits {
		line = appendEdit(append(line[:0], '\n'), &e.edits[i])
		if _, err := z.Write(line); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	e.packed, e.edits = bytes.Clone(packed.Bytes()), nil
	return nil
}

// unpack returns the edits of an entry.
func (e *entry) unpack(root *schema.Node) ([]configtree.Edit, error) {
	if e.packed == nil {
		return e.edits, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(e.packed))
	if err != nil {
		return nil, err
	}
	edits := []configtree.Edit{}
	for lines := bufio.NewReader(z); ; {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		last := err != nil
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			edit, err := decodeEdit(line, root)
			if err != nil {
				return nil, err
			}
			edits = append(edits, edit)
		}
		if last {
			return edits, nil
		}
	}
}

// appendPacked appends the edits of a packed entry as candidate.log has them.
func appendPacked(dst, packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text := bytes.NewBuffer(dst)
	_, err = text.ReadFrom(z)
	return text.Bytes(), err
}
