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
// The commands of configuration mode are in configuration.go, modes.go, load.go,
// pattern.go and commit.go; what shows configuration is in show.go and
// display.go, and what explains in explain.go.
//
// A line is cut into words (line.go), the words are walked through the grammar
// (walk.go) — the command tree for commands, the schema for configuration paths
// (statement.go) — and the same walk answers Enter, Space, Tab and ?
// (assist.go, complete.go). What a class may not use is no part of its grammar
// (permission.go). What a command answers goes through its pipes (pipe.go,
// filter.go) to the terminal's pager or, in a batch, to standard output. The
// session changes nothing but through the store and the commands of package op.
//
// Every screen that a person can be shown has its place in testdata/*.screens,
// which read as a manual and are played by the tests.
package cli
