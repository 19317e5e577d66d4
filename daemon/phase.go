package daemon

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Phase is what the process that holds a state directory is doing while it does not
// serve: with thousands of destinations that may take a while.
type Phase string

// The phases. They are kept in run/phase as the word and the process's number, for
// everybody to read.
const (
	Starting Phase = "starting"
	Ending   Phase = "ending"
	unknown  Phase = ""
)

const phaseFile = "phase"

// PhaseOf returns the phase of the process that holds dir, empty when it serves, is
// gone or does not say.
func PhaseOf(dir string) Phase {
	text, err := os.ReadFile(filepath.Join(dir, "run", phaseFile))
	if err != nil {
		return unknown
	}
	word, number, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		return unknown
	}
	if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid))); err != nil {
		return unknown // killed: what it wrote last is not true any more
	}
	switch p := Phase(word); p {
	case Starting, Ending:
		return p
	}
	return unknown
}

// enter notes a phase. Who cannot read it waits without being told why: that is no
// reason not to start, or to end.
func (s *state) enter(p Phase) {
	path := s.path("run", phaseFile)
	if p == unknown {
		_ = os.Remove(path)
		return
	}
	_ = os.WriteFile(path, fmt.Appendln(nil, string(p), os.Getpid()), 0o644)
}
