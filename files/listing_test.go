package files

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestListing: what is remembered of a directory is never older than the directory.
func TestListing(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b", "a"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var l Listing
	reads := 0
	read := func(want ...string) {
		t.Helper()
		d, err := os.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Names(d, func(d *os.File) ([]string, error) { reads++; return d.Readdirnames(-1) })
		if err = errors.Join(err, d.Close()); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v", got, err)
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
	before := reads
	if read("a", "b", "c"); reads != before {
		t.Error("nothing is remembered of a directory that has not changed for long")
	}
	if err := os.Remove(filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	read("b", "c")
}

func TestBeginning(t *testing.T) {
	names := []string{"a", "b", "b1", "b2", "c"}
	for prefix, want := range map[string][]string{"": names, "b": {"b", "b1", "b2"}, "b2": {"b2"}, "0": nil, "d": nil, "b3": nil} {
		if got := Beginning(names, prefix); !slices.Equal(got, want) {
			t.Errorf("%q: %q", prefix, got)
		}
	}
}
