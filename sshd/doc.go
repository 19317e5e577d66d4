// Package sshd is the door: it accepts SSH connections and hands each channel
// to a handler, as a terminal, a command or a stream of commands. What happens
// then is injected; so are the subsystems, such as netconf.
//
// Local is the listener on the unix socket in the state directory. There the
// kernel says who is calling (SO_PEERCRED), so the SSH authentication is
// `none`; that method exists on this listener alone.
//
// Server is the listener on the network. Its Config is what [edit system
// services ssh] and [edit system login] say: who may log in, how, when, from
// where, and how often somebody may be wrong. It obeys the two steps of a commit:
// Prepare makes the host keys that are missing and binds what is new, Apply
// changes over. A connection keeps the settings that it began with, except that
// it ends when its user may not log in any more.
//
//	Failed password for op from 192.0.2.7 port 40000 ssh2
//	Accepted publickey for op from 192.0.2.7 port 40002 ssh2: ED25519 SHA256:…
//	Starting session: shell on ssh0 for op from 192.0.2.7 port 40002 id 0
//	Close session: user op from 192.0.2.7 port 40002 id 0: exit status 0
//
// What somebody who is not logged in can make happen is bounded: connections that
// wait for a login, in all and of one source; their time; attempts on one
// connection; passwords checked at once and what each may cost; names that are
// counted; and records, of which there are a few and then a count a minute. A
// name that is no user is treated, and takes as long, as one that is.
//
// # Files
//
// In its directory, STATE/ssh, each host key is a file of its own, host_TYPE, mode
// 0600 in the format of OpenSSH; a key that is replaced is overwritten. lockout is
// a JSON object: by user the number of wrong passwords in a row and, while the user
// is locked out, since when and until when.
package sshd
