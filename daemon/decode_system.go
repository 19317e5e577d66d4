package daemon

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"loggia/configtree"
	"loggia/configtree/password"
	"loggia/op"
)

// system is what the program itself obeys. It is immutable.
type system struct {
	hostName string
	zone     *time.Location
	users    []account
	problems []configtree.Problem // of classes
	classes  map[string]*op.Class // that are configured
	rules    password.Rules
	idle     idleLimits
	hashes   map[string]string // of passwords, by login
}

// idleLimits are how long sessions may be idle; zero is for ever.
type idleLimits struct {
	all   time.Duration
	class map[string]time.Duration
}

// of is the limit of a class: its own, else that of all.
func (l idleLimits) of(class string) time.Duration {
	if d, ok := l.class[class]; ok {
		return d
	}
	return l.all
}

// account is one `login user`.
type account struct {
	name  string
	uid   uint32
	class string
}

// decodeSystem reads [edit system] without syslog.
func decodeSystem(r *configtree.Reader) *system {
	sys := r.Child("system")
	s := &system{hostName: sys.Text("host-name"), zone: zone(sys), classes: classes()}
	if s.hostName == "" {
		s.hostName = machineName()
	}
	sys.Ignore("max-configurations-on-flash") // obeyed by who keeps the commits
	sys.Ignore("max-configuration-rollbacks")
	login, additive := sys.Child("login"), sys.Has("regex-additive-logic")
	s.rules = password.RulesOf(login)
	s.idle = idleLimits{all: minutes(login.Uint("idle-timeout")), class: map[string]time.Duration{}}
	s.hashes = map[string]string{}
	for c := range login.Entries("class") {
		s.decodeClass(c, additive)
		if c.Has("idle-timeout") {
			s.idle.class[c.Key()] = minutes(c.Uint("idle-timeout"))
		}
	}
	if h := sys.Child("root-authentication").Text("encrypted-password"); h != "" {
		s.hashes["root"] = h
	}
	for u := range login.Entries("user") {
		u.Has("full-name")
		if h := u.Child("authentication").Text("encrypted-password"); h != "" {
			s.hashes[u.Key()] = h
		}
		class := u.Text("class")
		if class != "" && s.classes[class] == nil { // its member could do nothing at all
			s.problems = append(s.problems, configtree.Problem{Path: u.PathOf("class"), Kind: configtree.Constraint,
				Err: fmt.Errorf("class '%s' is not defined", class)})
		}
		a := account{name: u.Key(), uid: uint32(u.Uint("uid")), class: class}
		if other, ok := s.byUID(a.uid); ok { // whoever comes with it could be either
			s.problems = append(s.problems, configtree.Problem{Path: u.PathOf("uid"), Kind: configtree.Constraint,
				Err: fmt.Errorf("user '%s' has the same uid", other.name)})
		}
		s.users = append(s.users, a)
	}
	return s
}

// hashes checks that what stands for a password is a hash of one (crypt(5)):
// typing the password itself there would show it to every reader.
func hashes(r *configtree.Reader) []configtree.Problem {
	var problems []configtree.Problem
	check := func(authentication *configtree.Reader) {
		if h := authentication.Text("encrypted-password"); h != "" && h[0] != '$' {
			problems = append(problems, configtree.Problem{Path: authentication.PathOf("encrypted-password"),
				Err: errNoHash, Kind: configtree.Constraint})
		}
	}
	sys := r.Child("system")
	check(sys.Child("root-authentication"))
	for u := range sys.Child("login").Entries("user") {
		check(u.Child("authentication"))
	}
	return problems
}

var errNoHash = errors.New("must be a hash such as $6$...; for the password itself use plain-text-password")

// machineName is the name of the machine, for a configuration without host-name.
func machineName() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// byUID finds the account of a uid.
func (s *system) byUID(uid uint32) (account, bool) {
	i := slices.IndexFunc(s.users, func(a account) bool { return a.uid == uid && uid != 0 })
	if i < 0 {
		return account{}, false
	}
	return s.users[i], true
}
