package op

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"loggia/match"
)

// Bounds of the lines that get-event-summary answers with.
const (
	usualSummary = 25
	mostSummary  = 100
)

// eventSummary is the request for the newest lines of a log that are as asked
// for. Nobody types it: `show log` with pipes is that.
func eventSummary() Command {
	option := func(name string) Param { return Param{Name: name, Kind: Option} }
	flag := func(name string) Param { return Param{Name: name, Kind: Flag} }
	return Command{Grammar{Words: "show log", RPC: "get-event-summary", Permission: "trace", Params: []Param{
		option("syslogfile"), option("event-id"), option("daemon-name"), option("event-description"), option("start-time"), option("end-time"),
		option("total-message-display"), flag("new-search"), flag("ignore-event-info")}}, summarize}
}

// summary is what lines have to be like.
type summary struct {
	tag, daemon string
	description *match.Expr
	start, end  time.Time
	zone        *time.Location
	now         time.Time

	found []string
}

func summarize(ctx context.Context, env *Env, a Args) (Result, error) {
	s, err := newSummary(env.Now(), a)
	if err != nil {
		return nil, err
	}
	most := a.Int("total-message-display", usualSummary)
	if _, given := a["total-message-display"]; given && (most < 1 || most > mostSummary) {
		return nil, &ArgumentError{"total-message-display", fmt.Errorf("a number from 1 to %d", mostSummary)}
	}
	name := "messages"
	if a["syslogfile"] != "" {
		name = LogName(a["syslogfile"])
	}
	if !env.Class().ReadsLog(name) {
		return nil, refusedFile(env, "show log "+name, name)
	}
	if err := NewLogLines(ctx, env.Logs, name).WriteText(&kept{s, most}); err != nil {
		return nil, err
	}
	return Text(strings.Join(s.found, "")), nil
}

// kept takes blocks of whole lines and keeps the last of those that are as asked for.
type kept struct {
	*summary
	most int
}

// Write implements io.Writer.
func (k *kept) Write(block []byte) (int, error) {
	for line := range bytes.Lines(block) {
		if !k.takes(bytes.TrimSuffix(line, []byte("\n"))) {
			continue
		}
		if len(k.found) == k.most {
			k.found = append(k.found[:0], k.found[1:]...)
		}
		k.found = append(k.found, string(line))
	}
	return len(block), nil
}

func newSummary(now time.Time, a Args) (s *summary, err error) {
	s = &summary{tag: a["event-id"], daemon: a["daemon-name"], zone: now.Location(), now: now}
	if text := a["event-description"]; text != "" {
		if s.description, err = match.Compile(text, match.Options{IgnoreCase: true}); err != nil {
			return s, &ArgumentError{"event-description", err}
		}
	}
	for name, to := range map[string]*time.Time{"start-time": &s.start, "end-time": &s.end} {
		if text := a[name]; text != "" {
			if *to, err = time.ParseInLocation("01/02/2006 15:04", text, s.zone); err != nil {
				return s, &ArgumentError{name, errors.New("a time is mm/dd/yyyy hh:mm")}
			}
		}
	}
	return s, nil
}

// takes reports whether a line is as asked for.
func (s *summary) takes(line []byte) bool {
	if s.tag != "" && !ofEvent(line, s.tag, msgID, ":") || s.daemon != "" && !ofEvent(line, s.daemon, appName, "[:") {
		return false
	}
	if s.description != nil && !s.description.Match(line) {
		return false
	}
	if s.start.IsZero() && s.end.IsZero() {
		return true
	}
	at, ok := s.stamp(line)
	return ok && !at.Before(s.start) && (s.end.IsZero() || !at.After(s.end))
}

// The fields of a structured line, from 0 (RFC 5424, 6).
const (
	appName = 3
	msgID   = 5
)

// ofEvent reports whether a line is of the process or event word: in the field of a
// structured line, else before one of the marks, as in `mgd[7]: UI_COMMIT: `.
func ofEvent(line []byte, word string, field int, marks string) bool {
	if bytes.HasPrefix(line, []byte("<")) {
		f := strings.Fields(string(line[:min(len(line), 512)]))
		return len(f) > field && f[field] == word
	}
	for _, mark := range marks {
		if bytes.Contains(line, []byte(" "+word+string(mark))) {
			return true
		}
	}
	return false
}

// stamp is the time of a line: of RFC 5424, or of the usual form, whose year is
// the one that makes it past.
func (s *summary) stamp(line []byte) (time.Time, bool) {
	text := string(line[:min(len(line), 64)])
	if strings.HasPrefix(text, "<") {
		if f := strings.Fields(text); len(f) > 1 {
			t, err := time.Parse(time.RFC3339Nano, f[1])
			return t, err == nil
		}
	}
	layout := time.Stamp
	if len(text) < len(layout) {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(layout, text[:len(layout)], s.zone)
	if err != nil {
		return t, false
	}
	t = t.AddDate(s.now.Year(), 0, 0)
	if t.After(s.now.AddDate(0, 0, 1)) {
		t = t.AddDate(-1, 0, 0)
	}
	return t, true
}
