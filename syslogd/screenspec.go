package syslogd

import (
	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// screenSpec is a user or the console without its rules: what is shown to
// people is in standard format, without priority.
type screenSpec struct {
	user    string // empty: the console
	options sink.ScreenOptions
}

func (c *Config) userSpec(u *User) spec {
	return screenSpec{u.Name, sink.ScreenOptions{AllowDuplicates: c.AllowDuplicates || u.AllowDuplicates, Style: c.layout(Layout{})}}
}

func (c *Config) consoleSpec() spec {
	return screenSpec{"", sink.ScreenOptions{AllowDuplicates: c.AllowDuplicates, Style: c.layout(Layout{})}}
}

func (s screenSpec) style() wire.Style { return s.options.Style }

func (s screenSpec) open(e *Engine) (sink.Destination, error) {
	if s.user == "" {
		return sink.NewConsole(e.o.Console, s.options), nil
	}
	return sink.NewTerminals(s.user, e.o.Terminals, s.options), nil
}

func (s screenSpec) adopt(_ spec, d sink.Destination) func() {
	screen, ok := d.(*sink.Screen)
	if !ok {
		return nil
	}
	return func() { screen.Reconfigure(s.options) }
}
