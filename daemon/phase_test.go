package daemon

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPhase: whoever waits for the engine can tell what it is doing, and is not
// deceived by one that was killed.
func TestPhase(t *testing.T) {
	dir := t.TempDir()
	if p := PhaseOf(dir); p != unknown {
		t.Errorf("%q before anything ran", p)
	}
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Phase{Starting, unknown, Ending, unknown} {
		s.enter(p)
		if got := PhaseOf(dir); got != p {
			t.Errorf("%q, want %q", got, p)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	// No process has such a number, or a number at all.
	for _, text := range []string{"starting 4194305\n", "starting\n", "starting ../self x\n", "dancing 1\n", ""} {
		if err := os.WriteFile(filepath.Join(dir, "run", phaseFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if p := PhaseOf(dir); p != unknown {
			t.Errorf("%q of %q", p, text)
		}
	}
	d, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p := PhaseOf(dir); p != unknown {
		t.Errorf("%q while it serves", p)
	}
	if err := d.Close("test", ShellDrain); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "run", phaseFile)); err == nil {
		t.Error("a note stays behind")
	}
}
