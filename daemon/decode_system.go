package daemon

import (
	"os"
	"time"

	"loggia/configtree"
	"loggia/configtree/password"
)

// system is what the program itself obeys. It is immutable.
type system struct {
	*directory
	hostName string
	zone     *time.Location
	rules    password.Rules
	idle     time.Duration // limit of a class that has none of its own; zero is for ever
	problems []configtree.Problem
}

// decodeSystem reads [edit system] without syslog.
func decodeSystem(r *configtree.Reader, a *accounts) *system {
	sys := r.Child("system")
	login := sys.Child("login")
	s := &system{directory: a.members, hostName: sys.Text("host-name"), zone: zone(sys), rules: password.RulesOf(login),
		idle: minutes(login.Uint("idle-timeout")), problems: a.members.problems}
	if s.hostName == "" {
		s.hostName = machineName()
	}
	sys.Ignore("max-configurations-on-flash") // obeyed by who keeps the commits
	sys.Ignore("max-configuration-rollbacks")
	return s
}

// idleLimit is how long a session of a class may be idle; zero is for ever.
func (s *system) idleLimit(class string) time.Duration {
	if d, ok := s.directory.idle[class]; ok {
		return d
	}
	return s.idle
}

// machineName is the name of the machine, for a configuration without host-name.
func machineName() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}
