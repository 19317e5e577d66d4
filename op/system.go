package op

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func showVersion(_ context.Context, env *Env, _ Args) (Result, error) {
	p := env.Product
	return Text(fmt.Sprintf("Hostname: %s\nModel: %s\nJunos: %s\nloggia %s\n", hostName(env), p.Model, p.Junos, p.Version)), nil
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

// showUptime is `show system uptime` (junos-cli §7.3).
func showUptime(_ context.Context, env *Env, _ Args) (Result, error) {
	now := env.Now()
	up, _, err := booted()
	if err != nil {
		return nil, err
	}
	ago := func(t time.Time) string {
		return fmt.Sprintf("%s (%s ago)", Stamp(t.In(now.Location())), clock(now.Sub(t)))
	}
	line, err := uptimeLine(env)
	if err != nil {
		return nil, err
	}
	m := env.Store.Running().Meta
	return Text(fmt.Sprintf("Current time: %s\nTime Source:  LOCAL CLOCK \nSystem booted: %s\nProtocols started: %s\nLast configured: %s by %s\n%s",
		Stamp(now), ago(now.Add(-up)), ago(env.Started), ago(m.Time), m.User, line)), nil
}

// uptimeLine is the line that uptime and w begin with.
func uptimeLine(env *Env) (string, error) {
	up, loads, err := booted()
	if err != nil {
		return "", err
	}
	days, rest := int(up/(24*time.Hour)), up%(24*time.Hour)
	age := fmt.Sprintf("%d:%02d", int(rest/time.Hour), int(rest/time.Minute)%60)
	if rest < time.Hour {
		age = fmt.Sprintf("%d mins", int(rest/time.Minute))
	}
	switch days {
	case 0:
	case 1:
		age = "1 day, " + age
	default:
		age = fmt.Sprintf("%d days, %s", days, age)
	}
	users := "1 user"
	if n := len(env.Sessions()); n != 1 {
		users = fmt.Sprintf("%d users", n)
	}
	return fmt.Sprintf("%7s  up %s, %s, load averages: %.2f, %.2f, %.2f\n", env.Now().Format("3:04PM"), age, users, loads[0], loads[1], loads[2]), nil
}

// showUsers is `show system users` (junos-cli §7.3).
func showUsers(_ context.Context, env *Env, _ Args) (Result, error) {
	line, err := uptimeLine(env)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(line)
	b.WriteString("USER     TTY      FROM                              LOGIN@  IDLE WHAT\n")
	now := env.Now()
	for _, s := range env.Sessions() {
		from, _, _ := strings.Cut(s.Remote, " ")
		idle := "-"
		if d := now.Sub(s.LastKey); d >= time.Minute {
			idle = strconv.Itoa(int(d / time.Minute))
		}
		fmt.Fprintf(&b, "%-8s %-8s %-32s %7s %5s %s\n", s.User, cmp.Or(s.TTY, "-"), cmp.Or(from, "-"),
			s.Since.In(now.Location()).Format("3:04PM"), idle, cmp.Or(s.Command, "-cli (cli)"))
	}
	return Text(b.String()), nil
}

// showAlarms is `show system alarms`.
func showAlarms(_ context.Context, env *Env, _ Args) (Result, error) {
	list := env.Alarms()
	if len(list) == 0 {
		return Text("No alarms currently active\n"), nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d alarms currently active\nAlarm time               Class  Description\n", len(list))
	for _, a := range list {
		fmt.Fprintf(&b, "%-24s Major  %s %s\n", Stamp(a.Since.In(env.Now().Location())), a.Place, a.Reason)
	}
	return Text(b.String()), nil
}
