// Package audit keeps the trail: an append-only log of canonical records of
// everything that loggia's administrators, and loggia itself, did. It stands
// beside the syslog files because those are rotated, filtered and configured
// away; the trail is not.
//
// A trail is a directory of segments. Each segment is named after the number of
// its first record, in 20 decimal digits, and ends in .trail:
//
//	00000000000000000001.trail
//	00000000000000081920.trail
//
// A segment is a sequence of frames, and a frame is
//
//	uint32  length n of the record in bytes, big endian, 1 to MaxRecord
//	n bytes the canonical record (see Record.AppendCanonical)
//	uint32  CRC-32C (Castagnoli) of those n bytes, big endian
//
// Records wait in memory for the disk, 8 MiB of them and as many being written;
// beyond that Append waits. 1 MiB of the disk is set aside behind the end of the
// last segment (fallocate, where the file system knows it), so that what is said of a
// full disk, and of who filled it, finds its place: Log.Reserve tells when half of
// that is used and no more can be had. Once it is used up Append and Durable return
// the disk's error and nothing is dropped: the frames that were refused are tried
// again every second, behind the last whole one.
//
// Numbers start at 1 and have no gaps. A crash can leave one incomplete frame
// at the end of the last segment; Open cuts it off and says so. Anything else
// that does not read back is damage: Open refuses to append behind it in the
// same segment, starts a new one and says so, and the damaged bytes stay for an
// examiner. Numbers that are known to have been given out go on, so that whole records
// which are gone leave a gap (Log.Continue). The canonical bytes are what later proofs (hash tree, signed
// checkpoints) are computed over, so a version byte leads them and a published
// version never changes.
package audit
