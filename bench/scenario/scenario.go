// Package scenario runs the measurements of the benchmark: it knows what each
// scenario sends, how a target is told to set itself up for it (the BENCH_*
// environment), when a run is over, and what is to be found afterwards.
package scenario

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"loggia/bench/ledger"
	"loggia/bench/traffic"
)

// Transport is the way by which messages reach the target.
type Transport uint8

const (
	TCP   Transport = iota // newline framed, BENCH_TCP
	Octet                  // octet counted TCP, BENCH_OCTET
	TLS                    // octet counted in TLS, BENCH_TLS
	UDP                    // BENCH_UDP
	Unix                   // datagrams, BENCH_UNIX
)

// Scenario is one kind of measurement.
type Scenario struct {
	Name        string
	About       string
	Transport   Transport
	Messages    int
	Connections int
	Rules       string    // BENCH_RULES
	Rate        int       // messages a second, 0 as fast as the target takes them
	Forward     bool      // relay to a sink of ours as well
	Idle        bool      // nothing is sent: start, idle memory and stop are measured
	MayLose     bool      // losing messages is a result, not a fault
	Silent      int       // connections beside, on which nothing is ever sent; memory is looked at
	Away        []absence // of the sink of a relay; the queue may use the disk meanwhile
}

// MatchExpression is the BENCH_MATCH of S10. It means the same to those who
// ignore case.
const MatchExpression = `error|failure.*(tty|mgd)|lost.*retry in [0-9]+ ms`

// rotateSize is the size of a log file in S7, in bytes.
const rotateSize = 10_000_000

// awayRate is the rate of S9 when it is not given: 20 seconds in all.
const awayRate = 20_000

// sinkAway is when the sink of S9 is away: twice, half of the time in all.
func sinkAway() []absence {
	return []absence{{from: 0.1, to: 0.35}, {from: 0.5, to: 0.75, killed: true}}
}

// udpRate is the rate of S4 when it is not given.
const udpRate = 200_000

// All returns the scenarios in the order of their numbers.
func All() []Scenario {
	return []Scenario{
		{Name: "S1", About: "TCP newline, 4 connections, one file", Transport: TCP, Messages: 1_000_000, Connections: 4, Rules: "all"},
		{Name: "S2", About: "TCP octet counted RFC 5424, 4 connections, five files", Transport: Octet, Messages: 1_000_000, Connections: 4, Rules: "five"},
		{Name: "S3", About: "unix datagrams, 4 senders, one file", Transport: Unix, Messages: 300_000, Connections: 4, Rules: "all"},
		{Name: "S4", About: "UDP at a given rate, 2 senders, one file", Transport: UDP, Messages: 400_000, Connections: 2, Rules: "all", Rate: udpRate, MayLose: true},
		{Name: "S5", About: "TLS, 4 connections, one file", Transport: TLS, Messages: 500_000, Connections: 4, Rules: "all"},
		{Name: "S6", About: "TCP newline, 4 connections, one file and relay over TCP", Transport: TCP, Messages: 500_000, Connections: 4, Rules: "all", Forward: true},
		{Name: "S7", About: "TCP newline, 4 connections, rotation at 10 MB with gzip", Transport: TCP, Messages: 450_000, Connections: 4, Rules: "rot"},
		{Name: "S8", About: "TCP newline, 550 connections, 50 of them active, one file", Transport: TCP, Messages: 500_000, Connections: 50, Silent: 500, Rules: "all"},
		{Name: "S9", About: "TCP newline at a given rate, 4 connections, one file and relay to a sink that goes away twice", Transport: TCP,
			Messages: 400_000, Connections: 4, Rules: "all", Rate: awayRate, Forward: true, Away: sinkAway()},
		{Name: "S10", About: "TCP newline, 4 connections, an expression on each message", Transport: TCP, Messages: 1_000_000, Connections: 4, Rules: "match"},
		{Name: "S11", About: "start with the configuration in place, idle memory, stop", Rules: "all", Idle: true},
	}
}

// Named finds scenarios by a comma separated list of names. S4@300000 is S4
// at another rate; S9 has one too.
func Named(list string) ([]Scenario, error) {
	var found []Scenario
	for name := range strings.SplitSeq(list, ",") {
		base, rate, given := strings.Cut(strings.TrimSpace(name), "@")
		s, ok := named(base)
		if !ok {
			return nil, fmt.Errorf("unknown scenario %s", name)
		}
		if given {
			n, err := strconv.Atoi(rate)
			if err != nil || n < 1000 || s.Rate == 0 {
				return nil, fmt.Errorf("%s: S4@RATE or S9@RATE, messages a second, at least 1000", name)
			}
			s.Rate, s.Name = n, base+"@"+rate
		}
		found = append(found, s)
	}
	return found, nil
}

func named(name string) (Scenario, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// Scaled returns the scenario with its number of messages multiplied, at
// least a thousand.
func (s Scenario) Scaled(by float64) Scenario {
	if !s.Idle {
		s.Messages = max(1000, int(math.Round(float64(s.Messages)*by)))
	}
	return s
}

// Load makes the traffic of the scenario, none for one that is idle.
func (s Scenario) Load(seed uint64, last time.Time) *traffic.Load {
	if s.Idle {
		return &traffic.Load{}
	}
	p := traffic.Plan{Seed: seed, Messages: s.Messages, Connections: s.Connections, Last: last}
	switch s.Transport {
	case TCP:
		p.Framing = traffic.Newline
	case Octet, TLS:
		p.Framing = traffic.Octets
	case UDP:
		p.Framing = traffic.Datagram
	case Unix:
		p.Framing = traffic.Local
	}
	if s.Rules == "match" {
		p.Match = regexp.MustCompile(MatchExpression)
	}
	return traffic.Make(p)
}

// output is a log file that the rules call for.
type output struct {
	file string
	rule ledger.Rule
}

// outputs returns the log files of the scenario's rules.
func (s Scenario) outputs() []output {
	switch s.Rules {
	case "five":
		return []output{
			{"auth.log", func(f traffic.Fact) bool { return f.Facility == 4 || f.Facility == 10 }},
			{"kern.log", func(f traffic.Fact) bool { return f.Facility == 0 }},
			{"daemon.log", func(f traffic.Fact) bool { return f.Facility == 3 && f.Severity <= 6 }},
			{"local.log", func(f traffic.Fact) bool { return f.Facility >= 16 && f.Severity <= 5 }},
			{"errors.log", func(f traffic.Fact) bool { return f.Severity <= 3 }},
		}
	case "match":
		return []output{{"all.log", func(f traffic.Fact) bool { return f.Match }}}
	}
	return []output{{"all.log", ledger.Everything}}
}
