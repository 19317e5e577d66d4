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
// A commit may wait for a confirmation, or for its time; either survives the end
// of the program. One session can lock the candidate, or have a private one, that
// is merged into what is in force when it commits.
//
// # On disk
//
// The directory has mode 0700, every file 0600:
//
//	active            symbolic link to commit/R.conf, the running revision R
//	commit/R.conf     revision R
//	commit/R.conf.gz  revision R, compressed: all but the four newest
//	commit/R.abandoned  a commit that ended before its commit point
//	commit/R.damaged    a revision that did not read back
//	candidate.log     the uncommitted edits of the shared candidate
//	pending           what is going to happen by itself; none is nothing
//	scheduled.conf    the configuration that `commit at` put off
//	rescue.conf       the rescue configuration
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
// minutes, 0 when the commit asked for no confirmation. scheduled.conf and
// rescue.conf have the same form; their revision is the one that was in force.
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
//	        | "edits" SP SEQ SP USER SP CLIENT [SP TIME] *(LF EDIT)
//	        | "tree" SP SEQ SP USER SP CLIENT [SP TIME] LF TEXT  the candidate became TEXT
//	        | "commit" SP REVISION SP SEQ
//	        | "done" SP REVISION
//	EDIT    = OPERATION *(SP NAME [SP KEY]) [SP "=" SP VALUE]
//
// USER, CLIENT, KEY and VALUE are quoted as in Go, NAME is the name of a
// schema node, OPERATION the command (set, delete, …), TIME seconds since 1970. A "commit" frame is
// synced before the commit point: if `active` leads to its REVISION or to one
// made from it, the edits up to SEQ are part of that and the rest apply on top of
// it. "done" follows when that commit has ended. An edit itself is
// not synced: it survives the end of the program, not a power cut. Private edits,
// and those made under the lock, are not in it: they end with their session.
//
// # pending
//
// One or two frames as in candidate.log. PAYLOAD is a first line "confirmed" or
// "at" and lines of a name and a value, in any order; unknown names are ignored:
//
//	confirmed                            at
//	minutes 10                           comment "night"
//	revision 42                          hash 9f86d0…
//	target 41                            seq 17
//	boot 86400000000000                  reboot false
//	due 2026-11-22T10:32:33Z             due 2026-11-23T03:00:00Z
//	boot-id "0c6f…"                      boot-id "0c6f…"
//	asked 2026-11-22T10:22:33Z           asked 2026-11-22T10:22:33Z
//	user "ann"                           user "ann"
//	client "cli"                         client "cli"
//	command "commit confirmed 10"        command "commit at 03:00"
//	persist "token"
//	bound false
//
// A confirmation is written before the commit point of its revision. Of two the
// one counts whose revision is in force, and one whose revision is not counts for
// nothing: a commit that confirms does so by its commit point. target comes back
// when the time is over, which is boot nanoseconds after the start of the machine
// that has the name boot-id; in another start due decides, and no more than
// minutes are left. What ran out while nothing ran is rolled back by Open.
//
// A commit that waits has its configuration in scheduled.conf, known by its hash;
// the edits up to seq are part of it. No other commit is made while it waits. It
// is made when due, or for reboot when the machine has another boot-id; late if
// nothing ran, and once: when it is refused it is over.
package store
