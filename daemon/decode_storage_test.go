package daemon

import (
	"strings"
	"testing"
	"time"

	"loggia/syslogd"
	"loggia/syslogd/logfile"
	"loggia/syslogd/sink"
)

func TestDecodeKeeping(t *testing.T) {
	c, problems := decoded(t, `
set system syslog file m any any
set system syslog file m from [ 10.0.0.0/8 2001:db8::/32 ]
set system syslog file m program [ sshd cron* ]
set system syslog file m hostname "^web"
set system syslog file m per-host
set system syslog file m rotate daily
set system syslog file m retain 30
set system syslog file m sync interval
set system syslog file n any any
set system syslog file n rotate hourly
set system syslog file n retain 1
set system syslog file n sync always
set system syslog file n archive size 1m files 5
set system syslog host 10.0.0.9 any any
set system syslog host 10.0.0.9 program sshd
set system syslog host 10.0.0.9 exclude-own-records
`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m, n := c.Files[0], c.Files[1]
	if len(m.From) != 2 || m.From[0].String() != "10.0.0.0/8" || strings.Join(m.Programs, " ") != "sshd cron*" || m.HostMatch != "^web" || !m.PerHost {
		t.Errorf("%+v", m)
	}
	// Without sizes and numbers of its own, the clock and the age alone decide.
	if m.Rotate != sink.Daily || m.Retain != 720*time.Hour || m.Sync != sink.SyncInterval || m.Size != largestSize || m.Archives != logfile.MaxArchives {
		t.Errorf("%+v", m)
	}
	if n.Rotate != sink.Hourly || n.Retain != 24*time.Hour || n.Sync != sink.SyncAlways || n.Size != 1<<20 || n.Archives != 5 {
		t.Errorf("%+v", n)
	}
	if h := c.Hosts[0]; strings.Join(h.Programs, " ") != "sshd" || !h.Foreign || n.Foreign {
		t.Errorf("%+v", h)
	}
	want := syslogd.Storage{Place: "system syslog storage", Reserve: 5, Warning: 75, Alarm: 90, Overflow: syslogd.OverwriteOldest}
	if c.Storage != want {
		t.Errorf("default storage %+v", c.Storage)
	}
}

func TestDecodeStorage(t *testing.T) {
	c, problems := decoded(t, "set system syslog storage reserve 20\nset system syslog storage warning 85%\nset system syslog storage alarm 85%\nset system syslog storage overflow halt")
	if s := c.Storage; s.Reserve != 20 || s.Warning != 85 || s.Alarm != 85 || s.Overflow != syslogd.Halt {
		t.Errorf("%+v", s)
	}
	if len(problems) != 2 || !problems[0].Warning || !problems[1].Warning {
		t.Errorf("problems %v", problems)
	}
	if _, problems = decoded(t, "set system syslog file per-host any any"); len(problems) != 1 || problems[0].Warning {
		t.Errorf("problems %v", problems)
	}
}
