// Command lbench measures syslog daemons side by side.
//
//	lbench [-ours NAME] [-scenarios S1,S2] [-rounds N] [-scale F] [-seed N] [-json FILE] [-dir DIR] [-keep] name=command ...
//	lbench genlog BYTES [SEED]
//
// Each target is a start script that turns the BENCH_* environment into a
// configuration and becomes the daemon. Targets run alternately, one at a
// time, each in a fresh directory. The exit status is 1 when a run could not
// be measured, or when the target named by -ours lost, repeated or altered a
// message that it had to keep.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"loggia/bench/report"
	"loggia/bench/scenario"
	"loggia/bench/target"
	"loggia/bench/traffic"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "genlog" {
		if err := genlog(os.Args[2:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "lbench:", err)
			os.Exit(2)
		}
		return
	}
	ok, err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lbench:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// genlog writes a log of a given size, to measure how logs are examined.
func genlog(args []string, out io.Writer) error {
	if len(args) < 1 || len(args) > 2 {
		return fmt.Errorf("lbench genlog BYTES [SEED]")
	}
	size, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	seed := uint64(1)
	if len(args) == 2 {
		if seed, err = strconv.ParseUint(args[1], 10, 64); err != nil {
			return err
		}
	}
	return traffic.WriteLog(out, seed, size, time.Now().Add(-24*time.Hour))
}

// options is the command line.
type options struct {
	ours      string
	scenarios []scenario.Scenario
	rounds    int
	seed      uint64
	json      string
	dir       string
	keep      bool
	targets   []target.Spec
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("lbench", flag.ContinueOnError)
	f.StringVar(&o.ours, "ours", "", "the target that is compared with the best of the others")
	names := f.String("scenarios", "S1,S2", "which to run, S4@RATE for S4 at another rate")
	f.IntVar(&o.rounds, "rounds", 3, "how often each target runs each scenario")
	scale := f.Float64("scale", 1, "factor for the number of messages")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the traffic")
	f.StringVar(&o.json, "json", "", "append every result to this file, one JSON object a line")
	f.StringVar(&o.dir, "dir", "", "where to make the work directories, the system's temporary directory by default")
	f.BoolVar(&o.keep, "keep", false, "leave the work directories behind")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	found, err := scenario.Named(*names)
	if err != nil {
		return o, err
	}
	if *scale <= 0 || *scale > 100 || o.rounds < 1 {
		return o, fmt.Errorf("-scale is above 0 and at most 100, -rounds at least 1")
	}
	for _, s := range found {
		o.scenarios = append(o.scenarios, s.Scaled(*scale))
	}
	known := o.ours == ""
	for _, a := range f.Args() {
		name, command, ok := strings.Cut(a, "=")
		if !ok || name == "" || command == "" {
			return o, fmt.Errorf("%s: want name=command", a)
		}
		known = known || name == o.ours
		o.targets = append(o.targets, target.Spec{Name: name, Command: command})
	}
	switch {
	case len(o.targets) == 0:
		return o, fmt.Errorf("no target: want name=command")
	case !known:
		return o, fmt.Errorf("-ours %s is none of the targets", o.ours)
	}
	return o, nil
}

// run does everything main does but end the process; ok is the verdict.
func run(ctx context.Context, args []string, out io.Writer) (ok bool, err error) {
	o, err := parse(args)
	if err != nil {
		return false, err
	}
	var log io.Writer = io.Discard
	if o.json != "" {
		f, err := os.OpenFile(o.json, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			return false, err
		}
		defer f.Close()
		log = f
	}
	root, err := os.MkdirTemp(o.dir, "lbench-")
	if err != nil {
		return false, err
	}
	if !o.keep {
		defer os.RemoveAll(root)
	}
	var results []scenario.Result
	ok = true
	report.Head(out)
	for _, s := range o.scenarios {
		load := s.Load(o.seed, time.Now())
		for r := range rounds(ctx, o, s, load, root) {
			report.Line(out, r)
			if err := json.NewEncoder(log).Encode(r); err != nil {
				return false, err
			}
			ok = ok && sound(r, s, o.ours)
			results = append(results, r)
		}
	}
	if err := report.Summary(out, results, o.ours); err != nil {
		return false, err
	}
	return ok, ctx.Err()
}

// rounds runs one scenario with every target in every round. Each round
// begins with another target.
func rounds(ctx context.Context, o options, s scenario.Scenario, load *traffic.Load, root string) func(func(scenario.Result) bool) {
	return func(yield func(scenario.Result) bool) {
		for round := range o.rounds {
			for i := range o.targets {
				if ctx.Err() != nil {
					return
				}
				spec := o.targets[(i+round)%len(o.targets)]
				dir := filepath.Join(root, fmt.Sprintf("%s-%d-%s", s.Name, round+1, spec.Name))
				r := attempt(ctx, s, spec, load, dir, o.keep)
				r.Round = round + 1
				if !yield(r) {
					return
				}
			}
		}
	}
}

// attempt runs one target once, in a directory of its own.
func attempt(ctx context.Context, s scenario.Scenario, spec target.Spec, load *traffic.Load, dir string, keep bool) scenario.Result {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return scenario.Result{Scenario: s.Name, Target: spec.Name, Error: err.Error()}
	}
	r := s.Run(ctx, spec, load, dir)
	if !keep {
		if err := os.RemoveAll(dir); err != nil && r.Error == "" {
			r.Error = err.Error()
		}
	}
	return r
}

// sound says whether a run counts: it was measured and, if it is ours, the
// daemon kept what it had to keep.
func sound(r scenario.Result, s scenario.Scenario, ours string) bool {
	if r.Error != "" {
		return false
	}
	return r.Target != ours || s.MayLose || r.Tally.Faithful() && r.Tally.Reordered == 0 && r.Tally.Junk == 0 && r.StopError == ""
}
