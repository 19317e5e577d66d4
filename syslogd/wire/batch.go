package wire

import (
	"net/netip"
	"time"

	"loggia/audit/event"
)

// Span is a piece of a batch's buffer. Len 0 means that the field is absent.
type Span struct{ Off, Len uint32 }

// Form is the format a message arrived in.
type Form uint8

// The forms.
const (
	Bare    Form = iota // neither header was recognised: all of it is the message
	RFC3164             // BSD, in any of the shapes the world sends
	RFC5424
	Own // made by this program from an audit/event.Entry: fields as in RFC5424
)

// Flags mark what a reader of the log should know about a message.
type Flags uint8

// The flags.
const (
	Truncated Flags = 1 << iota // cut to max-message-size
	NoPRI                       // PRI was missing: user.notice (13) was assumed
	NoZone                      // the sender's stamp had no zone: taken as the configured time-zone
	Damaged                     // an RFC 5424 header that breaks its grammar
	Kept                        // of our own: the newest outlives the removal of archives on a full disk
)

// Record is one parsed message: offsets into the buffer of its Batch, never
// strings, so that parsing allocates nothing.
type Record struct {
	Time int64 // sender's TIMESTAMP, nanoseconds since 1970 UTC; 0 when there is none

	Raw                      Span // the message as it came, without framing, PRI included
	Stamp                    Span // the sender's TIMESTAMP text
	Host, App, ProcID, MsgID Span // "-" is absent
	SD                       Span // structured data with its brackets, unparsed but validated
	Msg                      Span // the text; for RFC 3164 what follows "tag[pid]: "

	Facility event.Facility
	Severity event.Severity
	Form     Form
	Flags    Flags
}

// OriginKind is the kind of place a batch came from.
type OriginKind uint8

// The kinds of origin.
const (
	Self OriginKind = iota // this program's own records
	Unix                   // local datagram socket; PID and UID are the kernel's word
	UDP                    // Peer
	TCP                    // Peer
	TLS                    // Peer, Certificate
	Kern                   // /dev/kmsg
)

// Origin says where every record of a batch came from.
type Origin struct {
	Kind        OriginKind
	Peer        netip.AddrPort
	PID         int32  // Unix: SO_PASSCRED
	UID         uint32 // Unix: SO_PASSCRED
	Certificate string // TLS: subject of the peer's certificate
}

// Batch is the unit of the engine: one read buffer, the records in it, one
// receive time and one origin. A batch is valid until Submit returns.
type Batch struct {
	Buf      []byte
	Records  []Record
	Received time.Time
	Origin   Origin
}

// Bytes returns the text of s.
func (b *Batch) Bytes(s Span) []byte { return b.Buf[s.Off : s.Off+s.Len] }
