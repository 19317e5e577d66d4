package daemon

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"loggia/syslogd"
	"loggia/syslogd/logfile"
	"loggia/syslogd/sink"
)

// packed reports whether a name is that of an archive, which is shown unpacked.
func packed(name string) bool { return strings.HasSuffix(name, ".gz") }

// unpacked yields the lines of one archive, which are valid until the next one.
func (l logs) unpacked(ctx context.Context, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		err := l.unpack(ctx, name, func(line []byte) bool { return yield(line, nil) })
		if err != nil {
			yield(nil, err)
		}
	}
}

func (l logs) unpack(ctx context.Context, name string, yield func([]byte) bool) error {
	dir, file := "", name
	if sender, of, ok := syslogd.SenderFile(name); ok {
		dir, file = filepath.Join(sink.PerHostDir, sender), of
	}
	root, err := os.OpenRoot(l.d.state.path("log", dir))
	if err != nil {
		return err
	}
	f, err := root.Open(file)
	if err = errors.Join(err, root.Close()); err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(make([]byte, 64<<10), logfile.MaxLine)
	for lines.Scan() && ctx.Err() == nil {
		if !yield(lines.Bytes()) {
			return nil
		}
	}
	return errors.Join(ctx.Err(), lines.Err())
}

// lastUnpacked yields the last n lines of an archive.
func (l logs) lastUnpacked(ctx context.Context, name string, n int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		ring, count := make([][]byte, 0, min(max(n, 0), 1<<20)), 0
		err := l.unpack(ctx, name, func(line []byte) bool {
			switch {
			case cap(ring) == 0:
			case len(ring) < cap(ring):
				ring = append(ring, append([]byte{}, line...))
			default:
				ring[count%cap(ring)] = append(ring[count%cap(ring)][:0], line...)
			}
			count++
			return true
		})
		for i := range ring {
			if !yield(ring[(count-len(ring)+i)%len(ring)], nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}
