package daemon

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/syslogd"
)

func root(t *testing.T) *schema.Node {
	t.Helper()
	r, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// effective reads set lines.
func effective(t *testing.T, lines string) *configtree.Effective {
	t.Helper()
	s := root(t)
	b := configtree.New(s).Batch()
	for e, p := range format.Read(strings.NewReader(lines), "test", nil, format.SetLines, s) {
		if p != nil {
			t.Fatal(p)
		}
		if err := b.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return b.Tree().Expand()
}

func decoded(t *testing.T, lines string) (syslogd.Config, []configtree.Problem) {
	t.Helper()
	r := newReading(effective(t, lines), new(known))
	r.ssh()
	c, d := decodeSyslog(r.Reader, r.system().hostName, nil, nil)
	return c, append(d.problems, r.Problems()...)
}

func TestDecodeFile(t *testing.T) {
	c, problems := decoded(t, `
set system syslog archive size 1m files 7 world-readable
set system syslog archive binary-data
set system syslog time-format year millisecond
set system syslog file messages any notice
set system syslog file messages authorization info
set system syslog file messages local0 none
set system syslog file messages match "!debug"
set system syslog file messages match-strings [ a b ]
set system syslog file messages archive files 3
set system syslog file messages explicit-priority
set system syslog file messages allow-duplicates
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := []*syslogd.File{{
		Place: "system syslog file messages", Name: "messages",
		Selection: syslogd.Selection{
			Rules: []syslogd.Rule{
				{Set: event.All, Any: true, Level: 5, Text: "any notice"},
				{Set: 1<<event.Authorization | 1<<event.AuthPriv, Level: 6, Text: "authorization info"},
				{Set: 1 << event.Local0, Level: -1, Text: "local0 none"},
			},
			Match: "!debug", MatchStrings: []string{"a", "b"},
		},
		Layout: syslogd.Layout{ExplicitPriority: true, AllowDuplicates: true},
		Size:   1 << 20, Archives: 3, WorldReadable: true, BinaryData: true,
	}}
	if d := cmp.Diff(want, c.Files, cmpopts.SortSlices(func(a, b syslogd.Rule) bool { return a.Set > b.Set })); d != "" {
		t.Error(d)
	}
	if !c.TimeFormat.Year || !c.TimeFormat.Millisecond {
		t.Error("time-format is lost")
	}
}

func TestDecodeDefaults(t *testing.T) {
	c, _ := decoded(t, "set system syslog file m any any\nset system syslog host h any any\nset system services syslog udp\nset system services syslog tcp address 127.0.0.1")
	if f := c.Files[0]; f.Size != 128<<10 || f.Archives != 10 || f.WorldReadable || f.BinaryData {
		t.Errorf("file %+v", f)
	}
	if h := c.Hosts[0]; h.Port != 514 || h.Transport != syslogd.TransportUDP || h.FacilityOverride != -1 {
		t.Errorf("host %+v", h)
	}
	if l := c.Inputs.UDP[0]; l.Address.Port() != 514 || l.Address.Addr().IsValid() {
		t.Errorf("udp %+v", l)
	}
	if l := c.Inputs.TCP[0]; l.Address.String() != "127.0.0.1:601" {
		t.Errorf("tcp %+v", l)
	}
	if c.MaxMessageSize != 8<<10 {
		t.Errorf("max-message-size %d", c.MaxMessageSize)
	}
}

// TestDecodeBinaryData tells that a file may differ from what holds for all.
func TestDecodeBinaryData(t *testing.T) {
	c, problems := decoded(t, "set system syslog archive binary-data\nset system syslog file a any any\nset system syslog file b any any\nset system syslog file b archive no-binary-data")
	if len(problems) > 0 || !c.Files[0].BinaryData || c.Files[1].BinaryData {
		t.Errorf("%v, %+v", problems, c.Files)
	}
}

// Whatever the schema has of the syslog hierarchies is obeyed, or accepted
// with a warning: nothing is committed and then ignored without a word.
func TestNothingGoesUnheard(t *testing.T) {
	var lines []string
	everyLeaf(root(t).Child("system"), "set system", &lines)
	if len(lines) < 100 {
		t.Fatalf("only %d statements", len(lines))
	}
	for _, line := range lines {
		r := newReading(effective(t, line), new(known))
		decodePKI(r.Reader)
		r.ssh()
		decodeMetrics(r.Reader)
		decodeSyslog(r.Reader, r.system().hostName, nil, nil)
		for _, p := range r.Problems() {
			if !p.Warning {
				t.Errorf("%s: %v", line, p.Err)
			}
		}
	}
}

// everyLeaf makes a set line for each statement below n.
func everyLeaf(n *schema.Node, at string, lines *[]string) {
	for _, c := range n.Children {
		line := at
		if !c.NoKeyword {
			line += " " + c.Name
		}
		switch c.Kind {
		case schema.List:
			line += " " + sample(&c.KeyType)
			if c.NeedsContents() {
				line += " any"
			}
			*lines = append(*lines, line)
			if !c.NeedsContents() {
				everyLeaf(c, line, lines)
			}
		case schema.Container:
			if c.Presence {
				*lines = append(*lines, line)
			}
			everyLeaf(c, line, lines)
		default:
			if c.Type.Base != schema.Empty {
				line += " " + sample(&c.Type)
			}
			*lines = append(*lines, line)
		}
	}
}

// sample finds a value that the type takes.
func sample(t *schema.Type) string {
	candidates := []string{"", "any", "x", "1", "2", "5", "20", "100", "70000", "6000", "2000000", "127.0.0.1", "10.0.0.0/8", "/x", "08:30", "10%", "2m", "2026-11-22.10:00", "Europe/Berlin"}
	for _, e := range t.Enums {
		candidates = append([]string{e.Name}, candidates...)
	}
	for _, c := range candidates {
		if t.Check(c) == nil {
			return format.Quote(c)
		}
	}
	panic(fmt.Sprintf("no sample for %+v", t))
}

func TestEveryFacilityWordIsKnown(t *testing.T) {
	file := root(t).Child("system").Child("syslog").Child("file")
	for _, e := range file.Child("contents").KeyType.Enums {
		if _, ok := event.Named(e.Name); !ok {
			t.Errorf("facility %s selects nothing", e.Name)
		}
	}
	for _, c := range file.Child("contents").Children {
		if _, ok := event.Level(c.Name); !ok {
			t.Errorf("severity %s is unknown", c.Name)
		}
	}
}

func TestWhatADecoderRefuses(t *testing.T) {
	tests := []struct {
		lines, path, text string
		warning           bool
	}{
		{"set system syslog file m any any\nset system syslog file m.0.gz any any", "system syslog file m.0.gz", "is the name of archive 0 of file m", false},
		{"set system syslog file m any any\nset system syslog file m.12 any any", "system syslog file m.12", "is the name of archive 12 of file m", false},
		{"set system syslog file m", "system syslog file m", "no facility configured; nothing will be logged", true},
		{"set system syslog host h", "system syslog host h", "no facility configured; nothing will be sent", true},
		{"set system syslog host h any any\nset system syslog host h framing newline", "system syslog host h framing", "has no effect with transport udp", true},
		{"set system syslog host h any any\nset system syslog host h connection on-demand", "system syslog host h connection", "has no effect with transport udp", true},
		{"set system syslog host 2001:db8::1 any any\nset system syslog host 2001:db8::1 source-address 127.0.0.1", "system syslog host 2001:db8::1 source-address",
			"has no effect: 2001:db8::1 is of the other family of addresses", true},
		{"set system syslog host other-routing-engine any any", "system syslog host other-routing-engine", "this machine has one routing engine: nothing will be sent", true},
		{"set system syslog console application-status any", "system syslog console application-status", "no such messages here", true},
	}
	for _, tt := range tests {
		_, problems := decoded(t, tt.lines)
		if len(problems) != 1 {
			t.Errorf("%s: %v", tt.lines, problems)
			continue
		}
		p := problems[0]
		if p.Path.String() != tt.path || p.Err.Error() != tt.text || p.Warning != tt.warning {
			t.Errorf("%s: %s: %v (warning %v)", tt.lines, p.Path, p.Err, p.Warning)
		}
	}
}

func TestAccounts(t *testing.T) {
	s := newReading(effective(t, `
set system host-name r1
set system time-zone Europe/Berlin
set system login class ops permissions [ view trace ]
set system login user bob uid 2000 class ops
set system login user amy class super-user
`), new(known)).system()
	if s.hostName != "r1" || s.zone.String() != "Europe/Berlin" {
		t.Errorf("%+v", s)
	}
	if a, ok := s.byUID(2000); !ok || a.name != "bob" || a.class != "ops" {
		t.Errorf("%+v %v", a, ok)
	}
	if _, ok := s.byUID(0); ok {
		t.Error("an account without uid is root's")
	}
	if c := s.class("ops"); c.Name() != "ops" || !c.May("trace") || c.May("clear") {
		t.Errorf("%+v", c.Definition())
	}
	if s.class("gone").May("view") {
		t.Error("a class that is not there permits something")
	}
}

func TestUsersOfOneUID(t *testing.T) {
	s := newReading(effective(t, `
set system login user bob uid 2000 class operator
set system login user amy uid 2000 class super-user
set system login user eve class operator
set system login user zoe class operator
`), new(known)).system()
	if len(s.problems) != 1 || s.problems[0].Path.String() != "system login user bob uid" || s.problems[0].Err.Error() != "user 'amy' has the same uid" {
		t.Error(s.problems)
	}
}

// TestUserRoot: root is who it is, whatever `login user root` says.
func TestUserRoot(t *testing.T) {
	const user = "set system login user root uid 2000 class read-only authentication encrypted-password "
	for _, c := range []struct {
		lines, hash string
		logins      int
		problems    []string
	}{
		{user + "$6$salt$user", "", 0, []string{"system login user root: " + errRoot.Error() + " true"}},
		{user + "$6$salt$user\nset system root-authentication encrypted-password $6$salt$root", "$6$salt$root", 1, []string{"system login user root: " + errRoot.Error() + " true"}},
		{user + "hunter2", "", 0, []string{"system login user root authentication encrypted-password: " + errNoHash.Error() + " false", "system login user root: " + errRoot.Error() + " true"}},
	} {
		s := newReading(effective(t, c.lines), new(known)).system()
		var problems []string
		for _, p := range s.problems {
			problems = append(problems, fmt.Sprintf("%v: %v %v", p.Path, p.Err, p.Warning))
		}
		if d := cmp.Diff(c.problems, problems); d != "" {
			t.Errorf("%s: %s", c.lines, d)
		}
		if _, ok := s.byUID(2000); ok || s.hashes["root"] != c.hash || len(s.directory.logins) != c.logins {
			t.Errorf("%s: %v, %q, %v", c.lines, ok, s.hashes["root"], s.directory.logins)
		}
		if u := s.directory.logins["root"]; u != nil && (!u.Root || u.Class != superUser) {
			t.Errorf("%s: %+v", c.lines, u)
		}
	}
}

func TestNetconfOnThePortOfSSH(t *testing.T) {
	d := decodedSSH(t, "set system services ssh port 2222\nset system services netconf ssh port 2222")
	if len(d.problems) != 1 || !d.problems[0].Warning || len(d.config.Listens) != 1 {
		t.Error(d.problems, d.config.Listens)
	}
}

func TestAPasswordIsNoHash(t *testing.T) {
	r := newReading(effective(t, "set system root-authentication encrypted-password hunter2\nset system login user bob class operator authentication encrypted-password $6$salt$hash"), new(known))
	problems := r.system().problems
	if len(problems) != 1 || problems[0].Path.String() != "system root-authentication encrypted-password" {
		t.Fatal(problems)
	}
	if strings.Contains(problems[0].Error(), "hunter2") {
		t.Error("the password is in the error")
	}
}
