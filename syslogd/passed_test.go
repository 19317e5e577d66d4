package syslogd

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// TestPassedSocket: a socket that systemd has bound is used, given up by a commit
// without it, and used again, and what came meanwhile is not lost.
func TestPassedSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "syslog")
	bound, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := bound.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if err := bound.Close(); err != nil { // the file goes on
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		send(t, "unixgram", path, text)
	}
	with := Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{Unix: []UnixInput{{Path: path}}}}
	without := Config{Files: with.Files}
	w := startWith(t, with, func(o *Options) { o.Passed = map[string]*os.File{path: file} })
	write("<14>first")
	w.has("f", "first")
	w.commit(without)
	<-w.ending.settled
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the socket is gone: %v", err)
	}
	write("<14>meanwhile")
	w.commit(with)
	w.has("f", "meanwhile")
}
