// Package logfile reads a log together with its archives: forwards, the last
// lines, from a position, and following what is being written.
//
//	log, err := logfile.Open("STATE/log", "STATE/index", "messages")
//	for line, err := range log.All(ctx) { … }
//
// A log is a series of files, numbered by their generation, a number that only
// grows. In the log directory stand
//
//	messages                the live file
//	messages.0000000017     generation 17, turned over, waiting to be compressed
//	messages.0000000017.gz  the same while it is being compressed; not yet part of the log
//	messages.0.gz           the newest archive
//	messages.1.gz           the one before
//
// and in the index directory the index of each generation: `messages` for the
// live file, `messages.0000000017` for generation 17, as long as its archive
// exists. An archive that somebody unpacked by hand (`messages.3`) is read in
// the place of `messages.3.gz`.
//
// # Positions
//
// The one writer of a log numbers its lines from 1 in an epoch. An epoch is the
// time in seconds at which the file was created or cleared, raised where needed
// so that it always grows. A line's position `node.epoch.seq` is never used
// twice.
//
// # Index
//
// An index is a cache: it adds to each line what the text does not say
// (priority, receive time, flags) and makes seeking cheap. What is missing or
// damaged is made again by counting lines (Recover), with the priority unknown;
// no text is ever lost by it. It is a series of frames, one for each batch
// written, all numbers little endian:
//
//	offset  size  field
//	0       4     "LGX1"
//	4       4     number of lines n, 1 to 8192
//	8       4     CRC-32C of the bytes from 12 to the end of the frame
//	12      4     0
//	16      8     sequence number of the first line
//	24      8     epoch
//	32      8     generation of the file
//	40      8     offset of the first line in the file (unpacked)
//	48      8     receive time, nanoseconds since 1970 UTC; 0 unknown
//	56      8n    one entry for each line
//
// An entry:
//
//	0       4     length of the line, newline included
//	4       1     facility × 8 + severity, facilities of our own included (event.Facility)
//	5       1     flags of the message (wire.Flags)
//	6       1     kind: 1 a record of this program, 2 a line made by the file
//	              itself, 4 counted afterwards, so that priority and flags are unknown
//	7       1     0
//
// # Archives
//
// The gzip header of an archive carries the subfield "LG" (RFC 1952, 2.3.1.1)
// with five numbers of 8 bytes, little endian: generation, epoch, sequence
// number of the first line, number of lines, unpacked size. So an archive is
// joined to the others by sequence, never by its name or by the stamps in it,
// and a crash between two renames is seen and mended.
package logfile
