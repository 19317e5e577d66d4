package store

import (
	"strconv"

	"loggia/configtree"
)

// What is kept of old commits when the configuration does not say: Junos' defaults.
const (
	defaultRollbacks = MaxRollbacks
	defaultOnFlash   = 3
)

// rollbacksKept is how many commits before the one in force can be gone back to
// (`system max-configuration-rollbacks`).
func rollbacksKept(e *configtree.Effective) int {
	return keptBy(e, "max-configuration-rollbacks", defaultRollbacks)
}

// plainKept is how many of them are kept as plain text, ready to be read; the others are
// compressed (`system max-configurations-on-flash`).
func plainKept(e *configtree.Effective) int {
	return keptBy(e, "max-configurations-on-flash", defaultOnFlash)
}

// keptBy reads one of these statements. The schema has checked its range.
func keptBy(e *configtree.Effective, leaf string, otherwise int) int {
	n, err := strconv.Atoi(e.Root().Child("system").Child(leaf).Value())
	if err != nil { // it is not there
		return otherwise
	}
	return n
}
