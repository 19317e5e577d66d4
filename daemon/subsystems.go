package daemon

import (
	"context"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/store"
	"loggia/syslogd"
)

// subsystems are the parts that obey the configuration, in the order in which
// they prepare and apply.
func (d *Daemon) subsystems() []store.Subsystem {
	return []store.Subsystem{{Name: "system", Prepare: d.prepareSystem}, {Name: "pki", Prepare: d.preparePKI}, {Name: "ssh", Prepare: d.prepareSSH}, {Name: "metrics", Prepare: d.prepareMetrics}, {Name: "syslog", Prepare: d.prepareSyslog}}
}

// systemPlan swaps the program's own settings.
type systemPlan struct {
	d    *Daemon
	next *system
	by   event.Subject // who commits
}

// Apply implements store.Plan.
func (p systemPlan) Apply() {
	prev := p.d.system.Swap(p.next)
	if prev == nil || prev.directory != p.next.directory {
		p.d.passwords.applied(p.by, p.next.hashes, prev != nil)
	}
	if prev != nil && prev.zone.String() != p.next.zone.String() {
		p.d.recorder.Record(p.by, event.TimeZoneChanged{Username: p.by.Actor(), Old: prev.zone.String(), New: p.next.zone.String()})
	}
}

// Abort implements store.Plan.
func (p systemPlan) Abort() {}

func (d *Daemon) prepareSystem(_ context.Context, c store.Change) (store.Plan, error) {
	next := d.read(c.Next).system()
	plan := systemPlan{d, next, c.By}
	if !fatal(next.problems) {
		return plan, warnings(next.problems)
	}
	if c.Reason != store.ReasonStart {
		return nil, store.Problems(next.problems)
	}
	return plan, nil // a class that cannot be compiled permits nothing
}

// prepareSyslog decodes what the engine obeys and lets it prepare. It comes
// last, so it also sees to it that nothing in the configuration goes unheard.
func (d *Daemon) prepareSyslog(_ context.Context, c store.Change) (store.Plan, error) {
	r := d.read(c.Next)
	decodePKI(r.Reader)
	r.ssh()
	decodeMetrics(r.Reader)
	config, dec := decodeSyslog(r.Reader, r.system().hostName, d.preparing, &d.known)
	d.finish(r, dec)
	problems := store.Problems(append(dec.problems, r.Problems()...))
	if fatal(problems) {
		return nil, problems
	}
	if c.Reason == store.ReasonStart {
		return startPlan{d, config}, warnings(problems)
	}
	plan, err := d.engine.Prepare(config)
	if err != nil {
		return nil, dec.refusedParts(err)
	}
	problems = append(problems, orphaned(r.Reader, plan)...)
	return plan, warnings(problems)
}

func fatal(list []configtree.Problem) bool {
	for _, p := range list {
		if !p.Warning {
			return true
		}
	}
	return false
}

func warnings(list store.Problems) error {
	if len(list) == 0 {
		return nil
	}
	return list
}

// startPlan starts the engine: what cannot work yet raises an alarm and is
// tried again, everything else runs.
type startPlan struct {
	d      *Daemon
	config syslogd.Config
}

// Apply implements store.Plan.
func (p startPlan) Apply() {
	if err := p.d.engine.Start(p.config); err != nil {
		p.d.alarms.set("system", err)
	}
}

// Abort implements store.Plan.
func (p startPlan) Abort() {}
