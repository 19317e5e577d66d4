package cli

import (
	"context"
	"testing"
	"time"

	"loggia/cli/terminal"
)

// enough is how long a test waits for what must happen.
const enough = time.Minute

// playShell types each first string and waits for the second to be shown, then runs end.
func playShell(t *testing.T, steps [][2]string, end func(m *terminal.Memory)) {
	t.Helper()
	l := newLab(t)
	m := terminal.NewMemory(72, 20)
	done := make(chan struct{})
	go func() { defer close(done); New(l.options("user")).Interact(context.Background(), m) }()
	for _, s := range steps {
		m.Feed(s[0])
		if err := m.Await(s[1], enough); err != nil {
			t.Error(err)
			m.Hangup()
			break
		}
	}
	end(m)
	<-done
}

func TestStartShellLendsTheTerminal(t *testing.T) {
	playShell(t, [][2]string{
		{"start shell\r", "start shell"},
		{"echo a$((40+2)) $(tty | cut -c1-9) $(stty size)\r", "a42 /dev/pts/ 20 72"},
		{"sh -c 'echo s$((1+2)); exec sleep 1000'\r", "s3"}, // it runs: the shell that starts it would not end at ^C
		{"\x03", "^C"},
		{"echo b$((40+3))\r", "b43"},
		{"exec echo c$((40+4))\r", "c44\n\nuser@gate>"},
		{"show system alarms\r", "No alarms"},
	}, func(m *terminal.Memory) { m.Feed("exit\r") })
}

func TestAHangUpEndsTheShell(t *testing.T) {
	playShell(t, [][2]string{
		{"start shell\r", "start shell"},
		{"echo a$((40+2))\r", "a42"},
	}, (*terminal.Memory).Hangup)
}

func TestTheEndOfInputEndsTheShell(t *testing.T) {
	playShell(t, [][2]string{
		{"start shell\r", "start shell"},
		{"echo a$((40+2))\r", "a42"},
	}, (*terminal.Memory).EOF)
}
