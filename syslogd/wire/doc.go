// Package wire reads and writes syslog messages: RFC 3164 in the shapes the
// world really sends, RFC 5424, and the framing of RFC 6587. An input reads a
// buffer of bytes into a Batch, a Framer finds the messages in it (a datagram is
// one), a Parser notes where their fields are, and each destination has the
// records written in its Style:
//
//	<30>Nov 22 12:00:00 r1 sshd[9]: hello
//	<30>1 2026-11-22T12:00:00.123456+01:00 r1 sshd 9 - - hello
//
// Parsing never fails and never allocates: fields are spans of the buffer, and a
// message of no known form is all text. Formatting appends and costs a copy.
//
// # What is written
//
// A standard line, where [ ] marks what may be absent:
//
//	[<PRI>]Mmm dd hh:mm:ss[.mmm][ yyyy] [HOST ][PREFIX: ][process[pid]: ][%FAC-severity[-TAG]: |TAG: ]text
//
// with the day padded by a blank and one blank behind the stamp. TAG is that of
// our own records, and the MSGID of others where it has Junos' form (capitals,
// digits and at least one underscore). Without text, structured data stands in
// its place, but for the marks of those who have sent it on. A structured line:
//
//	<PRI>1 yyyy-mm-ddThh:mm:ss.mmm(Z|±hh:mm) HOST process pid TAG SD[ text]
//
// where `-` is an absent field, and a valid TIMESTAMP of the sender stays as it
// is. Both show the sender's time in the configured zone, or the time of receipt
// where there is none; HOST is the sender's word, else the peer's address, else
// our name.
//
// Control bytes (C0 except TAB, and DEL) are written as `#` and three octal
// digits, so that one record is one line; only octet-counted framing, which can
// carry them, gets them as they came. The text of a message cut to
// max-message-size ends in ` [truncated]`; in a structured line it has the
// element [loggia@32473 truncated="yes"] instead.
//
// # How ambiguity is settled
//
// The first word behind an RFC 3164 stamp is the host if it reads like a host
// name or address and a blank follows, as in rsyslog; messages of the unix socket
// have none but a name of this machine, ours or the kernel's. The next word is the process if `:`, `[pid]:` or `[pid]` with a
// blank ends it. Anything else is text: header fields are recognised, never
// guessed, and the text is never changed.
//
// A stamp without a year takes the year that puts it nearest to receipt, and no
// more than 31 days behind it; a stamp without a zone is in the configured zone,
// and where a clock put back makes it ambiguous, the instant nearest to receipt.
package wire
