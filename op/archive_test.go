package op

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// members reads an archive of the user's home: its members with their texts.
func members(t *testing.T, env *Env, name string) map[string]string {
	t.Helper()
	f, err := env.Files.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, "gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	all := map[string]string{}
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[h.Name] = string(text)
	}
}

func TestArchive(t *testing.T) {
	env := newEnv(t)
	home := filepath.Join(env.StateDir, "home/user")
	for name, text := range map[string]string{"a": "one", "d/b": "two", "d/deep/c": "", "d/old.tar": "three"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(home, name)), 0o700), os.WriteFile(filepath.Join(home, name), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(home, "d/link")); err != nil {
		t.Fatal(err)
	}
	const link = "warning: /var/home/user/d/link: not a regular file: left out\n"
	all := map[string]string{"var/home/user/a": "one", "var/home/user/d/b": "two", "var/home/user/d/deep/c": "", "var/home/user/d/old.tar": "three"}
	below := maps.Clone(all)
	delete(below, "var/home/user/a")
	for _, c := range []struct {
		source, destination, archive, said string
		compress                           bool
		want                               map[string]string
	}{
		{"a", "/var/tmp/x", "/var/tmp/x.tar", "", false, map[string]string{"var/home/user/a": "one"}},
		{"a", "/var/tmp/x.tgz", "/var/tmp/x.tgz", "", true, map[string]string{"var/home/user/a": "one"}},
		{"d", "/var/tmp/y.tar.gz", "/var/tmp/y.tar.gz", link, true, below},
		{"d", "/var/tmp", "/var/tmp/d.tgz", link, true, below},
		{"/var/home/user", "z", "z.tar", link, false, all}, // not itself, as it is being written
	} {
		args := Args{"source": c.source, "destination": c.destination}
		if c.compress {
			args["compress"] = ""
		}
		if got, err := run(t, env, "file archive", args); err != nil || got != c.said {
			t.Errorf("%v: %q %v", args, got, err)
		}
		if got := members(t, env, c.archive); !maps.Equal(got, c.want) {
			t.Errorf("%v: %q", args, got)
		}
	}
	fails(t, env, "file archive", Args{"source": "nowhere", "destination": "x"}, "could not resolve file: nowhere (in /var/home/user)")
	fails(t, env, "file archive", Args{"source": "a", "destination": "/config/x"}, "/config/x.tar: permission denied")
	fails(t, env, "file archive", Args{"source": "d/link", "destination": "x"}, "d/link: path escapes from parent")
}

// TestArchiveHoldsNothingThatMayNotBeRead: a rule of the class about a file holds for archives too,
// and an archive that does not come about leaves no half of one.
func TestArchiveHoldsNothingThatMayNotBeRead(t *testing.T) {
	env := newEnv(t)
	class, problems := NewClass(ClassDefinition{Name: "some", Permissions: []string{"all"}, DenyCommands: "file show /var/log/audit"})
	if problems != nil {
		t.Fatal(problems)
	}
	env.Class = func() *Class { return class }
	for _, name := range []string{"audit", "messages"} {
		if err := os.WriteFile(filepath.Join(env.StateDir, "log", name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const left = "warning: /var/log/audit: permission denied: left out\n"
	if got, err := run(t, env, "file archive", Args{"source": "/var/log", "destination": "logs"}); err != nil || got != left {
		t.Errorf("%q %v", got, err)
	}
	if got := members(t, env, "logs.tar"); !maps.Equal(got, map[string]string{"var/log/messages": "messages"}) {
		t.Errorf("%q", got)
	}
	fails(t, env, "file archive", Args{"source": "/var/log/audit", "destination": "mine"}, "nothing of it may be archived")
	i := slices.IndexFunc(All(), func(c Command) bool { return c.Words == "file archive" })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := All()[i].Run(ctx, env, Args{"source": "/var/log", "destination": "other"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	list, err := os.ReadDir(filepath.Join(env.StateDir, "home/user"))
	if err != nil || len(list) != 1 || list[0].Name() != "logs.tar" {
		t.Error(list, err)
	}
}
