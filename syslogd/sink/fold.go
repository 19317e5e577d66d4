package sink

import (
	"bytes"
	"os"
	"time"

	"loggia/audit/event"
	"loggia/syslogd/logfile"
	"loggia/syslogd/wire"
)

// repeatAfter is when a run of equal lines is summed up although no different
// line has come: BSD syslogd's back-off.
var repeatAfter = [...]time.Duration{30 * time.Second, 120 * time.Second, 600 * time.Second}

// fold replaces consecutive equal lines by `last message repeated N times`
// (junos-syslog-audit: duplicate suppression; `allow-duplicates` turns it off).
// It belongs to one destination and is used under its lock.
type fold struct {
	last    uint64 // Hash of the last line that was let through
	primed  bool   // last holds
	pending uint64 // lines equal to it since
	step    int    // in repeatAfter

	facility event.Facility // of the pending lines
	severity event.Severity

	work *foldWork
}

// foldWork is what a fold needs when there is something to fold, and most of the memory
// of a destination that gets next to nothing.
type foldWork struct {
	host   []byte // of the pending lines
	out    Lines
	writer lineWriter
}

// space returns where to work.
func (d *fold) space() *foldWork {
	if d.work == nil {
		d.work = new(foldWork)
	}
	return d.work
}

// apply returns l without the lines that repeat the one before them, and with
// the sums in their place, and the number of lines taken out. Without any, the
// result is l itself. The result is valid until the next call.
func (d *fold) apply(l *Lines, style *wire.Style) (out *Lines, repeated uint64) {
	i := d.firstRepeat(l)
	if i == len(l.Lines) && d.pending == 0 {
		return l, 0
	}
	out = &d.space().out
	out.Reset()
	out.Received = l.Received
	last, primed := d.last, d.primed
	for i := range l.Lines {
		line := &l.Lines[i]
		if primed && !line.Self && line.Hash == last {
			if d.pending == 0 {
				d.note(l.text(i), line, style)
			}
			d.pending++
			repeated++
			continue
		}
		d.sum(out, style)
		d.step = 0
		last, primed = line.Hash, !line.Self
		out.append(l.text(i), *line)
	}
	d.last, d.primed = last, primed
	return out, repeated
}

// firstRepeat returns the index of the first line that repeats its predecessor,
// or len(l.Lines), in which case it remembers the last line.
func (d *fold) firstRepeat(l *Lines) int {
	last, primed := d.last, d.primed
	for i := range l.Lines {
		line := &l.Lines[i]
		if primed && !line.Self && line.Hash == last {
			return i
		}
		last, primed = line.Hash, !line.Self
	}
	if d.pending == 0 {
		d.last, d.primed = last, primed
	}
	return len(l.Lines)
}

// note remembers what the sum of a run that begins with line will say.
func (d *fold) note(text []byte, line *Line, style *wire.Style) {
	w := d.space()
	w.host = append(w.host[:0], lineHost(text, style)...)
	d.facility, d.severity = line.Facility, line.Severity
}

// sum appends `last message repeated N times`, if there is something to say.
func (d *fold) sum(out *Lines, style *wire.Style) {
	if d.pending == 0 {
		return
	}
	e := event.Repeated{N: int(d.pending), Facility: d.facility, Severity: d.severity}.Entry()
	w := d.space()
	w.writer.append(out, e, 0, string(w.host), style)
	d.pending = 0
}

// flush returns the sum alone, and moves on in the back-off.
func (d *fold) flush(now time.Time, style *wire.Style) *Lines {
	out := &d.space().out
	out.Reset()
	out.Received = now
	d.sum(out, style)
	d.step = min(d.step+1, len(repeatAfter)-1)
	return out
}

// forget makes the next line count as different from all before.
func (d *fold) forget() { d.primed = false }

// delay is how long to wait before the pending lines are summed up.
func (d *fold) delay() time.Duration { return repeatAfter[d.step] }

// text returns line i with its newline.
func (l *Lines) text(i int) []byte { return l.Buf[l.start(i):l.Lines[i].End] }

// append adds a line that ends in a newline.
func (l *Lines) append(text []byte, line Line) {
	l.Buf = append(l.Buf, text...)
	line.End = uint32(len(l.Buf))
	l.Lines = append(l.Lines, line)
}

// lineHost finds the host in a line of the style: behind the stamp, which has a
// fixed length, or the third field of a structured line.
func lineHost(text []byte, style *wire.Style) []byte {
	if style.ExcludeHostname {
		return nil
	}
	if style.PRI || style.Structured {
		text = text[bytes.IndexByte(text, '>')+1:]
	}
	skip := len("Jan _2 15:04:05 ")
	switch {
	case style.Structured:
		skip = len("1 ")
		if i := bytes.IndexByte(text[min(skip, len(text)):], ' '); i >= 0 {
			skip += i + 1
		}
	default:
		if style.Millisecond {
			skip += len(".000")
		}
		if style.Year {
			skip += len(" 2006")
		}
	}
	if len(text) <= skip {
		return nil
	}
	host := text[skip:]
	if i := bytes.IndexByte(host, ' '); i >= 0 {
		return host[:i]
	}
	return nil
}

// lineWriter formats the lines that a destination makes itself.
type lineWriter struct {
	batch  wire.Batch
	stamps wire.Stamps
}

// append formats e as a line and appends it to out.
func (w *lineWriter) append(out *Lines, e event.Entry, pid int, host string, style *wire.Style) {
	w.batch = wire.Batch{Buf: w.batch.Buf[:0], Records: w.batch.Records[:0], Received: out.Received}
	wire.AppendEntry(&w.batch, e, pid, host)
	r := &w.batch.Records[0]
	out.Buf = append(style.Append(out.Buf, &w.batch, r, &w.stamps), '\n')
	out.Lines = append(out.Lines, Line{End: uint32(len(out.Buf)), Facility: r.Facility, Severity: r.Severity, made: true})
}

// notice formats e in the standard form that newsyslog's lines have even in a
// structured-data file.
func (w *lineWriter) notice(out *Lines, e event.Entry, style *wire.Style) {
	plain := wire.Style{Year: style.Year, Millisecond: style.Millisecond, FacilityOverride: -1, Zone: style.Zone, HostName: style.HostName}
	w.append(out, e, os.Getpid(), "", &plain)
}

// kind returns what the index says about the line beyond its priority.
func (l *Line) kind() logfile.Kind {
	switch {
	case l.made:
		return logfile.MadeLine
	case l.Self:
		return logfile.SelfLine
	}
	return 0
}
