package op

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

func TestDownTime(t *testing.T) {
	for _, c := range []struct {
		args Args
		want time.Time
		err  string
	}{
		{Args{}, time.Time{}, ""},
		{Args{"at": "now"}, time.Time{}, ""},
		{Args{"in": "0"}, time.Time{}, ""},
		{Args{"at": "+0"}, time.Time{}, ""},
		{Args{"in": "5"}, noon.Add(5 * time.Minute), ""},
		{Args{"at": "+90"}, noon.Add(90 * time.Minute), ""},
		{Args{"at": "23:00"}, noon.Add(11 * time.Hour), ""},
		{Args{"at": "2611230830"}, time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC), ""},
		{Args{"at": "11:59"}, time.Time{}, "that time is already past"},
		{Args{"at": "12:00"}, time.Time{}, "that time is already past"},
		{Args{"at": "2511230830"}, time.Time{}, "that time is already past"},
		{Args{"at": "2711230830"}, time.Time{}, "at most 28 days ahead"},
		{Args{"at": "+40321"}, time.Time{}, "expecting now, +minutes, hh:mm or yymmddhhmm"},
		{Args{"at": "+-1"}, time.Time{}, "expecting now, +minutes, hh:mm or yymmddhhmm"},
		{Args{"at": "+1x"}, time.Time{}, "expecting now, +minutes, hh:mm or yymmddhhmm"},
		{Args{"at": "25:00"}, time.Time{}, "expecting now, +minutes, hh:mm or yymmddhhmm"},
		{Args{"at": "tomorrow"}, time.Time{}, "expecting now, +minutes, hh:mm or yymmddhhmm"},
		{Args{"at": "now", "in": "1"}, time.Time{}, "say at or in, not both"},
	} {
		got, err := downTime(noon, c.args)
		if !got.Equal(c.want) || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
			t.Errorf("%v: %v %v", c.args, got, err)
		}
	}
}

// switchboard is a Power that does nothing.
type switchboard struct {
	asked   []Shutdown
	pending *Shutdown
	err     error
}

func (s *switchboard) Shutdown(d Shutdown) (int, error) {
	s.asked = append(s.asked, d)
	if !d.At.IsZero() {
		s.pending = &d
	}
	return 77, s.err
}

func (s *switchboard) Pending() (Shutdown, bool, error) {
	if s.pending == nil {
		return Shutdown{}, false, s.err
	}
	return *s.pending, true, s.err
}

func (s *switchboard) Cancel() error { s.pending = nil; return nil }

// TestPowerCommands: what clients of Junos look for in the answers is there, and everybody is told.
func TestPowerCommands(t *testing.T) {
	env, board := newEnv(t), &switchboard{}
	env.Power, env.Caller = board, event.Subject{User: "op"}
	told := ""
	env.Sessions = func() []Session { return []Session{{Subject: event.Subject{User: "bob", TTY: "pts/3"}}} }
	env.Show = func(_ Session, text string) bool { told += text; return true }
	status := func(words string, a Args) string {
		t.Helper()
		i := slices.IndexFunc(All(), func(c Command) bool { return c.Words == words })
		res, err := All()[i].Run(t.Context(), env, a)
		if err != nil {
			t.Fatal(err)
		}
		e := res.Element()
		if status, ok := e.Child("request-reboot-status"); ok && e.Name == "request-reboot-results" {
			return status.Text
		}
		t.Fatalf("%+v", e)
		return ""
	}
	if got := status("request system reboot", Args{"in": "0"}); got != "Shutdown NOW!\n[pid 77]\n" {
		t.Errorf("%q", got)
	}
	if !strings.Contains(told, "*** FINAL System shutdown message from op@") || !strings.Contains(told, "System going down IMMEDIATELY\n") {
		t.Errorf("%q", told)
	}
	env.Caller.TTY, env.Caller.Client = "pts/4", "cli"
	if got, err := run(t, env, "request system reboot", nil); err != nil || !strings.HasPrefix(got, "\n*** FINAL ") || !strings.HasSuffix(got, " IMMEDIATELY\n\nShutdown NOW!\n[pid 77]\n") {
		t.Errorf("%q %v", got, err)
	}
	env.Caller.TTY = ""
	if got := status("show system reboot", nil); got != "No shutdown/reboot scheduled.\n" {
		t.Errorf("%q", got)
	}
	told = ""
	if got := status("request system halt", Args{"at": "23:00", "message": "new disk"}); got != "Shutdown at Sun Nov 22 23:00:00 2026.\n[pid 77]\n" {
		t.Errorf("%q", got)
	}
	if !strings.Contains(told, "System going down at 23:00\n\nnew disk\n") {
		t.Errorf("%q", told)
	}
	if got := status("show system reboot", nil); got != "halt requested by op at Sun Nov 22 23:00:00 UTC 2026\nmessage: new disk\n" {
		t.Errorf("%q", got)
	}
	if got := status("clear system reboot", nil); !strings.HasSuffix(got, "\nTerminating...\n") || board.pending != nil {
		t.Errorf("%q", got)
	}
	told, board.err = "", errors.New("shutdown: you must be root")
	for words, a := range map[string]Args{"request system power-off": {}, "request system reboot": {"message": "two\nlines"}, "request system halt": {"at": "noon"}} {
		if _, err := run(t, env, words, a); err == nil || told != "" {
			t.Errorf("%s: %v %q", words, err, told)
		}
	}
	for _, c := range powerCommands() {
		if asks := strings.HasPrefix(c.Words, "request"); c.Permission != "maintenance" || asks != (c.Question != "") {
			t.Errorf("%+v", c.Grammar)
		}
	}
}
