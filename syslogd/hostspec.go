package syslogd

import (
	"errors"

	"loggia/audit/event"
	"loggia/syslogd/sink"
	"loggia/syslogd/spool"
	"loggia/syslogd/wire"
)

// hostSpec is a host without its rules.
type hostSpec struct {
	place   string
	options sink.RemoteOptions
	err     error // what stands in the way of it
}

func (c *Config) hostSpec(h *Host) spec {
	s := hostSpec{place: h.Place, err: h.Err, options: sink.RemoteOptions{
		Network: h.Transport.String(), Host: h.Name, Port: h.port(), Source: c.SourceAddress, TLS: h.TLS,
		OctetCounting:   h.Transport != TransportUDP && !h.Newline,
		OnDemand:        h.OnDemand,
		SpoolSize:       h.SpoolSize,
		Overflow:        spool.OverwriteOldest,
		AllowDuplicates: c.AllowDuplicates || h.AllowDuplicates,
		Style:           c.layout(h.Layout),
	}}
	if h.SpoolDropNew {
		s.options.Overflow = spool.DropNew
	}
	if h.SourceAddress.IsValid() {
		s.options.Source = h.SourceAddress
	}
	style := &s.options.Style
	style.PRI = true
	style.RawControl = s.options.OctetCounting // the frame tells where a message ends, so it may hold anything
	style.Prefix = h.LogPrefix
	style.ExcludeHostname = h.ExcludeHostname
	style.FacilityOverride = h.FacilityOverride
	return s
}

func (s hostSpec) style() wire.Style { return s.options.Style }

func (s hostSpec) open(e *Engine) (sink.Destination, error) {
	if s.err != nil {
		return nil, s.err
	}
	e.spools.take(s.options.Host)
	r, err := sink.NewRemote(sink.RemoteConfig{RemoteOptions: s.options, Place: s.place, Spool: e.spoolPath(s.options.Host), Space: e.storage, Syncer: &e.syncer, Front: &e.front, Dials: e.dials,
		Node: e.o.Node, FirstPause: e.o.ReconnectFirst, LongPause: e.o.ReconnectMost, Report: e.say, Channel: e.channel, Fault: e.hostFault(s.place), Now: e.o.Now})
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	return r, nil
}

// adopt changes the host in place: the queue stays, whatever changes.
func (s hostSpec) adopt(_ spec, d sink.Destination) func() {
	r, ok := d.(*sink.Remote)
	if !ok || s.err != nil {
		return nil
	}
	return func() { r.Reconfigure(s.options) }
}

// hostFault puts on record what went wrong once with a host.
func (e *Engine) hostFault(place string) func(error) {
	return func(err error) { e.o.Report(place, err) }
}

// channel puts a connection to a log server on record: that it was opened, ended
// or could not be made, for each reason once. The record may itself go to
// that server; it opens nothing that would not be opened without it.
func (e *Engine) channel(c sink.Channel) {
	if e.o.Announce == nil {
		return
	}
	state := map[sink.Change]event.ChannelState{sink.Opened: event.ChannelOpened, sink.Ended: event.ChannelClosed, sink.Failed: event.ChannelFailed}[c.Change]
	e.o.Announce(event.HostChannel{State: state, Host: c.Host, Transport: c.Network, Local: c.Local, Peer: c.Peer,
		Subject: c.Subject, Fingerprint: c.Fingerprint, Reason: c.Reason})
}
