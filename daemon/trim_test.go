package daemon

import (
	"bytes"
	"os"
	"testing"
)

func TestCodeOf(t *testing.T) {
	for _, c := range []struct {
		line       string
		from, size uintptr
		ok         bool
	}{
		{"00400000-00b14000 r-xp 00000000 fe:00 77 /usr/bin/loggia\n", 0x400000, 0x714000, true},
		{"00b14000-01256000 r--p 00714000 fe:00 77 /usr/bin/loggia\n", 0, 0, false},
		{"01256000-012c4000 rw-p 00e56000 fe:00 77 /usr/bin/loggia\n", 0, 0, false},
		{"7f0000000000-7f0000001000 r-xp 00000000 fe:00 78 /usr/lib/libc.so\n", 0, 0, false},
		{"7ffd0000-7ffd1000 r-xp 00000000 00:00 0 [vdso]\n", 0, 0, false},
		{"00b14000-00400000 r-xp 00000000 fe:00 77 /usr/bin/loggia\n", 0, 0, false},
		{"xyz r-xp 00000000 fe:00 77 /usr/bin/loggia\n", 0, 0, false},
		{"\n", 0, 0, false},
	} {
		if from, size, ok := codeOf([]byte(c.line), "/usr/bin/loggia"); from != c.from || size != c.size || ok != c.ok {
			t.Errorf("%q: %#x %#x %t, want %#x %#x %t", c.line, from, size, ok, c.from, c.size, c.ok)
		}
	}
}

// What was given back comes back: the test goes on.
func TestForgetStart(t *testing.T) {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range bytes.Lines(maps) {
		if _, _, ok := codeOf(line, program); ok {
			found++
		}
	}
	if found == 0 {
		t.Errorf("no code of %s in\n%s", program, maps)
	}
	for range 3 {
		forgetStart()
	}
}
