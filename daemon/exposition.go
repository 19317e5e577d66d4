package daemon

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"loggia/op"
)

// exposition writes metrics in the text format of Prometheus, version 0.0.4: for
// each family its HELP and TYPE, then its samples.
//
//	# HELP loggia_received_messages_total Messages that came in.
//	# TYPE loggia_received_messages_total counter
//	loggia_received_messages_total{source="udp *:514"} 12
type exposition struct{ b bytes.Buffer }

// family begins a metric. Its samples follow.
func (x *exposition) family(name, kind, help string) {
	x.b.WriteString("# HELP " + name + " " + helpEscapes().Replace(help) + "\n# TYPE " + name + " " + kind + "\n")
}

// helpEscapes and labelEscapes are all that the format escapes.
func helpEscapes() *strings.Replacer { return strings.NewReplacer(`\`, `\\`, "\n", `\n`) }

func labelEscapes() *strings.Replacer { return strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`) }

// sample writes one value; labels are names and values in turn.
func (x *exposition) sample(name string, value float64, labels ...string) {
	x.b.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		if i == 0 {
			x.b.WriteByte('{')
		} else {
			x.b.WriteByte(',')
		}
		x.b.WriteString(labels[i] + `="` + labelEscapes().Replace(strings.ToValidUTF8(labels[i+1], "\uFFFD")) + `"`)
	}
	if len(labels) > 0 {
		x.b.WriteByte('}')
	}
	x.b.WriteString(" " + strconv.FormatFloat(value, 'g', -1, 64) + "\n")
}

// metricsOf is the page: the same counters that show system syslog statistics
// detail shows.
func metricsOf(st op.Statistics, logs op.Storage, alarms int, started time.Time, version string) io.WriterTo {
	x := new(exposition)
	x.family("loggia_build_info", "gauge", "Version of the program; always 1.")
	x.sample("loggia_build_info", 1, "version", version)
	x.family("loggia_start_time_seconds", "gauge", "When the program started, in seconds since 1970.")
	x.sample("loggia_start_time_seconds", float64(started.UnixMilli())/1000)
	x.family("loggia_alarms", "gauge", "Parts of the configuration that do not work at the moment.")
	x.sample("loggia_alarms", float64(alarms))
	x.storage(logs)
	x.sources(st.Sources)
	x.destinations(st.Destinations)
	x.expressions(st.Expressions)
	return &x.b
}

// storage is what show system storage says of the logs.
func (x *exposition) storage(s op.Storage) {
	const held, state = "loggia_storage_held_bytes", "loggia_storage_state"
	x.family(held, "gauge", "Bytes that logs, their indexes and spools take on the disk.")
	x.sample(held, float64(s.Logs), "what", "logs")
	x.sample(held, float64(s.Indexes), "what", "indexes")
	x.sample(held, float64(s.Spools), "what", "spools")
	one := func(name, help string, value uint64) {
		x.family(name, "gauge", help)
		x.sample(name, float64(value))
	}
	one("loggia_storage_size_bytes", "Bytes of the disk that the logs are on.", s.Size)
	one("loggia_storage_free_bytes", "Bytes of it that are free, the reserve among them.", s.Free)
	one("loggia_storage_reserve_bytes", "Bytes that are kept free for the program's own records.", s.Reserve)
	one("loggia_storage_limit_bytes", "Bytes that may be used before overflow acts; 0: there is no limit.", s.Limit)
	x.family(state, "gauge", "State of the disk of the logs: 1 for the one that it is in.")
	for _, name := range []string{"ok", "warning", "alarm", "full"} {
		value := 0.0
		if name == s.State {
			value = 1
		}
		x.sample(state, value, "state", name)
	}
}

func (x *exposition) sources(all []op.SourceStatistics) {
	each := func(name, kind, help string, value func(s *op.SourceStatistics) float64) {
		x.family(name, kind, help)
		for i := range all {
			x.sample(name, value(&all[i]), "source", all[i].Name)
		}
	}
	reasons := func(name, help, label string, list func(s *op.SourceStatistics) []op.Reason) {
		x.family(name, "counter", help)
		for i := range all {
			for _, r := range list(&all[i]) {
				x.sample(name, float64(r.Count), "source", all[i].Name, label, r.Reason)
			}
		}
	}
	each("loggia_received_messages_total", "counter", "Messages that came in: accepted and refused.", func(s *op.SourceStatistics) float64 { return float64(s.Received) })
	each("loggia_accepted_messages_total", "counter", "Messages that were handed to routing.", func(s *op.SourceStatistics) float64 { return float64(s.Accepted) })
	reasons("loggia_refused_messages_total", "Messages that came in and were not accepted.", "reason", func(s *op.SourceStatistics) []op.Reason { return s.Refused })
	each("loggia_truncated_messages_total", "counter", "Accepted messages that were cut to max-message-size.", func(s *op.SourceStatistics) float64 { return float64(s.Truncated) })
	reasons("loggia_anomalous_messages_total", "Accepted messages that are not as the standards want them; one may count under several kinds.", "kind",
		func(s *op.SourceStatistics) []op.Reason { return s.Anomalies })
	each("loggia_kernel_dropped_messages_total", "counter", "Datagrams that the kernel dropped before they were received.", func(s *op.SourceStatistics) float64 { return float64(s.KernelDrops) })
	each("loggia_source_waiting_messages", "gauge", "Accepted messages that wait to be routed.", func(s *op.SourceStatistics) float64 { return float64(s.Waiting) })
	each("loggia_source_high_water_bytes", "gauge", "Most bytes that ever waited to be routed.", func(s *op.SourceStatistics) float64 { return float64(s.HighWater) })
	each("loggia_connections", "gauge", "Connections that are open.", func(s *op.SourceStatistics) float64 { return float64(s.Connections) })
	each("loggia_connections_total", "counter", "Connections that were accepted.", func(s *op.SourceStatistics) float64 { return float64(s.Connected) })
	each("loggia_turned_away_connections_total", "counter", "Connections that were closed at once.", func(s *op.SourceStatistics) float64 { return float64(s.TurnedAway) })
}

func (x *exposition) destinations(all []op.DestinationStatistics) {
	each := func(name, kind, help string, value func(d *op.DestinationStatistics) float64) {
		x.family(name, kind, help)
		for i := range all {
			x.sample(name, value(&all[i]), "destination", all[i].Name)
		}
	}
	each("loggia_selected_messages_total", "counter", "Messages that a destination's facility lines select: filtered, delivered, repeated, dropped and waiting.",
		func(d *op.DestinationStatistics) float64 { return float64(d.Accepted) })
	each("loggia_filtered_messages_total", "counter", "Selected messages that other statements of the destination kept away.", func(d *op.DestinationStatistics) float64 { return float64(d.Filtered) })
	each("loggia_delivered_messages_total", "counter", "Messages that were written or sent.", func(d *op.DestinationStatistics) float64 { return float64(d.Delivered) })
	each("loggia_repeated_messages_total", "counter", "Messages that stand in a line about repetitions.", func(d *op.DestinationStatistics) float64 { return float64(d.Repeated) })
	const dropped = "loggia_dropped_messages_total"
	x.family(dropped, "counter", "Messages that were lost.")
	for i := range all {
		for _, r := range all[i].Dropped {
			x.sample(dropped, float64(r.Count), "destination", all[i].Name, "reason", r.Reason)
		}
	}
	each("loggia_waiting_messages", "gauge", "Messages that wait to be delivered.", func(d *op.DestinationStatistics) float64 { return float64(d.Waiting) })
	each("loggia_waiting_bytes", "gauge", "Bytes that wait to be delivered.", func(d *op.DestinationStatistics) float64 { return float64(d.WaitingBytes) })
	each("loggia_made_lines_total", "counter", "Lines that a destination wrote of its own.", func(d *op.DestinationStatistics) float64 { return float64(d.Made) })
}

func (x *exposition) expressions(all []op.ExpressionStatistics) {
	each := func(name, kind, help string, value func(t *op.ExpressionStatistics) float64) {
		x.family(name, kind, help)
		for i := range all {
			x.sample(name, value(&all[i]), "statement", all[i].Text)
		}
	}
	each("loggia_expression_evaluations_total", "counter", "Messages that an expression looked at.", func(t *op.ExpressionStatistics) float64 { return float64(t.Evaluated) })
	each("loggia_expression_matches_total", "counter", "Messages that it matched.", func(t *op.ExpressionStatistics) float64 { return float64(t.Matched) })
	each("loggia_expression_cost_seconds", "gauge", "Time that it takes for a message, by samples.", func(t *op.ExpressionStatistics) float64 { return t.Cost.Seconds() })
	each("loggia_expression_automaton_flushes_total", "counter", "Times that its automaton outgrew its bound.", func(t *op.ExpressionStatistics) float64 { return float64(t.Flushes) })
}
