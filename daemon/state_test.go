package daemon

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The modes of the directories are part of the contract, also under a umask that
// would keep everybody out.
func TestStateDirectoriesDoNotDependOnTheUmask(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "state")
	defer syscall.Umask(syscall.Umask(0o077))
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for name, want := range map[string]os.FileMode{".": 0o711, "run": 0o755, "log": 0o755, "config": 0o700, "audit": 0o700} {
		info, err := os.Stat(s.path(name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s: %o, want %o", name, info.Mode().Perm(), want)
		}
	}
}

func TestStateDirectoryKeepsItsNodeAndItsLock(t *testing.T) {
	dir := t.TempDir()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openState(dir); !errors.Is(err, ErrHeld) {
		t.Errorf("a second holder: %v", err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	again, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if len(s.node) != 16 || again.node != s.node {
		t.Errorf("node %q, then %q", s.node, again.node)
	}
}

func TestStateDirectoriesThatAreRefused(t *testing.T) {
	open := t.TempDir()
	if err := os.Chmod(open, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	odd := t.TempDir()
	if err := os.WriteFile(filepath.Join(odd, "node-id"), []byte("../../etc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{open: "everybody may write", file: "not a directory", odd: "is no node id"} {
		if _, err := openState(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
}
