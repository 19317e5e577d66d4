package scenario

import (
	"time"

	"loggia/bench/target"
)

// cost is processor time as of one moment.
type cost struct {
	daemon  time.Duration
	machine time.Duration // everybody's
	own     time.Duration // the generator's and the sink's
}

// reading reads all three.
func reading(d *target.Daemon) (c cost, err error) {
	if c.daemon, err = d.CPU(); err != nil {
		return c, err
	}
	c.machine, c.own, err = target.Machine()
	return c, err
}

// others returns how many cores anything but daemon and generator used since
// an earlier reading.
func (c cost) others(before cost, span time.Duration) float64 {
	used := (c.machine - before.machine) - (c.own - before.own) - (c.daemon - before.daemon)
	return max(0, used.Seconds()/span.Seconds())
}
