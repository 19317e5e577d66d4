package store

import (
	"context"
	"errors"
	"testing"

	"loggia/configtree"
)

// TestTry asks the constraints and the subsystems about a configuration, and
// leaves everything as it was.
func TestTry(t *testing.T) {
	ctx := context.Background()
	var notes []string
	one, two := &part{name: "one", notes: &notes}, &part{name: "two", notes: &notes}
	s := open(t, t.TempDir(), new(tape), func(o *Options) { o.Subsystems = []Subsystem{one.subsystem(), two.subsystem()} })
	defer closed(t, s)
	start(t, s)
	tree := func(lines ...string) *configtree.Tree {
		out, problems := applyAll(configtree.New(s.schema), edits(t, lines...))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return out
	}
	good := tree("set system host-name new")
	notes = nil
	if warnings, err := s.Try(ctx, good); err != nil || len(warnings) != 0 {
		t.Errorf("%v %v", warnings, err)
	}
	wantLines(t, notes, "prepare one", "prepare two", "abort two", "abort one")
	var check *CheckError
	if _, err := s.Try(ctx, tree("set system syslog file f structured-data", "set system syslog file f explicit-priority")); !errors.As(err, &check) {
		t.Error(err)
	}
	one.refuse, two.refuse = errors.New("port in use"), errors.New("disk full")
	if _, err := s.Try(ctx, good); !errors.As(err, &check) || len(check.Problems) != 2 {
		t.Errorf("%v", err)
	}
	if s.Running().Number != 1 || s.Shared().Dirty() {
		t.Error("it changed something")
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Try(done, good); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
