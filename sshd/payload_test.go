package sshd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"loggia/files"
)

// FuzzChannelRequests: whatever a client asks of a channel, what is kept of it is
// bounded, and a session begins at most once.
func FuzzChannelRequests(f *testing.F) {
	f.Add("pty-req", ssh.Marshal(ptyRequest{Term: "vt100", Width: 80, Height: 24}))
	f.Add("env", ssh.Marshal(envRequest{"LANG", "C"}))
	f.Add("exec", ssh.Marshal(execRequest{"scp -t x"}))
	f.Add("subsystem", ssh.Marshal(subsystemRequest{"netconf"}))
	f.Add("window-change", ssh.Marshal(windowChange{1 << 31, 1 << 31, 0, 0}))
	f.Add("signal", ssh.Marshal(signalRequest{"TERM"}))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		c := &Channel{Env: map[string]string{}, resized: make(chan struct{}, 1)}
		s := &service{handle: echo, subsystems: map[string]Handler{"netconf": echo}}
		for range 2 * maxEnv {
			ok := c.request(&ssh.Request{Type: kind, Payload: payload}, false)
			if run, granted := s.handler(c, kind); ok && granted && run == nil && (kind == "exec" || kind == "shell" || kind == "subsystem") {
				t.Errorf("%s is granted and nothing runs", kind)
			}
			c.signalled(payload)
		}
		if w, h := c.Size(); w > maxDimension || h > maxDimension || len(c.Env) > maxEnv || len(c.Command) > maxCommand {
			t.Errorf("%d×%d, %d variables, %d bytes", w, h, len(c.Env), len(c.Command))
		}
		if strings.ContainsAny(c.what(), "\n\x1b") {
			t.Errorf("%q would be logged", c.what())
		}
	})
}

// FuzzAuthentication: what is read of a user's hash and keys, and of the first
// bytes of a client, neither panics nor lets anybody in.
func FuzzAuthentication(f *testing.F) {
	f.Add(secretHash, "192.0.2.*,!192.0.2.7", "SSH-2.0-x\r\n")
	f.Add("$y$j9T$salt$x", "10.0.0.0/8", "\n\nSSH-1.5")
	f.Add("$5$rounds=1000$a$b", "*:*?", strings.Repeat("x", 600))
	f.Fuzz(func(t *testing.T, hash, from, greeting string) {
		if !strings.HasPrefix(hash, "$y$") { // those take too long to fuzz
			if p, err := ParsePassword(hash); err == nil && rounds(hash) <= 5000 && p.match([]byte("x")) && p.match([]byte("y")) {
				t.Errorf("%q takes any password", hash)
			}
		} else if _, err := ParsePassword(hash); err == nil && yescryptMemory(hash) > maxYescrypt {
			t.Errorf("%q is too dear", hash)
		}
		const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOTseZapPLYeMSpK4lwLZZSmYLat33E31lo3CYGxBo6n"
		if k, err := ParseUserKey("ssh-ed25519", line, from); err == nil {
			for _, p := range k.from {
				p.fits(netip.MustParseAddr("192.0.2.7"))
			}
		}
		_, _ = ParseUserKey("ssh-rsa", from, hash)
		var o overheard
		for rest := []byte(greeting); len(rest) > 0; rest = rest[min(len(rest), 7):] {
			o.add(rest[:min(len(rest), 7)])
		}
		if len(o.buf) > maxOverheard || strings.ContainsFunc(o.version, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q, %d bytes kept", o.version, len(o.buf))
		}
	})
}

func TestGlobs(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{{"", "", true}, {"*", "", true}, {"a*b*c", "aXXbYYc", true}, {"a*b*c", "aXXbYY", false}, {"?", "", false}, {"a", "ab", false},
		{strings.Repeat("*a", 50), strings.Repeat("a", 200) + "b", false}} {
		if got := globbed(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q %q: %v", tt.pattern, tt.text, got)
		}
	}
}

// A client that has not logged in is read at the pace of the answers.
func TestAStrangerIsReadInParts(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	w := &wire{Conn: ours, wrote: make(chan struct{}, 1)}
	defer w.Close()
	var sending sync.WaitGroup
	sending.Go(func() { _, _ = theirs.Write(make([]byte, 10*pacePart)) })
	b := make([]byte, 4096)
	for _, paced := range []bool{false, true} {
		w.paced.Store(paced)
		if n, err := w.Read(b); n > pacePart || err != nil {
			t.Errorf("paced %v: %d bytes, %v", paced, n, err)
		}
	}
	w.held.Lock()
	read := make(chan int, 1)
	sending.Go(func() { n, _ := w.Read(b); read <- n })
	select {
	case <-read:
		t.Error("read while a password is checked")
	case <-time.After(5 * pacePause): // nothing is to happen
	}
	w.held.Unlock()
	<-read
	w.open.Store(true)
	if n, err := w.Read(b); n <= pacePart || err != nil {
		t.Errorf("after the login: %d bytes, %v", n, err)
	}
	theirs.Close()
	sending.Wait()
}

// sftpClient opens sftp to a server that shows what rights allow, and denies some actions. What it returns
// besides tells what was done and, with no before it, what was refused.
func sftpClient(t *testing.T, rights files.Options, denied ...string) (*sftp.Client, func() []string) {
	t.Helper()
	root, err := files.New(rights)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var done []string
	l := newLab(t, nil)
	l.server.Close()
	l.server, err = NewServer(Options{Dir: l.dir, Recorder: l, Now: time.Now, Handle: labHandler, Alarm: func(string, error) {},
		Subsystems: map[string]Handler{"sftp": func(ctx context.Context, _ Peer, c *Channel) int {
			return SFTP(ctx, c, root, Transfers{
				May: func(quietly bool, action string, names ...string) bool {
					mu.Lock()
					defer mu.Unlock()
					if slices.Contains(denied, action) && !quietly {
						done = append(done, "no "+action+" "+strings.Join(names, " to "))
					}
					return !slices.Contains(denied, action)
				},
				Done: func(action, name string) {
					mu.Lock()
					defer mu.Unlock()
					done = append(done, action+" "+name)
				},
			})
		}}})
	if err != nil {
		t.Fatal(err)
	}
	l.apply()
	c, err := sftp.NewClient(l.login())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, func() []string { mu.Lock(); defer mu.Unlock(); return done }
}

// TestTransfersThatRulesDeny: each is refused before the file is looked at, and a look before another request
// is only refused when there is nothing left to ask for.
func TestTransfersThatRulesDeny(t *testing.T) {
	state := t.TempDir()
	c, done := sftpClient(t, files.Options{State: state, User: "op"}, "delete", "rename", "list")
	write := func(c *sftp.Client, name string) error {
		f, err := c.Create(name)
		if err != nil {
			return err
		}
		return f.Close()
	}
	if err := write(c, "x"); err != nil {
		t.Error(err)
	}
	if _, err := c.Stat("x"); err != nil {
		t.Error("one may read it:", err)
	}
	f, err := c.Open("x")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	_, listed := c.ReadDir(".")
	for what, err := range map[string]error{"delete": c.Remove("x"), "rename": c.Rename("x", "y"), "list": listed} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", what, err)
		}
	}
	got := done()
	slices.Sort(got)
	got = slices.Compact(got) // a file that cannot be removed may be a directory, the client thinks
	want := []string{"no delete /var/home/op/x", "no list /var/home/op", "no rename /var/home/op/x to /var/home/op/y", "read /var/home/op/x", "wrote /var/home/op/x"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}

	c, done = sftpClient(t, files.Options{State: state, User: "op"}, "read", "write", "list")
	if _, err := c.Stat("x"); !errors.Is(err, fs.ErrPermission) || len(done()) != 0 {
		t.Error(err, done())
	}
	if _, err := c.Open("x"); !errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
	for what, err := range map[string]error{"create": write(c, "z"), "mkdir": c.Mkdir("d"), "truncate": c.Truncate("x", 0)} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTransfers(t *testing.T) {
	state := t.TempDir()
	for name, text := range map[string]string{"log/messages": "line\n", "config/active": "secret"} {
		path := filepath.Join(state, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(state, "log", "passwd")); err != nil {
		t.Fatal(err)
	}
	c, done := sftpClient(t, files.Options{State: state, User: "op", Logs: true})
	if dir, err := c.Getwd(); dir != "/var/home/op" || err != nil {
		t.Error(dir, err)
	}
	put(t, c, "notes", "one", os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	put(t, c, "notes", " two", os.O_WRONLY|os.O_APPEND)
	for path, want := range map[string]string{"/var/log/messages": "line\n", "notes": "one two"} {
		f, err := c.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(f); string(text) != want || err != nil {
			t.Errorf("%s: %q, %v", path, text, err)
		}
		f.Close()
	}
	for path, want := range map[string]error{"/config/active": os.ErrPermission, "/var/log/nix": os.ErrNotExist, "/etc/passwd": os.ErrPermission,
		"/var/home/../../etc/passwd": os.ErrPermission} {
		if _, err := c.Open(path); err == nil || !os.IsPermission(err) && want == os.ErrPermission || !os.IsNotExist(err) && want == os.ErrNotExist {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := c.Open("/var/log/passwd"); err == nil {
		t.Error("a link leads out")
	}
	for what, err := range map[string]error{"remove a log": c.Remove("/var/log/messages"), "link": c.Symlink("/etc/passwd", "x"),
		"rename to a log": c.Rename("notes", "/var/log/notes"), "create a log": func() error { _, err := c.Create("/var/log/x"); return err }()} {
		if err == nil {
			t.Errorf("may %s", what)
		}
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := errors.Join(c.Truncate("notes", 3), c.Chmod("notes", 0o777), c.Chtimes("notes", at, at)); err != nil {
		t.Error(err)
	}
	if info, err := c.Stat("notes"); err != nil || info.Size() != 3 || info.Mode() != 0o600 || !info.ModTime().Equal(at) {
		t.Error(info, err)
	}
	for what, err := range map[string]error{"size": c.Truncate("/var/log/messages", 0), "mode": c.Chmod("/var/log/messages", 0o777),
		"times": c.Chtimes("/var/log/messages", at, at)} {
		if !os.IsPermission(err) {
			t.Errorf("the %s of a log: %v", what, err)
		}
	}
	if err := c.Mkdir("dir"); err != nil {
		t.Error(err)
	}
	if err := c.Rename("notes", "dir/notes"); err != nil {
		t.Error(err)
	}
	if list, err := c.ReadDir("/var"); err != nil || len(list) != 3 {
		t.Error(list, err)
	}
	if err := c.Remove("dir/notes"); err != nil {
		t.Error(err)
	}
	if err := c.RemoveDirectory("dir"); err != nil {
		t.Error(err)
	}
	if got := strings.Join(done(), "; "); !strings.HasPrefix(got, "wrote /var/home/op/notes; wrote /var/home/op/notes; read ") ||
		!strings.HasSuffix(got, "; renamed /var/home/op/notes to /var/home/op/dir/notes; removed /var/home/op/dir/notes; removed /var/home/op/dir") {
		t.Error(got)
	}
}

func put(t *testing.T, c *sftp.Client, name, text string, flags int) {
	t.Helper()
	f, err := c.OpenFile(name, flags)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, bytes.NewReader([]byte(text))); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
