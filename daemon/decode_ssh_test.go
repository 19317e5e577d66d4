package daemon

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"loggia/sshd"
)

// decodedSSH decodes a configuration of set lines.
func decodedSSH(t *testing.T, lines string) *sshDecoder {
	t.Helper()
	return newReading(effective(t, lines), new(known)).ssh()
}

func TestSSHDefaults(t *testing.T) {
	d := decodedSSH(t, "set system services ssh\nset system root-authentication no-public-keys")
	c := d.config
	if len(d.problems) > 0 || len(c.Listens) != 1 || c.Listens[0].Address != netip.AddrPortFrom(netip.Addr{}, 22) || c.RootLogin != sshd.RootKeyOnly ||
		c.MaxConnections != 75 || c.MaxRate != 150 || c.MaxSessions != 10 || c.RekeyTime != time.Hour || c.RekeyData != 1<<30 ||
		c.Retry != (sshd.Retry{Tries: 3, Threshold: 2, Factor: 5 * time.Second, Grace: 2 * time.Minute}) || c.NoPassword || c.NoInteractive ||
		c.KeyExchanges[0] != "mlkem768x25519-sha256" || len(c.HostKeys) != 2 || d.logins.sftp {
		t.Errorf("%+v %v", c, d.problems)
	}
}

// The port of NETCONF has limits of its own.
func TestNetconfLimits(t *testing.T) {
	const start = `set system root-authentication encrypted-password "$6$saltsalt$hash"
set system services ssh client-alive-interval 7
set system services netconf ssh`
	for lines, want := range map[string]sshd.Limits{
		start: {MaxConnections: 75, MaxRate: 150, AliveCount: 3},
		start + " connection-limit 2\n" + start + " rate-limit 9\n" + start + " client-alive-interval 30\n" + start + " client-alive-count-max 5": {
			MaxConnections: 2, MaxRate: 9, AliveInterval: 30 * time.Second, AliveCount: 5},
	} {
		d := decodedSSH(t, lines)
		if got := d.config.Alone[netconfSubsystem]; got != want || len(d.problems) > 0 {
			t.Errorf("%s: %+v %v", lines, got, d.problems)
		}
		if d.config.AliveInterval != 7*time.Second || d.config.MaxConnections != 75 {
			t.Errorf("%+v", d.config.Limits)
		}
	}
}

func TestSSHStatements(t *testing.T) {
	d := decodedSSH(t, `set system root-authentication encrypted-password "$6$saltsalt$hash"
set system services ssh port 2222
set system services ssh listen-address 192.0.2.1
set system services ssh listen-address 2001:db8::1
set system services ssh root-login allow
set system services ssh no-passwords
set system services ssh ciphers aes256-ctr
set system services ssh key-exchange group-exchange-sha2
set system services ssh hostkey-algorithm-list ecdsa-sha2-nistp384
set system services ssh fingerprint-hash md5
set system services ssh sftp-server
set system login message "one\ntwo"
set system login deny-sources address 10.0.0.0/8
set system login class day permissions view
set system login class day allowed-days monday
set system login class day access-start 08:00
set system login class day access-end 18:30
set system login class day no-sftp-server
set system login user op class day`)
	c := d.config
	if len(d.problems) > 0 || len(c.Listens) != 2 || c.Listens[1].Address.String() != "[2001:db8::1]:2222" || c.RootLogin != sshd.RootAllow ||
		!c.NoPassword || !c.NoInteractive || c.Ciphers[0] != "aes256-ctr" || c.KeyExchanges[0] != "diffie-hellman-group-exchange-sha256" ||
		len(c.HostKeys) != 1 || c.HostKeys[0] != sshd.ECDSA384 || !c.MD5 || c.Banner != "one\ntwo\n" || c.Denied[0].String() != "10.0.0.0/8" ||
		c.Users["op"].Access != (sshd.Access{Days: 1 << time.Monday, Start: 480, End: 1110, Limited: true}) || c.Users["root"].Password == nil {
		t.Errorf("%+v %v", c, d.problems)
	}
	if d.logins.transfers("day") == nil || d.logins.transfers("super-user") != nil || (&logins{}).transfers("super-user") == nil {
		t.Error("transfers")
	}
}

func TestSSHProblems(t *testing.T) {
	const on = "set system services ssh\nset system root-authentication no-public-keys\n"
	for line, want := range map[string]string{
		"set system services ssh ciphers 3des-cbc":                                                       "cipher 3des-cbc is not supported here; there are ",
		"set system services ssh macs hmac-md5":                                                          "mac hmac-md5 is not supported here",
		"set system services ssh key-exchange dh-group1-sha1":                                            "key-exchange dh-group1-sha1 is not supported here",
		"set system services ssh authentication-order radius":                                            "radius is not available here",
		"set system login user a authentication encrypted-password \"$1$abc$def\"":                       "nobody can log in with this password",
		"set system login user a authentication encrypted-password \"$6$rounds=9999999$a$b\"":            "more work than a login may cost",
		"set system login user a authentication ssh-rsa \"ssh-rsa AAAA\"":                                "must be a public key",
		"set system login retry-options maximum-time 20\nset system login retry-options minimum-time 60": "must not be longer than maximum-time",
		"set system services ssh no-passwords\nset system services ssh no-public-keys":                   "nobody can log in",
	} {
		d := decodedSSH(t, on+line)
		if len(d.problems) != 1 || !strings.Contains(d.problems[0].Err.Error(), want) {
			t.Errorf("%s: %v", line, d.problems)
		}
		if d := decodedSSH(t, line); strings.Contains(line, "login") && len(d.problems) > 0 {
			t.Errorf("%s: a problem without SSH: %v", line, d.problems)
		}
	}
}

func TestKeyChanges(t *testing.T) {
	const key = "set system login user op authentication ssh-ed25519 \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOTseZapPLYeMSpK4lwLZZSmYLat33E31lo3CYGxBo6n\""
	with, without := decodedSSH(t, key).config, decodedSSH(t, "set system login user op class operator").config
	for _, tt := range []struct {
		changes []string
		from    sshd.Config
		to      sshd.Config
	}{{[]string{"Key of user 'op' added by user 'ann': ED25519 SHA256:"}, without, with}, {[]string{"Key of user 'op' removed by user 'ann': ED25519 SHA256:"}, with, without}, {nil, with, with}} {
		got := keyChanges(tt.from, tt.to, "ann")
		if len(got) != len(tt.changes) || len(got) == 1 && !strings.HasPrefix(got[0].Entry().Text, tt.changes[0]) {
			t.Errorf("%+v", got)
		}
	}
}
