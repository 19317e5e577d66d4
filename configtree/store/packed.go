package store

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"iter"
	"slices"
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
// them, in parts, nil for one that has few.
func (e *entry) pack() ([][]byte, error) {
	if len(e.edits) < packFrom {
		return nil, nil
	}
	var b bundle
	for edits := range slices.Chunk(e.edits, advancePart) {
		b.add(edits)
	}
	packed, err := b.packed()
	if err != nil {
		return nil, err
	}
	e.packed, e.edits = packed, nil
	return b.parts, nil
}

// pack packs the entry that has all edits, if they are many, and returns them as candidate.log
// has them.
func (d *draft) pack(e *entry) ([][]byte, error) {
	if d.bundle == nil {
		return e.pack()
	}
	packed, err := d.bundle.packed()
	e.packed, e.edits = packed, nil
	parts := d.bundle.parts
	d.bundle.parts = nil // they are not kept while the records are made
	return parts, err
}

// bundle gathers many edits as candidate.log has them: without a pointer, in a quarter of
// the memory.
type bundle struct {
	parts [][]byte // lines, each with a line end in front of it
	next  []byte   // room for a part

	to  bytes.Buffer // what z has packed
	z   *gzip.Writer // nil before the first part
	err error        // why nothing more is packed
}

// add puts edits behind those that are there.
func (b *bundle) add(edits []configtree.Edit) {
	b.next = b.next[:0]
	for i := range edits {
		b.next = appendEdit(append(b.next, '\n'), &edits[i])
	}
	b.parts = append(b.parts, bytes.Clone(b.next))
	if b.z == nil {
		b.z, b.err = gzip.NewWriterLevel(&b.to, gzip.BestSpeed)
	}
	if b.err == nil {
		_, b.err = b.z.Write(b.next)
	}
}

// packed returns all edits packed. None come after that.
func (b *bundle) packed() ([]byte, error) {
	if b.err == nil && b.z != nil {
		b.err = b.z.Close()
	}
	return bytes.Clone(b.to.Bytes()), b.err
}

// edits yields the edits, or why one does not read.
func (b *bundle) edits(root *schema.Node) iter.Seq2[configtree.Edit, error] {
	return func(yield func(configtree.Edit, error) bool) {
		for _, part := range b.parts {
			for line := range strings.SplitSeq(string(part[1:]), "\n") {
				if !yield(decodeEdit(line, root)) {
					return
				}
			}
		}
	}
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
