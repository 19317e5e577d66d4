// Package daemon composes the program: it opens the state directory, wires the
// audit trail, the configuration store, the syslog engine and the sessions
// together, and takes them apart again in order. It is the only package that
// knows them all.
//
// What the configuration says is decoded here, one file a subsystem, into the
// typed configuration that the subsystem obeys (decode_syslog.go …).
//
// # Where a record can wait outside the engine
//
// The engine's own places are in the comment of package syslogd. A record of what
// loggia itself did can also wait
//
//	place                    bound                       full                               fate
//	recorder: early          1,000 events, until the     in the trail alone                 logged when the engine runs;
//	                         engine runs                                                    kill -9: in the trail alone
//	notes                    16,384 alarms               dropped, and their number          recorded before the trail closes;
//	                                                     recorded                           kill -9: lost
//	audit trail: pending     8 MiB, and as much being    who records waits; on a full disk, written and synced by Close;
//	                         written                     with its reserve of 1 MiB used up, kill -9: lost, unless it was durable
//	                                                     an error and an alarm
//	session: lines to show   see package cli             a note says how many are missing   gone with the session
//
// A commit waits for its records to be durable, so it fails where they cannot be.
// Everything else goes on without a trail that can be written: it is logged, the
// alarm `audit trail` stands, and the trail says later what it lacks.
package daemon
