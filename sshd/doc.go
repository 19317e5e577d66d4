// Package sshd is the door: it accepts SSH connections and hands each channel
// to a handler, as a terminal, a command or a stream of commands. Who may come
// in, and what happens then, is injected.
//
// Local is the listener on the unix socket in the state directory. There the
// kernel says who is calling (SO_PEERCRED), so the SSH authentication is
// `none`; that method exists on this listener alone.
package sshd
