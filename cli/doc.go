// Package cli is one session at the shell, typed by a person, read from a
// file, or sent by a program: modes, grammar, completion, ?, pipes and the
// commands of configuration mode. It looks and answers like Junos:
//
//	user@host> configure
//	Entering configuration mode
//
//	[edit]
//	user@host# set system syslog file messages any notise
//	                                               ^
//	syntax error.
//
// A line is cut into words, the words are walked through the grammar (walk.go)
// — the command tree for commands, the schema for configuration paths — and the
// same walk answers Enter, Space, Tab and ?. What a command prints goes through
// its pipes (pipe.go) to the terminal's pager or, in a batch, to standard
// output. The session changes nothing but through the store and the commands of
// package op.
package cli
