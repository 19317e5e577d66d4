package op

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"loggia/configtree/store"
)

// system is the answer of `show system information`.
type system struct {
	software
	serial string
}

func showSystem(_ context.Context, env *Env, _ Args) (Result, error) {
	return system{software{host: hostName(env), Product: env.Product}, serialNumber(env)}, nil
}

// WriteText implements Result.
func (s system) WriteText(w io.Writer) error {
	_, err := fmt.Fprintf(w, "Model: %s\nFamily: junos\nJunos: %s\nHostname: %s\n", s.Model, s.Junos, s.host)
	return err
}

// Element implements Result.
func (s system) Element() Element {
	return Group("system-information", Leaf("hardware-model", s.Model), Leaf("os-name", "junos"), Leaf("os-version", s.Junos),
		Leaf("serial-number", s.serial), Leaf("host-name", s.host))
}

// hostName is what the configuration says, else the machine's name.
func hostName(env *Env) string {
	if n := env.Store.Running().Effective.Root().Child("system").Child("host-name"); n.Valid() {
		return n.Value()
	}
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// booted is how long the machine runs, and its load averages.
func booted() (time.Duration, [3]float64, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, [3]float64{}, err
	}
	var loads [3]float64
	for i, l := range info.Loads {
		loads[i] = float64(l) / 65536
	}
	return time.Duration(info.Uptime) * time.Second, loads, nil
}

// uptime is the answer of `show system uptime` (junos-cli §7.3).
type uptime struct {
	now, started time.Time
	load         load
	configured   store.Meta
}

func showUptime(_ context.Context, env *Env, _ Args) (Result, error) {
	l, err := newLoad(env)
	if err != nil {
		return nil, err
	}
	// As the boot, the start is told by the clock as it goes now.
	return uptime{l.now, l.now.Add(-elapsed(l.now, env.Started)), l, env.Store.Running().Meta}, nil
}

// since is a time and how long ago it was, as people read them.
func (u uptime) since(t time.Time) (stamp, age string) {
	return Stamp(t.In(u.now.Location())), clock(elapsed(u.now, t))
}

// WriteText implements Result.
func (u uptime) WriteText(w io.Writer) error {
	ago := func(t time.Time) string {
		stamp, age := u.since(t)
		return fmt.Sprintf("%s (%s ago)", stamp, age)
	}
	_, err := fmt.Fprintf(w, "Current time: %s\nTime Source:  LOCAL CLOCK \nSystem booted: %s\nProtocols started: %s\nLast configured: %s by %s\n%s",
		Stamp(u.now), ago(u.now.Add(-u.load.up)), ago(u.started), ago(u.configured.Time), u.configured.User, u.load.line())
	return err
}

// Element implements Result.
func (u uptime) Element() Element {
	ago := func(name string, t time.Time, more ...Element) Element {
		stamp, age := u.since(t)
		return Group(name, append([]Element{moment("date-time", t, stamp), span("time-length", elapsed(u.now, t), age)}, more...)...)
	}
	return Group("system-uptime-information",
		Group("current-time", moment("date-time", u.now, Stamp(u.now))), Leaf("time-source", "LOCAL CLOCK"),
		ago("system-booted-time", u.now.Add(-u.load.up)), ago("protocols-started-time", u.started),
		ago("last-configured-time", u.configured.Time, Leaf("user", u.configured.User)), u.load.element())
}

// load is what the line says that uptime and w begin with.
type load struct {
	now      time.Time
	up       time.Duration
	users    int
	averages [3]float64
}

func newLoad(env *Env) (load, error) {
	up, averages, err := booted()
	return load{env.Now(), up, len(env.Sessions()), averages}, err
}

// age is how long the machine runs, as uptime says it.
func (l load) age() string {
	days, rest := int(l.up/(24*time.Hour)), l.up%(24*time.Hour)
	age := fmt.Sprintf("%d:%02d", int(rest/time.Hour), int(rest/time.Minute)%60)
	if rest < time.Hour {
		age = fmt.Sprintf("%d mins", int(rest/time.Minute))
	}
	switch days {
	case 0:
		return age
	case 1:
		return "1 day, " + age
	}
	return fmt.Sprintf("%d days, %s", days, age)
}

func (l load) count() string {
	if l.users == 1 {
		return "1 user"
	}
	return fmt.Sprintf("%d users", l.users)
}

func (l load) line() string {
	return fmt.Sprintf("%7s  up %s, %s, load averages: %.2f, %.2f, %.2f\n", l.now.Format("3:04PM"), l.age(), l.count(),
		l.averages[0], l.averages[1], l.averages[2])
}

func (l load) element(more ...Element) Element {
	e := Group("uptime-information", moment("date-time", l.now, l.now.Format("3:04PM")), span("up-time", l.up, l.age()),
		amount("active-user-count", uint64(l.users), l.count()))
	e.Children = append(append(e.Children, l.averageElements()...), more...)
	return e
}

func (l load) averageElements() []Element {
	average := func(name string, v float64) Element { return Leaf(name, fmt.Sprintf("%.2f", v)) }
	return []Element{average("load-average-1", l.averages[0]), average("load-average-5", l.averages[1]), average("load-average-15", l.averages[2])}
}

// users is the answer of `show system users` (junos-cli §7.3).
type users struct {
	load     load
	sessions []Session
}

func showUsers(_ context.Context, env *Env, _ Args) (Result, error) {
	l, err := newLoad(env)
	if err != nil {
		return nil, err
	}
	return users{l, env.Sessions()}, nil
}

// usersRow is the layout of a row.
const usersRow = "%-8s %-8s %-32s %7s %5s %s\n"

// row is what is shown of a session.
func (u users) row(s Session) (user, tty, from, login, idle, what string) {
	from, _, _ = strings.Cut(s.Remote, " ")
	idle = "-"
	if d := elapsed(u.load.now, s.LastKey); d >= time.Minute {
		idle = strconv.Itoa(int(d / time.Minute))
	}
	return s.User, cmp.Or(s.TTY, "-"), cmp.Or(from, "-"), s.Since.In(u.load.now.Location()).Format("3:04PM"), idle, cmp.Or(s.Command, "-cli (cli)")
}

// WriteText implements Result.
func (u users) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		b.WriteString(u.load.line())
		b.WriteString("USER     TTY      FROM                              LOGIN@  IDLE WHAT\n")
		for _, s := range u.sessions {
			user, tty, from, login, idle, what := u.row(s)
			fmt.Fprintf(b, usersRow, user, tty, from, login, idle, what)
		}
	})
}

// Element implements Result.
func (u users) Element() Element {
	table := Element{Name: "user-table"}
	for _, s := range u.sessions {
		user, tty, from, login, idle, what := u.row(s)
		table.Children = append(table.Children, Group("user-entry", Leaf("user", user), Leaf("tty", tty), Leaf("from", from),
			moment("login-time", s.Since, login), span("idle-time", elapsed(u.load.now, s.LastKey), idle), Leaf("command", what)))
	}
	return Group("system-users-information", u.load.element(table))
}

// alarms is the answer of `show system alarms`.
type alarms struct {
	list []Alarm
	zone *time.Location
}

func showAlarms(_ context.Context, env *Env, _ Args) (Result, error) {
	return alarms{env.Alarms(), env.Now().Location()}, nil
}

// WriteText implements Result.
func (a alarms) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		if len(a.list) == 0 {
			b.WriteString("No alarms currently active\n")
			return
		}
		fmt.Fprintf(b, "%d alarms currently active\nAlarm time               Class  Description\n", len(a.list))
		for _, one := range a.list {
			fmt.Fprintf(b, "%-24s Major  %s %s\n", Stamp(one.Since.In(a.zone)), one.Place, one.Reason)
		}
	})
}

// Element implements Result.
func (a alarms) Element() Element {
	if len(a.list) == 0 {
		return Group("alarm-information", Group("alarm-summary", Leaf("no-active-alarms", "")))
	}
	e := Group("alarm-information", Group("alarm-summary", count("active-alarm-count", uint64(len(a.list)))))
	for _, one := range a.list {
		e.Children = append(e.Children, Group("alarm-detail", moment("alarm-time", one.Since, Stamp(one.Since.In(a.zone))),
			Leaf("alarm-class", "Major"), Leaf("alarm-description", one.Place+" "+one.Reason), Leaf("alarm-short-description", one.Reason),
			Leaf("alarm-type", "Configuration")))
	}
	return e
}
