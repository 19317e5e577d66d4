package files

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func tree(t *testing.T, o Options) (*Root, string) {
	t.Helper()
	o.State, o.User = t.TempDir(), "lab"
	for _, d := range []string{"log", "config"} {
		if err := os.Mkdir(filepath.Join(o.State, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	os.WriteFile(filepath.Join(o.State, "log/messages"), []byte("line\n"), 0o600)
	os.WriteFile(filepath.Join(o.State, "config/active"), []byte("system;\n"), 0o600)
	os.WriteFile(filepath.Join(o.State, "secret"), []byte("key\n"), 0o600)
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r, o.State
}

func contents(t *testing.T, r *Root, name string) string {
	t.Helper()
	f, err := r.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func put(t *testing.T, r *Root, name, text string) {
	t.Helper()
	f, err := r.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRelativeNamesAreTheUsersHome(t *testing.T) {
	r, state := tree(t, Options{})
	put(t, r, "out", "x")
	if got := contents(t, r, "/var/home/lab/out"); got != "x" {
		t.Errorf("read %q", got)
	}
	info, err := os.Stat(filepath.Join(state, "home/lab/out"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestTildeIsTheHomeWhereverOneIs(t *testing.T) {
	r, _ := tree(t, Options{})
	if _, err := r.Chdir("/var/tmp"); err != nil {
		t.Fatal(err)
	}
	put(t, r, "~/out", "x")
	if got := contents(t, r, "/var/home/lab/out"); got != "x" {
		t.Errorf("read %q", got)
	}
	if dir, err := r.Chdir("~"); err != nil || dir != "/var/home/lab" {
		t.Errorf("%s, %v", dir, err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	tests := []struct {
		name string
		do   func(r *Root) error
	}{
		{"read a log", func(r *Root) error { _, err := r.Open("/var/log/messages"); return err }},
		{"read the configuration", func(r *Root) error { _, err := r.Open("/config/active"); return err }},
		{"read the state", func(r *Root) error { _, err := r.Open("/secret"); return err }},
		{"climb out", func(r *Root) error { _, err := r.Open("../../../secret"); return err }},
		{"read another's home", func(r *Root) error { _, err := r.Open("/var/home/root/x"); return err }},
		{"real path", func(r *Root) error { _, err := r.Open("/etc/passwd"); return err }},
		{"write a log", func(r *Root) error { _, err := r.Create("/var/log/messages"); return err }},
		{"append to a log", func(r *Root) error { _, err := r.Append("/var/log/messages"); return err }},
		{"write the configuration", func(r *Root) error { _, err := r.Create("/config/active"); return err }},
		{"delete a log", func(r *Root) error { return r.Remove("/var/log/messages") }},
		{"rename a log", func(r *Root) error { return r.Rename("/var/log/messages", "/var/log/x") }},
	}
	for _, tt := range tests {
		var told []string
		r, _ := tree(t, Options{Refused: func(action, name, _ string) { told = append(told, action+" "+name) }})
		if err := tt.do(r); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(told) != 1 {
			t.Errorf("%s: told %v", tt.name, told)
		}
	}
}

func TestRightsOpenTheParts(t *testing.T) {
	r, state := tree(t, Options{Logs: true, Config: true, Delete: true, Real: true})
	if contents(t, r, "/var/log/messages") != "line\n" || contents(t, r, "/config/active") != "system;\n" {
		t.Error("wrong contents")
	}
	if contents(t, r, filepath.Join(state, "secret")) != "key\n" {
		t.Error("a real path is not the console's")
	}
	if list, err := r.List("/"); err != nil || len(list) == 0 {
		t.Errorf("/ has %d entries, %v", len(list), err)
	}
	if err := r.Remove("/var/log/messages"); err != nil {
		t.Error(err)
	}
}

// What the engine writes to is deleted by nobody; its archives, and what lies beside
// it, by those who may.
func TestALiveLogIsNotDeleted(t *testing.T) {
	var told []string
	r, state := tree(t, Options{Logs: true, Delete: true, Live: func(name string) bool { return name == "messages" },
		Refused: func(action, name, reason string) { told = append(told, action+" "+name+": "+reason) }})
	if err := os.WriteFile(filepath.Join(state, "log", "messages.0.gz"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/var/log/messages", "/var/log/../log/./messages", "../../log/messages"} {
		if err := r.Remove(name); !errors.Is(err, ErrLive) || !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	want := "delete /var/log/messages: permission denied: it is being written to; 'clear log' empties it"
	if len(told) != 3 || told[0] != want {
		t.Errorf("told %q", told)
	}
	if err := r.Remove("/var/log/messages.0.gz"); err != nil {
		t.Error(err)
	}
}

func TestSizesAndTimes(t *testing.T) {
	r, _ := tree(t, Options{Logs: true})
	put(t, r, "out", "four")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := errors.Join(r.Resize("out", 3), r.SetTimes("out", at, at)); err != nil {
		t.Fatal(err)
	}
	if info, err := r.Stat("out"); err != nil || !info.ModTime().Equal(at) || contents(t, r, "out") != "fou" {
		t.Errorf("%v, %v", info, err)
	}
	for what, err := range map[string]error{"size": r.Resize("/var/log/messages", 0), "times": r.SetTimes("/var/log/messages", at, at), "mode": r.Writable("/var/log/messages")} {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s of a log: %v", what, err)
		}
	}
}

func TestLinksDoNotLeadOut(t *testing.T) {
	r, state := tree(t, Options{})
	if err := os.Symlink("../../secret", filepath.Join(state, "home/lab/link")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open("link"); err == nil {
		t.Error("a link led out of home")
	}
	if _, err := r.Create("link"); err == nil {
		t.Error("a link was written through")
	}
}

func TestOnlyRegularFiles(t *testing.T) {
	r, state := tree(t, Options{})
	if err := syscall.Mkfifo(filepath.Join(state, "home/lab/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pipe", "."} {
		if _, err := r.Open(name); err == nil || !strings.Contains(err.Error(), "regular") {
			t.Errorf("open %s: %v", name, err)
		}
	}
}

func TestListRenameRemove(t *testing.T) {
	r, _ := tree(t, Options{})
	put(t, r, "b", "1")
	put(t, r, "a", "2")
	if err := r.Rename("b", "c"); err != nil {
		t.Fatal(err)
	}
	list, err := r.List(".")
	if err != nil || len(list) != 2 || list[0].Name() != "a" || list[1].Name() != "c" {
		t.Fatalf("%v, %v", list, err)
	}
	if err := r.Remove("a"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Open("a"); err == nil || err.Error() != "could not resolve file: a (in /var/home/lab)" {
		t.Errorf("%v", err)
	}
	if err := r.Rename("c", "/var/tmp/c"); err == nil {
		t.Error("rename across parts")
	}
}

func TestChdir(t *testing.T) {
	r, _ := tree(t, Options{})
	dir, err := r.Chdir("/var/tmp")
	if err != nil || dir != "/var/tmp" {
		t.Fatalf("%q, %v", dir, err)
	}
	put(t, r, "x", "y")
	if contents(t, r, "/var/tmp/x") != "y" {
		t.Error("not in /var/tmp")
	}
	if _, err := r.Chdir("nowhere"); err == nil {
		t.Error("went nowhere")
	}
}

func TestUserNamesThatAreNoDirectory(t *testing.T) {
	for _, u := range []string{"", ".", "..", "a/b", "/"} {
		if _, err := New(Options{State: t.TempDir(), User: u}); err == nil {
			t.Errorf("%q was accepted", u)
		}
	}
}

func TestTheStateIsNotToBeWrittenTo(t *testing.T) {
	r, state := tree(t, Options{Real: true, Delete: true})
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(state, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{state + "/secret", state + "/log/messages", link + "/secret", state + "/new", state} {
		if _, err := r.Create(name); !errors.Is(err, ErrRefused) {
			t.Errorf("create %s: %v", name, err)
		}
		if err := r.Remove(name); !errors.Is(err, ErrRefused) {
			t.Errorf("remove %s: %v", name, err)
		}
	}
	if contents(t, r, link+"/secret") != "key\n" {
		t.Error("the console cannot read what is its own")
	}
	outside := filepath.Join(t.TempDir(), "x")
	put(t, r, outside, "1")
	if contents(t, r, outside) != "1" {
		t.Error("a real path is not written")
	}
}

// What is turned down is told by the name that was asked for.
func TestCreateBeside(t *testing.T) {
	var refused []string
	r, _ := tree(t, Options{User: "kim", Refused: func(_, name, _ string) { refused = append(refused, name) }})
	if _, _, err := r.CreateBeside("/config/x"); !errors.Is(err, ErrRefused) || len(refused) != 1 || refused[0] != "/config/x" {
		t.Errorf("%v, refused %q", err, refused)
	}
	put(t, r, "x", "old")
	f, temporary, err := r.CreateBeside("x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, r, "x"); got != "old" {
		t.Errorf("before the rename: %q", got)
	}
	if err := r.Rename(temporary, "x"); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, r, "x"); got != "new" {
		t.Errorf("after the rename: %q", got)
	}
}

// TestLogsOneByOne: a right to all logs ends where one of them is asked about, however it is named.
func TestLogsOneByOne(t *testing.T) {
	state := t.TempDir()
	if err := os.MkdirAll(filepath.Join(state, "log"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"audit", "messages"} {
		if err := os.WriteFile(filepath.Join(state, "log", name), []byte("line\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refused := 0
	r, err := New(Options{State: state, User: "ann", Logs: true, Delete: true, Refused: func(_, _, _ string) { refused++ },
		Log: func(name string, deleted bool) bool { return name != "audit" && !deleted }})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"/var/log/audit", "//var/log/./audit", "../../log/audit", "~/../../log/audit"}
	for _, name := range names {
		if f, err := r.Open(name); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v %v", name, f, err)
		}
	}
	if err := r.Remove("/var/log/messages"); !errors.Is(err, ErrRefused) || refused != len(names)+1 {
		t.Errorf("deleted: %v; %d refused", err, refused)
	}
	f, err := r.Open("/var/log/messages")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if list, err := r.List("/var/log"); err != nil || len(list) != 2 {
		t.Errorf("%v: %v", list, err)
	}
}

func TestNames(t *testing.T) {
	r, _ := tree(t, Options{})
	for _, name := range []string{"b", "a2", "a1"} {
		put(t, r, name, "1")
	}
	if err := r.Mkdir("a3"); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{"": {"a1", "a2", "a3", "b"}, "a": {"a1", "a2", "a3"}, "c": nil} {
		if got, err := r.Names(".", prefix); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v", prefix, got, err)
		}
	}
	if _, err := r.Names("nix", ""); err == nil {
		t.Error("names in a directory that is not there")
	}
	if _, err := r.Names("/config", ""); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
}
