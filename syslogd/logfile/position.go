package logfile

import (
	"errors"
	"strconv"
	"strings"
)

// Position names one line of one log for ever. The zero value stands before the
// oldest line.
type Position struct {
	Node  string // STATE/node-id
	Epoch uint64 // when the numbering began, seconds since 1970
	Seq   uint64 // from 1; 0 is unknown
}

// String returns node.epoch.seq.
func (p Position) String() string {
	return p.Node + "." + strconv.FormatUint(p.Epoch, 10) + "." + strconv.FormatUint(p.Seq, 10)
}

// ErrPosition is a text that is no position.
var ErrPosition = errors.New("position is not of the form node.epoch.seq")

// ParsePosition reads what String wrote. The node may contain dots.
func ParsePosition(s string) (Position, error) {
	rest, seq, ok := cutLast(s)
	node, epoch, ok2 := cutLast(rest)
	if !ok || !ok2 || node == "" {
		return Position{}, ErrPosition
	}
	e, err := strconv.ParseUint(epoch, 10, 64)
	if err != nil {
		return Position{}, ErrPosition
	}
	n, err := strconv.ParseUint(seq, 10, 64)
	if err != nil {
		return Position{}, ErrPosition
	}
	return Position{node, e, n}, nil
}

func cutLast(s string) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// Point is how far a log has been written: everything up to Offset of the live
// file is whole lines and stays as it is.
type Point struct {
	Generation uint64 // of the live file
	Epoch      uint64
	First      uint64 // sequence number of the first line of this generation
	Seq        uint64 // sequence number of the last line written; First-1 if there is none
	Offset     uint64 // size of the live file
}

// GapError tells a follower that the lines after From and up to To are gone:
// they were overwritten or cleared before it read them. To.Seq 0 means that
// their number is unknown. Reading goes on behind the gap.
type GapError struct{ From, To Position }

// Error names the lines.
func (e *GapError) Error() string {
	if e.From.Epoch == e.To.Epoch && e.To.Seq > e.From.Seq {
		return strconv.FormatUint(e.To.Seq-e.From.Seq, 10) + " lines after " + e.From.String() + " are no longer there"
	}
	return "lines after " + e.From.String() + " are no longer there"
}
