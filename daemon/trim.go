package daemon

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// forgetStart gives back the memory of the code that only the start has run, a
// third of all that the process holds: what is still needed of it comes back from
// the kernel's cache as it is run. Code alone is read-only for certain; other parts
// of a program's file may have been changed in memory. Where the kernel does not
// tell or does not want to, nothing is given back.
func forgetStart() {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for line := range bytes.Lines(maps) {
		if from, size, ok := codeOf(line, program); ok {
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, size, unix.MADV_DONTNEED)
		}
	}
}

// codeOf reads a line of /proc/self/maps (proc(5)): `FROM-TO r-xp OFFSET DEV INODE
// PATH`. ok tells that it is the code of program.
func codeOf(line []byte, program string) (from, size uintptr, ok bool) {
	fields := bytes.Fields(line)
	if len(fields) != 6 || string(fields[1]) != "r-xp" || string(fields[5]) != program {
		return 0, 0, false
	}
	first, last, found := bytes.Cut(fields[0], []byte{'-'})
	start, err := strconv.ParseUint(string(first), 16, 64)
	end, err2 := strconv.ParseUint(string(last), 16, 64)
	if !found || err != nil || err2 != nil || end <= start {
		return 0, 0, false
	}
	return uintptr(start), uintptr(end - start), true
}
