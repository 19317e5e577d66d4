package configtree

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Hash identifies the contents of a node: name, key or value, marks, comment
// and everything below, in order. It is the first half of a SHA-256, so that
// equal hashes mean equal contents even to somebody who looks for a collision,
// and it is the same in every process.
type Hash [16]byte

// String returns the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// sealer gives every node of a new tree its hash. Nodes that have one are
// shared with older trees and are not entered.
type sealer struct{ buf []byte }

func (s *sealer) node(n *node) {
	if n.hash != (Hash{}) {
		return
	}
	n.has = n.traits()
	for _, sl := range n.slots {
		if sl.many != nil {
			s.chunk(sl.many.display())
			n.has |= sl.many.display().has
		} else {
			s.node(sl.one)
			n.has |= sl.one.has
		}
	}
	s.buf = append(s.buf[:0], 'n', flag(n.inactive)|flag(n.protected)<<1)
	s.string(n.schema.Name)
	s.string(n.meaning())
	s.string(n.comment)
	for _, sl := range n.slots {
		h := sl.hash()
		s.buf = append(s.buf, h[:]...)
	}
	n.hash = s.sum()
}

func (s *sealer) chunk(c *chunk) {
	if c == nil || c.hash != (Hash{}) {
		return
	}
	c.count = len(c.items)
	c.has = 0
	for _, k := range c.kids {
		if s.chunk(k); k != nil {
			c.count += k.count
			c.has |= k.has
		}
	}
	for _, n := range c.items {
		s.node(n)
		c.has |= n.has
	}
	s.buf = append(s.buf[:0], 'c', c.level)
	for i := range len(c.items) + 1 {
		var below Hash
		if k := c.kid(i); k != nil {
			below = k.hash
		}
		s.buf = append(s.buf, below[:]...)
		if i < len(c.items) {
			s.buf = append(s.buf, c.items[i].hash[:]...)
		}
	}
	c.hash = s.sum()
}

// hash returns the hash of a sealed slot.
func (sl *slot) hash() Hash {
	switch {
	case sl == nil:
		return Hash{}
	case sl.many != nil:
		return sl.many.display().hash
	}
	return sl.one.hash
}

func (s *sealer) string(v string) {
	s.buf = binary.AppendUvarint(s.buf, uint64(len(v)))
	s.buf = append(s.buf, v...)
}

func (s *sealer) sum() Hash {
	sum := sha256.Sum256(s.buf)
	return Hash(sum[:16])
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
