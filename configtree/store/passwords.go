package store

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"loggia/configtree"
	"loggia/configtree/password"
	"loggia/configtree/schema"
)

var errReused = errors.New("the password has been used before")

// hash puts the hash of a password in the place of each one that is given in plain
// text, if it is like the running configuration wants it, and the notation of a
// secret in the place of one in clear. So plain text gets no further than here: not
// to the candidate, its log on disk, or a record.
func (ed *edition) hash(s *Store) Problems {
	var problems Problems
	refused := func(e configtree.Edit) bool { return e.Path == nil && e.Op == configtree.Set }
	for i := range ed.edits {
		e := &ed.edits[i]
		keepSecret(e)
		if !givesPassword(e) {
			continue
		}
		plain := e.Path.Last().Node
		rules := password.RulesOf(s.Running().Effective.Reader().Child("system").Child("login"))
		text, err := s.accept(rules, password.Login(e.Path), e.Value)
		if err != nil {
			problems = append(problems, configtree.Problem{Path: e.Path, Token: plain.Name, Err: err, Kind: configtree.Constraint,
				File: e.File, Line: e.Line, Col: e.Col})
			*e = configtree.Edit{}
			continue
		}
		siblings := plain.Parent.Children
		at := slices.IndexFunc(siblings, func(n *schema.Node) bool { return n.Name == password.HashStatement })
		e.Path = append(slices.Clone(e.Path[:len(e.Path)-1]), configtree.Step{Node: siblings[at]})
		e.Value = text
	}
	if len(problems) > 0 {
		ed.edits = slices.DeleteFunc(ed.edits, refused)
	}
	return problems
}

// givesPassword reports whether an edit is a password in plain text, which becomes another edit.
func givesPassword(e *configtree.Edit) bool {
	n := e.Path.Last().Node
	return e.Op == configtree.Set && n != nil && n.Unkept && n.Name == password.PlainStatement
}

// keepSecret puts the notation of a secret in the place of one that is set in clear.
func keepSecret(e *configtree.Edit) {
	if n := e.Path.Last().Node; e.Op == configtree.Set && n != nil && n.Kind == schema.Leaf {
		e.Value = n.Type.Keep(e.Value)
	}
}

// passwordSince returns since when a login has the password that it has.
func (s *Store) passwordSince(login string) (time.Time, bool) {
	if s.since == nil {
		return time.Time{}, false
	}
	return s.since(login)
}

// accept returns the hash of a new password that a login may have.
func (s *Store) accept(rules password.Rules, login, plain string) (string, error) {
	if err := rules.Check(plain); err != nil {
		return "", err
	}
	if since, ok := s.passwordSince(login); ok && rules.MinimumDays > 0 {
		if until := since.AddDate(0, 0, rules.MinimumDays); s.now().Before(until) {
			return "", fmt.Errorf("the password must not be changed before %s", until.Format("2006-01-02 15:04:05 MST"))
		}
	}
	if rules.Reuse > 0 && s.former != nil && s.former(login, plain, rules.Reuse) {
		return "", errReused
	}
	return rules.Hash(plain)
}
