package store

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
)

// TestStartOnAFullDisk tells that a disk that takes nothing keeps nobody from
// starting, nor loses the uncommitted edits, and that work goes on when it has
// room.
func TestStartOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	grow(t, dir, "a")
	s := open(t, dir, new(tape))
	edit(t, s.Shared(), bob, "set system time-zone UTC")
	closed(t, s)

	full := true
	s = open(t, dir, new(tape), func(o *Options) {
		o.Disk = func(step DiskStep) error {
			if full && step.Op == DiskWrite {
				return syscall.ENOSPC
			}
			return nil
		}
	})
	if notices := strings.Join(s.Notices(), "\n"); !strings.Contains(notices, "cannot be kept now") {
		t.Errorf("notices %q", notices)
	}
	if _, _, err := s.Shared().Edit(context.Background(), bob, edits(t, "set system host-name full")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("an edit on a full disk: %v", err)
	}
	full = false
	edit(t, s.Shared(), bob, "set system host-name b")
	closed(t, s)

	s = open(t, dir, new(tape))
	defer closed(t, s)
	if got := text(t, s.Shared().Tree()); !strings.Contains(got, "set system time-zone UTC\n") || !strings.Contains(got, "host-name b") {
		t.Errorf("the uncommitted edits are lost:\n%s", got)
	}
}
