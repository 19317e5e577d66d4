// Package receive is the remote log server's half of get-syslog-events: it asks
// a device for its events, writes what comes, and goes on where it stopped after
// whatever cut it off.
//
//	c := receive.Collector{Dial: dial, Stream: "messages", Output: file}
//	err := c.Run(ctx)
//
// Every event comes with its position in the device's log. The output keeps the
// position together with what it has written, so that neither a kill -9 of this
// program nor of the device, nor a network that is cut, loses an event or makes
// one twice. What the device itself no longer had when it was asked is a gap,
// which is counted and written down.
//
// # File
//
// A File is one log file, turned over at a size, and beside it a ledger:
//
//	messages            the newest lines
//	messages.0          the ones before, up to messages.9
//	messages.new        a file that is about to become messages; seldom seen
//	messages.position   the ledger
//
// The ledger holds two records of 512 bytes, which are written in turn, each with
// one write; the one with the higher number whose checksum is right counts:
//
//	loggia-position 1 NUMBER INODE SIZE POSITION CRC LF, filled up with blanks
//
// NUMBER counts the records, INODE and SIZE are of the file when the line with
// POSITION had been written, CRC is CRC-32C of what stands before it, in eight
// hexadecimal digits. Lines are written before the ledger is. So what a file has
// beyond SIZE came after POSITION and will come again: it is cut off when the file
// is opened. Both are synced every second, so that a power cut may only repeat
// what a kill never does; a file with another inode is somebody else's, and is
// added to as it is.
package receive
