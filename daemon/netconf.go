package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/cli"
	"loggia/match"
	"loggia/netconf"
	"loggia/op"
	"loggia/sshd"
	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// netconf serves one NETCONF session.
func (d *Daemon) netconf(ctx context.Context, p sshd.Peer, ch *sshd.Channel) int {
	id, err := d.peer(p, ch)
	if err != nil { // the configuration changed since the login
		fmt.Fprintf(ch.Errors, "error: %v\n", err)
		return 1
	}
	id.Client = "netconf"
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o, l, err := d.options(id)
	if err != nil {
		fmt.Fprintf(ch.Errors, "error: %v\n", err)
		return 1
	}
	l.Command = "netconf"
	l.end = func() {
		cancel()
		_ = ch.Close() // ends the reading
	}
	d.sessions.add(l)
	defer d.sessions.remove(l)
	defer d.book.enter(id.Subject, false)()
	d.recorder.Record(id.Subject, event.Login{Username: id.User, Class: id.Class, PID: id.PID, Connection: id.Remote, Mode: id.Client})
	defer d.recorder.Record(id.Subject, event.Logout{Username: id.User})
	set := d.logins.Load().netconf
	err = netconf.Serve(ctx, ch, netconf.Options{
		Env: o.Env, Junos: junosRelease, Match: matcher, Events: d.events, Notifications: d.notifications(id.Subject), Chunks: set.chunks, RFC: set.rfc, Flat: set.flat,
		Command: func(ctx context.Context, line string, answer func(context.Context, op.Result) error) error {
			return d.command(ctx, o, line, answer)
		},
		Budget: d.requests, Kill: d.kill, Broken: func(reason any) { d.panicked(p, ch, reason) },
	})
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(ch.Errors, "error: %v\n", err)
		return 1
	}
	return 0
}

// requestMemory bounds what the large requests of all sessions of NETCONF take
// together, in bytes: one of the largest there may be, with what loading it takes.
const requestMemory = 384 << 20

// junosRelease is the release without its build, as name spaces of replies have it.
const junosRelease = "24.4R1"

// command runs a line of the shell for an RPC. The error is what the shell says.
func (d *Daemon) command(ctx context.Context, o cli.Options, line string, answer func(context.Context, op.Result) error) error {
	var said, errs bytes.Buffer
	source := cli.NewLineSource("rpc", strings.NewReader(strings.ReplaceAll(line, "\n", " ")))
	o.Batch, o.Screen, o.Answer = true, cli.NewBatchScreen(&said, source), answer
	o.Env.Caller.TTY = "rpc" // another session: its end gives back what it holds, not what the caller holds
	status := cli.New(o).RunBatch(ctx, cli.Batch{Output: &said, Errors: &errs, Source: source})
	switch {
	case status != 0:
		return errors.New(strings.TrimSpace(strings.TrimPrefix(errs.String(), "rpc:1: ")))
	case said.Len() > 0: // what the command had to say beside an answer
		return answer(ctx, op.Text(said.String()))
	}
	return nil
}

// kill ends a NETCONF session by its number.
func (d *Daemon) kill(id int) bool {
	for _, s := range d.sessions.snapshot() {
		if s.PID == id && s.Client == "netconf" {
			d.sessions.logout(s)
			return true
		}
	}
	return false
}

func matcher(expression string) (func(string) bool, error) {
	e, err := match.Compile(expression, match.Options{IgnoreCase: true})
	if err != nil {
		return nil, err
	}
	return e.MatchString, nil
}

// events reads a log for get-syslog-events. It goes on when a commit replaces the
// writer of the file.
func (d *Daemon) events(ctx context.Context, q netconf.Query) iter.Seq2[netconf.Event, error] {
	return func(yield func(netconf.Event, error) bool) {
		from, err := d.eventStart(q)
		r := eventReader{d: d, ctx: ctx, q: q, from: from, yield: yield, parser: wire.Parser{Zone: d.now().Location()}}
		if err != nil {
			yield(netconf.Event{}, err)
			return
		}
		for r.read() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(followRetry):
			}
		}
	}
}

// eventStart is the position that a query goes on from.
func (d *Daemon) eventStart(q netconf.Query) (logfile.Position, error) {
	if q.After != "" {
		return logfile.ParsePosition(q.After)
	}
	if !q.Now {
		return logfile.Position{}, nil
	}
	log, err := logs{d}.open(q.Stream)
	if err != nil {
		return logfile.Position{}, noStream(q.Stream, err)
	}
	from, err := log.End()
	return from, errors.Join(err, log.Close())
}

func noStream(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return fmt.Errorf("could not resolve file: %s", name)
	}
	return err
}

// eventReader is one reading of a log by position.
type eventReader struct {
	d      *Daemon
	ctx    context.Context
	q      netconf.Query
	from   logfile.Position
	yield  func(netconf.Event, error) bool
	parser wire.Parser
	batch  wire.Batch
	ended  bool
}

// read opens the log and yields its lines; it reports whether to try again
// later, because the log has no writer at the moment.
func (r *eventReader) read() bool {
	log, err := logs{r.d}.open(r.q.Stream)
	if err != nil {
		r.yield(netconf.Event{}, noStream(r.q.Stream, err))
		return false
	}
	defer func() { _ = log.Close() }() // only read
	if !r.q.Follow {
		log.Live = nil // it ends where the log does now
	}
	log.Idle = func(reached logfile.Position) {
		if r.from = reached; !r.ended {
			r.ended = !r.yield(netconf.Event{Idle: true, Position: reached.String()}, nil)
		}
	}
	for line, err := range log.Follow(r.ctx, r.from) {
		if !r.line(line, err) || r.ended {
			return false
		}
	}
	return r.q.Follow && r.ctx.Err() == nil
}

// line yields one line, or what is wrong; it reports whether more is wanted.
func (r *eventReader) line(line logfile.Line, err error) bool {
	var gap *logfile.GapError
	switch {
	case r.ctx.Err() != nil:
		return false
	case errors.As(err, &gap):
		return r.yield(netconf.Event{Lost: true, From: gap.From.String(), To: gap.To.String()}, nil)
	case passing(err):
		return true // the writer was replaced
	case err != nil:
		return r.yield(netconf.Event{}, err)
	}
	r.from = line.Position
	if line.Known && line.Received.Before(r.q.Since) {
		return true
	}
	return r.yield(r.event(line), nil)
}

// event is a line taken apart as far as it can be.
func (r *eventReader) event(line logfile.Line) netconf.Event {
	e := netconf.Event{Line: string(line.Text), Time: line.Received}
	if r.q.Positions {
		e.Position = line.Position.String()
	}
	if line.Known && r.q.Priorities {
		e.Facility, e.Severity = line.Facility.Word(), line.Severity.String()
	}
	if !r.q.Apart {
		return e
	}
	b := &r.batch
	b.Buf, b.Records, b.Received = append(b.Buf[:0], line.Text...), b.Records[:0], line.Received
	r.parser.Parse(b, 0, len(b.Buf))
	for i := range b.Records {
		rec := &b.Records[i]
		e.Host, e.Process = string(b.Bytes(rec.Host)), string(b.Bytes(rec.App))
		e.Tag, e.Text = string(b.Bytes(rec.MsgID)), string(b.Bytes(rec.Msg))
		if tag, text, ok := strings.Cut(e.Text, ": "); e.Tag == "" || e.Tag == "-" {
			e.Tag = ""
			if ok && !strings.Contains(tag, " ") && strings.ToUpper(tag) == tag {
				e.Tag, e.Text = tag, text
			}
		}
		e.Parameters = wire.Parameters(b.Bytes(rec.SD))
	}
	return e
}
