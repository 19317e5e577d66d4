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
	if notices := s.Notices(); len(notices) != 0 {
		t.Errorf("the log is as it must be, and yet: %q", notices)
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

// TestUndoOnAFullDisk: what is undone, or thrown away, goes though nothing can be
// written, is not there after a restart either, and what comes next is kept as soon
// as there is room. A row is what sessions do, as in TestUndoAndRedoLast; from "full"
// on the disk is full.
func TestUndoOnAFullDisk(t *testing.T) {
	for _, row := range []struct {
		steps string
		want  string // in memory
		after string // a restart while the disk is still full
	}{
		{"a1 full a-", "", ""},
		{"a1 a2 full a-", "1", "1"},
		{"a1 a2 full a-2", "", ""},
		{"b1 a2 full a-", "1", "1"},
		{"a1 commit a2 full a-", "1", "1"},
		{"a1 commit b2 a3 a4 full a-2", "1 2", "1 2"},
		{"a1 full a<", "", ""},
		{"a1 commit a2 b3 full a<", "1", "1"},
		{"a1 b2 full a-", "2", "1 2"}, // there is no room to write what b did without a
	} {
		dir, full := t.TempDir(), false
		disk := func(o *Options) {
			o.Disk = func(step DiskStep) error {
				if full && step.Op == DiskWrite {
					return syscall.ENOSPC
				}
				return nil
			}
		}
		s := open(t, dir, new(tape), disk)
		for _, step := range strings.Fields(row.steps) {
			if step == "full" {
				full = true
			} else if err := undoStep(t, s, step); err != nil {
				t.Errorf("%s: %s: %v", row.steps, step, err)
			}
		}
		if got := filesOf(s.Shared()); got != row.want {
			t.Errorf("%s: %q, want %q", row.steps, got, row.want)
		}
		closed(t, s)
		s = open(t, dir, new(tape), disk)
		if got := filesOf(s.Shared()); got != row.after {
			t.Errorf("%s, after a restart: %q, want %q", row.steps, got, row.after)
		}
		full = false
		edit(t, s.Shared(), bob, "set system syslog file 9 any any")
		closed(t, s)
		s = open(t, dir, new(tape), disk)
		if got := filesOf(s.Shared()); got != strings.TrimSpace(row.after+" 9") {
			t.Errorf("%s, with room: %q", row.steps, got)
		}
		closed(t, s)
	}
}
