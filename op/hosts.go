package op

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"loggia/audit/event"
)

// Hosts is what commands ask of the log servers that messages are sent to.
type Hosts interface {
	// Hosts lists the hosts that are configured, in the order of the
	// configuration, and then others for which something waits.
	Hosts() ([]Host, error)
	// ClearSpool drops what waits for a host and says how many messages that were.
	ClearSpool(by event.Subject, host string) (uint64, error)
}

// Host is a log server.
type Host struct {
	Name   string
	Orphan bool // not configured: only Waiting and Disk are known

	Transport   string // udp, tcp, tls
	State       string // down, connecting, up, idle
	Since       time.Time
	Local, Peer string // address and port, once there was a connection
	Certificate string // tls: of the server, subject and fingerprint
	Connects    uint64

	Waiting      uint64 // messages
	WaitingBytes int64
	Oldest       time.Time // when the oldest of them was received; zero: none
	Disk, Limit  int64     // of the spool, bytes
	Fault        string    // why the spool takes nothing

	Accepted, Delivered, Repeated uint64
	Dropped                       []Reason
	LastError                     string
	LastErrorAt                   time.Time
}

// certainty is what is known of a message that counts as delivered.
func (h *Host) certainty() string {
	switch h.Transport {
	case "udp":
		return "sent (nobody confirms that it arrived)"
	case "tcp", "tls":
		return "acknowledged by the server's kernel (not by the server itself)"
	}
	return ""
}

// hostNames are the choices for a host.
func hostNames(env *Env, _ string) []Choice {
	list, err := env.Hosts.Hosts()
	if err != nil {
		return nil // the command itself will say why
	}
	var out []Choice
	for _, h := range list {
		help := strings.TrimSpace(h.Transport + " " + h.State)
		if h.Orphan {
			help = fmt.Sprintf("not configured, %d messages wait", h.Waiting)
		}
		out = append(out, Choice{h.Name, help})
	}
	return out
}

// hostList is the answer of `show system syslog host`.
type hostList struct {
	list []Host
	now  time.Time
}

func showHosts(_ context.Context, env *Env, a Args) (Result, error) {
	list, err := env.Hosts.Hosts()
	if err != nil {
		return nil, err
	}
	all := hostList{list, env.Now()}
	name, one := a["name"]
	if !one {
		return all, nil
	}
	for _, h := range list {
		if h.Name == name {
			return hostReport{h, all.now}, nil
		}
	}
	return nil, fmt.Errorf("%s: no messages are sent to this host", name)
}

// WriteText implements Result.
func (r hostList) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		width := len("Host")
		for _, h := range r.list {
			width = max(width, len(h.Name))
		}
		fmt.Fprintf(b, "%-*s  %-9s  %-10s  %8s  %8s  %s\n", width, "Host", "Transport", "State", "Waiting", "Spool", "Oldest")
		for _, h := range r.list {
			state, transport := h.State, h.Transport
			if h.Orphan {
				state, transport = "orphan", "-"
			}
			oldest := ""
			if !h.Oldest.IsZero() {
				oldest = ago(r.now, h.Oldest)
			}
			b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s  %-9s  %-10s  %8d  %8s  %s", width, h.Name, transport, state, h.Waiting, short(h.Disk), oldest), " "))
			b.WriteByte('\n')
		}
	})
}

// Element implements Result.
func (r hostList) Element() Element {
	e := Element{Name: "syslog-host-information"}
	for _, h := range r.list {
		e.Children = append(e.Children, hostReport{h, r.now}.row())
	}
	return e
}

// hostReport is the answer of `show system syslog host NAME`.
type hostReport struct {
	Host
	now time.Time
}

// Element implements Result.
func (r hostReport) Element() Element { return Group("syslog-host-information", r.row()) }

func (r hostReport) row() Element {
	e := Group("syslog-host", Leaf("name", r.Name))
	text := func(name, s string) {
		if s != "" {
			e.Children = append(e.Children, Leaf(name, s))
		}
	}
	if r.Orphan {
		text("state", "orphan")
		e.Children = append(e.Children, count("waiting", r.Waiting), count("spool-bytes", uint64(r.Disk)))
		return e
	}
	text("transport", r.Transport)
	text("state", r.State)
	e.Children = append(e.Children, moment("state-since", r.Since, stamp(r.Since)))
	text("local-address", r.Local)
	text("peer-address", r.Peer)
	text("certificate", r.Certificate)
	text("certainty", r.certainty())
	e.Children = append(e.Children, count("waiting", r.Waiting), count("waiting-bytes", uint64(r.WaitingBytes)))
	if !r.Oldest.IsZero() {
		e.Children = append(e.Children, span("oldest-waiting", elapsed(r.now, r.Oldest), ago(r.now, r.Oldest)))
	}
	e.Children = append(e.Children, count("spool-bytes", uint64(r.Disk)), count("spool-limit", uint64(r.Limit)),
		count("accepted", r.Accepted), count("delivered", r.Delivered), count("repeated", r.Repeated),
		count("dropped", sum(r.Dropped)), count("connections", r.Connects))
	e = withReasons(e, "dropped-reason", r.Dropped)
	text("spool-error", r.Fault)
	if r.LastError != "" {
		text("last-error", r.LastError)
		e.Children = append(e.Children, moment("last-error-time", r.LastErrorAt, stamp(r.LastErrorAt)))
	}
	return e
}

// WriteText implements Result.
func (r hostReport) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		line := func(format string, args ...any) { fmt.Fprintf(b, "  "+format+"\n", args...) }
		b.WriteString("Host " + r.Name + "\n")
		if r.Orphan {
			line("State: not configured; what waits is sent if it is again")
			line("Waiting: %s", wordy(r.Waiting))
			line("Spool: %s", short(r.Disk))
			return
		}
		line("State: %s since %s", r.State, stamp(r.Since))
		way := "Transport: " + r.Transport
		if r.Peer != "" {
			way += ", from " + r.Local + " to " + r.Peer
		}
		line("%s", way)
		if r.Certificate != "" {
			line("Server's certificate: %s", r.Certificate)
		}
		line("Delivered means: %s", r.certainty())
		line("Accepted: %d, delivered: %d, repeated: %d, dropped: %d, waiting: %d", r.Accepted, r.Delivered, r.Repeated, sum(r.Dropped), r.Waiting)
		for _, d := range reasons("dropped", r.Dropped) {
			line("  %s", d)
		}
		if r.Waiting > 0 {
			line("Waiting: %s, %d bytes, the oldest for %s", wordy(r.Waiting), r.WaitingBytes, ago(r.now, r.Oldest))
		}
		line("Spool: %s of %s on disk", short(r.Disk), short(r.Limit))
		if r.Fault != "" {
			line("Spool takes nothing, what comes waits in memory: %s", r.Fault)
		}
		line("Connections made: %d", r.Connects)
		if r.LastError != "" {
			line("Last error: %s, at %s", r.LastError, stamp(r.LastErrorAt))
		}
	})
}

func wordy(n uint64) string {
	if n == 1 {
		return "1 message"
	}
	return strconv.FormatUint(n, 10) + " messages"
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05 MST") }

func ago(now, then time.Time) string { return elapsed(now, then).Round(time.Second).String() }

// short is a size with its unit, such as 1.5G.
func short(n int64) string {
	value, unit := float64(n), ""
	for _, u := range []string{"K", "M", "G", "T"} {
		if value < 1024 {
			break
		}
		value, unit = value/1024, u
	}
	if unit == "" {
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + unit
}

// clearSpool is `clear system syslog spool`.
func clearSpool(_ context.Context, env *Env, a Args) (Result, error) {
	n, err := env.Hosts.ClearSpool(env.Caller, a["name"])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a["name"], err)
	}
	return Text(wordy(n) + " cleared\n"), nil
}
