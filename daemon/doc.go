// Package daemon composes the program: it opens the state directory, wires the
// audit trail, the configuration store, the syslog engine and the sessions
// together, and takes them apart again in order. It is the only package that
// knows them all.
//
// What the configuration says is decoded here, one file a subsystem, into the
// typed configuration that the subsystem obeys (decode_syslog.go …).
package daemon
