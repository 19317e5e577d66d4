package sink

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"loggia/syslogd/wire"
)

// writerEnv makes the test binary a process that writes to a log until it is
// killed: its value is the log directory, and the index directory.
const writerEnv = "LOGGIA_TEST_WRITER"

func TestMain(m *testing.M) {
	if dirs := os.Getenv(writerEnv); dirs != "" {
		writeUntilKilled(strings.Split(dirs, ":"))
	}
	if args := os.Getenv(senderEnv); args != "" {
		sendUntilKilled(strings.Split(args, ":"))
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes numbered lines and says after each batch how far it
// has come.
func writeUntilKilled(dirs []string) {
	f, err := NewFile(FileConfig{Dir: dirs[0], IndexDir: dirs[1], Name: "messages",
		FileOptions: FileOptions{Size: 3000, Files: 1000, Style: wire.Style{HostName: "host", FacilityOverride: -1}}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	from, err := strconv.Atoi(dirs[2])
	for n := from; err == nil; n += 7 {
		f.Write(batch(numbered(n, n+7, 20)...))
		_, err = fmt.Println(n + 7)
	}
	os.Exit(1)
}

// TestKillMinusNine kills a writing process again and again. What it has
// reported as written is there, whole, in order and numbered on.
func TestKillMinusNine(t *testing.T) {
	w := newWorld(t)
	var want []string
	for round := range 6 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s:%s:%d", writerEnv, w.dir, w.idx, len(want)))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		reported := 0
		for in := bufio.NewScanner(out); in.Scan(); {
			n, err := strconv.Atoi(in.Text())
			if err != nil {
				t.Fatal(in.Text())
			}
			if reported = n; n-len(want) >= 50+round*211 {
				break
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for in := bufio.NewScanner(out); in.Scan(); { // what it still said
			if n, err := strconv.Atoi(in.Text()); err == nil {
				reported = n
			}
		}
		cmd.Wait() // it was killed: that is its error

		f := w.open(FileOptions{Size: 3000, Files: 1000})
		if p := f.Published(); p.Epoch == 0 || p.Seq < uint64(reported) {
			t.Fatalf("round %d: %+v, %d reported", round, p, reported)
		}
		got := w.text(f)
		if len(got) < reported {
			t.Fatalf("round %d: %d lines of %d reported", round, len(got), reported)
		}
		want = numbered(0, len(got), 20)
		equal(t, fmt.Sprintf("round %d", round), got, want)
		w.close(f)
	}
}
