package files

import (
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"
)

// Listing remembers the names in a directory, of which ? and Tab ask at every key: there may be
// ten thousand, and reading them takes longer than a finger should wait. It may be used from
// several goroutines; the zero value remembers nothing.
type Listing struct {
	mu    sync.Mutex  // guards what follows
	of    fs.FileInfo // the directory when it was read; nil when that may have been too early
	names []string
}

// settled is how old a change of a directory must be for a later one to have another time: more
// than a tick of the clock that file systems go by.
const settled = 100 * time.Millisecond

// Names returns what read says of dir, sorted; read is called when dir has changed since, or is
// another than before. The names belong to the Listing.
func (l *Listing) Names(dir *os.File, read func(dir *os.File) ([]string, error)) ([]string, error) {
	info, err := dir.Stat()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of != nil && os.SameFile(l.of, info) && l.of.ModTime().Equal(info.ModTime()) {
		return l.names, nil
	}
	began := time.Now()
	names, err := read(dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	l.of, l.names = nil, names
	if began.Sub(info.ModTime()) > settled {
		l.of = info
	}
	return names, nil
}

// Beginning returns those of the sorted names that begin with prefix.
func Beginning(names []string, prefix string) []string {
	cut := func(name, prefix string) string { return name[:min(len(name), len(prefix))] }
	from, _ := slices.BinarySearchFunc(names, prefix, func(name, prefix string) int {
		if cut(name, prefix) < prefix {
			return -1
		}
		return 1
	})
	to, _ := slices.BinarySearchFunc(names, prefix, func(name, prefix string) int {
		if cut(name, prefix) <= prefix {
			return -1
		}
		return 1
	})
	return names[from:to:to]
}
