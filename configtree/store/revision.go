package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

const (
	commitDir     = "commit"
	maxNumber     = 1 << 62  // of a revision; a higher one was not made here
	maxRevision   = 1 << 30  // bytes of a revision file
	maxHeader     = 16 << 10 // bytes of its header
	maxParseNotes = 20       // problems of one file that are told one by one
)

// Meta is what is known about a revision besides its text.
type Meta struct {
	Revision  uint64
	Parent    uint64 // the revision that it was made from; 0 for the first
	User      string // who committed it; "root" for the program itself
	Client    string // how: cli, netconf, junoscript, other
	Comment   string // of the commit, may be empty
	Log       string // what `show system commit` adds to the first line, such as "commit confirmed, rollback in 10mins"
	Time      time.Time
	Confirmed int    // minutes after which the commit was to be undone, 0 when it was plain
	Version   string // of the program that wrote it
	Hash      string // SHA-256 of the file, hexadecimal
}

// Revision is one committed configuration. It never changes.
type Revision struct {
	Number    uint64
	Tree      *configtree.Tree
	Effective *configtree.Effective
	Meta      Meta
}

var errDamaged = errors.New("damaged")

const (
	hashPrefix = "## hash sha256:"
	hashDigits = sha256.Size * 2
)

// header returns the header of a revision file with the digits of the hash as
// zeros, and where these begin.
func (m *Meta) header() (text []byte, digits int) {
	text = fmt.Appendf(nil, "## loggia-revision %d\n## parent %d\n%s", m.Revision, m.Parent, hashPrefix)
	digits = len(text)
	text = append(text, zeros()...)
	text = fmt.Appendf(text, "\n## time %s\n## user %q\n## client %q\n## comment %q\n## confirmed %d\n## version %q\n##\n",
		m.Time.UTC().Format(time.RFC3339Nano), m.User, m.Client, m.Comment, m.Confirmed, m.Version)
	return text, digits
}

// parseHeader reads the header at the start of data. digits is where those of
// the hash begin, body where the text does.
func parseHeader(data []byte) (m Meta, digits, body int, err error) {
	end := bytes.Index(data[:min(len(data), maxHeader)], []byte("\n##\n"))
	if end < 0 {
		return m, 0, 0, fmt.Errorf("%w: its header does not end", errDamaged)
	}
	body = end + len("\n##\n")
	lines := strings.Split(string(data[:end]), "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "## loggia-revision ") || !strings.HasPrefix(lines[1], "## parent ") ||
		!strings.HasPrefix(lines[2], hashPrefix) || len(lines[2]) != len(hashPrefix)+hashDigits {
		return m, 0, 0, fmt.Errorf("%w: it has no header", errDamaged)
	}
	m.Hash = lines[2][len(hashPrefix):]
	digits = len(lines[0]) + len(lines[1]) + 2 + len(hashPrefix)
	for _, line := range lines {
		word, value, _ := strings.Cut(strings.TrimPrefix(line, "## "), " ")
		if err := m.field(word, value); err != nil {
			return m, 0, 0, fmt.Errorf("%w: %s in its header: %w", errDamaged, word, err)
		}
	}
	if m.Confirmed > 0 {
		m.Log = confirmText(m.Confirmed)
	}
	return m, digits, body, nil
}

func (m *Meta) field(word, value string) (err error) {
	switch word {
	case "loggia-revision":
		m.Revision, err = strconv.ParseUint(value, 10, 64)
	case "parent":
		m.Parent, err = strconv.ParseUint(value, 10, 64)
	case "time":
		m.Time, err = time.Parse(time.RFC3339Nano, value)
	case "user":
		m.User, err = strconv.Unquote(value)
	case "client":
		m.Client, err = strconv.Unquote(value)
	case "comment":
		m.Comment, err = strconv.Unquote(value)
	case "version":
		m.Version, err = strconv.Unquote(value)
	case "confirmed":
		m.Confirmed, err = strconv.Atoi(value)
	}
	return err
}

// revisionName returns the file name of a revision, below the commit folder.
func revisionName(n uint64) string { return strconv.FormatUint(n, 10) + ".conf" }

// writeRevision writes the file of a revision, durably, and fills in m.Hash.
func (s *Store) writeRevision(m *Meta, tree *configtree.Tree) error {
	return s.writeConfig(commitDir, revisionName(m.Revision), m, tree)
}

// writeConfig writes a configuration with its header, durably, and fills in
// m.Hash. The text is streamed: its hash is patched into the header at the end.
func (s *Store) writeConfig(dir, name string, m *Meta, tree *configtree.Tree) error {
	return s.disk.replace(dir, name, func(f *file) error {
		head, digits := m.header()
		sum := sha256.New()
		w := hashing{f, sum}
		if _, err := w.Write(head); err != nil {
			return err
		}
		if err := s.text.write(w, tree.Root()); err != nil {
			return err
		}
		m.Hash = hex.EncodeToString(sum.Sum(nil))
		return f.patch([]byte(m.Hash), int64(digits))
	})
}

// hashing writes to a file and hashes what it wrote.
type hashing struct {
	io.Writer
	sum hash.Hash
}

func (h hashing) Write(p []byte) (int, error) {
	n, err := h.Writer.Write(p)
	h.sum.Write(p[:n])
	return n, err
}

// zeros stand for the hash while it is computed.
func zeros() []byte { return bytes.Repeat([]byte("0"), hashDigits) }

func hashOf(parts ...[]byte) string {
	sum := sha256.New()
	for _, p := range parts {
		sum.Write(p)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// verify returns the header and the text of a revision file, after comparing
// its hash.
func verify(data []byte) (Meta, []byte, error) {
	m, digits, body, err := parseHeader(data)
	if err != nil {
		return m, nil, err
	}
	if hashOf(data[:digits], zeros(), data[digits+hashDigits:]) != m.Hash {
		return m, nil, fmt.Errorf("%w: its hash differs", errDamaged)
	}
	return m, data[body:], nil
}

// readRevision reads revision number back. problems are statements of an
// intact file that this program does not know, as after a change of version.
func (d *disk) readRevision(number uint64, root *schema.Node) (*configtree.Tree, Meta, []configtree.Problem, error) {
	name := commitDir + "/" + revisionName(number)
	m, text, err := d.readConfig(name, number)
	if err != nil {
		return nil, m, nil, err
	}
	tree, problems := parse(text, name, root)
	return tree, m, problems, nil
}

// readConfig reads the header and the text of a configuration file back. number
// is what it must call itself, 0 for whatever it does.
func (d *disk) readConfig(name string, number uint64) (Meta, []byte, error) {
	data, err := d.readText(name, maxRevision)
	if err != nil {
		return Meta{}, nil, err
	}
	m, text, err := verify(data)
	if err == nil && number != 0 && m.Revision != number {
		err = fmt.Errorf("%w: it calls itself revision %d", errDamaged, m.Revision)
	}
	if err != nil {
		return m, nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, text, nil
}

// readMeta reads the header of a revision alone; its text is not verified.
func (d *disk) readMeta(number uint64) (Meta, error) {
	name := commitDir + "/" + revisionName(number)
	head, err := d.readHead(number)
	if err != nil {
		return Meta{}, err
	}
	m, _, _, err := parseHeader(head)
	if err == nil && m.Revision != number {
		err = fmt.Errorf("%w: it calls itself revision %d", errDamaged, m.Revision)
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// parse turns configuration text into a tree. What it cannot take it leaves out
// and reports.
func parse(text []byte, name string, root *schema.Node) (*configtree.Tree, []configtree.Problem) {
	var problems []configtree.Problem
	batch := configtree.New(root).Batch()
	for edit, problem := range format.Read(bytes.NewReader(text), name, nil, format.Text, root) {
		if problem == nil && edit.Op != configtree.Replace {
			problem = asProblem(batch.Apply(edit))
		}
		if problem != nil && !problem.Warning {
			problems = append(problems, *problem)
		}
	}
	return batch.Tree(), slices.Clip(problems)
}
