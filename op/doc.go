// Package op holds the operational commands, written once: what they are
// called, what arguments they take, what they answer. The CLI offers them at
// the prompt; NETCONF will offer the same ones as RPCs.
//
//	user@host> show log messages | last 2
//	user@host> file list /var/log
//
// A command gets typed arguments and the Env it may look at, and returns a
// Result, which knows how to write itself as text. Commands that change the
// session itself (configure, set cli, monitor) belong to package cli and share
// only the Grammar.
package op
