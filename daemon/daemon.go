package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"loggia/audit"
	"loggia/audit/event"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/files"
	"loggia/netconf/frame"
	"loggia/pki"
	"loggia/sshd"
	"loggia/syslogd"
)

// Version of the program.
const Version = "0.1.0"

// junosVersion is the release that clients of Junos take us for.
const junosVersion = "24.4R1.9"

// factory is the configuration of a new state directory.
const factory = `system {
    syslog {
        user * {
            any emergency;
        }
        file messages {
            any notice;
            authorization info;
        }
        file audit {
            authorization info;
            change-log any;
            interactive-commands any;
            structured-data;
        }
    }
}
`

// How long Close lets destinations deliver what waits: a service has the time,
// a user who left the shell wants the prompt back.
const (
	ServiceDrain = 10 * time.Second
	ShellDrain   = 2 * time.Second
)

// ErrUndelivered is what Close returns when all is well, except that a log
// server did not take what waits for it.
var ErrUndelivered = errors.New("a log server did not answer: what waits for it is sent after the next start")

// Daemon is the running program.
type Daemon struct {
	// Built once.
	state        *state
	trail        *audit.Log
	mark         *trailMark // nil when it cannot be kept
	recorder     *recorder
	engine       *syslogd.Engine
	store        *store.Store
	certificates *pki.Store
	local        *sshd.Local
	ssh          *sshd.Server
	sessions     *sessions
	alarms       *alarms
	metrics      *metrics
	heap         *heap
	notes        *notes
	clock        *clock
	power        *power
	book         *loginBook
	passwords    *passwords
	requests     *frame.Budget // memory for large requests of NETCONF
	refusals     event.Sparing // calls that are turned away
	logNames     files.Listing // of the log directory
	started      time.Time
	owner        uint32 // uid that owns the state directory

	// preparing is what the commit under way has for certificates. Commits come one
	// after the other.
	preparing *pki.View

	reading *reading // of the change under way; nil when there is none
	known   known    // what the one before meant

	// Replaced by commits.
	system atomic.Pointer[system]
	logins atomic.Pointer[logins]
}

// Open takes the state directory and starts everything: from then on the
// engine runs. It returns ErrHeld when another process holds the directory.
func Open(dir string) (*Daemon, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	st, err := openState(dir)
	if err != nil {
		return nil, err
	}
	d := &Daemon{state: st, heap: newHeap(), started: time.Now(), owner: uint32(os.Getuid()), requests: frame.NewBudget(requestMemory)}
	st.enter(Starting)
	err = d.start()
	st.enter(unknown)
	if err != nil {
		d.heap.close()
		return nil, errors.Join(err, st.close())
	}
	d.heap.Settled()
	return d, nil
}

func (d *Daemon) start() error {
	// The grammar is made while files are read.
	var beside sync.WaitGroup
	defer beside.Wait()
	load := sync.OnceValues(schema.Load)
	beside.Go(func() { _, _ = load() }) // whoever asks gets the error
	trail, recovery, err := audit.Open(d.state.path("audit"), time.Now)
	if err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	d.trail = trail
	d.alarms = newAlarms(time.Now)
	d.sessions = newSessions()
	d.metrics = &metrics{page: d.metricsHandler(), alarm: d.alarm}
	passed, err := passedSockets()
	if err != nil {
		return err
	}
	d.engine = syslogd.New(syslogd.Options{
		Passed: passed,
		LogDir: d.state.path("log"), IndexDir: d.state.path("index"), Ledger: d.state.path("statistics"), KernelPosition: d.state.path("index", "kernel position"), Announce: d.news,
		SpoolDir: d.state.path("spool"), Node: d.state.node,
		Alarm: d.alarm, Forget: d.alarms.forget, Report: d.report, Terminals: d.sessions.show, Settle: func() { d.notes.settle() },
	})
	d.recorder = &recorder{trail: trail, engine: d.engine, failed: func(err error) { d.alarms.set(auditTrail, err) }}
	d.examine()
	d.notes = newNotes(func(all ...event.Event) { d.recorder.Record(itself(), all...) }, d.engine.Destinations, time.Now)
	trail.Reserve(func(err error) { d.fault(auditTrail+" reserve", err) })
	d.logins.Store(&logins{config: &sshd.Config{Retry: sshd.Retry{Tries: 3, Threshold: 2, Factor: 5 * time.Second, Grace: 2 * time.Minute}}})
	d.openClock(newMachineClock())
	d.openPower()
	d.openBook()
	d.openPasswords()
	err = errors.Join(d.openCertificates(), d.openSSH())
	if err == nil {
		err = d.configure(recovery, load)
	}
	if err != nil {
		if d.ssh != nil {
			d.ssh.Close()
		}
		if d.certificates != nil {
			err = errors.Join(err, d.certificates.Close())
		}
		d.metrics.close()
		err = errors.Join(err, d.clock.end(), d.engine.Close(context.Background()))
		d.notes.end()
		return errors.Join(err, d.endTrail())
	}
	return nil
}

// configure opens the store and puts the running configuration in force.
func (d *Daemon) configure(recovery audit.Recovery, load func() (*schema.Node, error)) error {
	root, err := load()
	if err != nil {
		return err
	}
	d.store, err = store.Open(store.Options{Dir: d.state.path("config"), Schema: root, Factory: []byte(factory),
		Recorder: d.recorder, Subsystems: d.subsystems(), Version: Version, Heap: d.heap, Waits: d.certificates.Pending, Former: d.passwords.former, Since: d.passwords.since,
		Broadcast: func(text string) { d.sessions.broadcast(d.hostName(), text, d.now()) }})
	if err != nil {
		return err
	}
	for _, p := range d.store.Start(context.Background()) {
		if !p.Warning {
			d.alarms.set(edit(p.Path.String()), p.Err)
		}
	}
	if d.system.Load() == nil {
		d.system.Store(&system{hostName: machineName(), zone: time.UTC, directory: &directory{classes: classes()}})
	}
	d.recorder.begin()
	d.announce(recovery)
	d.local = &sshd.Local{Path: SocketPath(d.state.dir), Admit: d.admit, Handle: d.surviving(d.serve), Subsystems: d.channels()}
	if err := d.local.Listen(); err != nil {
		return errors.Join(err, d.store.Close())
	}
	return nil
}

// itself is the subject of what the program does by itself.
func itself() event.Subject {
	return event.Subject{User: "root", Client: "other", PID: os.Getpid()}
}

// alarm is told by the engine of a part that does not work, or works again. It
// must not wait for the engine, so the record is made by somebody else.
func (d *Daemon) alarm(place string, err error) {
	d.fault(edit(place), err)
}

// fault is alarm for what no statement stands for.
func (d *Daemon) fault(place string, err error) {
	switch {
	case !d.alarms.set(place, err):
	case err != nil:
		d.notes.add(event.AlarmSet{Place: place, Reason: err.Error()})
	default:
		d.notes.add(event.AlarmCleared{Place: place})
	}
}

// report is told by the engine of what went wrong once.
func (d *Daemon) report(place string, err error) {
	reason := err.Error()
	if place != "" {
		reason = place + ": " + reason
	}
	d.notes.add(event.Fault{Reason: reason})
}

// news is told by the engine of messages that were lost and of connections.
func (d *Daemon) news(e event.Event) { d.notes.add(e) }

// Notices returns what a user should be told about how the state was found.
func (d *Daemon) Notices() []string { return d.store.Notices() }

// Serve serves sessions that attach, until ctx ends; then it ends them.
func (d *Daemon) Serve(ctx context.Context) error { return d.local.Serve(ctx) }

// Reopen opens the log files by their names again: another program may have
// moved them.
func (d *Daemon) Reopen() { d.engine.Reopen() }

// Close stops everything in order: sessions are over when Serve has returned;
// inputs stop, what they read is delivered, the trail is made durable, and the
// state directory is free again. why is recorded as the reason; drain is how
// long delivery may take.
func (d *Daemon) Close(why string, drain time.Duration) error {
	d.state.enter(Ending)
	d.ssh.Close()
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	end := event.Shutdown{Type: "halted", Username: userName(uint32(os.Getuid())), Time: d.now().Format(time.RFC3339), Message: why}
	err := d.recorder.RecordDurable(ctx, itself(), end)
	d.sessions.ending.Wait()
	err = errors.Join(err, d.clock.end(), d.power.close(), d.store.Close())
	d.metrics.close()
	err = errors.Join(err, d.certificates.Close())
	drained := d.engine.Close(ctx)
	if errors.Is(drained, context.DeadlineExceeded) {
		drained = ErrUndelivered
	} else {
		err = errors.Join(err, drained)
	}
	d.notes.end()
	d.heap.close()
	err = errors.Join(err, d.endTrail())
	if err == nil {
		err = os.Remove(d.state.path("run", "running"))
	}
	d.state.enter(unknown)
	if err = errors.Join(err, d.state.close()); err == nil {
		err = drained
	}
	return err
}

// now is the time in the configured zone.
func (d *Daemon) now() time.Time { return time.Now().In(d.system.Load().zone) }

func (d *Daemon) hostName() string { return d.system.Load().hostName }
