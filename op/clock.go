package op

import (
	"context"
	"errors"
	"time"

	"loggia/audit/event"
)

// Clock sets the clock of the machine, and records it, or that it could not be set.
type Clock interface {
	Set(by event.Subject, to time.Time) error
}

// dateLayouts are what `set date` takes, as Junos does: YYYYMMDDhhmm.ss, by the clock
// of the configured zone.
var dateLayouts = [...]string{"200601021504.05", "200601021504"}

var (
	errNoDate = errors.New("expecting a time as YYYYMMDDhhmm.ss")
	errNTP    = errors.New("the time service of the machine sets its clock by NTP; here the time is given as YYYYMMDDhhmm.ss")
)

func setDate(_ context.Context, env *Env, a Args) (Result, error) {
	var to time.Time
	err := errNoDate
	if a["date"] == "ntp" {
		err = errNTP
	}
	for _, layout := range dateLayouts {
		if t, perr := time.ParseInLocation(layout, a["date"], env.Now().Location()); perr == nil && t.Unix() > 0 {
			to, err = t, nil
		}
	}
	if err == nil {
		err = env.Clock.Set(env.Caller, to)
	}
	if err != nil {
		return nil, err
	}
	return Text(env.Now().Format("Mon Jan _2 15:04:05 MST 2006") + "\n"), nil
}
