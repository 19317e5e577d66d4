package daemon

import (
	"errors"
	"net/netip"

	"loggia/configtree"
	"loggia/sshd"
)

// netconfSettings is what sessions obey of [edit system services netconf].
type netconfSettings struct {
	rfc    bool // rfc-compliant
	flat   bool // flatten-commit-results
	chunks bool // base:1.1 is offered
}

// netconf reads [edit system services netconf]. Where SSH is served NETCONF is,
// too; this adds a port on which nothing else is.
func (d *sshDecoder) netconf(r *configtree.Reader) {
	set := &d.logins.netconf
	set.rfc, set.flat = r.Has("rfc-compliant"), r.Has("flatten-commit-results")
	set.chunks = set.rfc && r.Child("version-1.1").Valid()
	if r.Child("version-1.1").Valid() && !set.rfc {
		d.problem(r.PathOf("version-1.1"), true, errors.New("has no effect without 'rfc-compliant'"))
	}
	ssh := r.Child("ssh")
	if !ssh.Valid() {
		return
	}
	place := ssh.Path().String()
	d.paths[place] = ssh.PathOf("port")
	d.config.Listens = append(d.config.Listens, sshd.Listen{Place: place, Only: netconfSubsystem,
		Address: netip.AddrPortFrom(netip.Addr{}, uint16(ssh.Uint("port")))})
}

const netconfSubsystem = "netconf"
