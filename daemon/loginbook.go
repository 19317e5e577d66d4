package daemon

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"loggia/audit/event"
	"loggia/op"
)

// loginBook keeps who logged in, what wtmp and lastlog are elsewhere: for
// `show log user` and for the line of the last login. It is a convenience beside the
// audit trail, which has all of it too, and is bounded.
//
// STATE/logins has lines of JSON: one for each login, and one for its logout, which
// names the login by its time. A login without logout is of a session that is open,
// when this run of the program wrote it, and else of one that ended with the program.
type loginBook struct {
	// Built once.
	file  string
	run   int64 // of the program: when it began, in ns
	now   func() time.Time
	alarm func(error) // told when nothing can be kept, and with nil when it can

	mu   sync.Mutex // makes each change of the file one step, and guards what follows
	last int64      // time of the last login
}

// bookLine is a line of the file.
type bookLine struct {
	Login    int64  `json:"login"`            // ns since 1970; no two are the same
	Logout   int64  `json:"logout,omitempty"` // ns since 1970
	Run      int64  `json:"run,omitempty"`
	User     string `json:"user,omitempty"` // empty in the line of a logout
	TTY      string `json:"tty,omitempty"`
	From     string `json:"from,omitempty"`
	PID      int    `json:"pid,omitempty"`
	Terminal bool   `json:"terminal,omitempty"` // a person's, not a program's
}

// maxBook bounds the file, in bytes; half of it is kept when it is full.
const maxBook = 1 << 20

// enter notes a login. The session calls what it returns at its end.
func (b *loginBook) enter(by event.Subject, terminal bool) (leave func()) {
	from, _, _ := strings.Cut(by.Remote, " ")
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = max(b.now().UnixNano(), b.last+1)
	in := bookLine{Login: b.last, Run: b.run, User: by.User, TTY: by.TTY, From: from, PID: by.PID, Terminal: terminal}
	b.alarm(b.write(in))
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.alarm(b.write(bookLine{Login: in.Login, Logout: max(b.now().UnixNano(), in.Login)}))
	}
}

// write appends a line. The lock is held.
func (b *loginBook) write(l bookLine) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(b.file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.Write(append(text, '\n'))
	}
	if err = errors.Join(err, f.Close()); err != nil || info.Size() < maxBook {
		return err
	}
	return b.shorten()
}

// read returns the logins with their logouts, oldest first. A line that is none, as a
// power cut leaves one, is passed over. The lock is held.
func (b *loginBook) read() ([]bookLine, error) {
	text, err := os.ReadFile(b.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []bookLine
	at := map[int64]int{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxBook)
	for lines.Scan() {
		var l bookLine
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue
		}
		i, known := at[l.Login]
		switch {
		case known:
			list[i].Logout = l.Logout
		case l.User != "":
			at[l.Login] = len(list)
			list = append(list, l)
		}
	}
	return list, lines.Err()
}

// shorten keeps the newest half, and besides what says when somebody was there last. The
// lock is held.
func (b *loginBook) shorten() error {
	list, err := b.read()
	if err != nil {
		return err
	}
	last := map[string]int64{}
	for _, l := range list {
		if l.Terminal {
			last[l.User] = l.Login
		}
	}
	var kept [][]byte
	size := 0
	for _, l := range slices.Backward(list) {
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		open := l.Logout == 0 && l.Run == b.run
		if size > maxBook/2 && last[l.User] != l.Login && !open || size > maxBook*3/4 {
			continue
		}
		kept, size = append(kept, append(text, '\n')), size+len(text)+1
	}
	slices.Reverse(kept)
	return replaceFile(b.file, bytes.Join(kept, nil), 0o600)
}

// history returns the logins, newest first.
func (b *loginBook) history() ([]op.Login, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, err := b.read()
	var out []op.Login
	for _, l := range slices.Backward(list) {
		one := op.Login{User: l.User, TTY: l.TTY, From: l.From, PID: l.PID, Since: time.Unix(0, l.Login), Open: l.Logout == 0 && l.Run == b.run}
		if l.Logout != 0 {
			one.Until = time.Unix(0, l.Logout)
		}
		out = append(out, one)
	}
	return out, err
}

// greeting says when and from where somebody came last, as OpenSSH and login(1) do; it is
// empty for who was never there.
func (b *loginBook) greeting(user string, zone *time.Location) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, err := b.read()
	for _, l := range slices.Backward(list) {
		if l.User != user || !l.Terminal {
			continue
		}
		text := "Last login: " + time.Unix(0, l.Login).In(zone).Format(time.ANSIC)
		switch {
		case l.From != "":
			text += " from " + l.From
		case l.TTY != "":
			text += " on " + l.TTY
		}
		return text + "\n", err
	}
	return "", err
}

// bookPlace is the place of the book's alarm.
const bookPlace = "note of logins"

// openBook makes the book of the daemon.
func (d *Daemon) openBook() {
	d.book = &loginBook{file: d.state.path("logins"), run: d.started.UnixNano(), now: time.Now, alarm: func(err error) { d.fault(bookPlace, err) }}
}

// welcome tells who logged in when that was the last time, and what is announced.
func (d *Daemon) welcome(user string, w io.Writer) {
	text, err := d.book.greeting(user, d.system.Load().zone)
	if err != nil {
		d.fault(bookPlace, err)
	}
	// A terminal that is gone shows when the session reads.
	_, _ = io.WriteString(w, strings.ReplaceAll(text, "\n", "\r\n"))
	d.greet(w)
}
