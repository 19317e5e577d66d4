package sshd

import (
	"errors"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

func TestLoginsAndTheirRecords(t *testing.T) {
	mine, line := newUserKey(t)
	elsewhere, far := newUserKey(t)
	l := newLab(t, func(c *Config) {
		c.Users["op"].Keys = []UserKey{userKey(t, line, "127.0.0.*,!127.0.0.9"), userKey(t, far, "192.0.2.0/24")}
	})
	answer := func(_, _ string, questions []string, _ []bool) ([]string, error) {
		return slices.Repeat([]string{secret}, len(questions)), nil
	}
	tests := []struct {
		user   string
		auth   ssh.AuthMethod
		record string // of a login that works, or does not
		fails  bool
	}{
		{"op", ssh.Password(secret), "Accepted password for op from 127.0.0.1 port ", false},
		{"op", ssh.KeyboardInteractive(answer), "Accepted keyboard-interactive/pam for op from 127.0.0.1 port ", false},
		{"op", ssh.PublicKeys(mine), "Accepted publickey for op from 127.0.0.1 port ", false},
		{"op", ssh.Password("no"), "Failed password for op from 127.0.0.1 port ", true},
		{"op", ssh.Password(""), "Failed password for op from 127.0.0.1 port ", true},
		{"op", ssh.PublicKeys(elsewhere), "Failed publickey for op from 127.0.0.1 port ", true},
		{"nobody", ssh.Password(secret), "Failed password for invalid user nobody from 127.0.0.1 port ", true},
		{"nobody", ssh.PublicKeys(mine), "Failed publickey for invalid user nobody from 127.0.0.1 port ", true},
		{"root", ssh.Password(secret), "(root may not log in like this)", true},
	}
	for _, tt := range tests {
		c, err := l.dial(tt.user, tt.auth)
		if (err != nil) != tt.fails {
			t.Fatalf("%s: %v", tt.record, err)
		}
		l.recorded(tt.record)
		if err == nil {
			if got := l.run(c, "who"); got != "op operator 4294967295 127.0.0.1\n" {
				t.Errorf("%q", got)
			}
			c.Close()
		} else {
			l.recorded("SSHD_LOGIN_FAILED: Login failed for user '" + tt.user + "' from host '127.0.0.1'")
		}
	}
	if line := l.recorded("Accepted publickey"); !strings.HasSuffix(line, "ssh2: ED25519 "+ssh.FingerprintSHA256(mine.PublicKey())) {
		t.Errorf("no fingerprint: %s", line)
	}
}

func TestAThresholdEndsTheConnectionAndLocks(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Retry.Lockout = time.Hour })
	wrong := ssh.RetryableAuthMethod(ssh.Password("no"), 10)
	for range 2 { // 2 wrong passwords on the first connection, the third on another
		if _, err := l.dial("op", ssh.Password("no")); err == nil {
			t.Fatal("a wrong password let in")
		}
	}
	if _, err := l.dial("op", wrong); err == nil {
		t.Fatal("a wrong password let in")
	}
	l.recorded("SSHD_LOGIN_ATTEMPTS_THRESHOLD: Threshold for unsuccessful authentication attempts (3) reached by user 'op'")
	l.recorded("LIBJNX_LOGIN_ACCOUNT_LOCKED: Account for user 'op' has been locked out from logins")
	if n := l.count("Failed password"); n != 3 {
		t.Errorf("%d passwords were tried, want 3", n)
	}
	l.refuses("op", "(the account is locked)")
	// A restart does not forgive, and neither does another wrong password, twice.
	l.server.Close()
	l.open()
	l.refuses("op", "(the account is locked)")
	if list := l.server.Lockouts(); len(list) != 1 || list[0].User != "op" || list[0].Until.Sub(list[0].Start) != time.Hour {
		t.Errorf("%+v", list)
	}
	if l.server.Unlock(event.Subject{User: "root"}, "nobody") || !l.server.Unlock(event.Subject{User: "root"}, "op") {
		t.Error("clearing does not say what it did")
	}
	l.recorded("LIBJNX_LOGIN_ACCOUNT_UNLOCKED: Account for user 'op' has been unlocked for logins by user 'root'")
	l.login()
	if len(l.server.Lockouts()) != 0 {
		t.Error("it is still on the list")
	}
}

// refuses checks that the right password does not let in.
func (l *lab) refuses(user, why string) {
	l.t.Helper()
	if c, err := l.dial(user, ssh.Password(secret)); err == nil {
		c.Close()
		l.t.Fatal("let in")
	}
	l.recorded(why)
}

func TestALockoutEnds(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Retry.Lockout, c.Retry.Tries = 200*time.Millisecond, 2 })
	for range 2 {
		if _, err := l.dial("op", ssh.Password("no")); err == nil {
			t.Fatal("let in")
		}
	}
	l.recorded("LIBJNX_LOGIN_ACCOUNT_LOCKED")
	l.recorded("LIBJNX_LOGIN_ACCOUNT_UNLOCKED")
	l.login()
}

func TestASuccessForgivesAndStrangersAreBounded(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Retry.Lockout = time.Hour })
	for range 3 {
		for range 2 {
			_, _ = l.dial("op", ssh.Password("no"))
		}
		l.login()
	}
	if len(l.server.Lockouts()) != 0 {
		t.Error("locked")
	}
	for i := range maxStrangers + 100 {
		l.server.lockouts.fail(strings.Repeat("x", i%7)+string(rune('a'+i%26))+time.Duration(i).String(), false, l.config.Retry)
	}
	if n := len(l.server.lockouts.by); n > maxStrangers+1 {
		t.Errorf("%d names are counted", n)
	}
}

// Whoever tries a password that is right and is gone before the answer has shown that
// it is right, and is on record with it.
func TestASuccessIsRecordedWhateverFollows(t *testing.T) {
	l := newLab(t, nil)
	for range 20 {
		c := l.connect()
		gone := goneAt{c, ssh.ClientConfig{User: "op", HostKeyCallback: ssh.InsecureIgnoreHostKey()}}
		gone.login()
	}
	l.idle()
	if n := l.count("Accepted password for op from"); n != 20 {
		t.Errorf("%d of 20 are on record:\n%s", n, strings.Join(l.records(), "\n"))
	}
}

// goneAt logs in and cuts the connection at once.
type goneAt struct {
	net.Conn
	config ssh.ClientConfig
}

func (g *goneAt) login() {
	g.config.Auth = []ssh.AuthMethod{ssh.Password(secret)}
	if c, _, _, err := ssh.NewClientConn(g.Conn, "", &g.config); err == nil {
		c.Close()
	}
	g.Conn.Close()
}

func TestADamagedLockoutFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lockout"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewServer(Options{Dir: dir, Now: time.Now}); err == nil || !strings.Contains(err.Error(), "lockout") {
		t.Error(err)
	}
}

// Nobody learns from the work that a name is no user: it is that of some user.
func TestAStrangerCostsWhatAUserCosts(t *testing.T) {
	dear, err := ParsePassword(strings.Replace(secretHash, "1000", "2000", 1))
	if err != nil {
		t.Fatal(err)
	}
	cheap, err := ParsePassword(secretHash)
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]*User{"a": {Password: dear}, "b": {Password: cheap}, "keys": {}}
	seen := map[*Password]bool{}
	for i := range 100 {
		name := strings.Repeat("n", i)
		p := decoy(users, name)
		if p != decoy(users, name) {
			t.Fatal("another each time")
		}
		seen[p] = true
	}
	if !seen[dear] || !seen[cheap] || len(seen) != 2 {
		t.Errorf("%d hashes stand in", len(seen))
	}
	// Another user changes only whose stand-in that is.
	more, moved := maps.Clone(users), 0
	third := *dear
	third.text += "x"
	more["new"] = &User{Password: &third}
	for i := range 300 {
		if was, is := decoy(users, strconv.Itoa(i)), decoy(more, strconv.Itoa(i)); is == &third {
			moved++
		} else if is != was {
			t.Errorf("%d has another", i)
		}
	}
	if moved == 0 || moved == 300 {
		t.Errorf("%d of 300 have the new one", moved)
	}
	if p := decoy(nil, "x"); p.match([]byte("x")) || p.match(nil) {
		t.Error("the stand-in lets in")
	}
}

func TestPasswordNotations(t *testing.T) {
	for hash, ok := range map[string]bool{ // made by libxcrypt
		secretHash: true,
		"$5$rounds=1000$saltsalt$R6e4P8ccT9iMqkYg7Z8YtpId/lfsIfnuPkp8WXposU8": true,
		"$y$j9T$saltsaltsalt$nNDsycEBP37XRiK/Qx62iZ4Jbzj3gHJ2kMaWwdseEp/":     true,
		"$y$j9T$saltsaltsalt$" + strings.Repeat("x", 43):                      false,
	} {
		p, err := ParsePassword(hash)
		if err != nil {
			t.Fatalf("%s: %v", hash, err)
		}
		if p.match([]byte(secret)) != ok || p.match([]byte(secret+"x")) || p.match([]byte(strings.Repeat(secret, 100))) {
			t.Error(hash)
		}
	}
	for _, bad := range []string{"", "x", "$1$a$b", "$2b$10$aaa", "$6$", "$6$rounds=99999999$salt$hash", "$y$", "$y$jTT$salt$" + strings.Repeat("x", 43),
		"$y$j9T$saltsaltsalt$short"} {
		if _, err := ParsePassword(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestUserKeys(t *testing.T) {
	_, line := newUserKey(t)
	for _, bad := range [][3]string{{"ssh-rsa", line, ""}, {"ssh-ed25519", "ssh-ed25519 AAAA", ""}, {"ssh-ed25519", "no-pty " + line, ""},
		{"ssh-ed25519", line, "host.example"}, {"ssh-ed25519", line + "\n" + line, ""}} {
		if _, err := ParseUserKey(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, tt := range []struct {
		from, addr string
		want       bool
	}{
		{"", "192.0.2.1", true}, {"192.0.2.1", "192.0.2.1", true}, {"192.0.2.?", "192.0.2.17", false}, {"192.0.2.*", "192.0.2.17", true},
		{"192.0.2.0/28", "192.0.2.17", false}, {"10.0.0.0/8, 192.0.2.0/24", "192.0.2.17", true}, {"*,!192.0.2.17", "192.0.2.17", false},
		{"!192.0.2.17", "192.0.2.18", false}, {"2001:DB8::*", "2001:db8::5", true}, {"*.*.*7", "192.0.2.17", true},
	} {
		if got := userKey(t, line, tt.from).allows(netip.MustParseAddr(tt.addr)); got != tt.want {
			t.Errorf("from %q at %s: %v", tt.from, tt.addr, got)
		}
	}
}

func TestAccessTimes(t *testing.T) {
	sunday := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	weekdays := uint8(1<<time.Monday | 1<<time.Tuesday)
	for _, tt := range []struct {
		a    Access
		at   time.Duration
		want bool
	}{
		{Access{}, 0, true}, {Access{Days: weekdays}, 0, false}, {Access{Days: weekdays}, 24 * time.Hour, true},
		{Access{Limited: true, Start: 480, End: 1080}, 8 * time.Hour, true}, {Access{Limited: true, Start: 480, End: 1080}, 18 * time.Hour, false},
		{Access{Limited: true, Start: 480, End: -1}, 23 * time.Hour, true}, {Access{Limited: true, Start: -1, End: 480}, 9 * time.Hour, false},
		{Access{Limited: true, Start: 1320, End: 360}, 23 * time.Hour, true}, {Access{Limited: true, Start: 1320, End: 360}, 12 * time.Hour, false},
		{Access{Limited: true, Start: 1320, End: 360, Days: weekdays}, 49 * time.Hour, true}, // Tuesday's night began on Monday
		{Access{Limited: true, Start: 1320, End: 360, Days: weekdays}, 25 * time.Hour, false},
	} {
		if got := tt.a.Allows(sunday.Add(tt.at)); got != tt.want {
			t.Errorf("%+v at %v: %v", tt.a, tt.at, got)
		}
	}
	l := newLab(t, func(c *Config) { c.Users["op"].Access = Access{Days: 1 << ((time.Now().UTC().Weekday() + 3) % 7)} })
	l.refuses("op", "(not at this time)")
}

func TestMethodsThatAreOff(t *testing.T) {
	mine, line := newUserKey(t)
	all := []ssh.AuthMethod{ssh.Password(secret), ssh.PublicKeys(mine)}
	for name, change := range map[string]func(*Config){
		"all":  func(c *Config) { c.NoPassword, c.NoInteractive, c.NoPublicKeys = true, true, true },
		"keys": func(c *Config) { c.NoPassword, c.NoInteractive, c.Users["op"].Keys = true, true, nil },
	} {
		l := newLab(t, func(c *Config) { c.Users["op"].Keys = []UserKey{userKey(t, line, "")}; change(c) })
		if _, err := l.dial("op", all...); err == nil {
			t.Errorf("%s: let in", name)
		}
	}
	l := newLab(t, func(c *Config) { c.RootLogin, c.Users["root"].Keys = RootKeyOnly, []UserKey{userKey(t, line, "")} })
	c, err := l.dial("root", ssh.PublicKeys(mine))
	if err != nil {
		t.Fatal(err)
	}
	// A commit that shuts root out acts at once.
	l.config.RootLogin = RootDeny
	l.apply()
	if err := c.Wait(); err == nil {
		t.Error("the connection ended in order")
	}
	l.recorded("Disconnecting user root 127.0.0.1 port ")
	if _, err := l.dial("root", ssh.PublicKeys(mine)); err == nil {
		t.Error("root is let in")
	}
}

func TestADeletedUserLosesTheConnection(t *testing.T) {
	l := newLab(t, nil)
	c := l.login()
	other := *l.config.Users["op"]
	other.Class = "read-only"
	l.config.Users = map[string]*User{"op": &other}
	l.apply()
	if got := l.run(c, "who"); !strings.HasPrefix(got, "op read-only ") {
		t.Errorf("the class of the next session is not that of the commit: %s", got)
	}
	l.config.Users = map[string]*User{}
	l.apply()
	_ = c.Wait() // it ends
	l.recorded("the user was deleted")
	if _, err := l.dial("op", ssh.Password(secret)); err == nil {
		t.Error("let in")
	}
}

func TestBanner(t *testing.T) {
	l := newLab(t, func(c *Config) { c.Banner = "Go away\n" })
	var seen string
	_, err := ssh.Dial("tcp", l.address(), &ssh.ClientConfig{User: "op", HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		BannerCallback: func(m string) error { seen = m; return errors.New("enough") }})
	if err == nil || seen != "Go away\n" {
		t.Errorf("%q, %v", seen, err)
	}
}
