package daemon

import (
	"loggia/configtree"
)

// reading is a configuration as the parts of the program read it, one after the other:
// by one reader, so that in the end it is known what nobody has read, and with what
// several of them need decoded once.
type reading struct {
	*configtree.Reader
	next   *configtree.Effective
	before *known // what the configuration before meant

	// Decoded when somebody asks.
	inAccounts *accounts
	inSystem   *system
	inSSH      *sshDecoder
}

func newReading(next *configtree.Effective, before *known) *reading {
	return &reading{Reader: next.Reader(), next: next, before: before}
}

// read returns the reading of next, the one under way if it is of that. Changes come
// one after the other.
func (d *Daemon) read(next *configtree.Effective) *reading {
	if d.reading == nil || d.reading.next != next {
		d.reading = newReading(next, &d.known)
	}
	return d.reading
}

// finish ends the reading, and keeps for the next what this one means.
func (d *Daemon) finish(r *reading, dec *decoder) {
	d.known = known{dec.common, dec.files, dec.hosts, *r.accounts()}
	d.reading = nil
}

func (r *reading) accounts() *accounts {
	if r.inAccounts == nil {
		r.inAccounts = decodeAccounts(r.Reader, &r.before.accounts)
	}
	return r.inAccounts
}

func (r *reading) system() *system {
	if r.inSystem == nil {
		r.inSystem = decodeSystem(r.Reader, r.accounts())
	}
	return r.inSystem
}

func (r *reading) ssh() *sshDecoder {
	if r.inSSH == nil {
		r.inSSH = decodeSSH(r.Reader, r.accounts())
	}
	return r.inSSH
}
