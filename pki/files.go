package pki

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Kind tells certificates of this machine from those of authorities.
type Kind uint8

// The kinds.
const (
	Local     Kind = iota // with a private key, `local-certificate`
	Authority             // without, `ca-certificate`
)

// String returns the name of the kind's directory.
func (k Kind) String() string { return [...]string{"local", "ca"}[k] }

// id names a certificate through all its versions.
type id struct {
	kind Kind
	name string
}

func (i id) dir() string { return i.kind.String() + "/" + i.name }

func (i id) file(version int, suffix string) string {
	return i.dir() + "/" + strconv.Itoa(version) + suffix
}

func (i id) newKey() string { return i.dir() + "/new.key" }

const (
	dirMode  = 0o700
	fileMode = 0o600

	// maxFile bounds a file of certificates or a key, in bytes.
	maxFile = 64 << 10

	// maxName bounds the name of a certificate, as the schema does.
	maxName = 63

	// maxNames bounds how many names there may be of a kind.
	maxNames = 1000
)

// checkName accepts what may be the name of a directory and of a statement.
func checkName(name string) error {
	ok := name != "" && len(name) <= maxName && name[0] != '.'
	for _, c := range []byte(name) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.')
	}
	if !ok {
		return fmt.Errorf("%q: a name has 1 to %d letters, digits, dots, dashes or underscores and begins with no dot", name, maxName)
	}
	return nil
}

// disk is the directory of the store.
type disk struct{ root *os.Root }

func openDisk(dir string) (*disk, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	d := &disk{root}
	for _, k := range []Kind{Local, Authority} {
		if err := root.MkdirAll(k.String(), dirMode); err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	return d, nil
}

// write makes a file appear under its name, complete and durable.
func (d *disk) write(name string, data []byte) error {
	dir := filepath.Dir(name)
	if err := d.root.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	temporary := name + ".tmp"
	f, err := d.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = d.root.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, d.remove(temporary))
	}
	return errors.Join(d.sync(dir), d.sync(filepath.Dir(dir)))
}

func (d *disk) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// read returns a file of at most maxFile bytes.
func (d *disk) read(name string) ([]byte, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("larger than %d bytes", maxFile)
	}
	return data, err
}

// remove removes a file that may be gone already.
func (d *disk) remove(name string) error {
	if err := d.root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// names returns what is in a directory, "." for the top, by name.
func (d *disk) names(dir string) ([]string, error) {
	f, err := d.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// versions returns the versions of i that are complete, in order.
func (d *disk) versions(i id) ([]int, error) {
	names, err := d.names(i.dir())
	if err != nil {
		return nil, err
	}
	var all []int
	for _, name := range names {
		stem, ok := strings.CutSuffix(name, ".crt")
		if n, err := strconv.Atoi(stem); ok && err == nil && n > 0 {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

// forcePrefix begins the name of a file that says what is in force.
const forcePrefix = "in-force."

// forces returns the revisions of which there is such a file, in order.
func (d *disk) forces() ([]uint64, error) {
	names, err := d.names(".")
	if err != nil {
		return nil, err
	}
	var all []uint64
	for _, name := range names {
		text, ok := strings.CutPrefix(name, forcePrefix)
		if n, err := strconv.ParseUint(text, 10, 64); ok && err == nil {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

func forceName(revision uint64) string { return forcePrefix + strconv.FormatUint(revision, 10) }

// maxForce bounds a file that says what is in force, in bytes.
const maxForce = 2 * maxNames * (maxName + 32)

// readForce returns the versions in force by name.
func (d *disk) readForce(revision uint64) (map[id]int, error) {
	name := forceName(revision)
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxForce))
	if err != nil {
		return nil, err
	}
	all := make(map[id]int)
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] != Local.String() && f[0] != Authority.String() {
			return nil, fmt.Errorf("%s: %q says nothing about a certificate", name, line)
		}
		n, err := strconv.Atoi(f[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %q names no version", name, line)
		}
		i := id{Local, f[1]}
		if f[0] == Authority.String() {
			i.kind = Authority
		}
		all[i] = n
	}
	return all, nil
}

func (d *disk) writeForce(revision uint64, all map[id]int) error {
	var lines []string
	for i, n := range all {
		lines = append(lines, fmt.Sprintf("%s %s %d\n", i.kind, i.name, n))
	}
	slices.SortFunc(lines, cmp.Compare[string])
	return d.write(forceName(revision), []byte(strings.Join(lines, "")))
}
