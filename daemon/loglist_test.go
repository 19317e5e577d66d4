package daemon

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestLogNames: what is remembered of a directory is never older than the directory.
func TestLogNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", ".hidden", "a"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "directory"), 0o700); err != nil {
		t.Fatal(err)
	}
	var n logNames
	read := func(want ...string) {
		t.Helper()
		got, perHost, err := n.read(dir)
		if err != nil || perHost || !slices.Equal(got, want) {
			t.Errorf("%q, %v, %v", got, perHost, err)
		}
	}
	read("a", "b")
	if err := os.WriteFile(filepath.Join(dir, "c"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	read("a", "b", "c") // within the same tick of the clock
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, long, long); err != nil {
		t.Fatal(err)
	}
	read("a", "b", "c")
	if n.changed.IsZero() {
		t.Error("nothing is remembered of a directory that has not changed for long")
	}
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	read("b", "c")
}
