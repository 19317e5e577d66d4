package sink

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// A log that turns over while it is read gives every line that it had once, in
// order; where an archive is thrown away before its turn, that is said.
func TestTextOfALogThatTurnsOverMeanwhile(t *testing.T) {
	w := newWorld(t)
	f := w.open(FileOptions{Size: 2000, Files: 4})
	n := 0
	write := func(lines int) {
		for range lines {
			f.Write(batch(fmt.Sprintf("line %06d of the log", n)))
			n++
		}
	}
	write(500)
	for range 40 {
		log := w.log(f)
		text, err := log.Text()
		if err != nil {
			t.Fatal(err)
		}
		before, last := n, -1
		for _, section := range text.Sections() {
			lost, seen := false, 0
			for block, err := range section.Blocks(context.Background()) {
				if err != nil {
					if !strings.Contains(err.Error(), "thrown away") {
						t.Fatal(err)
					}
					lost = true
					continue
				}
				for line := range strings.Lines(string(block)) {
					_, rest, found := strings.Cut(line, "line ")
					if !found {
						continue // a line of the file's own
					}
					var at int
					if _, err := fmt.Sscanf(rest, "%06d", &at); err != nil {
						t.Fatalf("%q: %v", line, err)
					}
					if at <= last || seen > 0 && at != last+1 {
						t.Fatalf("line %d behind %d", at, last)
					}
					last = at
					seen++
				}
			}
			if lost == (seen > 0) {
				t.Fatalf("%d lines of a section, said to be lost: %v", seen, lost)
			}
			write(30) // sooner or later all that was there is thrown away
		}
		if last != before-1 {
			t.Fatalf("the last line is %d of %d", last, before)
		}
		if err := text.Close(); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
	w.close(f)
}
