package schema

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	_ "time/tzdata"
)

// walk takes the words of a line. The result has a word for each step, in
// full: keywords as they are, keys as =key, values as :value, with ^ in front
// for every level that the walk went out.
func walk(c Cursor, line string) (string, Cursor, error) {
	var out []string
	for word := range strings.FieldsSeq(line) {
		match := c.Match
		if text, ok := strings.CutPrefix(word, `"`); ok {
			word, match = strings.TrimSuffix(text, `"`), c.MatchQuoted
		}
		step, err := match(word)
		if err != nil {
			return strings.Join(out, " "), c, err
		}
		out = append(out, strings.Repeat("^", step.Up)+[]string{"", "=", ":"}[step.Kind]+step.Word)
		c = step.Next
	}
	return strings.Join(out, " "), c, nil
}

func TestWalk(t *testing.T) {
	root := Cursor{Node: load(t)}
	for _, tt := range []struct{ line, want string }{
		{"version 24.4R1.9", "version :24.4R1.9"},
		{"system host-name r1", "system host-name :r1"},
		{"sys sysl file messages any notice", "system syslog file =messages =any notice"},
		{"system syslog file m inter any", "system syslog file =m =interactive-commands any"},
		{"system syslog file m auth i", "system syslog file =m =authorization info"},
		{"system syslog file archive arch si 1m", "system syslog file =archive archive size :1m"},
		{"system syslog file m user none", "system syslog file =m =user none"},
		{"system syslog host h any any port 514 transport tcp", "system syslog host =h =any any ^port :514 transport :tcp"},
		{"system syslog host h transport tl", "system syslog host =h transport :tls"},
		{"system syslog host h fac auth", "system syslog host =h facility-override :authorization"},
		{"system syslog host h log-p x st b", "system syslog host =h log-prefix :x structured-data brief"},
		{"system syslog host other-routing-engine any any", "system syslog host =other-routing-engine =any any"},
		{"system syslog file m any any authorization info match foo", "system syslog file =m =any any ^=authorization info ^match :foo"},
		{"system syslog file m any any any info", "system syslog file =m =any any ^=any info"},
		{"system syslog archive size 1m files 5", "system syslog archive size :1m files :5"},
		{"system syslog file m archive files 5 any any", "system syslog file =m archive files :5 ^=any any"},
		{"system syslog file m archive world files 5 exp", "system syslog file =m archive world-readable files :5 ^explicit-priority"},
		{"system syslog file m any any archive files 5", "system syslog file =m =any any ^archive files :5"},
		{"system syslog archive files 5 source-address 10.0.0.1", "system syslog archive files :5 ^source-address :10.0.0.1"},
		{"system syslog console any info", "system syslog console =any info"},
		{"system syslog console app any", "system syslog console =application-status any"},
		{"system syslog time-format y m", "system syslog time-format year millisecond"},
		{"system syslog time-format year allow", "system syslog time-format year ^allow-duplicates"},
		{"system syslog user * any emergency", "system syslog user =* =any emergency"},
		{`system syslog user "any" "any" any`, "system syslog user =any =any any"},
		{"system syslog file m match-strings a b", "system syslog file =m match-strings :a :b"},
		{"system syslog log-rotate-frequency 59 time-format year", "system syslog log-rotate-frequency :59 time-format year"},
		{"system login user admin uid 2000 class super-user full-name Admin", "system login user =admin uid :2000 class :super-user full-name :Admin"},
		{"system login class ops permissions view view-c", "system login class =ops permissions :view :view-configuration"},
		{"system root-authentication encrypted-password $6$abc", "system root-authentication encrypted-password :$6$abc"},
		{"system services syslog unix /dev/log", "system services syslog unix =/dev/log"},
		{"system services syslog udp address ::1", "system services syslog udp address :::1"},
		{"system services syslog max-message-size 64k", "system services syslog max-message-size :64k"},
		{"system time-zone Europe/Paris", "system time-zone :Europe/Paris"},
	} {
		got, _, err := walk(root, tt.line)
		if err != nil || got != tt.want {
			t.Errorf("%s\n got %s, %v\nwant %s", tt.line, got, err, tt.want)
		}
	}
}

func TestWalkRefuses(t *testing.T) {
	root := Cursor{Node: load(t)}
	for _, tt := range []struct {
		line string
		kind MatchErrorKind
		text string
	}{
		{"interfaces", Unknown, "syntax error."},
		{"system syslog file m anny", Unknown, "syntax error."},
		{"system syslog file m any debug", Unknown, "syntax error."},
		{"system syslog file m any match", Unknown, "syntax error."},
		{"system syslog file m contents", Unknown, "syntax error."},
		{"system syslog archive allow-duplicates", Unknown, "syntax error."},
		{"system syslog archive world-readable no-world-readable", Unknown, "syntax error."},
		{"system syslog file m any any port", Unknown, "syntax error."},
		{`"sys"`, Unknown, "syntax error."},
		{"system syslog host h transport sctp", Unknown, "syntax error."},
		{`system syslog host h transport "tc"`, Unknown, "syntax error."},
		{"system syslog a", Ambiguous, "'a' is ambiguous."},
		{"system syslog file m a", Ambiguous, "'a' is ambiguous."},
		{"system syslog host h transport t", Ambiguous, "'t' is ambiguous."},
		{"system syslog file m any e", Ambiguous, "'e' is ambiguous."},
		{"system syslog archive size 10", Invalid, "Value 10 is not within range (65536..1073741824 bytes)"},
		{"system syslog archive size 10x", Invalid, "Invalid size: '10x': must be a number, with k, m or g at its end or without"},
		{"system syslog archive files 1001", Invalid, "Value 1001 is not within range (1..1000)"},
		{"system syslog log-rotate-frequency 60", Invalid, "Value 60 is not within range (1..59)"},
		{"system syslog log-rotate-frequency often", Invalid, "Invalid numeric value: 'often'"},
		{"system syslog file a/b", Invalid, "Must not contain '/', % or a space"},
		{"system syslog file ..", Invalid, "Must not begin with a dot"},
		{"system syslog file a\x01", Invalid, "Must not contain control or invisible characters"},
		{"system syslog host ::-1", Invalid, "invalid ip address or hostname: ::-1 at '::-1'"},
		{"system syslog host h log-prefix a=b", Invalid, "Should not contain '=' or ':'"},
		{"system syslog user a.b", Invalid, "Must be a string of alphanumericals, dashes or underscores"},
		{"system syslog source-address 100.1.1.256", Invalid, "invalid value '256' in ip address: '100.1.1.256' at '100.1.1.256'"},
		{"system services syslog unix log", Invalid, "Must be an absolute path such as /dev/log"},
		{`system host-name ""`, Invalid, "Length 0 is not within range (1..255)"},
	} {
		_, _, err := walk(root, tt.line)
		var m *MatchError
		if !errors.As(err, &m) || m.Kind != tt.kind || m.Text != tt.text {
			t.Errorf("%s\n got %+v\nwant kind %d, %s", tt.line, err, tt.kind, tt.text)
			continue
		}
		if word := tt.line[strings.LastIndexByte(tt.line, ' ')+1:]; m.Word != strings.Trim(word, `"`) {
			t.Errorf("%s: the offending word is %q", tt.line, m.Word)
		}
	}
}

// TestAmbiguityListsWhatIsMeant: keywords and facilities alike.
func TestAmbiguityListsWhatIsMeant(t *testing.T) {
	for line, want := range map[string]string{
		"system syslog file m a":           "allow-duplicates any apply-flags apply-groups apply-groups-except archive authorization",
		"system syslog host h transport t": "tcp tls",
		"system syslog file m any e":       "emergency error",
	} {
		_, _, err := walk(Cursor{Node: load(t)}, line)
		var m *MatchError
		if !errors.As(err, &m) || names(m.Candidates) != want {
			t.Errorf("%s: %+v, want candidates %s", line, m, want)
		}
	}
}

// TestEveryNodeIsReached walks to each node by its own path.
func TestEveryNodeIsReached(t *testing.T) {
	count := 0
	var visit func(Cursor)
	visit = func(c Cursor) {
		for _, child := range c.Node.Children {
			count++
			next := c
			if !child.NoKeyword {
				step, err := c.Match(child.Name)
				if err != nil || step.Node != child || step.Word != child.Name || step.Kind != Keyword {
					t.Fatalf("%s below %s: %+v, %v", child.Name, c.Node.Name, step, err)
				}
				next = step.Next
			}
			if child.Kind == List {
				step, err := next.Match(example(&child.KeyType))
				if err != nil || step.Node != child || step.Kind != Key {
					t.Fatalf("key of %s below %s: %+v, %v", child.Name, c.Node.Name, step, err)
				}
				next = step.Next
			} else if child.Kind != Container && child.Type.Base != Empty {
				step, err := next.Match(example(&child.Type))
				if err != nil || step.Node != child || step.Kind != Value {
					t.Fatalf("value of %s below %s: %+v, %v", child.Name, c.Node.Name, step, err)
				}
			}
			if child.Kind == Container || child.Kind == List {
				visit(next)
			}
		}
	}
	visit(Cursor{Node: load(t)})
	if count < 150 {
		t.Errorf("only %d nodes", count)
	}
}

// example returns a value that fits t.
func example(t *Type) string {
	for _, e := range t.Enums {
		return e.Name
	}
	for _, r := range t.Ranges {
		return fmt.Sprint(r.Min)
	}
	for _, text := range []string{"x", "/x", "10.0.0.1", "10.0.0.0/8", "5%", "UTC", "2026-11-22.10:30", "08:30"} {
		if t.Check(text) == nil {
			return text
		}
	}
	return ""
}

func TestComplete(t *testing.T) {
	for line, want := range map[string]bool{
		"system":                               true,
		"system syslog file":                   false,
		"system syslog file m":                 true,
		"system syslog file m any":             false,
		"system syslog file m any any":         true,
		"system syslog file m match":           false,
		"system syslog file m match x":         true,
		"system syslog console kernel":         false,
		"system syslog console kernel warning": true,
		"system syslog archive":                true,
	} {
		_, c, err := walk(Cursor{Node: load(t)}, line)
		if err != nil || c.Complete() != want {
			t.Errorf("%s: complete is %v, %v", line, c.Complete(), err)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	root := Cursor{Node: load(b)}
	words := strings.Fields("system syslog file messages authorization info")
	for b.Loop() {
		c := root
		for _, w := range words {
			step, err := c.Match(w)
			if err != nil {
				b.Fatal(err)
			}
			c = step.Next
		}
	}
}
