// Package spool is a queue on disk: what is to be sent to another machine and
// has not been acknowledged yet.
//
//	s, found, err := spool.Open(spool.Options{Dir: "var/spool/logs.example.net", Size: 1 << 30})
//	a := s.Append()                      // one batch
//	a.Put([]byte("<13>1 …"), spool.Meta{})
//	a.Done(received)                     // one write(2); survives kill -9 from here on
//	r := s.Reader()
//	for r.Next(&record) { … }            // from memory while the reader keeps pace
//	s.Settle(sent, spool.Delivered)      // the cursor moves on, segments are removed
//
// One goroutine reads and settles, any number append. Records come out in the
// order they went in, each with the sequence number that it got, which is never
// given to another record.
//
// # What is promised
//
// A record is on its way to the disk (write(2) has returned) when Done returns:
// kill -9 loses nothing. While the reader keeps pace that is all; when records
// wait longer than SyncEvery the files are synced, so that a power cut costs no
// more than the last two intervals. What is settled is noted in the cursor in
// the same manner. After a crash a record may be read again that had been
// settled, never one skipped.
//
// When the disk takes nothing, records stay in memory up to Options.Memory and
// are written as soon as it does. What finds no room is refused or takes the
// place of the oldest, as Options.Overflow says, and is counted.
//
// When somebody removes the directory while it is in use, that is noticed with the
// next record, or within SyncEvery: it is made again, what is in memory is written
// again, what was in the files alone counts as damaged, and Options.Removed is told.
//
// # Files
//
// A spool is a directory. Numbers are little-endian.
//
//	NNNNNNNNNNNNNNNNNNNN.seg  a segment: 16 bytes `loggia-spool  1\n`, then records, oldest
//	                          first; N is the sequence number of the first
//	cursor                    what is settled, 64 bytes
//	damaged/SEQ-OFFSET        bytes of a segment that hold no record, kept for a human
//
// A record is a header of 32 bytes and the text:
//
//	 0  3  magic 4c 67 1e
//	 3  1  flags: 1 own, 2 not counted, 4 raw, 8 structured; 0x80: end of a segment
//	 4  4  length of the text
//	 8  8  sequence number
//	16  8  received, nanoseconds since 1970 UTC
//	24  4  the caller's number
//	28  4  CRC32C of the 28 bytes before and the text
//
// No index is needed to read a segment: a reader that meets a record which does
// not check looks for the next that does. A segment that is complete ends in a
// record of flag 0x80 whose text is the number of its records (8 bytes) and 1 in
// a byte when numbers are missing because room was made; its sequence number is
// that of the last.
//
// The cursor is 8 bytes `lgcursor`, the last settled number, a number from which
// on none was given (8 bytes each), the boot id (16 bytes), 1 when the spool was
// closed in order (8 bytes), the number up to which those that no segment has were
// overwritten or left out (8 bytes), 1 where that is kept (4 bytes), and the CRC32C of
// all that. So what somebody has removed is told from what has made room, and counted.
package spool
