package op

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// fileSystem is a row of `show system storage`, in bytes.
type fileSystem struct {
	device, at              string
	size, used, free, taken uint64 // taken is in percent of what users can have
}

// storage is the answer of `show system storage`: the file systems on disks, and
// what the logs do with theirs.
type storage struct {
	disks []fileSystem
	logs  *Storage
}

func showStorage(_ context.Context, env *Env, _ Args) (Result, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	var out storage
	seen := map[string]bool{}
	for line := range strings.Lines(string(mounts)) {
		f := strings.Fields(line)
		if len(f) < 2 || !strings.HasPrefix(f[0], "/") || seen[f[0]] {
			continue
		}
		var s unix.Statfs_t
		if unix.Statfs(f[1], &s) != nil || s.Blocks == 0 {
			continue // not ours to look at
		}
		seen[f[0]] = true
		out.disks = append(out.disks, newFileSystem(f[0], f[1], s))
	}
	var s unix.Statfs_t
	if err := unix.Statfs(env.StateDir, &s); err != nil {
		return nil, err
	}
	out.disks = append(out.disks, newFileSystem("(logs)", "/var/log", s))
	if env.Storage != nil {
		logs := env.Storage()
		out.logs = &logs
	}
	return out, nil
}

func newFileSystem(device, at string, s unix.Statfs_t) fileSystem {
	block := uint64(s.Bsize)
	used := s.Blocks - s.Bfree
	percent := uint64(0)
	if total := used + s.Bavail; total > 0 {
		percent = (used*100 + total - 1) / total
	}
	return fileSystem{device, at, s.Blocks * block, used * block, s.Bavail * block, percent}
}

// storageRow is the layout of a row up to the place it is mounted on.
const storageRow = "%-20s %7s %10s %10s %9s  "

// WriteText implements Result.
func (s storage) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		fmt.Fprintf(b, storageRow+" Mounted on\n", "Filesystem", "Size", "Used", "Avail", "Capacity")
		for _, f := range s.disks {
			fmt.Fprintf(b, storageRow+"%s\n", f.device, human(f.size), human(f.used), human(f.free), fmt.Sprintf("%d%%", f.taken), f.at)
		}
		if s.logs != nil {
			s.logs.text(b)
		}
	})
}

// Element implements Result. Blocks have 512 bytes, as Junos counts them.
func (s storage) Element() Element {
	const block = 512
	e := Element{Name: "system-storage-information"}
	for _, f := range s.disks {
		e.Children = append(e.Children, Group("filesystem", Leaf("filesystem-name", f.device), amount("total-blocks", f.size/block, human(f.size)),
			amount("used-blocks", f.used/block, human(f.used)), amount("available-blocks", f.free/block, human(f.free)),
			count("used-percent", f.taken), Leaf("mounted-on", f.at)))
	}
	if s.logs != nil {
		e.Children = append(e.Children, s.logs.element())
	}
	return e
}

// human shows a size as df -h does.
func human(n uint64) string {
	const units = "BKMGTPE"
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	if v >= 10 || i == 0 {
		return fmt.Sprintf("%.0f%c", v, units[i])
	}
	return fmt.Sprintf("%.1f%c", v, units[i])
}
