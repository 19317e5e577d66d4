package syslogd

import (
	"errors"

	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// absent is a destination that cannot be opened yet.
type absent struct{ look wire.Style }

var errAbsent = errors.New("not supported")

func (a absent) open(*Engine) (sink.Destination, error) { return nil, errAbsent }
func (a absent) adopt(sink.Destination) func()          { return nil }
func (a absent) style() wire.Style                      { return a.look }

func (c *Config) userSpec(User) spec { return absent{} }
func (c *Config) consoleSpec() spec  { return absent{} }
