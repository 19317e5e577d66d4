package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"loggia/configtree/schema"
	"loggia/op"
)

// settings are what `set cli` sets, for this session only.
type settings struct {
	completeOnSpace bool
	screenLength    int // lines; 0 is no paging; -1 is as large as the terminal
	screenWidth     int // columns; 0 is unlimited; -1 is as wide as the terminal
	timestamp       bool
	prompt          string
	directory       string
	restart         bool   // restart-on-upgrade; nothing asks for it: an upgrade ends the session
	terminal        string // only told: what is drawn is what all of them understand
}

func defaultSettings(home string) settings {
	return settings{completeOnSpace: true, screenLength: -1, screenWidth: -1, directory: home, restart: true, terminal: "vt100"}
}

// stampLayout is the default of `set cli timestamp`, %b %d %T.
const stampLayout = "Jan 02 15:04:05"

func settingVerbs() []*verb {
	word := func(name, help string, choices ...op.Choice) op.Param {
		return op.Param{Name: name, Help: help, Required: true, Only: true, Choices: func(*op.Env, string) []op.Choice { return choices }}
	}
	number := func(name, help string, low, high uint64) op.Param {
		return op.Param{Name: name, Help: help, Required: true, Type: numberType(low, high)}
	}
	v := func(words, help string, run func(context.Context, *Session, *call) error, params ...op.Param) *verb {
		return &verb{Grammar: op.Grammar{Words: words, Help: help, Params: params, NoPipe: true, Permission: "view"}, run: run}
	}
	return []*verb{
		v("set cli screen-length", "Lines of a screenful, 0 to show everything at once", setLength, number("lines", "Number of lines", 0, 100000)),
		v("set cli screen-width", "Columns of the screen, 0 for no limit", setWidth, number("columns", "Number of columns", 0, 1024)),
		v("set cli complete-on-space", "Whether the space bar writes out a word", setSwitch("complete-on-space", func(s *settings) *bool { return &s.completeOnSpace }),
			word("state", "on or off", op.Choice{Name: "off", Help: "Only Tab and Enter write out a word"}, op.Choice{Name: "on", Help: "Space writes out a word too"})),
		v("set cli restart-on-upgrade", "Taken as on a router; here an upgrade ends the session", setSwitch("restart-on-upgrade", func(s *settings) *bool { return &s.restart }),
			word("state", "on or off", op.Choice{Name: "off", Help: "Do not ask to restart the shell"}, op.Choice{Name: "on", Help: "Ask to restart the shell"})),
		v("set cli terminal", "Kind of terminal; all of them are drawn alike", setTerminal,
			word("type", "Kind of terminal", op.Choice{Name: "ansi", Help: "As ANSI X3.64 says"}, op.Choice{Name: "small-xterm", Help: "Small window of xterm"},
				op.Choice{Name: "vt100", Help: "As a DEC VT100"}, op.Choice{Name: "xterm", Help: "Window of xterm"})),
		v("set cli idle-timeout", "Minutes without a key that end the session, 0 for never", setIdle, number("minutes", "Number of minutes", 0, 100000)),
		v("set cli timestamp", "Show the time before the output of each command", setTimestamp,
			op.Param{Name: "disable", Kind: op.Flag, Help: "Do not show the time"}),
		v("set cli prompt", "Text of the prompt", setPrompt, op.Param{Name: "prompt", Help: "Text, in quotes when it has blanks", Required: true,
			Type: schema.Type{Lengths: []schema.Range{{Min: 1, Max: 255}}}}),
		v("set cli directory", "Directory that file names are relative to", setDirectory, op.Param{Name: "directory", Help: "Where it is, such as /var/log", Required: true}),
		{Grammar: op.Grammar{Words: "show cli", Permission: "view", Help: "Show how this session is set up"}, run: showSettings},
		{Grammar: op.Grammar{Words: "show cli authorization", Permission: "view", Help: "Show what you may do"}, run: showAuthorization},
		{Grammar: op.Grammar{Words: "show cli directory", Permission: "view", Help: "Show the directory that file names are relative to"}, run: showDirectory},
		{Grammar: op.Grammar{Words: "show cli history", Permission: "view", Help: "Show the commands of this session",
			Params: []op.Param{{Name: "lines", Help: "Only the last lines", Type: numberType(1, historyLimit)}}}, run: showHistory},
	}
}

func setLength(_ context.Context, s *Session, c *call) error {
	s.settings.screenLength = c.args.Int("lines", 0)
	c.say(fmt.Sprintf("Screen length set to %d\n", s.settings.screenLength))
	return nil
}

func setWidth(_ context.Context, s *Session, c *call) error {
	s.settings.screenWidth = c.args.Int("columns", 0)
	c.say(fmt.Sprintf("Screen width set to %d\n", s.settings.screenWidth))
	return nil
}

// setSwitch turns a setting on or off.
func setSwitch(name string, setting func(*settings) *bool) func(context.Context, *Session, *call) error {
	return func(_ context.Context, s *Session, c *call) error {
		on := c.args["state"] == "on"
		*setting(&s.settings) = on
		if on {
			c.say("Enabling " + name + "\n")
		} else {
			c.say("Disabling " + name + "\n")
		}
		return nil
	}
}

func setTerminal(_ context.Context, s *Session, c *call) error {
	s.settings.terminal = c.args["type"]
	return nil
}

func setIdle(_ context.Context, s *Session, c *call) error {
	minutes := c.args.Int("minutes", 0)
	if limit := s.configuredIdle(); limit > 0 && (minutes == 0 || time.Duration(minutes)*time.Minute > limit) {
		return fmt.Errorf("the configuration ends idle sessions after %d minutes: it can only be less", limit/time.Minute)
	}
	s.idleMinutes.Store(int64(minutes))
	if minutes == 0 {
		c.say("Idle timeout disabled\n")
	} else {
		c.say(fmt.Sprintf("Idle timeout set to %d minutes\n", minutes))
	}
	return nil
}

func setTimestamp(_ context.Context, s *Session, c *call) error {
	s.settings.timestamp = !c.args.Has("disable")
	if s.settings.timestamp {
		c.say("CLI timestamp set to: %b %d %T\n")
	} else {
		c.say("CLI timestamp disabled\n")
	}
	return nil
}

func setPrompt(_ context.Context, s *Session, c *call) error {
	prompt := c.args["prompt"]
	if strings.ContainsFunc(prompt, unicode.IsControl) {
		return errors.New("prompt must not contain control characters")
	}
	s.settings.prompt = prompt
	return nil
}

func setDirectory(_ context.Context, s *Session, c *call) error {
	dir, err := s.env.Files.Chdir(c.args["directory"])
	if err != nil {
		return err
	}
	s.settings.directory = dir
	c.say("Current directory: " + dir + "\n")
	return nil
}

func showDirectory(_ context.Context, s *Session, c *call) error {
	c.say("Current directory: " + s.settings.directory + "\n")
	return nil
}

func showHistory(_ context.Context, s *Session, c *call) error {
	lines := slices.Collect(s.recent().All())
	if n := c.args.Int("lines", len(lines)); n < len(lines) {
		lines = lines[len(lines)-n:]
	}
	for _, l := range lines {
		c.say("  " + l.Time.Format(time.TimeOnly) + " -- " + l.Line + " \n")
	}
	return nil
}

// showSettings answers `show cli` in the layout of junos-cli §6.
func showSettings(_ context.Context, s *Session, c *call) error {
	on := map[bool]string{true: "on", false: "off"}
	t := s.settings
	c.say("CLI complete-on-space set to " + on[t.completeOnSpace] + "\n")
	if limit := s.idleLimit(); limit > 0 {
		c.say(fmt.Sprintf("CLI idle-timeout set to %d minutes\n", limit/time.Minute))
	} else {
		c.say("CLI idle-timeout disabled\n")
	}
	c.say("CLI restart-on-upgrade set to " + on[t.restart] + "\n")
	width, height := s.screenSize()
	c.say(fmt.Sprintf("CLI screen-length set to %d\nCLI screen-width set to %d\nCLI terminal is '%s'\nCLI is operating in enhanced mode\n", height, width, t.terminal))
	if t.timestamp {
		c.say("CLI timestamp set to: %b %d %T\n")
	} else {
		c.say("CLI timestamp disabled\n")
	}
	c.say("CLI working directory is '" + t.directory + "'\n")
	return nil
}

// screenSize is the size in force: what was set, else the terminal's.
func (s *Session) screenSize() (width, height int) {
	width, height = s.settings.screenWidth, s.settings.screenLength
	if width < 0 {
		width = s.o.Screen.Width()
	}
	if height < 0 {
		height = s.o.Screen.Height()
	}
	return width, height
}
