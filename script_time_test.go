package loggia

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// elapse lets time go by for what is pending, while no daemon runs: its file is
// written as if it had been asked for so much earlier (configtree/store, pending).
func elapse(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || of(ts).daemon != nil {
		ts.Fatalf("usage, while no daemon runs: elapse DURATION")
	}
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	name := filepath.Join(ts.Getenv("LOGGIA_STATE"), "config", "pending")
	data, err := os.ReadFile(name)
	ts.Check(err)
	_, payload, framed := bytes.Cut(data, []byte("\n"))
	payload, whole := bytes.CutSuffix(payload, []byte("\n"))
	if !framed || !whole {
		ts.Fatalf("%s: %q is no frame", name, data)
	}
	earlier, err := earlier(payload, d)
	ts.Check(err)
	sum := crc32.Checksum(earlier, crc32.MakeTable(crc32.Castagnoli))
	ts.Check(os.WriteFile(name, fmt.Appendf(nil, "%d %08x\n%s\n", len(earlier), sum, earlier), 0o600))
}

// earlier moves the clocks in the payload of pending back by d.
func earlier(payload []byte, d time.Duration) ([]byte, error) {
	moved := 0
	lines := bytes.Split(payload, []byte("\n"))
	for i, line := range lines {
		word, value, _ := bytes.Cut(line, []byte(" "))
		switch string(word) {
		case "boot":
			n, err := strconv.ParseInt(string(value), 10, 64)
			if err != nil {
				return nil, err
			}
			lines[i] = fmt.Appendf(nil, "boot %d", n-int64(d))
			moved++
		case "due", "asked":
			t, err := time.Parse(time.RFC3339Nano, string(value))
			if err != nil {
				return nil, err
			}
			lines[i] = fmt.Appendf(nil, "%s %s", word, t.Add(-d).Format(time.RFC3339Nano))
			moved++
		}
	}
	if moved != 3 {
		return nil, fmt.Errorf("%q names %d clocks instead of 3", payload, moved)
	}
	return bytes.Join(lines, []byte("\n")), nil
}
