package sink

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"loggia/syslogd/wire"
)

// tty collects what is shown.
type tty struct {
	mu    sync.Mutex
	lines []string
}

func (s *tty) write(user string, line []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, user+": "+string(line))
	return nil
}

func TestTerminalsGetPrintableLines(t *testing.T) {
	shown := &tty{}
	s := NewTerminals("*", shown.write, ScreenOptions{Style: wire.Style{HostName: "host", FacilityOverride: -1}})
	s.Write(batch("plain\tä", "c1 \u009b31m", "turned \u202e round", "not utf-8 \xff\xfe", "esc \x1b[2J"))
	s.Write(same(3, "Nov 22 14:00:00 other app: again"))
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	last := shown.lines[len(shown.lines)-1]
	if !strings.HasSuffix(last, " other last message repeated 2 times") {
		t.Errorf("last %q", last)
	}
	equal(t, "lines", shown.lines[:6], []string{"*: plain\tä", "*: c1 #302#23331m", "*: turned #342#200#256 round", "*: not utf-8 #377#376", "*: esc #033[2J",
		"*: Nov 22 14:00:00 other app: again"})
	checkCounters(t, s)
}

// TestStoppedTerminal: one that accepts nothing holds up nobody, its queue is
// bounded, and own records keep their room.
func TestStoppedTerminal(t *testing.T) {
	release := make(chan struct{})
	s := NewTerminals("a", func(string, []byte) error { <-release; return nil }, ScreenOptions{})
	eventually(t, "full", func() bool {
		s.Write(batch(numbered(0, 100, 50)...))
		return s.Counters().Dropped[QueueFull] > 1000
	})
	own := batch("own")
	own.Lines[0].Self = true
	before := s.Counters()
	s.Write(own)
	if c := s.Counters(); c.Waiting != before.Waiting+1 {
		t.Error("no room for an own record")
	}
	checkCounters(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	go func() {
		time.Sleep(time.Millisecond)
		close(release)
	}()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if c := s.Counters(); c.Waiting != 0 || c.Dropped[Closed] == 0 {
		t.Errorf("counters %+v", c)
	}
	checkCounters(t, s)
}

// TestConsoleIsOpenedAgain after an error, and what failed is counted.
func TestConsoleIsOpenedAgain(t *testing.T) {
	var mu sync.Mutex
	var shown bytes.Buffer
	opened := 0
	s := NewConsole(func() (io.Writer, error) {
		mu.Lock()
		defer mu.Unlock()
		if opened++; opened == 2 {
			return nil, errors.New("no console")
		}
		return writerFunc(func(b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasPrefix(string(b), "bad") {
				return 0, io.ErrClosedPipe
			}
			return shown.Write(b)
		}), nil
	}, ScreenOptions{})
	s.Write(batch("one", "bad", "unopened", "two"))
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if shown.String() != "one\r\ntwo\r\n" || opened != 3 {
		t.Errorf("%q, opened %d times", shown.String(), opened)
	}
	if c := s.Counters(); c.Delivered != 2 || c.Dropped[Unwritable] != 2 {
		t.Errorf("counters %+v", c)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestHangingConsole: closing frees a write that hangs.
func TestHangingConsole(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	s := NewConsole(func() (io.Writer, error) { return w, nil }, ScreenOptions{})
	s.Write(batch("nobody reads this"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if c := s.Counters(); c.Accepted != 1 || c.Delivered != 0 || c.Lost() != 1 {
		t.Errorf("counters %+v", c)
	}
}

func TestUtmp(t *testing.T) {
	record := func(kind uint16, user, line string) []byte {
		b := make([]byte, 384)
		binary.NativeEndian.PutUint16(b, kind)
		copy(b[8:40], line)
		copy(b[44:76], user)
		return b
	}
	var b []byte
	for _, r := range [][]byte{record(7, "anna", "pts/0"), record(8, "gone", "pts/1"), record(7, "bert", "tty1"),
		record(7, "anna", ":0"), record(7, "anna", "../etc/passwd"), record(7, "anna", "pts/5")[:100]} {
		b = append(b, r...)
	}
	sessions := readUtmp(bytes.NewReader(b))
	equal(t, "everybody", sessionPaths(sessions, "*"), []string{"/dev/pts/0", "/dev/tty1"})
	equal(t, "anna", sessionPaths(sessions, "anna"), []string{"/dev/pts/0"})
	equal(t, "nobody", sessionPaths(sessions, "nobody"), nil)
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"\tplain äöü 日本 \u2800 e\u0301": "\tplain äöü 日本 \u2800 e\u0301",
		"\u3164":                        "#343#205#244", // Hangul fillers: letters that show nothing
		"a\u115f\u1160\uffa0b":          "a#341#205#237#341#205#240#357#276#240b",
		"\u180e\u180b":                  "#341#240#216#341#240#213", // Mongolian separator, selector
		"\U000e0041\U000e0100":          "#363#240#201#201#363#240#204#200",
		"\u034f\u17b4\ufe0f":            "#315#217#341#236#264#357#270#217",
		"\u200b\u2060\u2065\ufff0":      "#342#200#213#342#201#240#342#201#245#357#277#260",
		"\u2028\u0085\xff\ufffd":        "#342#200#250#302#205#377\ufffd",
	} {
		if got := string(printable(nil, []byte(text))); got != want {
			t.Errorf("%+q: %+q, want %+q", text, got, want)
		}
	}
}

// FuzzPrintable: nothing that a terminal obeys comes through.
func FuzzPrintable(f *testing.F) {
	f.Add([]byte("a\x1b[0m\u009b\u202eä\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, r := range string(printable(nil, text)) {
			if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x3164 || r>>12 == 0xe0 {
				t.Errorf("%q lets %U through", text, r)
			}
		}
	})
}
