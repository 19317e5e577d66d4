package wire

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/leodido/go-syslog/v4/rfc5424"
)

// seeds are the messages that fuzzing starts from.
var seeds = []string{
	"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' failed for lonvick on /dev/pts/8",
	`<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" a="\"\\\]"][examplePriority@32473 class="high"] x`,
	"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time",
	"<13>1 - - - - - -", "<13>1 - h a p m [x]", "<13>1 - h a p m [x a=\"\"] ", "<13>1 2026-02-29T12:00:00Z h a p m - t",
	"<13>1 - h  p m - t", "<13>1 - h a p m - ", "<191>1 2026-11-22T12:00:00.123456+01:00 h a p m [x a=\"\xff\"] \xff",
	"<189>45: r7: .Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x", "<13>Nov 22 12:00:00 2001:db8::1 t[1]: m",
	"<13>Aug 21 12:36:30.401 2006 h t: m", "<189>: 2012 Sep 11 16:51:57 UTC: %VSHD-5-X: Configured", "Nov 22 12:00:00 h t: m\n\x00",
	"<13>2026-11-22T12:00:00.123456+01:00 h su(pam_unix)[1]: m", "<0>", "<13>1", "<13>1 ",
}

// FuzzParse: any bytes give one record, whose spans lie in order inside of the
// message; the record formats to one line; a structured line of it reads back
// as RFC 5424 with the same content; and where go-syslog, an independent parser
// of RFC 5424, and ours disagree, the difference is one of those listed in
// compareWithGoSyslog.
func FuzzParse(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		b := udp(text)
		r := *parsed(b, berlin)
		if len(b.Records) != 1 {
			t.Fatalf("%d records", len(b.Records))
		}
		checkSpans(t, b, &r)
		for _, s := range []Style{plainStyle(), with(func(s *Style) { s.ExplicitPriority, s.PRI, s.Year, s.Zone = true, true, true, berlin })} {
			if line := format(s, b, &r); strings.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
				t.Errorf("%q is written %q", text, line)
			}
		}
		checkStructured(t, b, &r)
		compareWithGoSyslog(t, b, &r)
	})
}

// checkSpans: nothing outside of the message, and nothing of it lost: what is
// in no field is punctuation of the header.
func checkSpans(t *testing.T, b *Batch, r *Record) {
	if r.Raw.Off != 0 || int(r.Raw.Len) > len(b.Buf) {
		t.Fatalf("Raw is %v of %d", r.Raw, len(b.Buf))
	}
	for _, s := range []Span{r.Stamp, r.Host, r.App, r.ProcID, r.MsgID, r.SD, r.Msg} {
		if s.Len > 0 && s.Off+s.Len > r.Raw.Len {
			t.Fatalf("%q: field %v outside of the message", b.Buf, s)
		}
	}
	if end := r.Msg.Off + r.Msg.Len; end != r.Raw.Len {
		t.Errorf("%q: the text ends at %d of %d", b.Buf, end, r.Raw.Len)
	}
	if r.Facility > 23 || r.Severity > 7 {
		t.Errorf("%q: priority %d.%d", b.Buf, r.Facility, r.Severity)
	}
}

// checkStructured: what a relay sends, the next one understands.
func checkStructured(t *testing.T, b *Batch, r *Record) {
	line := format(with(func(s *Style) { s.Structured = true }), b, r)
	again := udp(line)
	q := parsed(again, nil)
	if q.Form != RFC5424 || q.Flags != 0 || q.Facility != r.Facility || q.Severity != r.Severity {
		t.Fatalf("%q is relayed as %q, which reads as %s", b.Buf, line, dump(again, q))
	}
	want := AppendEscaped(nil, b.Bytes(r.Msg))
	if got := again.Bytes(q.Msg); !bytes.Equal(got, bytes.TrimPrefix(want, []byte(bom))) {
		t.Errorf("%q is relayed as %q: text %q", b.Buf, line, got)
	}
	if r.Form == RFC5424 && r.Flags == 0 && r.Time != 0 && q.Time != r.Time {
		t.Errorf("%q is relayed as %q: time %d became %d", b.Buf, line, r.Time, q.Time)
	}
	if rebuilt := format(with(func(s *Style) { s.Structured = true }), again, q); rebuilt != line && !bytes.HasPrefix(want, []byte(bom)) {
		t.Errorf("the second relay makes %q of %q", rebuilt, line)
	}
}

// compareWithGoSyslog holds the reviewed differences:
//
//  1. go-syslog takes versions up to 999 and leading zeros in PRI;
//  2. it refuses an SD-ID that stands twice: a duplicate harms nobody here;
//  3. it refuses a backslash before an ordinary character in a value, which RFC
//     5424, 6.3.3 says to keep;
//  4. it takes years that an int64 of nanoseconds cannot hold (we keep the text);
//  5. a line feed or NUL at the end belongs to the framing here.
func compareWithGoSyslog(t *testing.T, b *Batch, r *Record) {
	text := b.Buf[:r.Raw.Len] // difference 5
	m, err := rfc5424.NewParser().Parse(text)
	ours := r.Form == RFC5424 && r.Flags&Damaged == 0
	if err != nil {
		reviewed := strings.Contains(err.Error(), "duplicate structured data element id") || // 2
			strings.Contains(err.Error(), "to be escaped within param value") // 3
		if ours && !reviewed {
			t.Errorf("%q: go-syslog says %v, we %s", text, err, dump(b, r))
		}
		return
	}
	theirs := m.(*rfc5424.SyslogMessage)
	if theirs.Version != 1 || !bytes.Contains(text[:min(6, len(text))], []byte(">1 ")) || text[1] == '0' && text[2] != '>' {
		return // 1
	}
	if !ours {
		t.Fatalf("%q: go-syslog reads it, we %s", text, dump(b, r))
	}
	if *theirs.Priority != uint8(r.Facility)<<3|uint8(r.Severity) {
		t.Errorf("%q: priority %d", text, *theirs.Priority)
	}
	for _, f := range []struct {
		name   string
		theirs *string
		ours   Span
	}{
		{"host", theirs.Hostname, r.Host}, {"app", theirs.Appname, r.App}, {"procid", theirs.ProcID, r.ProcID},
		{"msgid", theirs.MsgID, r.MsgID}, {"message", theirs.Message, r.Msg},
	} {
		want := ""
		if f.theirs != nil {
			want = strings.TrimPrefix(*f.theirs, bom)
		}
		if got := string(b.Bytes(f.ours)); got != want {
			t.Errorf("%q: %s %q, go-syslog %q", text, f.name, got, want)
		}
	}
	if at := theirs.Timestamp; at != nil && at.Year() > firstYear && at.Year() < lastYear && at.UnixNano() != r.Time { // 4
		t.Errorf("%q: time %s, go-syslog %s", text, time.Unix(0, r.Time).UTC(), at)
	}
	if (theirs.StructuredData != nil) != (r.SD.Len > 0) {
		t.Errorf("%q: structured data %q, go-syslog %v", text, b.Bytes(r.SD), theirs.StructuredData)
	}
}

func TestAgreesWithGoSyslog(t *testing.T) {
	for _, s := range seeds {
		b := udp(s)
		compareWithGoSyslog(t, b, parsed(b, nil))
		checkStructured(t, b, parsed(udp(s), nil))
	}
}
