package syslogd

import (
	"loggia/syslogd/sink"
	"loggia/syslogd/wire"
)

// hostSpec is a host without its rules.
type hostSpec struct {
	place   string
	options sink.RemoteOptions
}

func (c *Config) hostSpec(h Host) spec {
	s := hostSpec{place: h.Place, options: sink.RemoteOptions{
		Network: h.Transport.String(), Host: h.Name, Port: h.port(), Source: c.SourceAddress,
		OctetCounting:   h.Transport == TransportTCP && !h.Newline,
		AllowDuplicates: c.AllowDuplicates || h.AllowDuplicates,
		Style:           c.layout(h.Layout),
	}}
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
	return sink.NewRemote(sink.RemoteConfig{RemoteOptions: s.options, Place: s.place, Report: e.say, Now: e.o.Now}), nil
}

// adopt keeps the queue, unless the framing changes: octet counting lets control
// bytes pass that must not get into newline framing.
func (s hostSpec) adopt(was spec, d sink.Destination) func() {
	r, ok := d.(*sink.Remote)
	if !ok || was.style().RawControl != s.style().RawControl {
		return nil
	}
	return func() { r.Reconfigure(s.options) }
}
