package daemon

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"loggia/configtree"
	"loggia/sshd"
)

// sshDecoder turns [edit system login] and [edit system services ssh] into what
// the SSH server obeys.
type sshDecoder struct {
	config   sshd.Config
	log      bool // log-key-changes
	calls    bool // outbound-ssh has clients
	problems []configtree.Problem
	paths    map[string]configtree.Path // by place
	logins   logins
}

// decodeSSH reads everything that concerns logins over the network. What cannot
// be used is a problem only where SSH is served.
func decodeSSH(r *configtree.Reader, a *accounts) *sshDecoder {
	sys := r.Child("system")
	login, ssh := sys.Child("login"), sys.Child("services").Child("ssh")
	d := &sshDecoder{paths: map[string]configtree.Path{}}
	d.config = sshd.Config{
		Banner:      unescaped(login.Text("message")),
		Location:    zone(sys),
		Denied:      prefixes(login.Child("deny-sources").Texts("address")),
		Retry:       retryOptions(login.Child("retry-options")),
		Users:       a.members.logins,
		Limits:      limits(ssh),
		MaxSessions: int(ssh.Uint("max-sessions-per-connection")),
		RekeyData:   ssh.Child("rekey").Size("data-limit"),
		RekeyTime:   minutes(ssh.Child("rekey").Uint("time-limit")),
		MD5:         ssh.Text("fingerprint-hash") == "md5",
	}
	d.logins = logins{announcement: unescaped(login.Text("announcement")), sftp: ssh.Has("sftp-server"), noSFTP: a.members.noSFTP}
	d.methods(ssh)
	d.algorithms(ssh)
	d.listens(ssh)
	d.netconf(sys.Child("services").Child("netconf"))
	d.outbound(sys.Child("services").Child("outbound-ssh"))
	d.problems = append(d.problems, a.members.proofProblems...)
	if min, max := seconds(login.Child("retry-options").Uint("minimum-time")), d.config.Retry.Grace; min > max {
		d.problem(login.Child("retry-options").PathOf("minimum-time"), false, errors.New("must not be longer than maximum-time"))
	}
	if !d.serves() {
		d.problems = nil
	}
	return d
}

// limits reads those of a statement that has a port.
func limits(r *configtree.Reader) sshd.Limits {
	return sshd.Limits{
		MaxConnections: int(r.Uint("connection-limit")),
		MaxRate:        int(r.Uint("rate-limit")),
		AliveInterval:  seconds(r.Uint("client-alive-interval")),
		AliveCount:     int(r.Uint("client-alive-count-max")),
	}
}

func (d *sshDecoder) serves() bool { return len(d.config.Listens) > 0 || d.calls }

func (d *sshDecoder) problem(p configtree.Path, warning bool, err error) {
	d.problems = append(d.problems, configtree.Problem{Path: p, Err: err, Warning: warning, Kind: configtree.Constraint})
}

// methods reads who may log in, and how.
func (d *sshDecoder) methods(ssh *configtree.Reader) {
	none := ssh.Has("no-passwords")
	d.config.NoPassword = ssh.Has("no-password-authentication") || none
	d.config.NoInteractive = ssh.Has("no-challenge-response") || none
	d.config.NoPublicKeys = ssh.Has("no-public-keys")
	d.config.RootLogin = map[string]sshd.RootLogin{"allow": sshd.RootAllow, "deny-password": sshd.RootKeyOnly}[ssh.Text("root-login")]
	d.log = ssh.Has("log-key-changes")
	ssh.Texts("protocol-version") // there is one
	for _, where := range ssh.Texts("authentication-order") {
		if where != "password" {
			d.problem(ssh.PathOf("authentication-order"), true, errors.New(where+" is not available here: passwords are checked against this configuration"))
		}
	}
	if d.config.NoPassword && d.config.NoInteractive && d.config.NoPublicKeys {
		d.problem(ssh.Path(), true, errors.New("neither passwords nor keys are accepted: nobody can log in"))
	}
}

// algorithms reads the lists, whose names are checked against what there is.
func (d *sshDecoder) algorithms(ssh *configtree.Reader) {
	for _, list := range []struct {
		statement string
		kind      sshd.Kind
		to        *[]string
	}{{"ciphers", sshd.Cipher, &d.config.Ciphers}, {"macs", sshd.MAC, &d.config.MACs}, {"key-exchange", sshd.KeyExchange, &d.config.KeyExchanges}} {
		names, err := list.kind.Resolve(ssh.Texts(list.statement))
		if err != nil {
			d.problem(ssh.PathOf(list.statement), false, err)
		}
		*list.to = names
	}
	hosts := ssh.Child("hostkey-algorithm-list")
	for _, t := range sshd.HostKeyTypes() {
		if hosts.Has(string(t)) {
			d.config.HostKeys = append(d.config.HostKeys, t)
		}
	}
	if len(d.config.HostKeys) == 0 {
		d.config.HostKeys = sshd.DefaultHostKeys()
	}
}

// listens reads where SSH is served: everywhere when no address is given.
func (d *sshDecoder) listens(ssh *configtree.Reader) {
	port, addresses := uint16(ssh.Uint("port")), ssh.Texts("listen-address")
	if !ssh.Valid() {
		return
	}
	place := ssh.Path().String()
	d.paths[place] = ssh.PathOf("port")
	if len(addresses) == 0 {
		d.config.Listens = []sshd.Listen{{Place: place, Address: netip.AddrPortFrom(netip.Addr{}, port)}}
	}
	for _, text := range addresses {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			d.problem(ssh.PathOf("listen-address"), false, err)
			continue
		}
		d.config.Listens = append(d.config.Listens, sshd.Listen{Place: place, Address: netip.AddrPortFrom(addr, port)})
	}
}

// proofs are how somebody proves who they are.
type proofs struct {
	password *sshd.Password
	keys     []sshd.UserKey
	problems []configtree.Problem
}

// read reads the proofs of `authentication`.
func (p *proofs) read(r *configtree.Reader) {
	problem := func(at configtree.Path, warning bool, text string) {
		p.problems = append(p.problems, configtree.Problem{Path: at, Err: errors.New(text), Warning: warning, Kind: configtree.Constraint})
	}
	if text := r.Text("encrypted-password"); text != "" {
		password, err := sshd.ParsePassword(text)
		if err != nil {
			problem(r.PathOf("encrypted-password"), true, "nobody can log in with this password: it "+err.Error())
		}
		p.password = password
	}
	none := r.Has("no-public-keys")
	for _, family := range []string{"ssh-rsa", "ssh-ecdsa", "ssh-ed25519"} {
		for k := range r.Entries(family) {
			key, err := sshd.ParseUserKey(family, k.Key(), k.Text("from"))
			if err != nil {
				problem(k.Path(), false, "the key "+err.Error())
				continue
			}
			if !none {
				p.keys = append(p.keys, key)
			}
		}
	}
}

func retryOptions(r *configtree.Reader) sshd.Retry {
	return sshd.Retry{
		Tries:     int(r.Uint("tries-before-disconnect")),
		Threshold: int(r.Uint("backoff-threshold")),
		Factor:    seconds(r.Uint("backoff-factor")),
		Grace:     seconds(r.Uint("maximum-time")),
		Lockout:   minutes(r.Uint("lockout-period")),
	}
}

func seconds(n uint64) time.Duration { return time.Duration(n) * time.Second }

// prefixes reads networks, whose form the schema has checked.
func prefixes(texts []string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			out = append(out, p.Masked())
		} else if a, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return slices.Clip(out)
}

// unescaped is a text in which \n starts a new line, with one at its end.
func unescaped(text string) string {
	if text == "" {
		return ""
	}
	return strings.TrimSuffix(strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`).Replace(text), "\n") + "\n"
}
