package schema

import (
	"strings"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	kinds := map[string]*Type{
		"address": {Base: Address}, "host": {Base: AddressOrName}, "prefix": {Base: Prefix},
		"zone": {Base: TimeZone}, "time": {Base: DateTime}, "empty": {Base: Empty},
		"number": {Base: Unsigned, Ranges: []Range{{1, 5}, {9, 9}}, Units: "minutes"},
		"bytes":  {Base: Bytes, Ranges: []Range{{1024, 1 << 20}}},
		"text":   {Base: String, Lengths: []Range{{1, 4}}},
		"word":   {Base: Enumeration, Enums: []Enum{{"on", ""}}},
		"either": {Base: Address, Enums: []Enum{{"any", ""}}},
	}
	for _, tt := range []struct{ kind, value, want string }{
		{"address", "10.0.0.1", ""},
		{"address", "2001:db8::1", ""},
		{"address", "fe80::1%eth0", "invalid ip address: fe80::1%eth0 at 'fe80::1%eth0'"},
		{"address", "1.2.3", "invalid ip address: 1.2.3 at '1.2.3'"},
		{"address", "1.2.3.400", "invalid value '400' in ip address: '1.2.3.400' at '1.2.3.400'"},
		{"address", "name", "invalid ip address: name at 'name'"},
		{"address", "", "invalid ip address:  at ''"},
		{"host", "::1", ""},
		{"host", "log.example.net", ""},
		{"host", "log_1.example.net.", ""},
		{"host", "1.2.3.400", "invalid value '400' in ip address: '1.2.3.400' at '1.2.3.400'"},
		{"host", "1.2.3", "invalid ip address or hostname: 1.2.3 at '1.2.3'"},
		{"host", "-a", "invalid ip address or hostname: -a at '-a'"},
		{"host", "a..b", "invalid ip address or hostname: a..b at 'a..b'"},
		{"host", "a b", "invalid ip address or hostname: a b at 'a b'"},
		{"host", strings.Repeat("a", 64), "invalid ip address or hostname: " + strings.Repeat("a", 64) + " at '" + strings.Repeat("a", 64) + "'"},
		{"prefix", "10.0.0.0/8", ""},
		{"prefix", "::/0", ""},
		{"prefix", "100.1.1.0/-1", "missing or invalid prefix length '-1' in address '100.1.1.0/-1' at '100.1.1.0/-1'"},
		{"prefix", "100.1.1.0", "missing or invalid prefix length '' in address '100.1.1.0' at '100.1.1.0'"},
		{"prefix", "100.1.1.0/33", "prefix length '33' is larger than 32 in address '100.1.1.0/33' at '100.1.1.0/33'"},
		{"zone", "UTC", ""},
		{"zone", "America/New_York", ""},
		{"zone", "GMT+14", ""},
		{"zone", "GMT-9", ""},
		{"zone", "GMT+15", "Invalid time zone: 'GMT+15': must be a zone such as Europe/Paris, or GMT+1"},
		{"zone", "Local", "Invalid time zone: 'Local': must be a zone such as Europe/Paris, or GMT+1"},
		{"zone", "", "Invalid time zone: '': must be a zone such as Europe/Paris, or GMT+1"},
		{"zone", "../etc/passwd", "Invalid time zone: '../etc/passwd': must be a zone such as Europe/Paris, or GMT+1"},
		{"zone", "/etc/localtime", "Invalid time zone: '/etc/localtime': must be a zone such as Europe/Paris, or GMT+1"},
		{"zone", "Mars/Olympus", "Invalid time zone: 'Mars/Olympus': must be a zone such as Europe/Paris, or GMT+1"},
		{"time", "2026-11-22.10:30", ""},
		{"time", "2026-13-22.10:30", "Invalid time: '2026-13-22.10:30': must be yyyy-mm-dd.hh:mm"},
		{"time", "2026-1-2.10:30", "Invalid time: '2026-1-2.10:30': must be yyyy-mm-dd.hh:mm"},
		{"empty", "x", "This statement takes no value"},
		{"number", "9", ""},
		{"number", "6", "Value 6 is not within range (1..5|9..9)"},
		{"number", "99999999999999999999", "Value 99999999999999999999 is not within range (1..5|9..9)"},
		{"number", "+1", "Invalid numeric value: '+1'"},
		{"number", "-1", "Invalid numeric value: '-1'"},
		{"number", "", "Invalid numeric value: ''"},
		{"bytes", "1024", ""},
		{"bytes", "1M", ""},
		{"bytes", "1k", ""},
		{"bytes", "2m", "Value 2m is not within range (1024..1048576 bytes)"},
		{"bytes", "18446744073709551615g", "Value 18446744073709551615g is not within range (1024..1048576 bytes)"},
		{"bytes", "k", "Invalid size: 'k': must be a number, with k, m or g at its end or without"},
		{"bytes", "1 k", "Invalid size: '1 k': must be a number, with k, m or g at its end or without"},
		{"text", "four", ""},
		{"text", "", "Length 0 is not within range (1..4)"},
		{"text", "ééé", "Length 6 is not within range (1..4)"},
		{"text", "\xff", "Must be valid UTF-8 text"},
		{"word", "on", ""},
		{"word", "o", "syntax error."},
		{"either", "any", ""},
		{"either", "1.1.1.1", ""},
		{"either", "an", "invalid ip address: an at 'an'"},
	} {
		got := ""
		if err := kinds[tt.kind].Check(tt.value); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.kind, tt.value, got, tt.want)
		}
	}
}

func TestFileNames(t *testing.T) {
	key := &load(t).Child("system").Child("syslog").Child("file").KeyType
	for value, want := range map[string]string{
		"messages":               "",
		"messages.0.gz":          "", // refused at commit, where messages is a file too
		"größe":                  "",
		"журнал-日誌-e\u0301":      "", // marks that combine are seen
		strings.Repeat("n", 200): "",
		strings.Repeat("n", 201): "Length 201 is not within range (1..200)",
		strings.Repeat("é", 101): "Length 202 is not within range (1..200)",
		"":                       "Length 0 is not within range (1..200)",
		".":                      "Must not begin with a dot",
		"..":                     "Must not begin with a dot",
		".hidden":                "Must not begin with a dot",
		"../x":                   "Must not contain '/', % or a space",
		"a b":                    "Must not contain '/', % or a space",
		"50%":                    "Must not contain '/', % or a space",
		"a\nb":                   "Must not contain control or invisible characters",
		"a\x00":                  "Must not contain control or invisible characters",
		"a\u009b":                "Must not contain control or invisible characters",
		"a\u00a0b":               "Must not contain control or invisible characters",
		"a\u00adb":               "Must not contain control or invisible characters",
		"a\u2028b":               "Must not contain control or invisible characters",
		"a\u2029b":               "Must not contain control or invisible characters",
		"a\u202eb\u200b":         "Must not contain control or invisible characters",
		"a\u0378b":               "Must not contain control or invisible characters",
		"a\ue000b":               "Must not contain control or invisible characters",
		"\x80":                   "Must be valid UTF-8 text",
	} {
		got := ""
		if err := key.Check(value); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

func TestLocation(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"UTC": "12:00 UTC", "GMT+1": "13:00 GMT+1", "GMT-10": "02:00 GMT-10", "Europe/Paris": "13:00 CET",
	} {
		l, err := Location(zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.In(l).Format("15:04 MST"); got != want {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
	}
}

// TestZonesOfferedExist: each name of zones.txt is a zone.
func TestZonesOfferedExist(t *testing.T) {
	count := 0
	for zone := range strings.FieldsSeq(zones) {
		if err := checkTimeZone(zone); err != nil {
			t.Error(err)
		}
		count++
	}
	if count < 400 {
		t.Errorf("only %d zones", count)
	}
}

func TestHelpNamesRangeAndUnits(t *testing.T) {
	for _, tt := range []struct {
		typ         Type
		description string
		want        string
	}{
		{Type{Base: Unsigned, Ranges: []Range{{1, 59}}, Units: "minutes"}, "How often", "How often (1..59 minutes)"},
		{Type{Base: Unsigned, Ranges: []Range{{1, 59}}}, "", "(1..59)"},
		{Type{Base: Bytes, Ranges: []Range{{1, 2}}}, "Size", "Size (1..2 bytes)"},
		{Type{Base: String, Lengths: []Range{{1, 2}}}, "Name", "Name"},
	} {
		if got := tt.typ.Help(tt.description); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
