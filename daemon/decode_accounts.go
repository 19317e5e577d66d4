package daemon

import (
	"errors"
	"fmt"
	"time"

	"loggia/configtree"
	"loggia/op"
	"loggia/sshd"
)

// accounts are the classes and users of [edit system login].
type accounts struct {
	additive bool // regex-additive-logic, which classes were compiled with
	classes  meanings[*loginClass]
	users    meanings[*loginUser]
	root     configtree.Hash // of root-authentication

	expressions op.Expressions // of classes, and of some that were
	members     *directory     // of all these
}

// loginClass is what `class NAME` means.
type loginClass struct {
	name     string
	class    *op.Class
	problems []configtree.Problem // its members may do nothing

	limited bool // idle is configured
	idle    time.Duration
	access  sshd.Access
	noSFTP  bool
}

// loginUser is what `user NAME` means.
type loginUser struct {
	account
	hash string // of the password
	proofs
	problem configtree.Path // of the hash that is none
}

// account is one `login user`.
type account struct {
	name  string
	uid   uint32
	class string
}

// directory tells who may do what.
type directory struct {
	users    map[string]account
	uids     map[uint32]string
	classes  map[string]*op.Class
	idle     map[string]time.Duration // limits of classes that have one
	hashes   map[string]string        // of passwords, by login
	problems []configtree.Problem

	// Over the network.
	logins        map[string]*sshd.User
	noSFTP        map[string]bool // by class
	proofProblems []configtree.Problem
}

// maxFormer bounds the expressions that are kept beside those of classes, which have
// four, and what is to be found at their beginnings.
const maxFormer = 256

// decodeAccounts reads classes and users, if they are not as before.
func decodeAccounts(r *configtree.Reader, before *accounts) *accounts {
	login, rootAuthentication := r.Child("system").Child("login"), r.Child("system").Child("root-authentication")
	a := &accounts{additive: r.Child("system").Has("regex-additive-logic"), root: rootAuthentication.Hash()}
	if a.expressions = before.expressions; a.expressions == nil || len(a.expressions) > 8*len(before.classes.all)+maxFormer {
		a.expressions = make(op.Expressions)
	}
	root := decodeRoot(rootAuthentication)
	classes := &before.classes
	if a.additive != before.additive {
		classes = new(meanings[*loginClass])
	}
	a.classes = classes.read(login, "class", func(r *configtree.Reader) (*loginClass, bool) {
		return decodeClass(r, a.additive, a.expressions), true
	})
	a.users = before.users.read(login, "user", func(r *configtree.Reader) (*loginUser, bool) {
		return decodeUser(r), true
	})
	if before.members != nil && a.additive == before.additive && a.root == before.root && a.classes.same(&before.classes) && a.users.same(&before.users) {
		a.members = before.members
	} else {
		a.members = a.directory(login, root)
	}
	return a
}

// decodeUser reads `user NAME`.
func decodeUser(r *configtree.Reader) *loginUser {
	r.Has("full-name")
	authentication := r.Child("authentication")
	u := &loginUser{account: account{name: r.Key(), uid: uint32(r.Uint("uid")), class: r.Text("class")}, hash: authentication.Text("encrypted-password")}
	u.proofs.read(authentication)
	if !isHash(u.hash) {
		u.problem = authentication.PathOf("encrypted-password")
	}
	return u
}

// decodeRoot reads root-authentication; nil where there is none.
func decodeRoot(r *configtree.Reader) *loginUser {
	if !r.Valid() {
		return nil
	}
	u := &loginUser{account: account{name: rootName, class: superUser}, hash: r.Text("encrypted-password")}
	u.proofs.read(r)
	if !isHash(u.hash) {
		u.problem = r.PathOf("encrypted-password")
	}
	return u
}

// directory looks at all classes and users together.
func (a *accounts) directory(login *configtree.Reader, root *loginUser) *directory {
	n := len(a.users.all) + 1
	d := &directory{users: make(map[string]account, n), uids: make(map[uint32]string, n), classes: classes(), idle: map[string]time.Duration{},
		hashes: make(map[string]string, n), logins: make(map[string]*sshd.User, n), noSFTP: map[string]bool{}}
	access := make(map[string]sshd.Access, len(a.classes.all))
	for _, c := range a.classes.all {
		d.problems = append(d.problems, c.problems...)
		if c.class != nil {
			d.classes[c.name] = c.class
		}
		if c.limited {
			d.idle[c.name] = c.idle
		}
		access[c.name] = c.access
		if c.noSFTP {
			d.noSFTP[c.name] = true
		}
	}
	if root != nil {
		d.proofs(root, sshd.User{Root: true})
	}
	for _, u := range a.users.all {
		if u.name == rootName { // who is somebody already: neither less by a class, nor let in by two statements
			d.checkHash(u)
			d.problems = append(d.problems, configtree.Problem{Path: entry(login, "user", u.name), Err: errRoot, Kind: configtree.Constraint, Warning: true})
			continue
		}
		d.proofs(u, sshd.User{Access: access[u.class]})
		if u.class != "" && d.classes[u.class] == nil { // its member could do nothing at all
			d.problem(fmt.Errorf("class '%s' is not defined", u.class), login, u, "class")
		}
		if other, ok := d.uids[u.uid]; ok && u.uid != 0 { // whoever comes with it could be either
			d.problem(fmt.Errorf("user '%s' has the same uid", other), login, u, "uid")
		} else {
			d.uids[u.uid] = u.name
		}
		d.users[u.name] = u.account
	}
	return d
}

// proofs notes how u is let in.
func (d *directory) proofs(u *loginUser, as sshd.User) {
	d.checkHash(u)
	if u.hash != "" {
		d.hashes[u.name] = u.hash
	}
	as.Name, as.Class, as.Password, as.Keys = u.name, u.class, u.password, u.keys
	d.logins[u.name] = &as
	d.proofProblems = append(d.proofProblems, u.proofs.problems...)
}

// checkHash notes a hash that is none.
func (d *directory) checkHash(u *loginUser) {
	if u.problem != nil {
		d.problems = append(d.problems, configtree.Problem{Path: u.problem, Err: errNoHash, Kind: configtree.Constraint})
	}
}

// problem notes what is wrong with a statement of a user.
func (d *directory) problem(err error, login *configtree.Reader, u *loginUser, name string) {
	p := entry(login, "user", u.name)
	p = p.Append(configtree.Step{Node: p[len(p)-1].Node.Child(name)})
	d.problems = append(d.problems, configtree.Problem{Path: p, Err: err, Kind: configtree.Constraint})
}

// byUID finds the account of a uid.
func (d *directory) byUID(uid uint32) (account, bool) {
	name, ok := d.uids[uid]
	return d.users[name], ok && uid != 0
}

// class is what a class of this name permits: nothing when there is none.
func (d *directory) class(name string) *op.Class {
	if c, ok := d.classes[name]; ok {
		return c
	}
	return d.classes[nobody]
}

// classOf is the class of a login, which may be gone.
func (d *directory) classOf(user string) *op.Class {
	if a, ok := d.users[user]; ok {
		return d.class(a.class)
	}
	return d.classes[nobody]
}

const (
	rootName  = "root" // needs no `login user`
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

// isHash reports whether what stands for a password, if anything, is a hash of one
// (crypt(5)): typing the password itself there would show it to every reader.
func isHash(text string) bool { return text == "" || text[0] == '$' }

var errNoHash = errors.New("must be a hash such as $6$...; for the password itself use plain-text-password")

// errRoot warns of `login user root`.
var errRoot = errors.New("has no effect: root is always of class super-user, and logs in by [edit system root-authentication]")
