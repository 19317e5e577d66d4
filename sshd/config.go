package sshd

import (
	"net/netip"
	"time"
)

// Config is what the network server obeys. It is immutable; a zero Config
// serves nothing.
type Config struct {
	Listens []Listen
	Callers []Caller // servers that are called

	Limits                   // where everything is served
	Alone  map[string]Limits // where one subsystem alone is served, by its name

	Ciphers, MACs, KeyExchanges []string // the protocol's names, from Kind.Resolve
	HostKeys                    []HostKeyType

	RootLogin       RootLogin
	NoPassword      bool // the method password is not offered
	NoInteractive   bool // keyboard-interactive is not offered
	NoPublicKeys    bool
	MD5             bool // fingerprints are MD5
	Banner          string
	Denied          []netip.Prefix // where nobody may come from
	MaxSessions     int            // channels of one connection
	RekeyData       uint64         // bytes
	RekeyTime       time.Duration
	Retry           Retry
	Users           map[string]*User
	Location        *time.Location        // of access times
	PasswordUntil   func(*User) time.Time // when the password of a user stops to let in, zero for never; nil: never
	HandshakesTotal int                   // not logged in yet, of everybody; 0: a default
	HandshakesEach  int                   // of one source; 0: a default
}

// Expired reports whether the password of u lets in no more.
func (c *Config) Expired(u *User, now time.Time) bool {
	if c.PasswordUntil == nil {
		return false
	}
	until := c.PasswordUntil(u)
	return !until.IsZero() && !now.Before(until)
}

// serves reports whether anybody can come in.
func (c *Config) serves() bool { return len(c.Listens)+len(c.Callers) > 0 }

// Limits bound the connections of the addresses where the same is served.
type Limits struct {
	MaxConnections int           // at the same time
	MaxRate        int           // new ones in a minute
	AliveInterval  time.Duration // of silence before the client is asked; 0: never
	AliveCount     int           // questions without an answer
}

// limits are those where the subsystem only is served, or with "" everything.
func (c *Config) limits(only string) Limits {
	if l, ok := c.Alone[only]; ok {
		return l
	}
	return c.Limits
}

// Listen is one address that is served.
type Listen struct {
	Place   string // statement, for problems
	Address netip.AddrPort
	Only    string // the one subsystem that is served there; empty for everything
}

// RootLogin says how root may log in.
type RootLogin uint8

// The ways.
const (
	RootDeny RootLogin = iota
	RootKeyOnly
	RootAllow
)

// Retry is `login retry-options`.
type Retry struct {
	Tries     int           // wrong passwords on one connection before it ends, and in all before a lockout
	Threshold int           // after so many the answers are delayed
	Factor    time.Duration // by so much more each
	Grace     time.Duration // for logging in
	Lockout   time.Duration // 0: never
}

// User is an account that may log in over the network.
type User struct {
	Name, Class string
	Root        bool
	Password    *Password // nil: none
	Keys        []UserKey
	Access      Access
}

// Access is when members of a class may log in. The zero value is always.
type Access struct {
	Days       uint8 // bits by time.Weekday; 0: all
	Start, End int   // minutes of the day, -1 where there is no bound
	Limited    bool  // Start and End count
}

// Allows reports whether a login is allowed at t. A time that ends before it
// begins goes over midnight, and counts for the day it began on.
func (a Access) Allows(t time.Time) bool {
	day, minute := t.Weekday(), t.Hour()*60+t.Minute()
	if a.Limited {
		start, end := max(a.Start, 0), a.End
		if end < 0 {
			end = 24 * 60
		}
		switch {
		case start <= end && (minute < start || minute >= end):
			return false
		case start > end && minute >= end && minute < start:
			return false
		case start > end && minute < end:
			day = (day + 6) % 7 // began yesterday
		}
	}
	return a.Days == 0 || a.Days&(1<<day) != 0
}
