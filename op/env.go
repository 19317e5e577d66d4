package op

import (
	"context"
	"iter"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/store"
	"loggia/files"
)

// Env is what a command may look at and act on. One Env serves one session.
type Env struct {
	Store    *store.Store
	Logs     Logs
	Engine   Engine
	Hosts    Hosts
	PKI      PKI
	SSH      SSH
	Clock    Clock
	Power    Power
	Files    *files.Root // as this caller sees it
	Recorder store.Recorder
	Sessions func() []Session
	Logins   func() ([]Login, error) // as far back as that is kept, newest first
	Logout   func(Session)           // ends a session of Sessions; it may be gone already
	// Show shows text on the terminal of a session of Sessions; false when it has none.
	Show     func(Session, string) bool
	Alarms   func() []Alarm
	Now      func() time.Time
	Started  time.Time // start of the program
	Product  Product
	Caller   event.Subject
	Class    func() *Class  // what the caller may do; a commit can change it at any time
	UID      *uint32        // of the caller on this machine; nil when it has no account here
	Home     string         // directory for relative file names, /var/home/USER
	StateDir string         // for show system storage: the file system it is on
	Storage  func() Storage // of the logs; nil where nothing is logged
}

// Product is what the box says it is.
type Product struct {
	Version string // loggia's own
	Model   string // "loggia"
	Junos   string // compatibility version that clients parse, such as 24.4R1.9
}

// Session is a session that is open now.
type Session struct {
	event.Subject
	Since    time.Time
	LastKey  time.Time
	Command  string // what it runs, "" at the prompt
	EditPath string // "[edit system]" in configuration mode, else ""
}

// Alarm is a part of the configuration that does not work at the moment.
type Alarm struct {
	Since  time.Time
	Place  string // "[edit …]"
	Reason string
}

// Logs gives access to the log files, archives included.
type Logs interface {
	// List returns the files in the log directory by name.
	List() ([]LogFile, error)
	// Names returns the names of those that begin with prefix, sorted. It is quick.
	Names(prefix string) ([]string, error)
	// Stat gives the name, size and time of one; fs.ErrNotExist says that List has no such name.
	Stat(name string) (LogFile, error)
	// Open opens the text of a log as it is now, its archives joined by sequence;
	// fs.ErrNotExist says that there is no such log. Whoever opens it closes it.
	Open(name string) (LogText, error)
	// Follow yields lines that are written from now on, until ctx ends.
	Follow(ctx context.Context, name string) iter.Seq2[[]byte, error]
	// Clear empties the log, and with all removes its archives.
	Clear(ctx context.Context, by event.Subject, name string, all bool) error
}

// LogText is the text of a log, in sections that can be read in any order and
// several at once.
type LogText interface {
	// Sections returns the sections, oldest first.
	Sections() []LogSection
	Close() error
}

// LogSection yields the text of a section in blocks of whole lines, each with its
// newline; a block is valid until the next one. What cannot be read, or the end of
// ctx, ends the section with an error.
type LogSection func(ctx context.Context) iter.Seq2[[]byte, error]

// LogFile is a file in the log directory.
type LogFile struct {
	Name     string
	Size     int64 // bytes
	Modified time.Time
	Mode     string // as ls -l shows it
	Owner    string
	Group    string
	Links    uint64 // hard links; 0 is taken for 1
}

// Engine is what commands ask of the syslog engine.
type Engine interface {
	Statistics() Statistics
	// ClearStatistics sets the counters to zero, but for what waits.
	ClearStatistics()
	// Explain says how the running configuration reads a message and where it goes.
	Explain(m Message) Explanation
	// Impact says what next would have made of messages received at or after since.
	Impact(next *configtree.Effective, since time.Time) (Impact, error)
}

// Statistics are the engine's counters since they were first kept, and obey
// Received = Accepted + Refused for a source and Accepted = Filtered +
// Delivered + Repeated + Dropped + Waiting for a destination.
type Statistics struct {
	Since        time.Time
	Sources      []SourceStatistics
	Destinations []DestinationStatistics
	Expressions  []ExpressionStatistics
}

// SourceStatistics are the counters of one input, in messages.
type SourceStatistics struct {
	Name               string // "udp 0.0.0.0:514"
	Received, Accepted uint64
	Refused            []Reason
	Truncated          uint64 // of those accepted
	KernelDrops        uint64 // datagrams that the kernel dropped before they were received
	TurnedAway         uint64 // connections closed at once: too many were open
	Barred             uint64 // connections closed at once: their sender is not allowed
	Waiting            uint64 // of those accepted
	HighWater          uint64 // most bytes that ever waited
	Errors             uint64 // of the system, that lost no message
	Connections        int64  // open now
	Connected          uint64 // ever
	Anomalies          []Reason
	Rates              Rates // of those received
}

// DestinationStatistics are the counters of one destination, in messages.
type DestinationStatistics struct {
	Name                                             string // "file messages"
	Accepted, Filtered, Delivered, Repeated, Waiting uint64
	Dropped                                          []Reason
	State                                            string // of a host that is not up: "down", "connecting"
	LastError                                        string // of such a host
	Made                                             uint64 // lines of its own, such as those of a rotation
	WaitingBytes                                     uint64 // in a host's queue
	Rates                                            Rates  // of those accepted
}

// Rates are messages a second, averaged over 1, 5 and 15 minutes.
type Rates [3]float64

// ExpressionStatistics is what a match or match-strings statement has cost.
type ExpressionStatistics struct {
	Text         string // as configured
	Instructions int
	Evaluated    uint64 // messages
	Matched      uint64
	Cost         time.Duration // of one message, by samples; 0: none was taken
	States       int           // of its automaton
	Flushes      uint64        // times that this outgrew its bound
}

// Reason is a counter with its reason.
type Reason struct {
	Reason string
	Count  uint64
}

// Command is an operational command.
type Command struct {
	Grammar
	Run func(ctx context.Context, env *Env, a Args) (Result, error)
}
