package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/gzip"
)

// compressedName returns the file name of a compressed revision, below the
// commit folder.
func compressedName(n uint64) string { return revisionName(n) + ".gz" }

// exists reports whether there is such a file.
func (d *disk) exists(name string) bool {
	_, err := d.root.Lstat(name)
	return err == nil
}

// compress compresses the revisions that are not among the newest: the one in force and
// those that are to be kept at hand.
func (s *Store) compress() error {
	history, err := s.History()
	if err != nil {
		return err
	}
	for i := 1 + plainKept(s.Running().Effective); i < len(history); i++ {
		select {
		case <-s.closed:
			return nil
		default:
		}
		n := history[i].Revision
		if !s.disk.exists(commitDir + "/" + revisionName(n)) {
			continue
		}
		if err := s.disk.compressRevision(n); err != nil {
			return err
		}
	}
	return nil
}

// compressRevision replaces a revision by its compressed form: one of the two
// is there at any moment. A damaged one is left for inspection.
func (d *disk) compressRevision(n uint64) error {
	name := commitDir + "/" + revisionName(n)
	data, err := d.readFile(name, maxRevision)
	if err != nil {
		return err
	}
	if _, _, err := verify(data); err != nil {
		return nil // who asks for it is told
	}
	err = d.replace(commitDir, compressedName(n), func(f *file) error {
		w, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return errors.Join(err, w.Close())
	})
	if err != nil {
		return err
	}
	return d.remove(name)
}

// expandRevision makes a compressed revision plain, so that it can be in force.
func (d *disk) expandRevision(n uint64) error {
	if d.exists(commitDir + "/" + revisionName(n)) {
		return nil
	}
	data, err := d.readText(commitDir+"/"+revisionName(n), maxRevision)
	if err != nil {
		return err
	}
	err = d.replace(commitDir, revisionName(n), func(f *file) error {
		_, err := f.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	return d.remove(commitDir + "/" + compressedName(n))
}

// readText reads a file of configuration text, or the compressed form of it
// when it is not there: at most limit bytes, and an error if there are more.
func (d *disk) readText(name string, limit int64) ([]byte, error) {
	data, err := d.readFile(name, limit)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	packed, lost := d.root.Open(name + ".gz")
	if lost != nil {
		return nil, err // that of the plain one
	}
	data, err = unpack(packed, limit)
	return data, errors.Join(err, packed.Close())
}

// unpack reads at most limit bytes from a gzip stream.
func unpack(r io.Reader, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	var data bytes.Buffer
	n, err := data.ReadFrom(io.LimitReader(z, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	case n > limit:
		return nil, fmt.Errorf("%w: more than %d bytes", errDamaged, limit)
	}
	return data.Bytes(), nil
}

// readHead reads the first bytes of a revision, plain or compressed.
func (d *disk) readHead(n uint64) ([]byte, error) {
	name := commitDir + "/" + revisionName(n)
	f, err := d.root.Open(name)
	packed := errors.Is(err, fs.ErrNotExist)
	if packed {
		if f, err = d.root.Open(name + ".gz"); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	var r io.Reader = f
	if packed {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, errors.Join(fmt.Errorf("%s.gz: %w: %w", name, errDamaged, err), f.Close())
		}
	}
	head, err := io.ReadAll(io.LimitReader(r, maxHeader))
	return head, errors.Join(err, f.Close())
}

// removeRevision removes a revision in either form.
func (d *disk) removeRevision(n uint64) error {
	for _, name := range []string{revisionName(n), compressedName(n)} {
		if name = commitDir + "/" + name; d.exists(name) {
			if err := d.remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}
