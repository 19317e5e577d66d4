package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func names(cs []Candidate) string {
	var words []string
	for _, c := range cs {
		words = append(words, c.Name)
	}
	return strings.Join(words, " ")
}

func candidates(t *testing.T, line, prefix string) []Candidate {
	t.Helper()
	_, c, err := walk(Cursor{Node: load(t)}, line)
	if err != nil {
		t.Fatal(err)
	}
	return c.Candidates(prefix)
}

func TestCandidates(t *testing.T) {
	facilities := "authorization change-log conflict-log cron daemon dfc"
	for _, tt := range []struct{ line, prefix, want string }{
		{"", "", "apply-flags apply-groups apply-groups-except groups security system version"},
		{"system syslog", "", "allow-duplicates alternate-format apply-flags apply-groups apply-groups-except archive console file grpc-replay host log-rotate-frequency " +
			"routing-instance server shell source-address storage time-format user"},
		{"system syslog", "a", "allow-duplicates alternate-format apply-flags apply-groups apply-groups-except archive"},
		{"system syslog", "x", ""},
		{"system syslog file", "", "<file-name>"},
		{"system syslog file", "me", "<file-name>"},
		{"system syslog user", "", "<user-name> *"},
		{"system syslog user", "a", "<user-name>"},
		{"system syslog host", "", "<host-name> other-routing-engine"},
		{"system syslog file m", "a", "allow-duplicates any apply-flags apply-groups apply-groups-except archive authorization"},
		{"system syslog file m", "c", "change-log conflict-log cron"},
		{"system syslog file m", "", "allow-duplicates any apply-flags apply-groups apply-groups-except archive " + facilities +
			" exclude-own-records explicit-priority external firewall from ftp hostname interactive-commands kernel local0 local1 local2 local3 local4 local5" +
			" local6 local7 lpr mail match match-strings news ntp only-own-records per-host pfe program retain rotate security structured-data sync syslog user uucp"},
		{"system syslog file m any", "", "alert any critical emergency error info none notice warning"},
		{"system syslog file m any any", "e", "exclude-own-records explicit-priority external"},
		{"system syslog file m structured-data", "", "apply-flags apply-groups apply-groups-except brief"},
		{"system syslog archive size 1m", "", "apply-flags apply-groups apply-groups-except archive-sites binary-data files no-binary-data no-world-readable size start-time transfer-interval world-readable"},
		{"system syslog archive world-readable", "w", ""},
		{"system syslog archive size 1m", "h", "host"},
		{"system syslog host h transport", "", "tcp tls udp"},
		{"system syslog log-rotate-frequency", "", "<minutes>"},
		{"system login user u class", "", "<class-name> operator read-only super-user superuser unauthorized"},
		{"system time-zone", "Europe/Pa", "<time-zone> Europe/Paris"},
		{"system syslog console", "ap", "application-status"},
		{"groups", "", "<group-name>"},
		{"groups g", "", "apply-flags security system version"},
		{"groups g system syslog file", "", "<*> <file-name>"},
		{"groups g system syslog file <*>", "f", "<*> firewall from ftp"},
		{"groups g system syslog console", "ap", "<*> application-status"},
	} {
		if got := names(candidates(t, tt.line, tt.prefix)); got != tt.want {
			t.Errorf("%s %s?\n got %s\nwant %s", tt.line, tt.prefix, got, tt.want)
		}
	}
}

func TestCandidatesTellWhatTheyAre(t *testing.T) {
	for _, tt := range []struct{ line, name, want string }{
		{"system syslog", "archive", "> How log files are rotated and kept by default"},
		{"system syslog", "file", "> Files that messages are written to"},
		{"system syslog", "log-rotate-frequency", "  How often the sizes of log files are checked (1..59 minutes)"},
		{"system syslog file m", "match-strings", "+ Keep lines that contain one of these texts, at most 50"},
		{"system syslog file m", "kernel", "  The core of the system: devices, memory, disks"},
		{"system syslog archive", "size", "  Size at which a log file is rotated (65536..1073741824 bytes)"},
		{"system syslog archive size", "<size>", "  Size at which a log file is rotated (65536..1073741824 bytes)"},
		{"system syslog file", "<file-name>", "  Name of the file in the log directory"},
		{"system syslog host h port", "<port>", "  Port that the server listens on (1..65535)"},
		{"system syslog host h transport", "tls", "  An encrypted connection"},
	} {
		cs := candidates(t, tt.line, "")
		i := slices.IndexFunc(cs, func(c Candidate) bool { return c.Name == tt.name })
		if i < 0 {
			t.Errorf("%s offers no %s", tt.line, tt.name)
			continue
		}
		c := cs[i]
		if got := fmt.Sprintf("%c %s", c.Mark, c.Help); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.line, tt.name, got, tt.want)
		}
		if c.Placeholder != strings.HasPrefix(c.Name, "<") || c.Node == nil {
			t.Errorf("%s %s: %+v", tt.line, tt.name, c)
		}
	}
}

// TestWhatIsOfferedIsTaken: every word of help can be typed.
func TestWhatIsOfferedIsTaken(t *testing.T) {
	var visit func(c Cursor, path string)
	visit = func(c Cursor, path string) {
		for _, o := range c.Candidates("") {
			if o.Placeholder {
				continue
			}
			step, err := c.Match(o.Name)
			if err != nil || step.Node != o.Node || step.Word != o.Name {
				t.Fatalf("%s %s: %+v, %v", path, o.Name, step, err)
			}
			if step.Up == 0 && step.Kind == Keyword && step.Next.Node == step.Node {
				visit(step.Next, path+" "+o.Name)
			}
		}
		if c.Want == WantKey {
			visit(Cursor{Node: c.Node}, path+" KEY")
		}
	}
	visit(Cursor{Node: load(t)}, "")
}

func BenchmarkCandidates(b *testing.B) {
	_, c, err := walk(Cursor{Node: load(b)}, "system syslog file m")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if len(c.Candidates("a")) != 4 {
			b.Fatal("a is short for four words")
		}
	}
}
