package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

// entry is what one call changed in the candidate.
type entry struct {
	seq    uint64 // counts entries; not reused while the program runs
	by     event.Subject
	at     time.Time         // zero when it is not known
	edits  []configtree.Edit // nil unless packed: the candidate became after, whatever it was
	packed []byte            // the edits, when they are many; see pack
	after  *configtree.Tree  // the candidate behind this entry; nil for most with edits, see checkpoint
	cost   int               // statements that the entry keeps
}

// pointMark says that the edits up to seq went into a revision.
type pointMark struct{ revision, seq uint64 }

// journal is what candidate.log holds.
type journal struct {
	base    uint64
	entries []entry // without after, save where the tree was given whole
	points  []pointMark
	ended   uint64   // the newest revision whose commit is known to have ended, 0 when none is
	torn    error    // why the rest was ignored, nil when there was none
	ignored int      // bytes of that rest
	notes   []string // statements that this program does not know
}

func checksum(p []byte) uint32 { return crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli)) }

// frameHead is what a frame begins with: length and checksum of its payload.
const frameHead = "%d %08x\n"

func appendFrame(dst, payload []byte) []byte {
	dst = fmt.Appendf(dst, frameHead, len(payload), checksum(payload))
	dst = append(dst, payload...)
	return append(dst, '\n')
}

func appendBase(dst []byte, revision uint64) []byte {
	return appendFrame(dst, fmt.Appendf(nil, "base 1 %d", revision))
}

func appendPoint(dst []byte, m pointMark) []byte {
	return appendFrame(dst, fmt.Appendf(nil, "commit %d %d", m.revision, m.seq))
}

func appendEnded(dst []byte, revision uint64) []byte {
	return appendFrame(dst, fmt.Appendf(nil, "done %d", revision))
}

// appendEntry appends the frame of an entry.
func appendEntry(dst []byte, e *entry) ([]byte, error) {
	if e.whole() {
		var text bytes.Buffer
		text.Write(e.head("tree"))
		text.WriteByte('\n')
		if err := format.Write(&text, e.after.Root(), format.Options{Syntax: format.Text}); err != nil {
			return nil, err
		}
		return appendFrame(dst, text.Bytes()), nil
	}
	if e.packed != nil {
		lines, err := unpacked(e.packed)
		if err != nil {
			return nil, err
		}
		return slices.Concat(append([][]byte{dst}, e.frame([][]byte{lines})...)...), nil
	}
	lines := e.head("edits")
	for i := range e.edits {
		lines = appendEdit(append(lines, '\n'), &e.edits[i])
	}
	return appendFrame(dst, lines), nil
}

// frame returns, in parts, the frame of an entry whose edits are in these parts, each with
// a line end in front of it.
func (e *entry) frame(parts [][]byte) [][]byte {
	head := e.head("edits")
	length, sum := len(head), checksum(head)
	for _, part := range parts {
		length += len(part)
		sum = crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), part)
	}
	return slices.Concat([][]byte{append(fmt.Appendf(nil, frameHead, length, sum), head...)}, parts, [][]byte{{'\n'}})
}

// head is the first line of the frame of an entry.
func (e *entry) head(kind string) []byte {
	head := fmt.Appendf(nil, "%s %d %q %q", kind, e.seq, e.by.User, e.by.Client)
	if !e.at.IsZero() {
		head = fmt.Appendf(head, " %d", e.at.Unix())
	}
	return head
}

// readHead reads what stands behind the kind in the first line of an entry.
func (e *entry) readHead(args string) error {
	var seconds int64
	n, err := fmt.Sscanf(args, "%d %q %q %d", &e.seq, &e.by.User, &e.by.Client, &seconds)
	switch {
	case n == 4:
		e.at = time.Unix(seconds, 0)
	case n == 3: // of a version that kept no time
		return nil
	}
	return err
}

func appendEdit(dst []byte, e *configtree.Edit) []byte {
	dst = append(dst, e.Op.String()...)
	for _, s := range e.Path {
		dst = append(dst, ' ')
		dst = append(dst, s.Node.Name...)
		if s.Key != "" {
			dst = strconv.AppendQuote(append(dst, ' '), s.Key)
		}
	}
	if e.Value != "" {
		dst = strconv.AppendQuote(append(dst, " = "...), e.Value)
	}
	return dst
}

// decodeJournal reads candidate.log. It takes all that is whole and never fails.
func decodeJournal(data []byte, root *schema.Node) *journal {
	j := new(journal)
	for first := true; len(data) > 0; first = false {
		payload, rest, err := cutFrame(data)
		if err == nil {
			err = j.frame(payload, root, first)
		}
		if err != nil {
			j.torn, j.ignored = err, len(data)
			break
		}
		data = rest
	}
	return j
}

func cutFrame(data []byte) (payload, rest []byte, err error) {
	head, _, ok := bytes.Cut(data[:min(len(data), 32)], []byte("\n"))
	if !ok {
		return nil, nil, errors.New("a frame is cut short")
	}
	rest = data[len(head)+1:]
	length, sum, _ := bytes.Cut(head, []byte(" "))
	n, err := strconv.ParseUint(string(length), 10, 32)
	if err != nil || uint64(len(rest)) <= n || rest[n] != '\n' {
		return nil, nil, errors.New("a frame is cut short")
	}
	payload = rest[:n]
	if fmt.Sprintf("%08x", checksum(payload)) != string(sum) {
		return nil, nil, errors.New("a checksum differs")
	}
	return payload, rest[n+1:], nil
}

// heading is the first line of a frame.
type heading struct {
	kind   string // base, commit, done, edits, tree
	args   string // all behind it
	number uint64 // of the revision of a base or a commit, or of an entry
	seq    uint64 // of a commit: the last entry that is part of it
}

func readHeading(line string) (h heading, err error) {
	h.kind, h.args, _ = strings.Cut(line, " ")
	switch h.kind {
	case "base":
		_, err = fmt.Sscanf(h.args, "1 %d", &h.number)
	case "commit":
		_, err = fmt.Sscanf(h.args, "%d %d", &h.number, &h.seq)
	case "done", "edits", "tree":
		_, err = fmt.Sscanf(h.args, "%d", &h.number)
	default:
		err = fmt.Errorf("a frame %q is unknown", h.kind)
	}
	return h, err
}

func (j *journal) frame(payload []byte, root *schema.Node, first bool) error {
	line, body, _ := strings.Cut(string(payload), "\n")
	h, err := readHeading(line)
	if err != nil {
		return err
	}
	if first != (h.kind == "base") {
		return fmt.Errorf("a frame %q is out of place", h.kind)
	}
	switch h.kind {
	case "base":
		j.base = h.number
		return nil
	case "commit":
		j.points = append(j.points, pointMark{revision: h.number, seq: h.seq})
		return nil
	case "done":
		j.ended = h.number
		return nil
	}
	var e entry
	if err := e.readHead(h.args); err != nil {
		return err
	}
	if h.kind == "tree" {
		var problems []configtree.Problem
		e.after, problems = parse([]byte(body), journalName, root)
		j.note(problems)
		e.cost = len(body) / bytesPerStatement
	} else {
		j.edits(&e, body, root)
	}
	j.entries = append(j.entries, e)
	return nil
}

// edits decodes the edits of an entry. One that this program does not know, as
// after a change of version, is left out and noted.
func (j *journal) edits(e *entry, body string, root *schema.Node) {
	e.edits = []configtree.Edit{}
	if body == "" {
		return
	}
	for line := range strings.SplitSeq(body, "\n") {
		edit, err := decodeEdit(line, root)
		if err != nil {
			j.note([]configtree.Problem{{Path: edit.Path, Err: err}})
			continue
		}
		e.edits = append(e.edits, edit)
	}
	e.cost = len(e.edits)
}

func (j *journal) note(problems []configtree.Problem) {
	for i := range problems {
		if len(j.notes) < maxParseNotes {
			j.notes = append(j.notes, problems[i].Error())
		}
	}
}

// decodeEdit reads one EDIT line.
func decodeEdit(line string, root *schema.Node) (configtree.Edit, error) {
	word, rest, _ := strings.Cut(line, " ")
	op, ok := configtree.ParseOp(word)
	if !ok {
		return configtree.Edit{}, fmt.Errorf("unknown operation %q", word)
	}
	edit := configtree.Edit{Op: op}
	at := root
	for rest != "" {
		if value, ok := strings.CutPrefix(rest, "= "); ok {
			var err error
			edit.Value, err = strconv.Unquote(value)
			keepSecret(&edit) // a log of a version that kept secrets in clear
			return edit, err
		}
		name, after, _ := strings.Cut(rest, " ")
		step := configtree.Step{Node: at.Child(name)}
		if step.Node == nil {
			return edit, fmt.Errorf("unknown statement %q", name)
		}
		if strings.HasPrefix(after, `"`) {
			quoted, err := strconv.QuotedPrefix(after)
			if err != nil {
				return edit, err
			}
			if step.Key, err = strconv.Unquote(quoted); err != nil {
				return edit, err
			}
			after = strings.TrimPrefix(after[len(quoted):], " ")
		}
		edit.Path = edit.Path.Append(step)
		at, rest = step.Node, after
	}
	return edit, nil
}

const (
	journalName = "candidate.log"
	maxJournal  = 1 << 30 // bytes

	// goodJournal is how long the log may get, in bytes, before a commit writes it
	// anew rather than going on with it.
	goodJournal = 256 << 10

	// bytesPerStatement estimates the statements of a text from its length.
	bytesPerStatement = 40
)

// journalFile is candidate.log, open for appending.
type journalFile struct {
	disk *disk
	f    *file // nil when it must be rewritten before anything is appended
	size int64

	// point is that of a commit under way, which a rewrite must not lose.
	point pointMark
}

// rewrite replaces the log by one that holds just these entries, or cuts it where
// there is no room for that.
func (j *journalFile) rewrite(base uint64, entries []entry) error {
	if err := j.close(); err != nil {
		return err
	}
	data := appendBase(nil, base)
	for i := range entries {
		var err error
		if data, err = appendEntry(data, &entries[i]); err != nil {
			return err
		}
	}
	if j.point != (pointMark{}) {
		data = appendPoint(data, j.point)
	}
	err := j.disk.replace(".", journalName, func(f *file) error {
		_, err := f.Write(data)
		return err
	})
	if diskFull(err) && j.point == (pointMark{}) {
		done, cerr := j.withdraw(base, entries)
		if done {
			return nil
		}
		return errors.Join(err, cerr)
	}
	if err != nil {
		return err
	}
	return j.open(int64(len(data)))
}

func (j *journalFile) open(size int64) (err error) {
	j.f, err = j.disk.appendTo(journalName)
	j.size = size
	return err
}

// append appends a frame that comes in parts. When that goes wrong the log ends as it did
// before; if even this cannot be, it is rewritten before the next.
func (j *journalFile) append(sync bool, parts ...[]byte) error {
	size := j.size
	var err error
	for i := 0; i < len(parts) && err == nil; i++ {
		_, err = j.f.Write(parts[i])
		size += int64(len(parts[i]))
	}
	if err == nil && sync {
		err = j.f.sync()
	}
	if err == nil {
		j.size = size
		return nil
	}
	if cut := j.f.truncate(j.size); cut != nil {
		return errors.Join(err, cut, j.close())
	}
	return err
}

func (j *journalFile) close() error {
	if j.f == nil {
		return nil
	}
	f := j.f
	j.f = nil
	return f.Close()
}
