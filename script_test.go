package loggia

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"loggia/cmd"
)

// The transcripts in testdata/script are the manual, run as tests. Each begins
// with what its reader learns, and shows what a user types and sees. Beside the
// commands of testscript they use
//
//	loggia …                  the program itself
//	exits N loggia …          the same, with the exit status N
//	prints [-exactly] FILE    what the last command printed is FILE
//	complains FILE            what it printed on standard error is FILE
//	session [-as NAME] FILE   a session on a terminal shows exactly FILE; lines with
//	                          a prompt are typed
//	types [-as NAME] FILE     each line of FILE is typed, and works
//	term [-as NAME] FILE      keys and what they bring about: `> line`, `>> keys`,
//	                          `< what the screen shows then`
//	hangup [-as NAME]         the terminal goes away
//	env VIA=COMMAND           sessions are opened by COMMAND, such as ssh
//	daemon start|stop|kill|hup
//	elapse DURATION           while none runs: time goes by for what is pending
//	waitlog FILE REGEXP [N]   waits for N lines in a log, archives included
//	waitfor FILE [REGEXP [N]] waits for N lines in any other file, or that it is there
//	count FILE REGEXP N       a log, archives included, has exactly N such lines
//	sink udp|tcp [ADDRESS:]PORT FILE   a receiver that writes each message to FILE
//	listens PORT              waits until somebody listens on PORT
//	rsyslogd CONF PORT        a real rsyslogd that listens on PORT
//	send FILE udp|tcp|unix ADDRESS [N]   sends a file's bytes, N times
//
// A script has its own state directory ($LOGGIA_STATE), its own ports ($UDP,
// $TCP, $PORT1 … $PORT4) and a path for a socket ($SOCK); they stand for
// themselves in files too. What is seen is compared after normalize has put fixed
// words in place of dates, process ids, user and host, unless -exactly is said.
// `go test -run Scripts -update .` writes what is seen into the scripts.

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

// patience is how long a script waits for something that must happen. It is
// only ever used up by a failure.
const patience = time.Minute

func TestMain(m *testing.M) {
	if os.Getuid() == 0 {
		// Records tell who stands behind root (UI_SESSION_OWNER): for the transcripts,
		// which `sudo make test` runs too, that is root. Children inherit it.
		// Once set it may be refused, and a program under test says nothing of this.
		if id, err := os.ReadFile("/proc/self/loginuid"); err == nil && string(id) != "0" {
			_ = os.WriteFile("/proc/self/loginuid", []byte("0"), 0)
		}
	}
	testscript.Main(m, map[string]func(){
		"loggia": func() { os.Exit(cmd.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	p := params()
	p.Dir = scripts
	testscript.Run(t, p)
}

// scripts is where the transcripts are.
var scripts = filepath.Join("testdata", "script")

// params are how a script runs.
func params() testscript.Params {
	return testscript.Params{
		Setup:              setUp,
		RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"prints":    func(ts *testscript.TestScript, neg bool, args []string) { golden(ts, neg, args, "stdout") },
			"complains": func(ts *testscript.TestScript, neg bool, args []string) { golden(ts, neg, args, "stderr") },
			"session":   session,
			"types":     types,
			"term":      term,
			"hangup":    hangup,
			"daemon":    daemonCommand,
			"elapse":    elapse,
			"waitlog":   waitLog,
			"waitfor":   waitFor,
			"count":     count,
			"sink":      sink,
			"listens":   listens,
			"rsyslogd":  rsyslogd,
			"send":      send,
		},
	}
}

// script is what the commands of one script share.
type script struct {
	source  string // the txtar file
	work    string
	ports   map[string]string // name by number
	goldens map[string]string // contents of files to rewrite
	daemon  *process
	ttys    map[string]*tty
	ends    []func() // what to stop, last first
}

type scriptKey struct{}

func of(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

// setUp gives a script its ports and directories and writes them into its files.
func setUp(e *testscript.Env) error {
	s := &script{work: e.WorkDir, ports: map[string]string{}, goldens: map[string]string{}, ttys: map[string]*tty{}}
	s.source = filepath.Join(scripts, strings.TrimPrefix(filepath.Base(e.WorkDir), "script-")+".txtar")
	e.Values[scriptKey{}] = s
	vars := map[string]string{
		"LOGGIA_STATE": filepath.Join(e.WorkDir, "state"),
		"SOCK":         filepath.Join(e.WorkDir, "log.sock"),
		"HOME":         e.WorkDir,
		"TERM":         "vt100",
	}
	for _, name := range []string{"UDP", "TCP", "PORT1", "PORT2", "PORT3", "PORT4"} {
		// Of as many digits as its name has characters, so that columns stay.
		port, err := freePort(len("$" + name))
		if err != nil {
			return err
		}
		vars[name] = port
		s.ports[port] = name
	}
	for name, value := range vars {
		e.Setenv(name, value)
	}
	// The race detector lets every process sleep for a second at its end.
	e.Setenv("GORACE", strings.TrimSpace(e.Getenv("GORACE")+" atexit_sleep_ms=0"))
	e.Setenv("PATH", e.Getenv("PATH")+":/usr/sbin:/sbin") // rsyslogd, for a user without them
	e.Defer(s.end)
	return s.expand(e.WorkDir, vars)
}

var variable = regexp.MustCompile(`\$(UDP|TCP|PORT[1-4]|SOCK|WORK)\b`)

// expand puts the values of the variables into the files of the script.
func (s *script) expand(dir string, vars map[string]string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, variable.ReplaceAllFunc(text, func(v []byte) []byte {
			if string(v) == "$WORK" {
				return []byte(s.work)
			}
			return []byte(vars[string(v[1:])])
		}), 0o666)
	})
}

// end stops what the script started, and rewrites its goldens.
func (s *script) end() {
	for i := len(s.ends) - 1; i >= 0; i-- {
		s.ends[i]()
	}
	killAllIn(s.work)
	if len(s.goldens) > 0 {
		if err := s.rewrite(); err != nil {
			panic(err)
		}
	}
}

var givenPorts = struct {
	mu sync.Mutex // guards taken
	// taken are the ports that a script of this process has.
	taken map[int]bool
}{taken: map[int]bool{}}

// freePort returns a port of so many digits, at most five, that is free for UDP
// and TCP. It lies below those that the kernel gives to outgoing connections, so
// nobody gets it meanwhile.
func freePort(digits int) (string, error) {
	from, to := 10001, 32768
	if digits < 5 {
		from, to = 2001, 10000
	} else if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if n, err := strconv.Atoi(strings.Fields(string(text))[0]); err == nil && n > 12000 {
			to = n
		}
	}
	givenPorts.mu.Lock()
	defer givenPorts.mu.Unlock()
	for range 1000 {
		port := from + rand.IntN(to-from)
		if givenPorts.taken[port] {
			continue
		}
		address := ":" + strconv.Itoa(port)
		u, err := net.ListenPacket("udp", address)
		if err != nil {
			continue
		}
		t, err := net.Listen("tcp", address)
		u.Close()
		if err != nil {
			continue
		}
		t.Close()
		givenPorts.taken[port] = true
		return address[1:], nil
	}
	return "", fmt.Errorf("no free port between %d and %d", from, to)
}
