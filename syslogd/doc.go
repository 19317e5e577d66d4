// Package syslogd is the engine: it listens, parses, routes, and hands lines to
// destinations. It is given a typed Config and never learns where that came
// from.
//
//	e := syslogd.New(syslogd.Options{LogDir: "var/log", IndexDir: "var/index"})
//	e.Start(config)               // what works, works; the rest raises alarms and is retried
//	plan, err := e.Prepare(next)  // everything that can fail, and all that stands in the way
//	plan.Apply()                  // one pointer is swapped
//	e.LogBoth(by, completed)      // the last record that the old routes see
//	e.Close(ctx)                  // what was read is delivered
//
// # A message
//
// A batch is the unit. An input reads one (recvmmsg for datagrams, up to 256
// KiB of a stream), takes the clock once, parses in place and calls Submit. One
// atomic load gives the routing table, indexed by facility and severity; each
// record is formatted at once, once for each distinct style, into one buffer
// for each destination; each destination touched then gets one Write. A message
// never outlives the Submit that brought it, nothing is allocated for it, and no
// lock is taken for it.
//
// Remote hosts put what they are given into a spool on disk (package spool),
// terminals and the console into a queue, so that no input waits for them. A
// local file writes through: a stream that must wait for it stops reading, and
// TCP tells the sender. A datagram socket is read by a
// goroutine of its own into a bounded queue, because the kernel tells nobody: a
// local sender is kept waiting for 100 ms, a UDP sender never, then the message
// is dropped and counted. Under load UDP is left alone for up to 5 ms between
// receives, and what a unix socket brings gathers for 1 ms before it is routed, so
// that a batch is worth a wake-up; a stream that brings little at a time, and
// often, gathers for up to 20 ms.
//
// What comes from outside can never carry a facility of our own, and nobody but
// root speaks for the kernel on the local socket.
//
// # A change
//
// Prepare opens files, binds sockets and compiles expressions. Sockets are
// identified by (network, address, port), destinations by kind and name. What
// is equal stays open, untouched; what can be changed in place is (a file's
// archives, all of a host); the rest is opened beside the old. A socket that
// overlaps one of ours is bound with SO_REUSEPORT, which is switched on for that
// moment alone, so that another process that holds the port is still noticed.
// It is read from the moment it is bound, under the routes in force.
//
// Apply swaps the table. Then, in the background: an old socket is turned away
// from the traffic (a UDP socket by connecting it to itself, a listener by a
// filter for new connection requests, which senders repeat), read empty, and
// closed; connections live on while a listener covers their address. The old
// table counts who uses it; when LogBoth has brought it the last record of the
// change and nobody uses it any more, the destinations that only it knew are
// closed, which drains them. Abort does the same with what Prepare has opened.
//
// # Where a message can wait
//
// These are all the places (WaitingPlaces returns them, with their counters):
//
//	kernel: udp receive buffer
//		bound     16 MiB, or net.core.rmem_max
//		full      the kernel drops the newest
//		counter   KernelDrops
//		commit    read empty before the socket is closed
//		shutdown  read empty
//		kill -9   lost
//	kernel: unix receive queue
//		bound     net.unix.max_dgram_qlen messages
//		full      the sender waits
//		counter   Accepted
//		commit    read empty before the socket is closed
//		shutdown  read empty
//		kill -9   lost
//	kernel: tcp receive buffer
//		bound     net.ipv4.tcp_rmem
//		full      the sender waits
//		counter   Connections
//		commit    connections live on; one whose listener is gone is read empty
//		shutdown  read empty
//		kill -9   lost, unless the sender repeats it
//	kernel: tcp accept queue
//		bound     net.core.somaxconn connections
//		full      the sender asks again
//		counter   Connected
//		commit    accepted before the listener is closed
//		shutdown  accepted
//		kill -9   reset
//	datagram input: receive slots
//		bound     64 messages, 512 KiB
//		full      nothing is received meanwhile
//		counter   Refused queue-full
//		commit    routed
//		shutdown  routed
//		kill -9   lost
//	datagram input: queue
//		bound     32 MiB for udp, 4 MiB for unix; as much again being routed
//		full      udp: the newest is dropped; unix: the sender waits 100 ms, then it is dropped
//		counter   Refused queue-full, Waiting
//		commit    routed
//		shutdown  routed
//		kill -9   lost
//	tcp connection: unfinished message
//		bound     max-message-size and 16
//		full      cut there and marked; the rest is passed over
//		counter   Truncated
//		commit    kept with its connection
//		shutdown  becomes a message
//		kill -9   lost
//	tls connection: unfinished record
//		bound     18 KiB, and as much read ahead
//		full      nothing is read: TCP tells the sender
//		counter   Connections
//		commit    kept with its connection
//		shutdown  lost: its sender was not told that it came
//		kill -9   lost, unless the sender repeats it
//	tcp connection: read buffer
//		bound     256 KiB, 8 at a time, 64 when a file stalls
//		full      nothing is read: TCP tells the sender
//		counter   Accepted
//		commit    routed
//		shutdown  routed
//		kill -9   lost, unless the sender repeats it
//	kernel input: batch
//		bound     256 messages of max-message-size
//		full      nothing is read meanwhile: the kernel overwrites its oldest
//		counter   KernelDrops
//		commit    routed
//		shutdown  routed, the others at the next start
//		kill -9   read again from where the position was kept, a second before at most
//	routing: formatted lines
//		bound     1 MiB and one message, for each batch under way
//		full      written to the destinations
//		counter   Selected
//		commit    written before the old routes end
//		shutdown  written
//		kill -9   lost with its batch
//	recent messages: copies to try a commit on
//		bound     4 MiB and one message
//		full      the oldest is overwritten; all have gone their way before
//		counter   Accepted
//		commit    kept
//		shutdown  forgotten
//		kill -9   forgotten
//	file: repeat count
//		bound     one number, 600 s
//		full      written
//		counter   Repeated
//		commit    kept, or written by closing
//		shutdown  written
//		kill -9   the count is lost, the message is not
//	file: archive not yet compressed
//		bound     `archive files` times `archive size`, on disk
//		full      the oldest is removed
//		counter   Delivered
//		commit    kept
//		shutdown  compressed until the deadline, else kept
//		kill -9   kept
//	hosts, files: own records, where either are 128 or more
//		bound     8 MiB
//		full      whoever records waits
//		counter   Selected
//		commit    given to all before one of them is closed
//		shutdown  given until the deadline, then given up, and their number reported
//		kill -9   lost to these; the audit trail has them
//	host: spool
//		bound     `spool size` on disk; 16 MiB in memory while the disk takes nothing
//		full      as `spool overflow` says: the oldest or the newest is dropped
//		counter   Dropped overwritten, Dropped queue-full, Waiting
//		commit    handed over; that of a removed host is kept for its return
//		shutdown  sent until the deadline, the rest kept
//		kill -9   kept; power loss costs 2 s of what waits
//	host: sent, not acknowledged
//		bound     part of the spool: 1 MiB in the kernel and one write of 64 KiB
//		full      nothing more is sent
//		counter   Waiting
//		commit    sent again to the new target, unless acknowledged in a second
//		shutdown  as the spool
//		kill -9   as the spool: what had arrived arrives twice
//	user, console: queue
//		bound     64 KiB; a quarter is for own records
//		full      the newest is dropped
//		counter   Dropped queue-full, Waiting
//		commit    handed over, or delivered until the deadline, then counted as closed
//		shutdown  delivered until the deadline, then counted as closed
//		kill -9   lost
package syslogd
