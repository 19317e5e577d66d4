package wire

import (
	"bytes"
	"testing"
)

// behindSixthBlank is SDOffset without its shortcut.
func behindSixthBlank(line []byte) int {
	i := bytes.IndexByte(line, '>')
	if i < 0 {
		return -1
	}
	for blanks := 0; blanks < 6; {
		if i++; i >= len(line) {
			return -1
		}
		if line[i] == ' ' {
			blanks++
		}
	}
	if i++; i == len(line) || line[i] != '-' && line[i] != '[' {
		return -1
	}
	return i
}

func FuzzSDOffset(f *testing.F) {
	for _, line := range []string{
		"", ">", "<13>1 - - - - - -", "<13>1 - - - - - [a b=\"c\"] text", "<13>1 2026-11-22T14:15:16.123Z host.example.net app 4711 ID47 - text and more",
		"<13>1 2026-11-22T14:15:16.123Z host.example.net app 4711 ID47 [x]", "<13>      -", "<13>      ", "<13>1 \xa0 \x1f! \x00 \xe0 [", "no mark - - - - - - -",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if got, want := SDOffset(line), behindSixthBlank(line); got != want {
			t.Errorf("%q: %d, want %d", line, got, want)
		}
	})
}
