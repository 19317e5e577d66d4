package syslogd

import "loggia/syslogd/sink"

// WaitingPlace is a place where a message can wait, from the socket to the disk
// or the network. There are no others: a buffer that is not here has no right
// to exist.
type WaitingPlace struct {
	Place    string
	Bound    string // in bytes
	Full     string // what happens then
	Counts   string // which counter tells
	Commit   string // fate when a commit removes or changes it
	Shutdown string
	Kill     string // fate at kill -9 or power loss

	// Count reads the counter that tells of what was lost or is waiting here.
	Count func(s *Statistics) uint64
}

// WaitingPlaces returns the table of the package comment, row by row.
func WaitingPlaces() []WaitingPlace {
	return []WaitingPlace{
		{"kernel: udp receive buffer", "16 MiB, or net.core.rmem_max", "the kernel drops the newest", "KernelDrops",
			"read empty before the socket is closed", "read empty", "lost",
			sumSources(func(s *SourceStatistics) uint64 { return s.KernelDrops })},
		{"kernel: unix receive queue", "net.unix.max_dgram_qlen messages", "the sender waits", "Accepted",
			"read empty before the socket is closed", "read empty", "lost",
			sumSources(func(s *SourceStatistics) uint64 { return s.Accepted })},
		{"kernel: tcp receive buffer", "net.ipv4.tcp_rmem", "the sender waits", "Connections",
			"connections live on; one whose listener is gone is read empty", "read empty", "lost, unless the sender repeats it",
			sumSources(func(s *SourceStatistics) uint64 { return uint64(max(s.Connections, 0)) })},
		{"kernel: tcp accept queue", "net.core.somaxconn connections", "the sender asks again", "Connected",
			"accepted before the listener is closed", "accepted", "reset",
			sumSources(func(s *SourceStatistics) uint64 { return s.Connected })},
		{"datagram input: receive slots", "64 messages, 512 KiB", "nothing is received meanwhile", "Refused queue-full",
			"routed", "routed", "lost",
			sumSources(func(s *SourceStatistics) uint64 { return s.Refused[QueueFull] })},
		{"datagram input: queue", "32 MiB for udp, 4 MiB for unix; as much again being routed",
			"udp: the newest is dropped; unix: the sender waits 100 ms, then it is dropped", "Refused queue-full, Waiting",
			"routed", "routed", "lost",
			sumSources(func(s *SourceStatistics) uint64 { return s.Waiting + s.Refused[QueueFull] })},
		{"tcp connection: unfinished message", "max-message-size and 16", "cut there and marked; the rest is passed over", "Truncated",
			"kept with its connection", "becomes a message", "lost",
			sumSources(func(s *SourceStatistics) uint64 { return s.Truncated })},
		{"tls connection: unfinished record", "18 KiB, and as much read ahead", "nothing is read: TCP tells the sender", "Connections",
			"kept with its connection", "lost: its sender was not told that it came", "lost, unless the sender repeats it",
			sumSources(func(s *SourceStatistics) uint64 { return uint64(max(s.Connections, 0)) })},
		{"tcp connection: read buffer", "256 KiB, 8 at a time, 64 when a file stalls", "nothing is read: TCP tells the sender", "Accepted",
			"routed", "routed", "lost, unless the sender repeats it",
			sumSources(func(s *SourceStatistics) uint64 { return s.Accepted })},
		{"kernel input: batch", "256 messages of max-message-size", "nothing is read meanwhile: the kernel overwrites its oldest", "KernelDrops",
			"routed", "routed, the others at the next start", "read again from where the position was kept, a second before at most",
			sumSources(func(s *SourceStatistics) uint64 { return s.KernelDrops })},
		{"routing: formatted lines", "1 MiB and one message, for each batch under way", "written to the destinations", "Selected",
			"written before the old routes end", "written", "lost with its batch",
			sumDestinations(func(d *DestinationStatistics) uint64 { return d.Selected })},
		{"recent messages: copies to try a commit on", "4 MiB and one message", "the oldest is overwritten; all have gone their way before", "Accepted",
			"kept", "forgotten", "forgotten",
			sumSources(func(s *SourceStatistics) uint64 { return s.Accepted })},
		{"file: repeat count", "one number, 600 s", "written", "Repeated",
			"kept, or written by closing", "written", "the count is lost, the message is not",
			sumDestinations(func(d *DestinationStatistics) uint64 { return d.Sink.Repeated })},
		{"file: archive not yet compressed", "`archive files` times `archive size`, on disk", "the oldest is removed", "Delivered",
			"kept", "compressed until the deadline, else kept", "kept",
			sumDestinations(func(d *DestinationStatistics) uint64 { return d.Sink.Delivered })},
		{"hosts, files: own records, where either are 128 or more", "8 MiB", "whoever records waits", "Selected",
			"given to all before one of them is closed", "given until the deadline, then given up, and their number reported", "lost to these; the audit trail has them",
			sumDestinations(func(d *DestinationStatistics) uint64 { return d.Selected })},
		{"host: spool", "`spool size` on disk; 16 MiB in memory while the disk takes nothing", "as `spool overflow` says: the oldest or the newest is dropped",
			"Dropped overwritten, Dropped queue-full, Waiting", "handed over; that of a removed host is kept for its return", "sent until the deadline, the rest kept",
			"kept; power loss costs 2 s of what waits",
			sumDestinations(func(d *DestinationStatistics) uint64 {
				return d.Sink.Waiting + d.Sink.Dropped[sink.QueueFull] + d.Sink.Dropped[sink.Overwritten]
			})},
		{"host: sent, not acknowledged", "part of the spool: 1 MiB in the kernel and one write of 64 KiB", "nothing more is sent", "Waiting",
			"sent again to the new target, unless acknowledged in a second", "as the spool", "as the spool: what had arrived arrives twice",
			sumDestinations(func(d *DestinationStatistics) uint64 { return d.Sink.Waiting })},
		{"user, console: queue", "64 KiB; a quarter is for own records", "the newest is dropped",
			"Dropped queue-full, Waiting", "handed over, or delivered until the deadline, then counted as closed",
			"delivered until the deadline, then counted as closed", "lost",
			sumDestinations(func(d *DestinationStatistics) uint64 { return d.Sink.Waiting + d.Sink.Dropped[sink.QueueFull] })},
	}
}

func sumSources(f func(*SourceStatistics) uint64) func(*Statistics) uint64 {
	return func(s *Statistics) (n uint64) {
		for i := range s.Sources {
			n += f(&s.Sources[i])
		}
		return n
	}
}

func sumDestinations(f func(*DestinationStatistics) uint64) func(*Statistics) uint64 {
	return func(s *Statistics) (n uint64) {
		for i := range s.Destinations {
			n += f(&s.Destinations[i])
		}
		return n
	}
}
