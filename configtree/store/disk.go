package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// DiskOp is a way in which the store changes the disk.
type DiskOp uint8

// The ways.
const (
	DiskMkdir DiskOp = iota
	DiskCreate
	DiskWrite
	DiskTruncate
	DiskSync
	DiskLink
	DiskRename
	DiskRemove
	DiskSyncDir
)

// DiskStep is one change that is about to be made to the disk. Names are
// relative to the directory of the store.
type DiskStep struct {
	Op   DiskOp
	Name string
	To   string // new name of a rename
}

// disk is every change that the store makes to its directory: the only place
// where it does. The seam lets a test fail, or end the program, before any one.
type disk struct {
	root *os.Root
	seam func(DiskStep) error // nil outside tests
}

func openDisk(dir string, seam func(DiskStep) error) (*disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	// An older or foreign hand may have made it readable; secrets lie inside.
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &disk{root: root, seam: seam}, nil
}

func (d *disk) step(op DiskOp, name, to string) error {
	if d.seam == nil {
		return nil
	}
	return d.seam(DiskStep{op, name, to})
}

// mkdir makes a directory unless it exists.
func (d *disk) mkdir(name string) error {
	if info, err := d.root.Stat(name); err == nil && info.IsDir() {
		return nil
	}
	if err := d.step(DiskMkdir, name, ""); err != nil {
		return err
	}
	return d.root.Mkdir(name, 0o700)
}

func (d *disk) rename(from, to string) error {
	if err := d.step(DiskRename, from, to); err != nil {
		return err
	}
	return d.root.Rename(from, to)
}

// remove removes a file; one that is not there is no error.
func (d *disk) remove(name string) error {
	if err := d.step(DiskRemove, name, ""); err != nil {
		return err
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes the names in a directory durable: a rename is on disk when its
// directory is.
func (d *disk) syncDir(name string) error {
	if err := d.step(DiskSyncDir, name, ""); err != nil {
		return err
	}
	dir, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// point makes the link name lead to target, at one instant and durably.
func (d *disk) point(name, target string) error {
	tmp := name + ".tmp"
	if err := d.remove(tmp); err != nil {
		return err
	}
	if err := d.step(DiskLink, tmp, ""); err != nil {
		return err
	}
	if err := d.root.Symlink(target, tmp); err != nil {
		return err
	}
	if err := d.rename(tmp, name); err != nil {
		return err
	}
	return d.syncDir(".")
}

// replace writes a file under a temporary name and renames it when its
// contents are on disk: readers find the old file or the new one, whole.
func (d *disk) replace(dir, name string, fill func(*file) error) error {
	name = join(dir, name)
	f, err := d.create(name + ".tmp")
	if err != nil {
		return err
	}
	err = fill(f)
	if err == nil {
		err = f.sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		// What is left of it is removed at the next start if not now.
		return errors.Join(err, d.remove(name+".tmp"))
	}
	if err := d.rename(name+".tmp", name); err != nil {
		return err
	}
	return d.syncDir(dir)
}

func join(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}

// file is a file open for writing.
type file struct {
	*os.File
	disk *disk
	name string
}

func (d *disk) create(name string) (*file, error) {
	return d.openFile(name, os.O_TRUNC)
}

// appendTo opens a file to write at its end.
func (d *disk) appendTo(name string) (*file, error) {
	return d.openFile(name, os.O_APPEND)
}

func (d *disk) openFile(name string, flag int) (*file, error) {
	if err := d.step(DiskCreate, name, ""); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|flag, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{f, d, name}, nil
}

// Write writes p at the end of what was written.
func (f *file) Write(p []byte) (int, error) {
	if err := f.disk.step(DiskWrite, f.name, ""); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

// patch overwrites what stands at an offset.
func (f *file) patch(p []byte, offset int64) error {
	if err := f.disk.step(DiskWrite, f.name, ""); err != nil {
		return err
	}
	_, err := f.WriteAt(p, offset)
	return err
}

func (f *file) truncate(size int64) error {
	if err := f.disk.step(DiskTruncate, f.name, ""); err != nil {
		return err
	}
	return f.Truncate(size)
}

func (f *file) sync() error {
	if err := f.disk.step(DiskSync, f.name, ""); err != nil {
		return err
	}
	return f.Sync()
}

// readFile reads a whole file of at most limit bytes.
func (d *disk) readFile(name string, limit int64) ([]byte, error) {
	info, err := d.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s: %d bytes are more than the %d that it may have", name, info.Size(), limit)
	}
	return d.root.ReadFile(name)
}

// names lists a directory.
func (d *disk) names(dir string) ([]string, error) {
	f, err := d.root.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	return names, errors.Join(err, f.Close())
}
