package daemon

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"loggia/configtree"
	"loggia/syslogd"
)

// with decodes lines, knowing what the configuration before meant.
func (k *known) with(t *testing.T, lines string) (syslogd.Config, []string) {
	t.Helper()
	r := newReading(effective(t, lines), k)
	r.ssh()
	c, d := decodeSyslog(r.Reader, r.system().hostName, nil, k)
	*k = known{d.common, d.files, d.hosts, *r.accounts()}
	var problems []string
	for _, p := range append(d.problems, r.Problems()...) {
		problems = append(problems, fmt.Sprint(p.Path, " ", p.Token, " ", p.Err, " ", p.Warning))
	}
	return c, problems
}

// What is known of the configuration before changes nothing but the time that it takes:
// each of these configurations, one after the other, means what it means by itself.
func TestKnownMeanings(t *testing.T) {
	const base = `
set system syslog file a any notice
set system syslog file b kernel info
set system syslog file b archive size 1m
set system syslog host r1 any any
set system syslog host r1 port 1514
set system syslog host r2 daemon info
set system syslog host r2 transport tcp
`
	var k known
	for i, lines := range []string{
		base,
		base,
		base + "set system syslog file a match x",
		base + "set system syslog archive size 2m files 3 world-readable",
		base + "set system syslog archive size 2m\nset system host-name h",
		strings.ReplaceAll(base, "file a ", "file b.1 "), // an archive of b
		base + "set system syslog file aa dfc any\nset system syslog host r3 port 99",
		base + "set system syslog file aa dfc any\nset system syslog host r3 port 99",
		base + "set system syslog host r2 tlsdetails local-certificate c",
		base + "set system syslog host r2 transport tls",
		base + "set system syslog host r2 transport tls",
		base + "set system syslog host r1 framing newline",
		base + "deactivate system syslog file b",
		base + "delete system syslog host r1\nset system syslog file 0 any any",
		"set system syslog time-format year",
		base,
	} {
		got, problems := k.with(t, lines)
		want, all := new(known).with(t, lines)
		if !reflect.DeepEqual(want, got) {
			t.Errorf("configuration %d: %+v, not %+v", i, got, want)
		}
		if d := cmp.Diff(all, problems); d != "" {
			t.Errorf("problems of configuration %d: %s", i, d)
		}
	}
}

// What is known is not read again, and what is refused of it has its place all the same.
func TestKnownIsNotReadAgain(t *testing.T) {
	const lines = "set system syslog file a any notice\nset system syslog host r1 any any"
	var k known
	k.with(t, lines)
	k.files.all[0].Match, k.hosts.all[0].LogPrefix = "from memory", "from memory"
	r := effective(t, lines).Reader()
	c, d := decodeSyslog(r, "h", nil, &k)
	if c.Files[0].Match != "from memory" || c.Hosts[0].LogPrefix != "from memory" {
		t.Errorf("%+v", c)
	}
	for _, place := range []string{"system syslog file a", "system syslog host r1"} {
		if p := d.path(place); p.String() != place {
			t.Errorf("%s is at %s", place, p)
		}
	}
	if p := d.path("system syslog file b"); p != nil {
		t.Errorf("found at %s", p)
	}
	if problems := r.Child("system").Child("syslog").Problems(); len(problems) > 0 {
		t.Error(problems)
	}
	var none configtree.Hash
	if r.Child("system").Child("ntp").Hash() != none {
		t.Error("what is not configured has a hash")
	}
}
