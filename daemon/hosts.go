package daemon

import (
	"fmt"
	"strconv"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/op"
	"loggia/syslogd"
	"loggia/syslogd/sink"
)

// hosts shows the log servers to commands. It implements op.Hosts.
type hosts struct{ d *Daemon }

// Hosts implements op.Hosts.
func (h hosts) Hosts() ([]op.Host, error) {
	in := h.d.now().Location()
	var all []op.Host
	for _, d := range h.d.engine.Statistics().Destinations {
		if d.Host != nil {
			all = append(all, hostOf(&d, in))
		}
	}
	spools, err := h.d.engine.Spools()
	for _, s := range spools {
		if s.Orphan {
			all = append(all, op.Host{Name: s.Host, Orphan: true, Waiting: s.Records, Disk: s.Bytes})
		}
	}
	return all, err
}

func hostOf(d *syslogd.DestinationStatistics, in *time.Location) op.Host {
	s := d.Host
	h := op.Host{Name: d.Name, Transport: s.Network, State: s.Status.String(), Since: s.Since.In(in), Local: s.Local, Peer: s.Address,
		Certificate: s.Peer, Connects: s.Connects, Waiting: d.Sink.Waiting, WaitingBytes: int64(s.QueuedBytes), Oldest: s.Oldest,
		Disk: s.Spool.Disk, Limit: s.Spool.Limit, Accepted: d.Sink.Accepted, Delivered: d.Sink.Delivered, Repeated: d.Sink.Repeated,
		LastError: s.LastError, LastErrorAt: s.LastErrorAt.In(in)}
	if s.Spool.Failing != nil {
		h.Fault = s.Spool.Failing.Error()
	}
	for i, n := range d.Sink.Dropped {
		h.Dropped = append(h.Dropped, op.Reason{Reason: sink.Reason(i).String(), Count: n})
	}
	return h
}

// ClearSpool implements op.Hosts.
func (h hosts) ClearSpool(by event.Subject, host string) (uint64, error) {
	n, err := h.d.engine.ClearSpool(host)
	if err == nil {
		h.d.recorder.Record(by, event.SpoolCleared{Username: by.User, Host: host, Count: strconv.FormatUint(n, 10)})
	}
	return n, err
}

// orphaned says of the hosts that a change removes what waits for them: the
// commit warns.
func orphaned(r *configtree.Reader, plan *syslogd.Plan) (warnings []configtree.Problem) {
	for _, old := range plan.HostsRemoved() {
		if old.Host == nil || old.Sink.Waiting == 0 || old.Host.Status == sink.Up { // what is under way will arrive
			continue
		}
		warnings = append(warnings, configtree.Problem{Path: r.Child("system").PathOf("syslog"), Warning: true, Kind: configtree.Constraint,
			Err: fmt.Errorf("host %s is removed: %d messages wait for it, and are kept until it comes back", old.Name, old.Sink.Waiting)})
	}
	return warnings
}
