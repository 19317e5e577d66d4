package syslogd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"loggia/audit/event"
)

// A local socket whose file is removed, or another's, is bound again, and what is
// in the way is an alarm for as long as it is.
func TestLocalSocketThatIsRemovedComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.sock")
	var mu sync.Mutex
	told := 0
	w := startWith(t, Config{Files: []*File{toFile(t, "messages", "any any")}, Inputs: Inputs{Unix: []UnixInput{{"services unix", path}}}}, func(o *Options) {
		o.Announce = func(e event.Event) {
			mu.Lock()
			defer mu.Unlock()
			if e == (event.SocketRenewed{Path: path}) {
				told++
			}
		}
	})
	bound := func() bool {
		info, err := os.Lstat(path)
		return err == nil && info.Mode()&fs.ModeSocket != 0 && info.Mode().Perm() == unixMode
	}
	send(t, "unixgram", path, "<14>before")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.eventually(bound, func() string { return "the socket is not there again" })
	send(t, "unixgram", path, "<14>again")
	w.has("messages", "before")
	w.has("messages", "again")
	w.eventually(func() bool { mu.Lock(); defer mu.Unlock(); return told == 1 }, func() string { return "nobody was told, or twice" })

	other := filepath.Join(filepath.Dir(path), "other")
	if err := errors.Join(os.WriteFile(other, nil, 0o600), os.Rename(other, path)); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return w.raised()["services unix"] != nil }, func() string { return "no alarm" })
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	w.eventually(func() bool { return bound() && w.raised()["services unix"] == nil }, func() string { return "the alarm stands" })
	send(t, "unixgram", path, "<14>at last")
	w.has("messages", "at last")
}
