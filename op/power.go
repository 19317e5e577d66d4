package op

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/configtree/schema"
)

// Power ends what the machine runs, by the programs of its operating system.
type Power interface {
	// Shutdown has the machine go down, and returns the process that sees to it. The error
	// says why it does not.
	Shutdown(s Shutdown) (pid int, err error)
	// Pending returns what the machine waits for; false when nothing.
	Pending() (Shutdown, bool, error)
	// Cancel takes back what is pending.
	Cancel() error
}

// Shutdown is a reboot, or another end of what the machine runs.
type Shutdown struct {
	Action  event.PowerAction
	At      time.Time // zero: at once
	User    string    // who asked for it; empty when that was no session of ours
	PID     int       // of the process that waits for its time; 0 when the system itself does
	Message string    // to the users, empty for none
}

// powerCommands are the ends of the machine, and what can be said of them before (junos-cli §7.4).
func powerCommands() []Command {
	const pending = "Show a reboot or halt that waits for its time"
	down := func(words, help, rpc, question string, action event.PowerAction) Command {
		return Command{Grammar{Words: words, RPC: rpc, Help: help, Permission: "maintenance", NoPipe: true, Question: question, Params: []Param{
			{Name: "at", Kind: Option, Help: "When: now, +minutes, hh:mm or yymmddhhmm"},
			{Name: "in", Kind: Option, Help: "Minutes until then", Type: schema.Type{Base: schema.Unsigned, Ranges: []schema.Range{{Min: 0, Max: maxDelay}}}},
			{Name: "message", Kind: Option, Help: "What to tell the users, in quotes"}}},
			func(ctx context.Context, env *Env, a Args) (Result, error) { return goDown(ctx, env, a, action) }}
	}
	return []Command{
		down("request system reboot", "Start the machine anew", "request-reboot", "Reboot the system ?", event.Reboot),
		down("request system halt", "Stop the machine, and leave its power on", "request-halt", "Halt the system ?", event.Halt),
		down("request system power-off", "Stop the machine and turn it off", "request-power-off", "Power Off the system ?", event.PowerOff),
		{Grammar{Words: "show system reboot", RPC: "get-reboot-information", Help: pending, Permission: "maintenance"}, showReboot},
		{Grammar{Words: "clear system reboot", RPC: "clear-reboot", Help: "Cancel a reboot or halt that waits for its time", Permission: "maintenance", NoPipe: true}, clearReboot},
	}
}

// maxDelay bounds how long a reboot may wait, in minutes: four weeks.
const maxDelay = 4 * 7 * 24 * 60

// maxNotice bounds the text that users are told of a reboot, in bytes.
const maxNotice = 512

var (
	errPast  = errors.New("that time is already past")
	errNoEnd = errors.New("expecting now, +minutes, hh:mm or yymmddhhmm")
)

// goDown is `request system reboot`, `halt` and `power-off`. That it was asked for is on the
// disk before the machine goes down; a trail that cannot be written, which has its alarm, keeps no
// administrator from starting a broken machine anew.
func goDown(ctx context.Context, env *Env, a Args, action event.PowerAction) (Result, error) {
	at, err := downTime(env.Now(), a)
	if err != nil {
		return nil, err
	}
	text := a["message"]
	if len(text) > maxNotice || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, fmt.Errorf("a message is a line of at most %d bytes", maxNotice)
	}
	s := Shutdown{Action: action, At: at, User: env.Caller.User, Message: text}
	note, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_ = env.Recorder.RecordDurable(note, env.Caller, event.PowerRequest{Username: s.User, Action: action, At: at, Message: text})
	if s.PID, err = env.Power.Shutdown(s); err != nil {
		return nil, err
	}
	answer := downAnswer(env, s)
	answer.notice = tellDown(env, s)
	return answer, nil
}

// downTime is when the machine is to go down, zero for at once.
func downTime(now time.Time, a Args) (time.Time, error) {
	if a.Has("at") && a.Has("in") {
		return time.Time{}, errors.New("say at or in, not both")
	}
	when := a["at"]
	if a.Has("in") {
		when = "+" + a["in"]
	}
	if when == "" || when == "now" || when == "+0" {
		return time.Time{}, nil
	}
	if minutes, relative := strings.CutPrefix(when, "+"); relative {
		n, err := strconv.ParseUint(minutes, 10, 32)
		if err != nil || n > maxDelay {
			return time.Time{}, errNoEnd
		}
		return now.Add(time.Duration(n) * time.Minute), nil
	}
	t, err := time.ParseInLocation("0601021504", when, now.Location())
	if err != nil {
		if t, err = time.ParseInLocation("15:04", when, now.Location()); err != nil {
			return time.Time{}, errNoEnd
		}
		t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
	}
	switch {
	case !t.After(now):
		return time.Time{}, errPast
	case t.Sub(now) > maxDelay*time.Minute:
		return time.Time{}, fmt.Errorf("at most %d days ahead", maxDelay/60/24)
	}
	return t, nil
}

// tellDown warns everybody who is at a terminal. The caller's own gets it with the answer.
func tellDown(env *Env, s Shutdown) string {
	from := env.Caller.User + "@" + hostName(env)
	text := "\n*** FINAL System shutdown message from " + from + " ***\n\nSystem going down IMMEDIATELY\n"
	if !s.At.IsZero() {
		text = "\n*** System shutdown message from " + from + " ***\n\nSystem going down at " + s.At.Format("15:04") + "\n"
	}
	if s.Message != "" {
		text += "\n" + s.Message + "\n"
	}
	return tellOthers(env, text+"\n")
}

// tellOthers shows text on all terminals but the caller's, and returns it if the caller has one.
func tellOthers(env *Env, text string) string {
	for _, one := range env.Sessions() {
		if one.Subject != env.Caller {
			env.Show(one, text) // whoever has no terminal is not told
		}
	}
	if env.Caller.TTY == "" || env.Caller.Client != "cli" {
		return ""
	}
	return text
}

// downStatus is what is said of a shutdown, with its time for programs.
type downStatus struct {
	text   string
	at     time.Time // zero: there is none
	notice string    // what everybody was told, for whoever is at a terminal too
}

func downAnswer(env *Env, s Shutdown) downStatus {
	if s.At.IsZero() {
		return downStatus{text: fmt.Sprintf("Shutdown NOW!\n[pid %d]\n", s.PID), at: env.Now()}
	}
	return downStatus{text: fmt.Sprintf("Shutdown at %s.\n[pid %d]\n", s.At.Format(time.ANSIC), s.PID), at: s.At}
}

// WriteText implements Result.
func (d downStatus) WriteText(w io.Writer) error { return Text(d.notice + d.text).WriteText(w) }

// Element implements Result. Junos' clients find all of these answers in <request-reboot-status>.
func (d downStatus) Element() Element {
	status := Leaf("request-reboot-status", d.text)
	if !d.at.IsZero() {
		status = status.With("reboot-time", fmt.Sprint(d.at.Unix()))
	}
	return Group("request-reboot-results", status)
}

// noneScheduled is the answer when nothing is pending.
var noneScheduled = downStatus{text: "No shutdown/reboot scheduled.\n"}

// pendingText is what `show system reboot` says of a shutdown.
func pendingText(env *Env, s Shutdown) string {
	text := fmt.Sprintf("%s requested by %s at %s\n", s.Action, cmp.Or(s.User, "another program of this machine"), s.At.In(env.Now().Location()).Format(time.UnixDate))
	if s.PID != 0 {
		text += fmt.Sprintf("[process id %d]\n", s.PID)
	}
	if s.Message != "" {
		text += "message: " + s.Message + "\n"
	}
	return text
}

func showReboot(_ context.Context, env *Env, _ Args) (Result, error) {
	s, waits, err := env.Power.Pending()
	switch {
	case err != nil:
		return nil, err
	case !waits:
		return noneScheduled, nil
	}
	return downStatus{text: pendingText(env, s), at: s.At}, nil
}

func clearReboot(_ context.Context, env *Env, _ Args) (Result, error) {
	s, waits, err := env.Power.Pending()
	switch {
	case err != nil:
		return nil, err
	case !waits:
		return noneScheduled, nil
	}
	if err := env.Power.Cancel(); err != nil {
		return nil, err
	}
	env.Recorder.Record(env.Caller, event.PowerCleared{Username: env.Caller.User, Action: s.Action, Requester: s.User})
	tellOthers(env, "\n*** System shutdown cancelled by "+env.Caller.User+"@"+hostName(env)+" ***\n\n")
	return downStatus{text: pendingText(env, s) + "Terminating...\n"}, nil
}
