package loggia

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"loggia/cli/terminal"
)

// tty is a session on a terminal: the program on the one side of a pty, and on
// the other a screen that shows what a person would see.
type tty struct {
	*process
	master *os.File
	screen *terminal.Memory
	news   chan struct{} // something was shown
	drawn  chan struct{} // closed when nothing more will be
	seen   int           // rows that earlier transcripts had
}

// openTTY starts the shell on a terminal of the given size; where $VIA is set, by
// that command, such as ssh.
func openTTY(ts *testscript.TestScript, cols, rows int) (*tty, error) {
	path, err := exec.LookPath("loggia")
	if err != nil {
		return nil, err
	}
	s := of(ts)
	shell := exec.Command(path)
	if via := ts.Getenv("VIA"); via != "" {
		shell = exec.Command("sh", "-c", "exec "+via)
	}
	t := &tty{
		process: &process{cmd: shell, ended: make(chan struct{})},
		screen:  terminal.NewMemory(cols, rows),
		news:    make(chan struct{}, 1), drawn: make(chan struct{}),
	}
	t.cmd.Dir, t.cmd.Env = s.work, environment(ts)
	if err := t.start(cols, rows); err != nil {
		return nil, err
	}
	go func() { t.err = t.cmd.Wait(); close(t.ended) }()
	go t.draw()
	s.ends = append(s.ends, func() { t.kill(); t.master.Close(); <-t.drawn })
	return t, nil
}

// start starts the program with the other side of the pty as its terminal.
func (t *tty) start(cols, rows int) error {
	master, slave, err := pty.Open()
	if err != nil {
		return err
	}
	defer slave.Close()
	defer master.Close()
	if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		return err
	}
	// pty leaves the master blocking, and so unable to close under a Read.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	t.master = os.NewFile(uintptr(fd), "pty")
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = slave, slave, slave
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return t.cmd.Start()
}

// draw shows what the program writes.
func (t *tty) draw() {
	defer close(t.drawn)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.master.Read(buf)
		if _, werr := t.screen.Write(buf[:n]); err != nil || werr != nil {
			return
		}
		select {
		case t.news <- struct{}{}:
		default: // whoever waits will look anyway
		}
	}
}

// until waits until the screen is as ready says. A program that has ended has
// shown everything: ready is asked a last time.
func (t *tty) until(ready func() bool) error {
	limit := time.After(patience)
	for !ready() {
		select {
		case <-t.news:
		case <-t.drawn:
			if !ready() {
				return errEnded
			}
			return nil
		case <-limit:
			return fmt.Errorf("not within %v", patience)
		}
	}
	return nil
}

var errEnded = errors.New("the session has ended")

// text returns the rows from row on, and the row with the cursor and what
// stands before it.
func (t *tty) rows() []string { return strings.Split(t.screen.Text(), "\n") }

var (
	promptExpr   = regexp.MustCompile(`^[^\s@]+@\S+[>#] `)
	questionExpr = regexp.MustCompile(`^.*\[yes,no\] \((?:yes|no)\) `)
)

// prompt splits a row into its prompt, or question, and what is typed behind it.
func prompt(row string) (before, typed string, ok bool) {
	for _, expr := range []*regexp.Regexp{promptExpr, questionExpr} {
		if p := expr.FindString(row + " "); p != "" {
			return p, strings.TrimPrefix(row+" ", p)[:max(0, len(row)-len(p))], true
		}
	}
	return "", "", false
}

// awaitPrompt waits for a prompt, or a question, in a row behind those seen,
// with typed behind it and the cursor at its end. It returns the row's index.
func (t *tty) awaitPrompt(typed string) (int, error) {
	row := 0
	err := t.until(func() bool {
		x, y := t.screen.Cursor()
		rows := t.rows()
		if y < t.seen || y >= len(rows) {
			return false
		}
		before, now, ok := prompt(rows[y])
		row = y
		return ok && now == strings.TrimRight(typed, " ") && x == len(before)+len(typed)
	})
	return row, err
}

// ttyOf returns the session that -as names, and the remaining arguments. A
// new one gets a screen of the given size.
func ttyOf(ts *testscript.TestScript, args []string, cols, rows int) (*tty, []string) {
	s, name := of(ts), ""
	if len(args) > 1 && args[0] == "-as" {
		name, args = args[1], args[2:]
	}
	t := s.ttys[name]
	if t == nil {
		var err error
		t, err = openTTY(ts, cols, rows)
		ts.Check(err)
		s.ttys[name] = t
	}
	return t, args
}

// The screen of a session holds a whole transcript; that of term is a usual one.
const (
	sessionCols, sessionRows = 320, 400
	termCols, termRows       = 80, 24
)

const (
	typeText   = "[Type ^D at a new line to end input]"
	endOfInput = "^D"
)

// session types the lines of a transcript that have a prompt, and compares
// what the terminal shows with the others. A line that ends with ? is not
// followed by Enter; lines behind the invitation to type text go as they are, up to ^D.
func session(ts *testscript.TestScript, neg bool, args []string) {
	t, args := ttyOf(ts, args, sessionCols, sessionRows)
	if neg || len(args) != 1 {
		ts.Fatalf("usage: session [-as NAME] FILE")
	}
	s := of(ts)
	var out strings.Builder
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	pending := ""
	for i := 0; i < len(lines); i++ {
		if lines[i] == typeText {
			i = t.typeText(ts, lines, i+1)
			continue
		}
		if _, _, ok := prompt(lines[i]); !ok {
			continue
		}
		row, err := t.awaitPrompt(pending)
		if err != nil {
			ts.Fatalf("waiting to type %q: %v\n%s", lines[i], err, t.screen.Text())
		}
		pending = t.typeLine(ts, lines[i], pending, row, &out)
	}
	row, err := t.awaitPrompt(pending)
	if errors.Is(err, errEnded) {
		<-t.ended
		delete(s.ttys, nameOf(s, t))
		row, err = len(t.rows()), nil
	}
	if err != nil {
		ts.Fatalf("at the end: %v\n%s", err, t.screen.Text())
	}
	for rows := t.rows(); row > t.seen && row <= len(rows) && banner.MatchString(rows[row-1]); {
		row-- // the banner belongs to the prompt, which the next transcript shows
	}
	t.take(s, row, &out)
	s.compare(ts, args[0], out.String(), s.normalize(ts.ReadFile(args[0])))
}

// banner matches what stands above the prompt of configuration mode.
var banner = regexp.MustCompile(`^\[edit|^# commit confirmed will be rolled back`)

func nameOf(s *script, t *tty) string {
	for name, other := range s.ttys {
		if other == t {
			return name
		}
	}
	return ""
}

// take appends the rows up to row, as they are compared, to the transcript.
func (t *tty) take(s *script, row int, out *strings.Builder) {
	rows := t.rows()
	for i := t.seen; i < min(row, len(rows)); i++ {
		out.WriteString(s.normalize(t.aligned(s, rows, i)) + "\n")
	}
	t.seen = row
}

// aligned is row i, with a caret moved to where it stands under the prompt
// that the transcript shows.
func (t *tty) aligned(s *script, rows []string, i int) string {
	if strings.TrimLeft(rows[i], " ") != "^" || i == 0 {
		return rows[i]
	}
	before, _, ok := prompt(rows[i-1])
	if !ok {
		return rows[i]
	}
	return strings.Repeat(" ", max(0, len(rows[i])-1+len(s.normalize(before+"."))-len(before)-1)) + "^"
}

// typeLine types a line of the transcript behind the prompt in row, where its
// beginning stands already. It returns what stays typed behind the next prompt.
func (t *tty) typeLine(ts *testscript.TestScript, line, already string, row int, out *strings.Builder) string {
	s := of(ts)
	t.take(s, row, out)
	before, _, _ := prompt(t.rows()[row])
	expected, typed, _ := prompt(line)
	if shown := strings.TrimSuffix(s.normalize(before+"."), "."); shown != expected {
		ts.Fatalf("the transcript goes on with %q, the terminal with %q:\n%s", line, shown, t.screen.Text())
	}
	out.WriteString(expected + s.normalize(typed) + "\n")
	rest, ok := strings.CutPrefix(typed, already)
	if !ok {
		ts.Fatalf("the transcript goes on with %q, but %q is typed already", line, already)
	}
	t.seen = row + 1
	if help, ok := strings.CutSuffix(rest, "?"); ok {
		t.keys(ts, help+"?")
		return strings.TrimSuffix(typed, "?")
	}
	t.keys(ts, rest+"\r")
	return ""
}

// refused is what the shell says of a line that does not work.
var refused = regexp.MustCompile(`(?m)^(error: .*|unknown command.*|syntax error.*|missing argument.*|.* is ambiguous.*)$`)

// types types each line of a file behind the prompt, and has the shell refuse none.
func types(ts *testscript.TestScript, neg bool, args []string) {
	t, args := ttyOf(ts, args, sessionCols, sessionRows)
	if neg || len(args) != 1 {
		ts.Fatalf("usage: types [-as NAME] FILE")
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		row, err := t.awaitPrompt("")
		if err != nil {
			ts.Fatalf("waiting to type %q: %v\n%s", line, err, t.screen.Text())
		}
		t.seen = row + 1
		t.keys(ts, strings.TrimSuffix(line, "\n")+"\r")
	}
	if _, err := t.awaitPrompt(""); err != nil {
		ts.Fatalf("at the end: %v\n%s", err, t.screen.Text())
	}
	if text := refused.FindString(t.screen.Text()); text != "" {
		ts.Fatalf("%s:\n%s", text, t.screen.Text())
	}
}

// typeText types lines[from:], up to the one that begins with ^D, whose index
// it returns: what follows ^D is output.
func (t *tty) typeText(ts *testscript.TestScript, lines []string, from int) int {
	invited := func() bool {
		_, y := t.screen.Cursor()
		rows := t.rows()
		return y > 0 && y-1 < len(rows) && rows[y-1] == typeText
	}
	if err := t.until(invited); err != nil {
		ts.Fatalf("waiting for %s: %v\n%s", typeText, err, t.screen.Text())
	}
	i := from
	for ; i < len(lines) && !strings.HasPrefix(lines[i], endOfInput); i++ {
		t.keys(ts, lines[i]+"\r")
	}
	t.keys(ts, "\x04")
	return i
}

func (t *tty) keys(ts *testscript.TestScript, keys string) {
	if _, err := t.master.WriteString(keys); err != nil {
		ts.Fatalf("typing %q: %v", keys, err)
	}
}

// term types keys and waits for what they bring about. Its lines are `> text`,
// typed with Enter; `>> keys`, with Go escapes and without Enter; `< regexp`,
// something that the screen shows at last.
func term(ts *testscript.TestScript, neg bool, args []string) {
	t, args := ttyOf(ts, args, termCols, termRows)
	if neg || len(args) != 1 {
		ts.Fatalf("usage: term [-as NAME] FILE")
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		line = strings.TrimSuffix(line, "\n")
		sign, rest, _ := strings.Cut(line, " ")
		switch sign {
		case ">":
			t.keys(ts, rest+"\r")
		case ">>":
			keys, err := strconv.Unquote(`"` + strings.ReplaceAll(rest, `"`, `\"`) + `"`)
			ts.Check(err)
			t.keys(ts, keys)
		case "<":
			expr, err := regexp.Compile("(?m)" + rest)
			ts.Check(err)
			shown := func() bool { return expr.MatchString(of(ts).normalize(t.screen.Screen())) }
			if err := t.until(shown); err != nil {
				ts.Fatalf("no %s on the screen: %v\n%s", rest, err, t.screen.Screen())
			}
		case "", "#":
		default:
			ts.Fatalf("%s: %q is neither > nor >> nor <", args[0], line)
		}
	}
}

// hangup takes the terminal of a session away, and waits for the program's end;
// `! hangup` does not: others are attached to it.
func hangup(ts *testscript.TestScript, neg bool, args []string) {
	t, args := ttyOf(ts, args, termCols, termRows)
	if len(args) != 0 {
		ts.Fatalf("usage: [!] hangup [-as NAME]")
	}
	s := of(ts)
	delete(s.ttys, nameOf(s, t))
	ts.Check(t.master.Close())
	if neg {
		return
	}
	select {
	case <-t.ended:
	case <-time.After(patience):
		ts.Fatalf("runs on %v after its terminal went away", patience)
	}
}
