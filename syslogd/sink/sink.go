// Package sink holds the destinations of the syslog engine: files that rotate
// and compress themselves, remote hosts over UDP and TCP, the terminals of
// logged-in users, and the console.
//
// The engine formats each message for each destination that wants it, and
// hands over whole batches:
//
//	lines := sink.Lines{Buf: buf, Lines: ends, Received: now}
//	messages.Write(&lines)
//
// Write never fails. A destination that cannot take a line counts it under a
// Reason, so that at any moment, for each destination,
//
//	accepted = delivered + repeated + dropped(reason) + waiting
//
// Lines that a destination writes by itself (`logfile turned over …`, `last
// message repeated N times`) are counted as Made and appear nowhere else, so
// that the lines in a file are delivered + made.
//
// A File writes before Write returns, a Remote into its spool; all others queue
// and never wait.
//
// # Waiting places
//
// Every place in this package where a record can wait, its bound in bytes, what
// happens when it is full, what counts it, and its fate:
//
//	place                 bound                     full                counter               commit                shutdown                 kill -9
//	File: batch           the engine's batch        -                   delivered, dropped    written before Write  written before Write     lost with the input's batch
//	                                                                                          returns               returns
//	File: repeat count    one number, 600 s         -                   repeated              kept, or written by   written by Close         the count is lost,
//	                                                                                          Close                                          not the first line
//	File: waiting archive (files) × size on disk    oldest removed      (retention)           kept                  compressed until the     kept; compressed at
//	                                                                                                                deadline, else kept      the next start
//	Remote: spool         spool size on disk,       oldest overwritten  overwritten, or       handed to the new     sent until the        kept; sent at
//	                      QueueBytes while that     or newest dropped   queue-full            port, address, style  deadline, rest kept   the next start
//	                      takes nothing
//	Remote: sent, not     the kernel's send buffer, nothing more sent   waiting               sent to the new       as the spool          as the spool
//	acknowledged (tcp)    part of the spool                                                   target after 1 s
//	Remote: being written one write of 64 KiB       nothing more sent   waiting               as the spool          as the spool          as the spool
//	Terminals: queue      64 KiB, 1/4 for own       newest dropped      queue-full            kept, or as shutdown  shown until the deadline lost
//	Console: queue        64 KiB, 1/4 for own       newest dropped      queue-full            kept, or as shutdown  shown until the deadline lost
package sink

import (
	"context"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/wire"
)

// Line is one formatted line inside Lines.Buf: it begins where the line before
// it ends.
type Line struct {
	End      uint32         // offset in Buf just behind the line's newline
	Hash     uint64         // wire.Identity: equal for messages that repeat each other
	Facility event.Facility // for the index; own facilities stay themselves
	Severity event.Severity
	Flags    wire.Flags
	Self     bool // a record of this program: never folded, and with reserved room in queues

	made bool // by the destination itself
}

// Lines is a batch of formatted lines for one destination. It belongs to the
// caller and is valid until Write returns.
type Lines struct {
	Buf      []byte    // every line ends in a newline
	Lines    []Line    // in the order of receipt
	Received time.Time // when the batch was received, read once
}

// Reset empties l and keeps its memory.
func (l *Lines) Reset() { l.Buf, l.Lines = l.Buf[:0], l.Lines[:0] }

// start returns the offset of the first byte of line i.
func (l *Lines) start(i int) uint32 {
	if i == 0 {
		return 0
	}
	return l.Lines[i-1].End
}

// Destination is somewhere that lines go. All methods may be called from many
// goroutines at once.
type Destination interface {
	// Style returns how lines for this destination are to be formatted. It may
	// change at a commit; the value pointed to never does.
	Style() *wire.Style

	// Write takes the lines of one batch. It never fails: what cannot be taken
	// is counted. A File has written them when it returns, every other
	// destination has queued them and never waits.
	Write(l *Lines)

	// Counters returns the counts so far.
	Counters() Counters

	// Close delivers what waits, until ctx ends, counts the rest as dropped,
	// and gives everything back. Lines written later are dropped.
	Close(ctx context.Context) error
}

// Reason says why a line was not delivered.
type Reason uint8

// The reasons.
const (
	QueueFull   Reason = iota // the destination's queue had no room
	NoSpace                   // the disk, the quota or the file size limit is exhausted
	Unwritable                // the file cannot be opened or written for another reason
	TooLarge                  // a datagram that the network refuses whole (EMSGSIZE)
	Refused                   // a datagram that the network refused for another reason
	Closed                    // still waiting when the destination was closed
	Interrupted               // waiting when the program was killed, and not kept on disk
	Overwritten               // the oldest in the spool, which made room for newer ones
	Damaged                   // did not read back from the spool
	Cleared                   // by `clear system syslog spool`
	NumReasons  = iota
)

// reasonNames are the words of statistics and of the metrics' reason label.
var reasonNames = [NumReasons]string{"queue-full", "no-space", "unwritable", "too-large", "refused", "closed", "interrupted", "overwritten", "damaged", "cleared"}

// String returns the word for r that statistics show, such as queue-full.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// Counters are a destination's numbers of lines. Those of a File survive a
// restart.
type Counters struct {
	Accepted  uint64             // handed to Write
	Delivered uint64             // written to the file, the socket, a terminal
	Repeated  uint64             // folded into `last message repeated N times`
	Dropped   [NumReasons]uint64 // lost, by Reason
	Waiting   uint64             // in the queue
	Made      uint64             // written by the destination itself; not in Accepted
}

// Lost returns the sum of Dropped.
func (c Counters) Lost() uint64 {
	var n uint64
	for _, d := range c.Dropped {
		n += d
	}
	return n
}
