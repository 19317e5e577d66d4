package spool

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestFirstRecordFindsNoDisk: a spool that cannot make its directory, or finds a
// cursor that a full disk left empty, keeps records in memory and has them on the
// disk when that takes them.
func TestFirstRecordFindsNoDisk(t *testing.T) {
	for name, at := range map[string]func(dir string) (block, free func() error){
		"no directory": func(dir string) (block, free func() error) {
			parent := filepath.Dir(dir)
			return func() error { return errors.Join(os.RemoveAll(parent), os.WriteFile(parent, nil, 0o600)) }, func() error { return os.Remove(parent) }
		},
		"no cursor": func(dir string) (block, free func() error) {
			cursor := filepath.Join(dir, cursorName)
			return func() error { return os.MkdirAll(filepath.Join(cursor, "x"), 0o700) }, func() error {
				return errors.Join(os.RemoveAll(cursor), os.WriteFile(cursor, nil, 0o600))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "spool", "host")
			block, free := at(dir)
			w := newWorld(t, Options{Dir: dir})
			if err := block(); err != nil {
				t.Fatal(err)
			}
			w.put(0, 100, 10)
			if len(w.faults) != 1 || w.faults[0] == nil {
				t.Errorf("faults %v", w.faults)
			}
			w.want(w.get(10), 0, 10)
			w.settle(5)
			w.adds()
			if err := free(); err != nil {
				t.Fatal(err)
			}
			w.s.retry()
			if len(w.faults) != 2 || w.faults[1] != nil {
				t.Errorf("faults %v", w.faults)
			}
			w.put(100, 200, 10)
			w.again()
			w.want(w.get(1000), 5, 200)
			w.settle(len(w.sent))
			w.adds()
		})
	}
}

// TestOpenWithAnEmptyCursor: what a full disk left of the very first cursor does
// not keep a spool from being opened.
func TestOpenWithAnEmptyCursor(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, cursorName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, Options{Dir: dir})
	w.put(0, 20, 10)
	w.again()
	w.want(w.get(1000), 0, 20)
}
