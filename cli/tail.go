package cli

import (
	"bytes"
	"fmt"
	"slices"
)

// tail keeps the last n lines of what it gets, a block and maxLast bytes more at
// most.
type tail struct {
	n     int
	kept  [][]byte // blocks, the first of which may hold lines too many
	count []int    // of the lines in each
	lines int      // in all
	size  int      // bytes in all

	others int // bytes of other tails that share the bound
}

// maxLast bounds what `| last` holds, in bytes.
const maxLast = 256 << 20

// add copies what may be needed of a block.
func (t *tail) add(block []byte) error {
	lines := bytes.Count(block, []byte{'\n'})
	if lines > t.n {
		block, lines = lastOf(block, t.n), t.n
	}
	if t.lines += lines; len(block) > 0 {
		t.kept, t.count, t.size = append(t.kept, bytes.Clone(block)), append(t.count, lines), t.size+len(block)
	}
	drop := 0
	for len(t.kept)-drop > 1 && t.lines-t.count[drop] >= t.n {
		t.lines -= t.count[drop]
		t.size -= len(t.kept[drop])
		drop++
	}
	t.kept, t.count = slices.Delete(t.kept, 0, drop), slices.Delete(t.count, 0, drop)
	if t.size+t.others > maxLast {
		return fmt.Errorf("last %d: more than %d bytes", t.n, maxLast)
	}
	return nil
}

// trim drops the lines too many of the first block.
func (t *tail) trim() {
	if len(t.kept) > 0 && t.lines > t.n {
		t.kept[0] = lastOf(t.kept[0], t.count[0]-(t.lines-t.n))
		t.lines = t.n
	}
}

// pour hands the lines on.
func (t *tail) pour(next stage) error {
	t.trim()
	for _, block := range t.kept {
		if err := next.lines(block); err != nil {
			return err
		}
	}
	return nil
}

// lastOf returns the last n lines of a block, which has more.
func lastOf(block []byte, n int) []byte {
	at := len(block)
	for ; n >= 0; n-- {
		at = bytes.LastIndexByte(block[:at], '\n')
	}
	return block[at+1:]
}
