package daemon

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"loggia/audit/event"
)

// trailMark keeps the number of a record that is on the disk, outside of the trail: a
// trail that ends before it has lost records. The file in STATE is the number in 20
// digits and a line end, and written in place after each record that somebody waited for,
// such as a commit's; it is synced at the end of the program only. What
// is lost of it makes it older, which is never a false alarm.
type trailMark struct{ file *os.File }

// trailMarkPlace is the place of its alarm.
const trailMarkPlace = "number of the last audit record"

// openTrailMark opens the file, and returns the number in it, 0 for none.
func openTrailMark(path string) (*trailMark, uint64, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, 0, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	m := &trailMark{f}
	if len(text) == 0 {
		return m, 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 63)
	if err != nil {
		return m, 0, fmt.Errorf("%s: %w", path, err)
	}
	return m, n, nil
}

// put writes a number, the same length each time: a write is not torn.
func (m *trailMark) put(n uint64) error {
	_, err := m.file.WriteAt(fmt.Appendf(nil, "%020d\n", n), 0)
	return err
}

// close makes the number durable.
func (m *trailMark) close() error { return errors.Join(m.file.Sync(), m.file.Close()) }

// examine compares the trail with the number that was kept, before anything is recorded.
func (d *Daemon) examine() {
	mark, known, err := openTrailMark(d.state.path("audit-last"))
	if err != nil {
		d.alarms.set(trailMarkPlace, err)
	}
	d.mark = mark
	if first, last := d.trail.Continue(known); last > 0 {
		gone := event.TrailShortened{First: first, Last: last}
		d.recorder.Record(itself(), gone)
		d.alarms.set("audit trail records", gone)
	}
	d.recorder.durable = func(n uint64) {
		if d.mark != nil {
			// It stays older, which finds less; the alarm says why.
			if err := d.mark.put(n); err != nil {
				d.alarms.set(trailMarkPlace, err)
			}
		}
	}
}

// endTrail closes the trail, and keeps where it ends.
func (d *Daemon) endTrail() error {
	err := d.trail.Close()
	if d.mark != nil {
		if err == nil {
			err = d.mark.put(d.trail.Last())
		}
		err = errors.Join(err, d.mark.close())
	}
	return err
}
