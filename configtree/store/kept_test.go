package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestRollbacksKept: the configuration says how many old commits are kept, and obeys at once,
// when more are wanted again, and after a restart.
func TestRollbacksKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	count := func() int {
		t.Helper()
		history, err := s.History()
		if err != nil {
			t.Fatal(err)
		}
		return len(history) - 1
	}
	set := func(line string) {
		t.Helper()
		edit(t, s.Shared(), ann, line)
		commit(t, s.Shared(), ann, "")
	}
	for n := range 5 {
		set(fmt.Sprint("set system host-name h", n))
	}
	if n := count(); n != 5 {
		t.Fatalf("%d commits are kept", n)
	}
	for _, step := range []struct {
		line string
		want int
	}{
		{"set system max-configuration-rollbacks 2", 2},
		{"set system host-name i", 2},
		{"set system max-configuration-rollbacks 0", 0},
		{"delete system max-configuration-rollbacks", 1},
		{"set system host-name j", 2},
		{"set system max-configuration-rollbacks 1", 1},
	} {
		if set(step.line); count() != step.want {
			t.Errorf("%s: %d commits are kept", step.line, count())
		}
	}
	if _, _, err := s.Rollback(2); !errors.Is(err, ErrNoRollback) {
		t.Errorf("rollback 2: %v", err)
	}
	closed(t, s)
	s = open(t, dir, new(tape))
	if n := count(); n != 1 {
		t.Errorf("%d commits are kept after a restart", n)
	}
	closed(t, s)
}

// TestPlainKept: how many commits are kept as plain text follows the configuration too.
func TestPlainKept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	edit(t, s.Shared(), ann, "set system max-configurations-on-flash 0")
	commit(t, s.Shared(), ann, "")
	closed(t, s)
	if _, packed := forms(t, dir); len(packed) < 1 {
		compressUpTo(t, dir, 1)
	}
	if plain, packed := forms(t, dir); strings.Join(plain, " ") != "2" || strings.Join(packed, " ") != "1" {
		t.Errorf("plain %v, compressed %v", plain, packed)
	}
}
