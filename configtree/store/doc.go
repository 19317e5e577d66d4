// Package store keeps the configuration: the running revision, those before
// it, and the candidate that sessions edit. It changes over from one revision
// to the next in such a way that at every moment, power cuts included, exactly
// one whole configuration is in force and the audit trail knows which.
//
//	s, err := store.Open(store.Options{Dir: state + "/config", …})
//	s.Start(ctx)                                     // subsystems obey what runs
//	c := s.Shared()
//	_, problems, err := c.Edit(ctx, by, edits)       // recorded when it is made
//	result, err := c.Commit(ctx, by, store.CommitOptions{Command: "commit"})
//
// A commit checks the candidate, lets every subsystem prepare, writes the new
// revision, puts a CommitIntent on record and then renames the link `active`:
// that rename is the commit point. All that can fail happens before it, and
// undoes itself; behind it every plan is applied and the running pointer
// swapped. No record, no change.
//
// # On disk
//
// The directory has mode 0700, every file 0600:
//
//	active            symbolic link to commit/R.conf, the running revision R
//	commit/R.conf     revision R
//	commit/R.abandoned  a commit that ended before its commit point
//	commit/R.damaged    a revision that did not read back
//	candidate.log     the uncommitted edits of the shared candidate
//	*.tmp             being written; removed at the next start
//
// A number R counts from 1 and is never used twice. Nothing is shifted at a
// commit: `rollback N` is the Nth parent of the running revision. What no
// rollback can reach is removed in the background.
//
// A revision is configuration text behind a header of comments, so that the
// file can be loaded as it is. Lines end in LF; a line `##` alone ends the
// header; strings are quoted as in Go; a line with an unknown first word is
// ignored:
//
//	## loggia-revision 42
//	## parent 41
//	## hash sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//	## time 2026-11-22T10:22:33.123456789Z
//	## user "admin"
//	## client "cli"
//	## comment "first"
//	## confirmed 0
//	## version "24.4R1.9"
//	##
//	system {
//
// The first three lines come first and in this order. hash is SHA-256 over the
// whole file in which its own 64 digits are read as zeros, so that it vouches
// for the author as well as for the text. parent 0 is none; confirmed is in
// minutes, 0 when the commit asked for no confirmation.
//
// # candidate.log
//
// A sequence of frames, appended with one write each. What follows the first
// frame that is cut short or whose checksum differs is ignored, and said:
//
//	FRAME   = LENGTH SP CRC LF PAYLOAD LF
//	LENGTH  = bytes of PAYLOAD, decimal
//	CRC     = CRC-32C of PAYLOAD, 8 hexadecimal digits
//	PAYLOAD = "base" SP "1" SP REVISION               first frame; 1 is this format
//	        | "edits" SP SEQ SP USER SP CLIENT *(LF EDIT)
//	        | "tree" SP SEQ SP USER SP CLIENT LF TEXT  the candidate became TEXT
//	        | "commit" SP REVISION SP SEQ
//	EDIT    = OPERATION *(SP NAME [SP KEY]) [SP "=" SP VALUE]
//
// USER, CLIENT, KEY and VALUE are quoted as in Go, NAME is the name of a
// schema node, OPERATION the command (set, delete, …). A "commit" frame is
// synced before the commit point: if `active` leads to its REVISION, the edits
// up to SEQ are part of that and the rest apply on top of it. An edit itself is
// not synced: it survives the end of the program, not a power cut.
package store
