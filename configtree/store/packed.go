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

// pack packs the edits of an entry that has many, and returns them as candidate.log has
// them, nil for one that has few.
func (e *entry) pack() ([]byte, error) {
	if len(e.edits) < packFrom {
		return nil, nil
	}
	plain := make([]byte, 0, len(e.edits)*bytesPerStatement*2)
	for i := range e.edits {
		plain = appendEdit(append(plain, '\n'), &e.edits[i])
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(plain); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	e.packed, e.edits = bytes.Clone(packed.Bytes()), nil
	return plain, nil
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

// unpacked returns packed edits as candidate.log has them.
func unpacked(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
