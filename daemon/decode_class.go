package daemon

import (
	"fmt"
	"slices"

	"loggia/configtree"
	"loggia/op"
)

// decodeClass reads a login class. What is wrong with its expressions becomes a
// problem of s.
func (s *system) decodeClass(r *configtree.Reader, additive bool) {
	name := r.Key()
	class, problems := op.NewClass(op.ClassDefinition{
		Name: name, Permissions: r.Texts("permissions"), Additive: additive,
		AllowCommands: r.Text("allow-commands"), DenyCommands: r.Text("deny-commands"),
		AllowConfiguration: r.Text("allow-configuration"), DenyConfiguration: r.Text("deny-configuration"),
		AllowCommandsRegexps: r.Texts("allow-commands-regexps"), DenyCommandsRegexps: r.Texts("deny-commands-regexps"),
		AllowConfigurationRegexps: r.Texts("allow-configuration-regexps"),
		DenyConfigurationRegexps:  r.Texts("deny-configuration-regexps"),
	})
	if op.Predefined(name) {
		s.problems = append(s.problems, configtree.Problem{Path: r.Path(), Kind: configtree.Constraint,
			Err: fmt.Errorf("'%s' is a predefined class name", name)})
		return
	}
	s.classes[name] = class
	for _, p := range problems {
		path := r.PathOf(p.Statement)
		path[len(path)-1].Key = p.Value
		s.problems = append(s.problems, configtree.Problem{Path: path, Err: p.Err, Kind: configtree.Constraint})
	}
}

// class is what a class of this name permits: nothing when there is none.
func (s *system) class(name string) *op.Class {
	if c, ok := s.classes[name]; ok {
		return c
	}
	return s.classes[nobody]
}

// classOf is the class of a login, which may be gone.
func (s *system) classOf(user string) *op.Class {
	i := slices.IndexFunc(s.users, func(a account) bool { return a.name == user })
	if i < 0 {
		return s.classes[nobody]
	}
	return s.class(s.users[i].class)
}

const (
	superUser = "super-user"
	nobody    = "unauthorized" // a login that is gone, or whose class is
)

// classes are the classes that need not be configured.
func classes() map[string]*op.Class {
	all := map[string]*op.Class{}
	for _, c := range op.PredefinedClasses() {
		all[c.Name()] = c
	}
	return all
}
