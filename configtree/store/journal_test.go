package store

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
	"loggia/configtree"
)

// sample is a log with every kind of frame.
func sample(t testing.TB) ([]byte, []entry) {
	t.Helper()
	awkward := edits(t, `set system host-name a`, "delete system syslog file messages any", "deactivate system syslog host h1")
	awkward[0].Value = "quo\"te = \\ \n\x00\xff ü"
	awkward[2].Path[len(awkward[2].Path)-1].Key = `= "x" `
	whole, _ := applyAll(configtree.New(grammar(t)), edits(t, `set system host-name b`))
	entries := []entry{
		{seq: 1, by: event.Subject{User: `a "b"`, Client: "cli"}, edits: awkward},
		{seq: 2, by: event.Subject{User: "bob", Client: "netconf"}, at: time.Unix(1763841600, 0), after: whole},
		{seq: 7, by: event.Subject{User: "", Client: ""}, at: time.Unix(7, 0), edits: awkward[:1]},
	}
	data := appendBase(nil, 41)
	for i := range entries {
		var err error
		if data, err = appendEntry(data, &entries[i]); err != nil {
			t.Fatal(err)
		}
		data = appendPoint(data, pointMark{42, entries[i].seq})
	}
	return data, entries
}

func sameEntry(a, b *entry) bool {
	if a.seq != b.seq || a.by.User != b.by.User || a.by.Client != b.by.Client || !a.at.Equal(b.at) || (a.edits == nil) != (b.edits == nil) || len(a.edits) != len(b.edits) {
		return false
	}
	for i := range a.edits {
		if a.edits[i].Op != b.edits[i].Op || a.edits[i].Value != b.edits[i].Value || !a.edits[i].Path.Equal(b.edits[i].Path) {
			return false
		}
	}
	return a.edits != nil || a.after.Equal(b.after)
}

// TestJournalFormat holds the bytes against the specification in doc.go.
func TestJournalFormat(t *testing.T) {
	data := appendBase(nil, 41)
	all := edits(t, "set system syslog file x any info", "delete system host-name")
	all = append(all, configtree.Edit{Op: configtree.DeleteMatching, Path: all[1].Path.Parent(), Value: "^a b"})
	data, err := appendEntry(data, &entry{seq: 3, by: event.Subject{User: "ann", Client: "cli"}, edits: all})
	if err != nil {
		t.Fatal(err)
	}
	data, err = appendEntry(data, &entry{seq: 4, by: event.Subject{User: "bob", Client: "cli"}, at: time.Unix(1763841600, 0), edits: all[1:2]})
	if err != nil {
		t.Fatal(err)
	}
	data = appendPoint(data, pointMark{42, 3})
	const want = "9 53be9dec\nbase 1 41\n" +
		"122 d8b90650\nedits 3 \"ann\" \"cli\"\nset system syslog file \"x\" contents \"any\" info\ndelete system host-name\ndelete-matching system = \"^a b\"\n" +
		"54 08bc4aad\nedits 4 \"bob\" \"cli\" 1763841600\ndelete system host-name\n" +
		"11 10f53450\ncommit 42 3\n"
	if string(data) != want {
		t.Errorf("%s\nwant\n%s", data, want)
	}
}

func TestJournalRoundTripAndEveryTear(t *testing.T) {
	data, want := sample(t)
	for n := range len(data) + 1 {
		j := decodeJournal(data[:n], grammar(t))
		if n == len(data) && (len(j.entries) != len(want) || len(j.points) != len(want) || j.base != 41 || j.torn != nil || len(j.notes) != 0) {
			t.Errorf("%+v", j)
		}
		if j.torn == nil != (j.ignored == 0) {
			t.Errorf("%d bytes: %v, %d ignored", n, j.torn, j.ignored)
		}
		for i := range j.entries {
			if !sameEntry(&j.entries[i], &want[i]) {
				t.Errorf("%d bytes: entry %d is %+v, want %+v", n, i, j.entries[i], want[i])
			}
		}
	}
}

func TestJournalRefuses(t *testing.T) {
	for _, row := range []struct{ payloads, torn, note string }{
		{"base 1 2", "", ""},
		{"base 2 2", "input does not match format", ""},
		{"commit 1 1", "out of place", ""},
		{"base 1 2|base 1 2", "out of place", ""},
		{"base 1 2|nonsense", "unknown", ""},
		{"base 1 2|edits x", "expected integer", ""},
		{"base 1 2|edits 1 \"u\" \"c\"\nset nonsense", "", `unknown statement "nonsense"`},
		{"base 1 2|edits 1 \"u\" \"c\"\nfrob system", "", `unknown operation "frob"`},
		{"base 1 2|edits 1 \"u\" \"c\"\nset system host-name = x", "", "invalid syntax"},
		{"base 1 2|edits 1 \"u\" \"c\"\nset system syslog file \"x", "", "invalid syntax"},
		{"base 1 2|tree 1 \"u\" \"c\"\nnonsense;", "", "nonsense"},
	} {
		var data []byte
		for p := range strings.SplitSeq(row.payloads, "|") {
			data = appendFrame(data, []byte(p))
		}
		j := decodeJournal(data, grammar(t))
		torn, notes := "", strings.Join(j.notes, "\n")
		if j.torn != nil {
			torn = j.torn.Error()
		}
		if !strings.Contains(torn, row.torn) || (torn == "") != (row.torn == "") || !strings.Contains(notes, row.note) || (notes == "") != (row.note == "") {
			t.Errorf("%q: torn %q, notes %q", row.payloads, torn, notes)
		}
	}
}

// TestJournalMendsAFailedAppend: what was half written is cut off again.
func TestJournalMendsAFailedAppend(t *testing.T) {
	dir := t.TempDir()
	s := &saboteur{dir: dir, at: -1}
	s.watch()
	d, err := openDisk(dir, s.step)
	if err != nil {
		t.Fatal(err)
	}
	defer d.root.Close()
	j := journalFile{disk: d}
	if err := j.rewrite(5, nil); err != nil {
		t.Fatal(err)
	}
	s.fail = func(_ int, step DiskStep) bool { return step.Op == DiskSync }
	if err := j.append(true, appendPoint(nil, pointMark{6, 1})); err == nil {
		t.Error("no error")
	}
	writes := 0
	s.fail = func(_ int, step DiskStep) bool {
		if step.Op != DiskWrite {
			return false
		}
		writes++
		return writes == 2
	}
	if err := j.append(false, []byte("12 0"), []byte("0000000\n")); err == nil {
		t.Error("half of it is enough")
	}
	s.fail = nil
	if err := j.append(true, appendPoint(nil, pointMark{7, 1})); err != nil {
		t.Error(err)
	}
	got := decodeJournal([]byte(read(t, filepath.Join(dir, journalName))), grammar(t))
	if got.torn != nil || len(got.points) != 1 || got.points[0].revision != 7 {
		t.Errorf("%+v", got)
	}
	s.fail = func(_ int, step DiskStep) bool { return step.Op == DiskWrite || step.Op == DiskTruncate }
	if err := j.append(false, []byte("x")); err == nil || j.f != nil {
		t.Errorf("%v: the log is still open", err)
	}
}

func FuzzJournal(f *testing.F) {
	data, _ := sample(f)
	f.Add(data)
	f.Add([]byte("9 53be9dec\nbase 1 41\n"))
	root := grammar(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		j := decodeJournal(data, root)
		if len(j.notes) > 0 {
			return
		}
		again := appendBase(nil, j.base)
		for i := range j.entries {
			var err error
			if again, err = appendEntry(again, &j.entries[i]); err != nil {
				t.Fatal(err)
			}
		}
		k := decodeJournal(again, root)
		if k.torn != nil || len(k.entries) != len(j.entries) {
			t.Fatalf("%q came back as %+v", again, k)
		}
		for i := range j.entries {
			if !sameEntry(&j.entries[i], &k.entries[i]) {
				t.Fatalf("entry %d: %+v came back as %+v", i, j.entries[i], k.entries[i])
			}
		}
	})
}

// FuzzEditLine goes below the checksum, which keeps FuzzJournal from most of it.
func FuzzEditLine(f *testing.F) {
	for _, line := range []string{"set system syslog file \"x\" contents \"any\" info", "delete system host-name", "annotate system = \"a\\nb\"", "override"} {
		f.Add(line)
	}
	root := grammar(f)
	f.Fuzz(func(t *testing.T, line string) {
		e, err := decodeEdit(line, root)
		if err != nil {
			return
		}
		again, err := decodeEdit(string(appendEdit(nil, &e)), root)
		if err != nil || again.Op != e.Op || again.Value != e.Value || !again.Path.Equal(e.Path) {
			t.Fatalf("%q: %+v came back as %+v, %v", line, e, again, err)
		}
	})
}

func TestHeaderRoundTrip(t *testing.T) {
	m := Meta{Revision: 42, Parent: 41, User: "a\nb", Client: "cli", Comment: "\x00\"\\ü\xff\n##\n", Version: "24.4R1.9",
		Time: time.Date(2026, 11, 22, 10, 22, 33, 123456789, time.UTC), Confirmed: 10, Hash: string(zeros())}
	text, digits := m.header()
	got, at, body, err := parseHeader(append(text, "system;"...))
	m.Log = "commit confirmed, rollback in 10mins"
	if err != nil || got != m || at != digits || body != len(text) {
		t.Errorf("%+v, %d, %d, %v", got, at, body, err)
	}
	later := bytes.Replace(text, []byte("\n##\n"), []byte("\n## invented later\n##\n"), 1)
	if got, _, _, err := parseHeader(later); err != nil || got != m {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzHeader(f *testing.F) {
	m := Meta{Revision: 1, User: "ann", Time: time.Unix(0, 0)}
	text, _ := m.header()
	f.Add(text)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, digits, body, err := parseHeader(data)
		if err != nil {
			return
		}
		if string(data[digits:digits+hashDigits]) != m.Hash || body > len(data) {
			t.Fatalf("%q: hash at %d, body at %d", data, digits, body)
		}
		verify(data)
	})
}

// TestRevisionFile holds the bytes against the specification in doc.go.
func TestRevisionFile(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, new(tape))
	closed(t, s)
	hash := s.Running().Meta.Hash
	want := "## loggia-revision 1\n## parent 0\n## hash sha256:" + hash + "\n## time 2026-11-22T10:22:34Z\n" +
		"## user \"root\"\n## client \"other\"\n## comment \"factory default\"\n## confirmed 0\n## version \"24.4R1.9\"\n##\n" + factory
	if got := read(t, dir+"/commit/1.conf"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if hashOf([]byte(strings.Replace(want, hash, string(zeros()), 1))) != hash {
		t.Error("the hash is not that of the file")
	}
}
