package syslogd

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/sink"
)

// Config is everything the engine obeys, decoded from the configuration by its
// caller: the engine never sees a tree. A zero Config is valid: it listens on
// nothing and delivers nothing. A Config handed to Prepare must not be changed
// afterwards.
//
// Every element carries its Place, the text of `[edit …]` without the brackets,
// which errors and alarms repeat and nothing else interprets.
type Config struct {
	HostName        string         // written where a message names no host, and in own records
	MachineName     string         // what the kernel calls this machine, if that is another name: local messages may begin with it
	Zone            *time.Location // time-zone; nil is UTC
	AllowDuplicates bool           // global allow-duplicates: no `last message repeated`
	TimeFormat      TimeFormat
	SourceAddress   netip.Addr    // sender address of all hosts; invalid: the kernel chooses
	MaxMessageSize  int           // bytes; 0 is DefaultMaxMessageSize; longer messages are cut and marked
	RotateCheck     time.Duration // log-rotate-frequency; 0 is 15 minutes. Files are looked at so often even when nothing is written: size itself is watched at every write

	Storage Storage

	Files   []*File
	Hosts   []*Host
	Users   []User
	Console *Console
	Inputs  Inputs
}

// Storage is `storage`: what happens when the disk of the log directory fills.
// Percentages are of what the disk offers; a zero Storage watches nothing.
type Storage struct {
	Place    string
	Reserve  int // percent kept free for what must be said; 0: nothing is
	Warning  int // percent in use; 0: no warning
	Alarm    int // percent in use; 0: no alarm
	Overflow Overflow
}

// Overflow is what gives way when all but the reserve is used.
type Overflow uint8

// The policies.
const (
	OverwriteOldest Overflow = iota // the oldest archives are removed
	DropNew                         // new messages are dropped and counted; own records are written
	Halt                            // connections are not read any more; what comes otherwise is dropped
)

// String returns the configuration's word.
func (o Overflow) String() string {
	return [...]string{"overwrite-oldest", "drop-new", "halt"}[o]
}

// DefaultMaxMessageSize is the largest message kept whole, in bytes, when the
// configuration does not say. RFC 5424 6.1 asks for 2,048 at least.
const DefaultMaxMessageSize = 8192

// TimeFormat is Junos' time-format: what a standard stamp has beyond
// `Nov 22 14:15:16`.
type TimeFormat struct{ Year, Millisecond bool }

// Rule is one `FACILITY SEVERITY;` line of a destination.
type Rule struct {
	Set   event.Set // facilities the word selects
	Any   bool      // the `any` line, which every specific line overrides
	Level int       // least severe severity that passes, 7 for any; -1 for none
	Text  string    // as configured, such as `any notice`; only Explain repeats it
}

// Selection is what a destination wants to have.
type Selection struct {
	Rules        []Rule
	Match        string   // POSIX extended expression, a leading ! negates; empty: no expression
	MatchStrings []string // any of them suffices, and so does Match

	// These must hold besides, each that is given.
	From      []netip.Prefix // the sender's address is in one of them; this machine's own messages are from 127.0.0.1 and ::1
	Programs  []string       // APP-NAME or tag is one of them, in any case; * stands for any text
	HostMatch string         // POSIX extended expression that the host a line shows matches, a leading ! negates
	Foreign   bool           // this program did not make it: `exclude-own-records`
	Own       bool           // it did: `only-own-records`
}

// Layout is how a destination's lines look.
type Layout struct {
	Structured       bool // structured-data: RFC 5424 lines
	Brief            bool // structured-data brief: without the text
	ExplicitPriority bool
	AllowDuplicates  bool
}

// File is `file NAME`.
type File struct {
	Place string
	Name  string // a plain name, without directory
	Selection
	Layout
	Size          int64 // archive size, bytes
	Archives      int   // archive files
	WorldReadable bool
	PerHost       bool          // one file for each host, in a directory of its name
	Rotate        sink.Rotation // a new file by the clock of Zone, too
	Retain        time.Duration // archives older than this are removed; 0: only by number
	Sync          sink.Sync
	BinaryData    bool // no text line is written on rotation
}

// Transport is how a host is reached.
type Transport uint8

// The transports.
const (
	TransportUDP Transport = iota // RFC 5426
	TransportTCP                  // RFC 6587
	TransportTLS                  // RFC 5425
)

// String returns the configuration's word.
func (t Transport) String() string {
	return [...]string{"udp", "tcp", "tls"}[t]
}

// Host is `host NAME`.
type Host struct {
	Place string
	Name  string // address or name; names are resolved when a connection is made, never in Prepare
	Selection
	Layout
	Port             uint16 // 0 is 514
	Transport        Transport
	TLS              *tls.Config // of tls; it judges the server, and an equal pointer says that nothing changed
	Newline          bool        // framing newline; octet counting otherwise (tcp and tls)
	Err              error       // what stands in the way of it, such as a certificate that is missing
	OnDemand         bool        // connect when the first message waits, not before
	SpoolSize        int64       // bytes; 0 is spool.DefaultSize
	SpoolDropNew     bool        // a full spool refuses the newest message; it overwrites the oldest otherwise
	FacilityOverride int         // wire number 0 to 23, -1 for none
	LogPrefix        string
	ExcludeHostname  bool
	SourceAddress    netip.Addr // wins over the global one
}

// User is `user NAME`, `*` for everybody who is logged in.
type User struct {
	Place string
	Name  string
	Selection
	AllowDuplicates bool
}

// Console is `console`.
type Console struct {
	Place string
	Selection
}

// PlaceError is one part of a configuration that cannot be put in force.
type PlaceError struct {
	Place string // as in the element's Place
	Err   error  // what stands in the way, such as `open messages: permission denied`
}

func (e *PlaceError) Error() string { return "[edit " + e.Place + "]: " + e.Err.Error() }

func (e *PlaceError) Unwrap() error { return e.Err }

// PlaceErrors is every part that cannot be put in force, in the order of the
// configuration. Prepare returns it as its error.
type PlaceErrors []*PlaceError

func (es PlaceErrors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

func (es PlaceErrors) Unwrap() []error {
	all := make([]error, len(es))
	for i, e := range es {
		all[i] = e
	}
	return all
}

// errTwice is the error of a part that a configuration names a second time.
var errTwice = errors.New("named twice")

func (c *Config) maxMessage() int {
	if c.MaxMessageSize <= 0 {
		return DefaultMaxMessageSize
	}
	return min(c.MaxMessageSize, maxMessageLimit)
}

func (c *Config) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// maxMessageLimit bounds max-message-size: a stream's read buffer must hold a
// whole message with its framing.
const maxMessageLimit = 64 << 10
