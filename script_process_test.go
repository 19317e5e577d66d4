package loggia

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// process is a program that runs beside the script.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
	err   error         // how, valid then
}

// start starts a program in the script's directory and environment. Its output
// goes to a file named like it.
func start(ts *testscript.TestScript, name string, program string, args ...string) (*process, error) {
	s := of(ts)
	out, err := os.OpenFile(filepath.Join(s.work, name+".out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	path, err := exec.LookPath(program)
	if err != nil { // a user's PATH may lack the directories of root
		if path, err = exec.LookPath(filepath.Join("/usr/sbin", program)); err != nil {
			return nil, err
		}
	}
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Args[0] = program
	p.cmd.Dir, p.cmd.Env = s.work, environment(ts)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.err = p.cmd.Wait(); close(p.ended) }()
	s.ends = append(s.ends, func() { p.kill() })
	return p, nil
}

// environment is what a program of the script gets.
func environment(ts *testscript.TestScript) []string {
	env := []string{"PWD=" + of(ts).work}
	for _, name := range []string{"PATH", "HOME", "TERM", "TMPDIR", "LOGGIA_STATE", "GOCOVERDIR", "GORACE"} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func (p *process) kill() {
	p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// terminate ends the program as an init system does.
func (p *process) terminate() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return p.err
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("has not ended %v after SIGTERM", patience)
	}
}

// daemonCommand starts the engine, and returns when it serves sessions; or ends it.
func daemonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: daemon start|stop|kill|hup")
	}
	s := of(ts)
	if args[0] != "start" && s.daemon == nil {
		ts.Fatalf("no daemon runs")
	}
	switch args[0] {
	case "start":
		err := s.startDaemon(ts)
		if err != nil && !neg || err == nil && neg {
			ts.Fatalf("daemon start: %v\n%s", err, ts.ReadFile("daemon.out"))
		}
	case "stop":
		err := s.daemon.terminate()
		s.daemon = nil
		if err != nil {
			ts.Fatalf("daemon stop: %v\n%s", err, ts.ReadFile("daemon.out"))
		}
	case "kill":
		s.daemon.kill()
		s.daemon = nil
	case "hup":
		ts.Check(s.daemon.cmd.Process.Signal(syscall.SIGHUP))
	default:
		ts.Fatalf("daemon %s?", args[0])
	}
}

func (s *script) startDaemon(ts *testscript.TestScript) error {
	p, err := start(ts, "daemon", "loggia", "daemon")
	if err != nil {
		return err
	}
	socket := filepath.Join(ts.Getenv("LOGGIA_STATE"), "run", "loggia.sock")
	return p.await(func() bool {
		c, err := net.Dial("unix", socket)
		if err != nil {
			return false
		}
		s.daemon = p
		return c.Close() == nil
	})
}

// await waits until ready holds, unless the program ends before.
func (p *process) await(ready func() bool) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !ready() {
		select {
		case <-p.ended:
			return fmt.Errorf("has ended: %v", p.err)
		case <-limit:
			return fmt.Errorf("is not ready after %v", patience)
		case <-tick.C:
		}
	}
	return nil
}

// killAllIn kills the programs that work in a directory or below it: what a
// script that failed half-way has left in the background.
func killAllIn(dir string) {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, link := range links {
		at, err := os.Readlink(link)
		if err != nil { // it has ended, or is somebody else's
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err == nil && pid != os.Getpid() && (at == dir || strings.HasPrefix(at, dir+"/") || at == dir+" (deleted)") {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
	}
}

// rsyslogd runs the log server that most people have, as the other side.
func rsyslogd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: rsyslogd CONF PORT")
	}
	s := of(ts)
	pid := filepath.Join(s.work, "rsyslogd.pid")
	p, err := start(ts, "rsyslogd", "rsyslogd", "-n", "-f", ts.MkAbs(args[0]), "-i", pid)
	ts.Check(err)
	if err := p.await(func() bool { return listening(args[1]) }); err != nil {
		ts.Fatalf("rsyslogd %v\n%s", err, ts.ReadFile("rsyslogd.out"))
	}
}

// listens waits until a program that the script started has its socket.
func listens(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: listens PORT")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(patience); !listening(args[0]); <-tick.C {
		if time.Now().After(limit) {
			ts.Fatalf("nobody listens on port %s after %v", args[0], patience)
		}
	}
}

// listening reports whether somebody has a socket on a local port. It only
// looks: a connection would be a message to a log server.
func listening(port string) bool {
	n, err := strconv.Atoi(port)
	if err != nil {
		return false
	}
	suffix := []byte(fmt.Sprintf(":%04X", n))
	for _, table := range []string{"udp", "udp6", "tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/net/" + table)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(text) {
			f := bytes.Fields(line)
			if len(f) > 3 && bytes.HasSuffix(f[1], suffix) && (strings.HasPrefix(table, "udp") || string(f[3]) == "0A") {
				return true
			}
		}
	}
	return false
}
