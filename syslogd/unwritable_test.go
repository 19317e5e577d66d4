package syslogd

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestUnwritableFileRecovers: a file that cannot be opened, at the start or later,
// is tried again until it can, by who writes to it or, where nobody does, by the
// engine; each change is told once.
func TestUnwritableFileRecovers(t *testing.T) {
	const place = "file all"
	var mu sync.Mutex
	clock, said := time.Now(), []string{}
	later := func() {
		mu.Lock()
		defer mu.Unlock()
		clock = clock.Add(time.Minute)
	}
	w := startWith(t, Config{}, func(o *Options) {
		alarm := o.Alarm
		o.KeepEvery = 5 * time.Millisecond
		o.Now = func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return clock
		}
		o.Alarm = func(at string, err error) {
			mu.Lock()
			if at == place && err == nil {
				said = append(said, "works")
			} else if at == place {
				said = append(said, "fails")
			}
			mu.Unlock()
			alarm(at, err)
		}
	})
	wants := func(what string) {
		t.Helper()
		w.eventually(func() bool {
			mu.Lock()
			defer mu.Unlock()
			return strings.Join(said, " ") == what
		}, func() string { return strings.Join(said, " ") + ", want " + what })
	}
	path := filepath.Join(w.dir, "log", "all")
	block := func() {
		if err := errors.Join(os.RemoveAll(path), os.Mkdir(path, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	free := func() {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		later()
	}
	block()
	if _, err := w.Prepare(Config{Files: []*File{toFile(t, "all", "any any")}}); err == nil {
		t.Fatal("a commit with a file that cannot be opened went through")
	}
	free()
	w.commit(Config{Files: []*File{toFile(t, "all", "any any")}})
	message := func(text string) {
		later()
		b := batch(sentBy("10.0.0.1"), "<13>Nov 22 14:15:16 web1 app: "+text)
		b.Received = w.now()
		w.Submit(b)
	}
	message("one")
	block()
	message("lost")
	message("lost again")
	wants("fails")
	free() // nobody writes
	w.eventually(func() bool { later(); _, err := os.Stat(path); return err == nil }, func() string { return "no file" })
	wants("fails works")
	message("two")
	block()
	message("lost")
	wants("fails works fails")
	free()
	message("three")
	message("four") // it was calm in between
	wants("fails works fails works")
	if text := w.text("all"); !strings.Contains(text, "three") || !strings.Contains(text, "four") {
		t.Errorf("%s", text)
	}
	if c := counts(w); c.Accepted != c.Delivered+c.Lost() || c.Lost() < 3 {
		t.Errorf("%+v", c)
	}
}
