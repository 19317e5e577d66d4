package loggia

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// scripted is a session that a program drives on a pty, as expect does: it sends a line and reads
// until what has come ends in a prompt.
type scripted struct {
	t      *testing.T
	master *os.File
	enter  string // what the program sends for Enter
	all    bytes.Buffer
}

// clientPrompts are how the usual clients recognise a prompt at the end of what they have read, without
// carriage returns where they take these out.
var clientPrompts = map[string]*regexp.Regexp{
	"network_cli": regexp.MustCompile(`({primary:node\d+})?[\r\n]?[\w@+\-\.:\/\[\]]+[>#%] ?$`),
	"scrapligo":   regexp.MustCompile(`(?m)^({\w+:\d}\n){0,1}[\w\-@()/:\.]{1,63}[>#]\s?$`),
	"jlogin":      regexp.MustCompile(`(?:^|[\r\n])[^\n\r *]*[>#] $`),
	"oxidized":    regexp.MustCompile(`(?m)^([\w.@-]+[#>]\s?)$`),
}

// startScripted starts the shell on a pty of a size, with a machine of its own.
func startScripted(t *testing.T, cols, rows int, enter string) *scripted {
	t.Helper()
	path, err := exec.LookPath("loggia")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), "LOGGIA_STATE="+t.TempDir(), "TERM=vt100")
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		t.Fatal(err)
	}
	// pty leaves the master blocking, and so without deadlines.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err := errors.Join(err, unix.SetNonblock(fd, true), master.Close()); err != nil {
		t.Fatal(err)
	}
	s := &scripted{t: t, master: os.NewFile(uintptr(fd), "pty"), enter: enter}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("all that came: %q", s.all.String())
		}
		s.master.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program: %v", err)
		}
	})
	return s
}

// until reads until ready, and returns what has come since the last call.
func (s *scripted) until(what string, ready func(came string) bool) string {
	s.t.Helper()
	from, b := s.all.Len(), make([]byte, 4<<10)
	if err := s.master.SetReadDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	for {
		n, err := s.master.Read(b)
		s.all.Write(b[:n])
		came := s.all.String()[from:]
		if ready(came) {
			return came
		}
		if err != nil {
			s.t.Fatalf("waiting for %s: %v; it came %q", what, err, came)
		}
	}
}

// rest reads until the program has closed its side of the pty.
func (s *scripted) rest() string {
	s.t.Helper()
	from, b := s.all.Len(), make([]byte, 4<<10)
	for {
		n, err := s.master.Read(b)
		s.all.Write(b[:n])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.t.Fatal(err)
		case err != nil: // EIO
			return s.all.String()[from:]
		}
	}
}

// prompt reads up to a prompt that all clients recognise.
func (s *scripted) prompt() string {
	s.t.Helper()
	return s.until("a prompt", func(came string) bool {
		for name, expr := range clientPrompts {
			text := came
			if name != "jlogin" && name != "network_cli" {
				text = strings.ReplaceAll(came, "\r", "")
			}
			if !expr.MatchString(text) {
				return false
			}
		}
		return true
	})
}

func (s *scripted) send(text string) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// command sends a line and returns the answer: what stands between the echo and the prompt, which
// are checked.
func (s *scripted) command(line string) string {
	s.t.Helper()
	s.send(line + s.enter)
	return s.answer(line, s.prompt())
}

// answer takes the echo of a line, and the prompt, off what came.
func (s *scripted) answer(line, came string) string {
	s.t.Helper()
	rest, echoed := strings.CutPrefix(came, line)
	rest = strings.TrimPrefix(rest, " ") // the last word may have been completed
	rest, ended := strings.CutPrefix(rest, "\r\n")
	if !echoed || !ended {
		s.t.Fatalf("the echo of %q is %q", line, came)
	}
	return rest[:strings.LastIndex(rest, "\n")+1]
}

// TestScriptedClients: a session can be driven by programs that know nothing of terminals, whatever
// size theirs has, and whatever they send for Enter: every byte that comes is text.
func TestScriptedClients(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {132, 0}, {0, 0}, {255, 80}, {80, 255}} {
		for name, enter := range map[string]string{"CR": "\r", "LF": "\n", "CRLF": "\r\n"} {
			t.Run(fmt.Sprintf("%dx%d %s", size[0], size[1], name), func(t *testing.T) {
				s := startScripted(t, size[0], size[1], enter)
				s.drive(size[1] == 0)
				if i := strings.IndexFunc(s.all.String(), func(r rune) bool { return r != '\r' && r != '\n' && r < ' ' || r == 0x7f }); i >= 0 {
					t.Errorf("a control byte at %q", s.all.String()[i:])
				}
				if strings.Contains(strings.ReplaceAll(s.all.String(), "\r\n", ""), "\r") {
					t.Error("a carriage return by itself")
				}
			})
		}
	}
}

// drive does what the clients do: set the session up, look, change the configuration, leave. Without a
// height nothing is ever paged.
func (s *scripted) drive(unpaged bool) {
	if first := s.prompt(); !strings.HasSuffix(first, "> ") || strings.Contains(first, "\n") {
		s.t.Fatalf("the first prompt is %q", first)
	}
	if unpaged {
		if lines := strings.Count(s.command("help syslog"), "\r\n"); lines < 30 {
			s.t.Errorf("without a height %d lines came", lines)
		}
	}
	long := `set system syslog host 192.0.2.1 match "` + strings.Repeat("long expression ", 12) + `end"`
	for _, c := range [][2]string{
		{"set cli timestamp disable", "CLI timestamp disabled\r\n\r\n"},
		{"set cli complete-on-space off", "Disabling complete-on-space\r\n\r\n"},
		{"set cli screen-length 0", "Screen length set to 0\r\n\r\n"},
		{"set cli screen-width 0", "Screen width set to 0\r\n\r\n"},
		{"set cli screen-width 511", "Screen width set to 511\r\n\r\n"},
		{"set cli screen-width 1024", "Screen width set to 1024\r\n\r\n"},
		{"show configuration system syslog file messages", "any notice;\r\nauthorization info;\r\n\r\n"},
		{"", ""},
		{"configure", "Entering configuration mode\r\n\r\n[edit]\r\n"},
		{long, "\r\n[edit]\r\n"},
		{`show system syslog host 192.0.2.1 | match "long.*end"`, "match \"" + strings.Repeat("long expression ", 12) + "end\";\r\n\r\n[edit]\r\n"},
		{"delete system syslog host 192.0.2.1", "\r\n[edit]\r\n"},
		{"show | compare", "\r\n[edit]\r\n"},
	} {
		if got := s.command(c[0]); got != c[1] {
			s.t.Errorf("%s:\n%q\nwanted\n%q", c[0], got, c[1])
		}
	}
	if lines := strings.Count(s.command("run help syslog"), "\r\n"); lines < 30 {
		s.t.Errorf("%d lines came at once", lines)
	}
	s.wrong()
	s.load()
	s.slowly()
	for _, c := range [][2]string{
		{"show | compare", "[edit system]\r\n+  host-name gate;\r\n\r\n[edit]\r\n"},
		{"commit check", "configuration check succeeds\r\n\r\n[edit]\r\n"},
		{"commit comment changed and-quit", "commit complete\r\nExiting configuration mode\r\n\r\n"},
		{"configure private", "warning: uncommitted changes will be discarded on exit\r\nEntering configuration mode\r\n\r\n[edit]\r\n"},
		{"exit configuration-mode", "Exiting configuration mode\r\n\r\n"},
	} {
		if got := s.command(c[0]); got != c[1] {
			s.t.Errorf("%s:\n%q\nwanted\n%q", c[0], got, c[1])
		}
	}
	s.send("exit" + s.enter)
	const last = "exit \r\nLogging stops with this session. To keep it running, start: loggia daemon\r\n"
	if came := s.rest(); came != last {
		s.t.Errorf("at the end %q, wanted %q", came, last)
	}
}

// wrong sends a line that does not parse: the caret stands under the word, however the terminal
// may have wrapped the line.
func (s *scripted) wrong() {
	s.t.Helper()
	const line = "set system syslogg"
	s.send(line + s.enter)
	came := s.prompt()
	prompt := came[strings.LastIndex(came, "\n")+1:]
	if want := strings.Repeat(" ", len(prompt)+len("set system ")) + "^\r\nsyntax error.\r\n\r\n[edit]\r\n"; s.answer(line, came) != want {
		s.t.Errorf("%q, wanted %q", came, want)
	}
}

// load sends a configuration and ^D.
func (s *scripted) load() {
	s.t.Helper()
	s.send("load merge terminal" + s.enter)
	s.until("the invitation", func(came string) bool { return strings.HasSuffix(came, "[Type ^D at a new line to end input]\r\n") })
	lines := []string{"system {", "    host-name gate;", "}"}
	for _, l := range lines {
		s.send(l + s.enter)
	}
	s.send("\x04")
	want := strings.Join(lines, "\r\n") + "\r\n^Dload complete\r\n\r\n[edit]\r\n"
	if came := s.prompt(); came[:strings.LastIndex(came, "\n")+1] != want {
		s.t.Errorf("%q, wanted %q", came, want)
	}
}

// slowly sends a line byte by byte: each comes back as it is.
func (s *scripted) slowly() {
	s.t.Helper()
	const line = "show system host-name"
	for _, c := range line {
		s.send(string(c))
		if came := s.until("the echo of "+string(c), func(came string) bool { return came != "" }); came != string(c) {
			s.t.Fatalf("the echo of %q is %q", c, came)
		}
	}
	s.send(s.enter)
	if came := s.prompt(); !strings.HasPrefix(strings.TrimPrefix(came, " "), "\r\nhost-name gate;\r\n\r\n[edit]\r\n") {
		s.t.Errorf("%q", came)
	}
}
