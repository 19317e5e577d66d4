package daemon

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

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
	d.config.Alone = map[string]sshd.Limits{netconfSubsystem: limits(ssh)}
	if port := uint16(ssh.Uint("port")); slices.ContainsFunc(d.config.Listens, func(l sshd.Listen) bool { return l.Address.Port() == port }) {
		d.problem(ssh.PathOf("port"), true, fmt.Errorf("port %d is that of 'services ssh', where NETCONF is served too; it has no port of its own", port))
		return
	}
	d.config.Listens = append(d.config.Listens, sshd.Listen{Place: place, Only: netconfSubsystem,
		Address: netip.AddrPortFrom(netip.Addr{}, uint16(ssh.Uint("port")))})
}

const netconfSubsystem = "netconf"

// outbound reads [edit system services outbound-ssh].
func (d *sshDecoder) outbound(r *configtree.Reader) {
	for c := range r.Entries("client") {
		d.calls = true
		caller := sshd.Caller{Name: c.Key(), DeviceID: c.Text("device-id"), Secret: c.Secret("secret"), Only: netconfSubsystem,
			Sticky: c.Text("reconnect-strategy") == "sticky"}
		if alive := c.Child("keep-alive"); alive.Valid() {
			caller.AliveInterval, caller.AliveCount = seconds(alive.Uint("timeout")), int(alive.Uint("retry"))
		}
		for s := range c.Entries("servers") {
			caller.Servers = append(caller.Servers, sshd.CallServer{Host: s.Key(), Port: uint16(s.Uint("port")), Retry: int(s.Uint("retry")), Timeout: seconds(s.Uint("timeout"))})
		}
		switch {
		case len(c.Texts("services")) == 0:
			d.problem(c.Path(), false, errors.New("'services netconf' says what is served"))
		case len(caller.Servers) == 0:
			d.problem(c.Path(), false, errors.New("'servers' says whom to call"))
		default:
			d.config.Callers = append(d.config.Callers, caller)
		}
		if caller.Secret != "" && caller.DeviceID == "" {
			d.problem(c.PathOf("secret"), true, errors.New("has no effect without 'device-id'"))
		}
	}
}
