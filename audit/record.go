package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"loggia/audit/event"
)

// MaxRecord bounds one canonical record, in bytes. A load of a configuration is
// many records, not one, so nothing honest comes near it.
const MaxRecord = 1 << 20

// version leads the canonical bytes of a record.
const version = 1

// ErrMalformed is returned for bytes that are no canonical record.
var ErrMalformed = errors.New("malformed audit record")

// Record is one entry of the trail: what happened, when, by whom, with what
// outcome (FAU_GEN.1.2).
type Record struct {
	Seq     uint64    // position in the trail, from 1; assigned by Append
	Time    time.Time // UTC, nanoseconds
	Subject event.Subject
	Entry   event.Entry
}

// AppendCanonical appends the canonical bytes of r to dst: equal records give
// equal bytes, and the bytes give the record back. Version 1 is
//
//	byte     1
//	uvarint  Seq
//	varint   Time, nanoseconds since 1970 UTC
//	byte     facility number of event.Facility (0 to 30)
//	byte     severity
//	byte     flags: 1 failed, 2 for the trail alone
//	uvarint  process id
//	string   tag, process, user, class, client, remote, tty, text
//	uvarint  number of attributes, then for each: string name, string value
//
// where a string is its length in bytes as uvarint, then its bytes, and every
// varint is in its shortest form.
func (r Record) AppendCanonical(dst []byte) []byte {
	e, s := r.Entry, r.Subject
	dst = append(dst, version)
	dst = binary.AppendUvarint(dst, r.Seq)
	dst = binary.AppendVarint(dst, r.Time.UnixNano())
	dst = append(dst, byte(e.Facility), byte(e.Severity), flags(e))
	dst = binary.AppendUvarint(dst, uint64(s.PID))
	for _, f := range []string{e.Tag, e.Process, s.User, s.Class, s.Client, s.Remote, s.TTY, e.Text} {
		dst = appendString(dst, f)
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.Attrs)))
	for _, a := range e.Attrs {
		dst = appendString(appendString(dst, a.Name), a.Value)
	}
	return dst
}

func flags(e event.Entry) byte {
	var f byte
	if e.Failed {
		f |= 1
	}
	if e.Trail {
		f |= 2
	}
	return f
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// ParseRecord reads the canonical bytes of one record, all of b. It returns an
// error that wraps ErrMalformed for anything that AppendCanonical did not write.
func ParseRecord(b []byte) (Record, error) {
	d := decoder{b: b}
	if v := d.byte(); v != version {
		return Record{}, fmt.Errorf("%w: version %d", ErrMalformed, v)
	}
	var r Record
	r.Seq = d.uvarint()
	r.Time = time.Unix(0, d.varint()).UTC()
	r.Entry.Facility, r.Entry.Severity = event.Facility(d.byte()), event.Severity(d.byte())
	f := d.byte()
	r.Entry.Failed, r.Entry.Trail = f&1 != 0, f&2 != 0
	r.Subject.PID = int(d.uvarint())
	for _, s := range []*string{&r.Entry.Tag, &r.Entry.Process, &r.Subject.User, &r.Subject.Class,
		&r.Subject.Client, &r.Subject.Remote, &r.Subject.TTY, &r.Entry.Text} {
		*s = d.string()
	}
	n := d.uvarint()
	if n > uint64(len(d.b)) { // an attribute takes two bytes at least
		d.bad = true
	}
	for i := uint64(0); i < n && !d.bad; i++ {
		r.Entry.Attrs = append(r.Entry.Attrs, event.Attr{Name: d.string(), Value: d.string()})
	}
	if d.bad || len(d.b) != 0 || f > 3 || r.Entry.Facility >= event.NumFacilities || r.Entry.Severity > event.Debug || r.Subject.PID < 0 {
		return Record{}, ErrMalformed
	}
	return r, nil
}

// decoder takes values off the front of b; after the first that is not there
// it only answers zero values and bad is set.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || n > 1 && d.b[n-1] == 0 { // too short, too long, or not the shortest form
		d.bad, d.b = true, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (d *decoder) string() string {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.bad, d.b = true, nil
		return ""
	}
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}
