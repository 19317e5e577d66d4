package wire

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// received is when the messages of these tests come in.
var received = time.Date(2026, 11, 22, 14, 30, 0, 250e6, time.UTC)

var berlin = mustZone("Europe/Berlin")

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

func udp(text string) *Batch {
	return &Batch{
		Buf: []byte(text), Received: received,
		Origin: Origin{Kind: UDP, Peer: netip.MustParseAddrPort("192.0.2.9:514")},
	}
}

func unix(text string) *Batch {
	return &Batch{Buf: []byte(text), Received: received, Origin: Origin{Kind: Unix, PID: 77, UID: 1000}}
}

func parsed(b *Batch, zone *time.Location) *Record {
	p := Parser{Zone: zone, HostName: "gw.example.net", MachineName: "node7.example.net"}
	p.Parse(b, 0, len(b.Buf))
	return &b.Records[0]
}

// dump shows a record: form facility.severity time host app procid msgid sd "text" flags.
func dump(b *Batch, r *Record) string {
	at := "-"
	if r.Time != 0 {
		at = time.Unix(0, r.Time).UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	field := func(s Span) string {
		if s.Len == 0 {
			return "-"
		}
		return string(b.Bytes(s))
	}
	flags := ""
	for i, name := range []string{"truncated", "nopri", "nozone", "damaged"} {
		if r.Flags>>i&1 == 1 {
			flags += " " + name
		}
	}
	form := [...]string{"bare", "3164", "5424", "own"}[r.Form]
	return fmt.Sprintf("%s %d.%d %s %s %s %s %s %s %q%s", form, r.Facility, r.Severity, at,
		field(r.Host), field(r.App), field(r.ProcID), field(r.MsgID), field(r.SD), b.Bytes(r.Msg), flags)
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		// RFC 5424 in other shapes
		{"<0>1 - - - - - -", `5424 0.0 - - - - - - ""`},
		{"<191>1 - - - - - - x\n", `5424 23.7 - - - - - - "x"`},
		{`<13>1 - h a p m [x@1 a="\"\\\]"] t`, `5424 1.5 - h a p m [x@1 a="\"\\\]"] "t"`},
		{`<13>1 - h a p m [x@1 a="\n é"] t`, `5424 1.5 - h a p m [x@1 a="\n é"] "t"`},
		{`<13>1 - h a p m [x@1] `, `5424 1.5 - h a p m [x@1] ""`},
		{`<13>1 - h a p m [x@1 a="]"] t`, `5424 1.5 - h a p m - "[x@1 a=\"]\"] t" damaged`},
		{`<13>1 - h a p m [x@1 a=1] t`, `5424 1.5 - h a p m - "[x@1 a=1] t" damaged`},
		{`<13>1 - h a p m [x@1]t`, `5424 1.5 - h a p m - "[x@1]t" damaged`},
		{`<13>1 - h a p m [`, `5424 1.5 - h a p m - "[" damaged`},
		{`<13>1 - h a p m []`, `5424 1.5 - h a p m - "[]" damaged`},
		{`<13>1 - h a p m hello there`, `5424 1.5 - h a p m - "hello there" damaged`},
		{`<13>1 - h a`, `5424 1.5 - h a - - - "" damaged`},
		{`<13>1 -`, `5424 1.5 - - - - - - "" damaged`},
		{`<13>1 2026-11-22T12:00:00 h a p m - t`, `5424 1.5 2026-11-22T12:00:00Z h a p m - "t" nozone damaged`},
		{`<13>1 2026-11-22T12:00:00.1234567Z h a p m - t`, `5424 1.5 2026-11-22T12:00:00.1234567Z h a p m - "t" damaged`},
		{`<13>1 2026-02-29T12:00:00Z h a p m - t`, `bare 1.5 - - - - - - "1 2026-02-29T12:00:00Z h a p m - t" damaged`},
		{`<13>1 yesterday h a p m - t`, `bare 1.5 - - - - - - "1 yesterday h a p m - t" damaged`},
		{`<13>1 9999-12-31T23:59:59Z h a p m - t`, `5424 1.5 - h a p m - "t"`},
		{`<13>1 0001-01-01T00:00:00Z h a p m - t`, `5424 1.5 - h a p m - "t"`},
		{"<13>1 - h\x01 a p m - t", "5424 1.5 - h\x01 a p m - \"t\" damaged"},
		{`<13>1 - h ` + strings.Repeat("a", 48) + ` p m - t`, `5424 1.5 - h ` + strings.Repeat("a", 48) + ` p m - "t"`},
		{`<13>1 - h ` + strings.Repeat("a", 49) + ` p m - t`, `5424 1.5 - h ` + strings.Repeat("a", 49) + ` p m - "t" damaged`},
		{`<13>1 - h a p m [` + strings.Repeat("s", 33) + `] t`, `5424 1.5 - h a p m - "[` + strings.Repeat("s", 33) + `] t" damaged`},
		{`<78>1 2026-07-06T03:51:00.003Z vsrx-ci /usr/sbin/cron 16860 - - (*system*) RELOAD (/etc/crontab)`,
			`5424 9.6 2026-07-06T03:51:00.003Z vsrx-ci /usr/sbin/cron 16860 - - "(*system*) RELOAD (/etc/crontab)"`},

		// stamps
		{"<13>Aug 24 05:34:00 UTC 1987 h t: m", `3164 1.5 1987-08-24T05:34:00Z h t - - - "m"`},
		{"<13>Aug 24 05:34:00 NODE 1987: m", `3164 1.5 2026-08-24T05:34:00Z NODE 1987 - - - "m" nozone`},
		{"<13>Aug 24 05:34:00 NODE 1987 was", `3164 1.5 2026-08-24T05:34:00Z NODE - - - - "1987 was" nozone`},
		{"<13>Aug 24 05:34:00 SSHD: m", `3164 1.5 2026-08-24T05:34:00Z - SSHD - - - "m" nozone`},
		{"<189>Aug 24 05:34:00 XYZ: %SYS-5-A: m", `3164 23.5 2026-08-24T05:34:00Z - %SYS-5-A - - - "m" nozone`},
		{"<13>Aug 24 05:34:00 NODE 87 m", `3164 1.5 2026-08-24T05:34:00Z NODE - - - - "87 m" nozone`},
		{"<13>Nov  2 12:00:00 h t: m", `3164 1.5 2026-11-02T12:00:00Z h t - - - "m" nozone`},
		{"<13>Nov 02 12:00:00 h t: m", `3164 1.5 2026-11-02T12:00:00Z h t - - - "m" nozone`},
		{"<13>Nov 2 12:00:00 h t: m", `3164 1.5 2026-11-02T12:00:00Z h t - - - "m" nozone`},
		{"<13>Nov 2 2:00:00 h t: m", `3164 1.5 2026-11-02T02:00:00Z h t - - - "m" nozone`},
		{"<13>Aug 21 12:36:30 2006 h t: m", `3164 1.5 2006-08-21T12:36:30Z h t - - - "m" nozone`},
		{"<13>Aug 21 12:36:30.401 2006 h t: m", `3164 1.5 2006-08-21T12:36:30.401Z h t - - - "m" nozone`},
		{"<13>Aug 21 12:36:30.401 h t: m", `3164 1.5 2026-08-21T12:36:30.401Z h t - - - "m" nozone`},
		{"<13>Aug 21 2006 12:36:30 h t: m", `3164 1.5 2006-08-21T12:36:30Z h t - - - "m" nozone`},
		{"<13>2006 Aug 21 12:36:30 h t: m", `3164 1.5 2006-08-21T12:36:30Z h t - - - "m" nozone`},
		{"<13>2026-11-22T12:00:00.123456+01:00 h t: m", `3164 1.5 2026-11-22T11:00:00.123456Z h t - - - "m"`},
		{"<13>2026-11-22T12:00:00+0100 h t: m", `3164 1.5 2026-11-22T11:00:00Z h t - - - "m"`},
		{"<13>2026-11-22T12:00:00+01 h t: m", `3164 1.5 2026-11-22T11:00:00Z h t - - - "m"`},
		{"<166>2026-11-22T12:00:00+01: %ASA-6-302013: m", `3164 20.6 2026-11-22T11:00:00Z - %ASA-6-302013 - - - "m"`},
		{"<13>1 2026-11-22T12:00:00+01 h a p m - t", `5424 1.5 2026-11-22T11:00:00Z h a p m - "t" damaged`},
		{"<13>1 2026-11-22T12:00:00+01: h a p m - t", `bare 1.5 - - - - - - "1 2026-11-22T12:00:00+01: h a p m - t" damaged`},
		{"<189>Nov 22 2026 12:00:00+01:00 r1 %%01SHELL/5/CMD(l)[12]:m", `3164 23.5 2026-11-22T11:00:00Z r1 %%01SHELL/5/CMD(l) 12 - - "m"`},
		{"<13>Nov 22 12:00:00.5-02:00 h t: m", `3164 1.5 2026-11-22T14:00:00.5Z h t - - - "m"`},
		{"<13>Nov 22 12:00:00-x h t: m", `3164 1.5 - - - - - - "Nov 22 12:00:00-x h t: m"`},
		{"<13> Nov 22 12:00:00 h t: m", `3164 1.5 2026-11-22T12:00:00Z h t - - - "m" nozone`},
		{"<13>  Nov 22 12:00:00 h t: m", `3164 1.5 - - - - - - "  Nov 22 12:00:00 h t: m"`},
		{" Nov 22 12:00:00 h t: m", `bare 1.5 - - - - - - " Nov 22 12:00:00 h t: m" nopri`},
		{"\xEF\xBB\xBF<13>Nov 22 12:00:00 h t: m", `3164 1.5 2026-11-22T12:00:00Z h t - - - "m" nozone`},
		{"\xEF\xBB\xBF<14>1 - h a p m - t", `5424 1.6 - h a p m - "t"`},
		{"\xEF\xBB\xBFtext", `bare 1.5 - - - - - - "\ufefftext" nopri`},
		{"<13>2026-11-22 12:00:00,123 h t: m", `3164 1.5 2026-11-22T12:00:00.123Z h t - - - "m" nozone`},
		{"<13>2026-11-22T12:00:00Zulu h t: m", `3164 1.5 - - - - - - "2026-11-22T12:00:00Zulu h t: m"`},
		{"<166>2026-11-22T12:00:00Z: %ASA-6-302013: m", `3164 20.6 2026-11-22T12:00:00Z - %ASA-6-302013 - - - "m"`},
		{"<13>Jan 32 12:00:00 h t: m", `3164 1.5 - - - - - - "Jan 32 12:00:00 h t: m"`},
		{"<13>Jun 31 12:00:00 h t: m", `3164 1.5 - - - - - - "Jun 31 12:00:00 h t: m"`},
		{"<13>Nov 22 12:00:60 h t: m", `3164 1.5 2026-11-22T12:01:00Z h t - - - "m" nozone`},
		{"<13>Nov 22 24:00:00 h t: m", `3164 1.5 - - - - - - "Nov 22 24:00:00 h t: m"`},
		{"Nov 22 12:00:00 h t: m", `3164 1.5 2026-11-22T12:00:00Z h t - - - "m" nopri nozone`},
		{"<13>Nov 22 12:00:00", `3164 1.5 2026-11-22T12:00:00Z - - - - - "" nozone`},
		// Junos
		{"<189>Jul 20 21:44:00 vmx01 mgd[7729]: UI_COMMIT: User 'u'", `3164 23.5 2026-07-20T21:44:00Z vmx01 mgd 7729 - - "UI_COMMIT: User 'u'" nozone`},
		{"<13>Mar  5 02:42:53  sr_hktGCS001 sshd[87374]: Disconnected", `3164 1.5 2026-03-05T02:42:53Z sr_hktGCS001 sshd 87374 - - "Disconnected" nozone`},
		{"<190>Jul  1 07:00:30 NTN-MP01-2 file[52402]: %INTERACT-6-UI_CMDLINE_READ_LINE: User 'n'",
			`3164 23.6 2026-07-01T07:00:30Z NTN-MP01-2 file 52402 - - "%INTERACT-6-UI_CMDLINE_READ_LINE: User 'n'" nozone`},
		{"<3>Mar  5 02:42:53 r1 /kernel: KERN_ARP: x", `3164 0.3 2026-03-05T02:42:53Z r1 /kernel - - - "KERN_ARP: x" nozone`},
		{"<30>Mar  5 02:42:53 r1 last message repeated 3 times", `3164 3.6 2026-03-05T02:42:53Z r1 - - - - "last message repeated 3 times" nozone`},
		// Cisco
		{"<189>45: *Mar  1 18:46:11.123: %SYS-5-CONFIG_I: Configured from console", `3164 23.5 2026-03-01T18:46:11.123Z - %SYS-5-CONFIG_I - - - "Configured from console" nozone`},
		{"<189>45: r7: .Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x", `3164 23.5 2026-03-01T18:46:11.123Z r7 %SYS-5-CONFIG_I - - - "x"`},
		{"<189>45: r7: 000123: Mar  1 18:46:11: %SYS-5-CONFIG_I: x", `3164 23.5 2026-03-01T18:46:11Z r7 %SYS-5-CONFIG_I - - - "x" nozone`},
		{"<189>45: Mar 1 18:46:11 r7 app: x", `3164 23.5 2026-03-01T18:46:11Z r7 app - - - "x" nozone`},
		{"<189>: 2012 Sep 11 16:51:57 UTC: %VSHD-5-X: Configured", `3164 23.5 2012-09-11T16:51:57Z - %VSHD-5-X - - - "Configured"`},
		{"<189>45: %SYS-5-CONFIG_I: x", `3164 23.5 - - %SYS-5-CONFIG_I - - - "x"`},
		{"<166>Nov 22 2026 12:00:00 fw1 : %ASA-6-302013: Built", `3164 20.6 2026-11-22T12:00:00Z fw1 %ASA-6-302013 - - - "Built" nozone`},
		{"<189>45: 1w2d: %LINK-3-UPDOWN: x", `3164 23.5 - - - - - - "45: 1w2d: %LINK-3-UPDOWN: x"`},
		{"<189>45: RP/0/RP0/CPU0:Nov 22 12:00:00.123 UTC: config[65]: x", `3164 23.5 - - - - - - "45: RP/0/RP0/CPU0:Nov 22 12:00:00.123 UTC: config[65]: x"`},
		{"<166>%ASA-6-302013: Built", `3164 20.6 - - %ASA-6-302013 - - - "Built"`},
		{"<134>1 1764066000.123456789 MX84 flows src=10.0.0.1", `3164 16.6 2025-11-25T10:20:00.123456789Z MX84 - - - - "flows src=10.0.0.1"`},
		{"<134>1 1764066000.5 MX84 ids: x", `3164 16.6 2025-11-25T10:20:00.5Z MX84 ids - - - "x"`},
		{"<134>1 1764066000 MX84 flows", `bare 16.6 - - - - - - "1 1764066000 MX84 flows" damaged`},
		{"<134>1 176406600x.5 MX84 flows", `bare 16.6 - - - - - - "1 176406600x.5 MX84 flows" damaged`},
		{"<134>1 1764066000.5 MX/84 flows", `bare 16.6 - - - - - - "1 1764066000.5 MX/84 flows" damaged`},
		{"<134>1 9999999999.5 MX84 flows", `bare 16.6 - - - - - - "1 9999999999.5 MX84 flows" damaged`},
		{"<134>1 1764066000.5 MX84", `bare 16.6 - - - - - - "1 1764066000.5 MX84" damaged`},
		// hosts and tags
		{"<13>Nov 22 12:00:00 h tag:m", `3164 1.5 2026-11-22T12:00:00Z h tag - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 h tag:  m", `3164 1.5 2026-11-22T12:00:00Z h tag - - - " m" nozone`},
		{"<13>Nov 22 12:00:00 h /usr/sbin/cron[123]: m", `3164 1.5 2026-11-22T12:00:00Z h /usr/sbin/cron 123 - - "m" nozone`},
		{"<13>Nov 22 12:00:00 h su(pam_unix)[1]: m", `3164 1.5 2026-11-22T12:00:00Z h su(pam_unix) 1 - - "m" nozone`},
		{"<13>Nov 22 12:00:00 h launchd[1] (com.foo[2]): m", `3164 1.5 2026-11-22T12:00:00Z h launchd 1 - - "(com.foo[2]): m" nozone`},
		{"<13>Nov 22 12:00:00 h Foo::Bar: m", `3164 1.5 2026-11-22T12:00:00Z h Foo::Bar - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 h http://x/ m", `3164 1.5 2026-11-22T12:00:00Z h - - - - "http://x/ m" nozone`},
		{"<13>Nov 22 12:00:00 h some words: m", `3164 1.5 2026-11-22T12:00:00Z h - - - - "some words: m" nozone`},
		{"<13>Nov 22 12:00:00 h tag:", `3164 1.5 2026-11-22T12:00:00Z h tag - - - "" nozone`},
		{"<13>Nov 22 12:00:00 h t[]: m", `3164 1.5 2026-11-22T12:00:00Z h - - - - "t[]: m" nozone`},
		{"<13>Nov 22 12:00:00 h t[1", `3164 1.5 2026-11-22T12:00:00Z h - - - - "t[1" nozone`},
		{"<13>Nov 22 12:00:00 hello", `3164 1.5 2026-11-22T12:00:00Z - - - - - "hello" nozone`},
		{"<13>Nov 22 12:00:00 - t[1]: m", `3164 1.5 2026-11-22T12:00:00Z - t 1 - - "m" nozone`},
		{"<13>Nov 22 12:00:00 - some words: m", `3164 1.5 2026-11-22T12:00:00Z - - - - - "- some words: m" nozone`},
		{"<13>Nov 22 12:00:00 2001:db8::1 t: m", `3164 1.5 2026-11-22T12:00:00Z 2001:db8::1 t - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 fe80::1%eth0 t: m", `3164 1.5 2026-11-22T12:00:00Z fe80::1%eth0 t - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 [2001:db8::1] t: m", `3164 1.5 2026-11-22T12:00:00Z [2001:db8::1] t - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 Message forwarded from aix1: sshd[9]: m", `3164 1.5 2026-11-22T12:00:00Z aix1 sshd 9 - - "m" nozone`},
		{"<13>Nov 22 12:00:00 tag[1]: m", `3164 1.5 2026-11-22T12:00:00Z - tag 1 - - "m" nozone`},
		// PRI
		{"<192>hello", `bare 1.5 - - - - - - "<192>hello" nopri`},
		{"<013>hello", `bare 1.5 - - - - - - "<013>hello" nopri`},
		{"<>hello", `bare 1.5 - - - - - - "<>hello" nopri`},
		{"<13", `bare 1.5 - - - - - - "<13" nopri`},
		{"<13>", `3164 1.5 - - - - - - ""`},
		{"<13>sshd[1]: m", `3164 1.5 - - sshd 1 - - "m"`},
		{"<13>hello world", `3164 1.5 - - - - - - "hello world"`},
		{"", `bare 1.5 - - - - - - "" nopri`},
		{"<13>t: m\r\n\x00\n", `3164 1.5 - - t - - - "m"`},
		{"<13>t: a\x00b\nc\x1b[2J", `3164 1.5 - - t - - - "a\x00b\nc\x1b[2J"`},
	} {
		b := udp(c.in)
		if got := dump(b, parsed(b, nil)); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
}

// TestExamplesOfTheStandards reads testdata: a message as a standard prints it
// in the section that names the file, and below it what the parser makes of it.
func TestExamplesOfTheStandards(t *testing.T) {
	files, err := filepath.Glob("testdata/rfc*/*.txt")
	if err != nil || len(files) < 11 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		in, want, _ := strings.Cut(string(text), "\n")
		b := udp(in)
		if got := dump(b, parsed(b, nil)); got != strings.TrimSuffix(want, "\n") {
			t.Errorf("%s\n got %s\nwant %s", name, got, want)
		}
	}
}

func TestParseUnixSocket(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"<13>Nov 22 12:00:00 tag[12]: m", `3164 1.5 2026-11-22T12:00:00Z - tag 12 - - "m" nozone`},
		{"<13>Nov 22 12:00:00 tag: m", `3164 1.5 2026-11-22T12:00:00Z - tag - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 my prog[1]: m", `3164 1.5 2026-11-22T12:00:00Z - - - - - "my prog[1]: m" nozone`},
		{"<13>Nov 22 12:00:00 gw.example.net tag: m", `3164 1.5 2026-11-22T12:00:00Z gw.example.net tag - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 gw.example tag: m", `3164 1.5 2026-11-22T12:00:00Z gw.example tag - - - "m" nozone`},
		{"<13>Nov 22 12:00:00 g tag: m", `3164 1.5 2026-11-22T12:00:00Z - - - - - "g tag: m" nozone`},
		{"<13>Nov 22 12:00:00 gw tag: m", `3164 1.5 2026-11-22T12:00:00Z gw tag - - - "m" nozone`},          // logger --rfc3164
		{"<13>Nov 22 12:00:00 node7 tag[1]: m", `3164 1.5 2026-11-22T12:00:00Z node7 tag 1 - - "m" nozone`}, // the kernel's name
		{"<13>Nov 22 12:00:00 node tag[1]: m", `3164 1.5 2026-11-22T12:00:00Z - - - - - "node tag[1]: m" nozone`},
		{"<5>Nov 22 12:00:00 tag: m", `3164 1.5 2026-11-22T12:00:00Z - tag - - - "m" nozone`}, // not the kernel's
		{"<13>1 2026-11-22T12:00:00.5Z gw tag 5 - [timeQuality tzKnown=\"1\"] m", `5424 1.5 2026-11-22T12:00:00.5Z gw tag 5 - [timeQuality tzKnown="1"] "m"`},
	} {
		b := unix(c.in)
		if got := dump(b, parsed(b, nil)); got != c.want {
			t.Errorf("%q\n got %s\nwant %s", c.in, got, c.want)
		}
	}
	b := unix("<5>Nov 22 12:00:00 tag: m")
	b.Origin.UID = 0
	if r := parsed(b, nil); r.Facility != event.Kernel {
		t.Errorf("root's kernel message has facility %d", r.Facility)
	}
}

// TestYearNearestToReceipt: pains of every New Year and every change of clocks.
func TestYearNearestToReceipt(t *testing.T) {
	for _, c := range []struct {
		now, stamp, want string
		zone             *time.Location
	}{
		{"2027-01-01T00:00:05Z", "Dec 31 23:59:58", "2026-12-31T23:59:58Z", time.UTC},
		{"2026-12-31T23:59:58Z", "Jan  1 00:00:02", "2027-01-01T00:00:02Z", time.UTC},
		{"2026-12-31T23:30:00Z", "Jan  1 00:30:00", "2026-12-31T23:30:00Z", berlin},
		{"2026-06-30T12:00:00Z", "Jan  1 00:00:00", "2026-01-01T00:00:00Z", time.UTC},
		{"2026-11-22T12:00:00Z", "Nov 22 13:00:00", "2026-11-22T12:00:00Z", berlin},
		{"2026-07-22T12:00:00Z", "Jul 22 14:00:00", "2026-07-22T12:00:00Z", berlin},
		{"2026-10-25T00:30:00Z", "Oct 25 02:30:00", "2026-10-25T00:30:00Z", berlin},   // first 02:30, summer time
		{"2026-10-25T01:30:00Z", "Oct 25 02:30:00", "2026-10-25T01:30:00Z", berlin},   // second 02:30, winter time
		{"2026-11-22T12:00:00Z", "Mar  5 12:00:00", "2026-03-05T12:00:00Z", time.UTC}, // old, not of the future
		{"2026-11-22T12:00:00Z", "Dec 20 12:00:00", "2026-12-20T12:00:00Z", time.UTC}, // a clock that runs ahead
		{"2026-03-01T00:00:00Z", "Feb 29 12:00:00", "2024-02-29T12:00:00Z", time.UTC},
		{"2100-03-01T00:00:00Z", "Feb 29 12:00:00", "2096-02-29T12:00:00Z", time.UTC},
	} {
		b := udp("<13>" + c.stamp + " h t: m")
		b.Received, _ = time.Parse(time.RFC3339, c.now)
		r := parsed(b, c.zone)
		if got := time.Unix(0, r.Time).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s received %s: got %s, want %s", c.stamp, c.now, got, c.want)
		}
	}
}

// TestMinuteCacheKeepsApart: one parser, stamps that differ in one thing each.
func TestMinuteCacheKeepsApart(t *testing.T) {
	var p Parser
	for _, in := range []string{"Nov 22 12:00:01 h", "Nov 22 12:00:59 h", "Nov 22 12:01:00 h", "Nov 22 13:01:00 h", "Nov 21 13:01:00 h", "Oct 21 13:01:00 h", "Oct 21 13:01:00 2020 h"} {
		b := udp("<13>" + in + " t: m")
		p.Parse(b, 0, len(b.Buf))
		fresh := udp("<13>" + in + " t: m")
		if want := parsed(fresh, nil).Time; b.Records[0].Time != want {
			t.Errorf("%s: %d with the cache, %d without", in, b.Records[0].Time, want)
		}
	}
}

func TestParseInTheMiddleOfABuffer(t *testing.T) {
	b := udp("xx<13>Nov 22 12:00:00 h t: one<14>1 - h a p m - twoyy")
	var p Parser
	p.Parse(b, 2, 30)
	p.Parse(b, 30, 51)
	for i, want := range []string{`3164 1.5 2026-11-22T12:00:00Z h t - - - "one" nozone`, `5424 1.6 - h a p m - "two"`} {
		if got := dump(b, &b.Records[i]); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// The run up to a blank, at every length and with every byte at every place,
// against a loop over the bytes.
func TestTokenLooksAtEveryByte(t *testing.T) {
	slowly := func(text []byte) (j int, clean bool) {
		clean = true
		for j < len(text) && text[j] != ' ' {
			clean = clean && text[j] >= '!' && text[j] <= '~'
			j++
		}
		return j, clean
	}
	for length := 1; length <= 27; length++ {
		for at := range length {
			for c := range 256 {
				text := bytes.Repeat([]byte("a"), length)
				text[at] = byte(c)
				text[(at+3)%length] = byte(255 - c%3*0x6f) // 255, 144, 33
				text = append(text, " b"[c%2:]...)
				j, clean := token(text, 0, len(text))
				if wantJ, wantClean := slowly(text); j != wantJ || clean != wantClean {
					t.Fatalf("%q: %d %v, want %d %v", text, j, clean, wantJ, wantClean)
				}
			}
		}
	}
}
