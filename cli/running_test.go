package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCtrlCLetsAProgramSayWhatCameOfIt: ping tells its statistics when it is interrupted.
func TestCtrlCLetsAProgramSayWhatCameOfIt(t *testing.T) {
	const ping = `#!/usr/bin/perl
$| = 1;
$SIG{INT} = sub { print "--- $ARGV[1] ping statistics ---\n1 packets transmitted, 1 received\n"; exit 0 };
print "PING $ARGV[1]\n";
sleep 1 while 1;
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ping"), []byte(ping), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	for _, line := range []string{"ping 192.0.2.1", "ping 192.0.2.1 | match [a-z]"} {
		m, hangUp := watched(t, newLab(t))
		m.Feed(line + "\r")
		await(t, m, "PING 192.0.2.1")
		m.Feed("\x03")
		await(t, m, "1 packets transmitted, 1 received")
		m.Feed("show cli directory\r")
		await(t, m, "Current directory")
		hangUp()
		if got := m.Text(); strings.Contains(got, "error") {
			t.Errorf("%s:\n%s", line, got)
		}
	}
}
