package configtree

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"loggia/configtree/schema"
)

func load(t testing.TB) *schema.Node {
	t.Helper()
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// split is enough of a tokenizer for tests: blanks separate, quotes hold
// together, nothing is escaped.
func split(line string) []Word {
	var words []Word
	for i := 0; i < len(line); i++ {
		if line[i] == ' ' {
			continue
		}
		end, from := " ", i
		if line[i] == '"' {
			end, from = `"`, i+1
		}
		n := strings.Index(line[from:], end)
		if n < 0 {
			n = len(line) - from
		}
		words = append(words, Word{Text: line[from : from+n], Quoted: end == `"`, Col: i})
		i = from + n
	}
	return words
}

// resolve is Resolve at [edit] of a line without its command.
func resolve(t testing.TB, root *schema.Node, op Op, line string) (Resolution, *Problem) {
	t.Helper()
	return Resolve(root, op, nil, split(line))
}

func (e Edit) String() string {
	words := append([]string{e.Op.String()}, e.Path.Words()...)
	for i, w := range words {
		words[i] = Quote(w)
	}
	if e.Value != "" {
		words = append(words, "= "+e.Value)
	}
	return strings.Join(words, " ")
}

func joined(edits []Edit) string {
	var all []string
	for _, e := range edits {
		all = append(all, e.String())
	}
	return strings.Join(all, "; ")
}

func TestResolve(t *testing.T) {
	root := load(t)
	for _, c := range []struct {
		op    Op
		line  string
		edits string
	}{
		{Set, "system syslog file messages any notice", "set system syslog file messages any notice"},
		{Set, "sys sysl fil messages any noti", "set system syslog file messages any notice"},
		{Set, "system syslog file messages any notice authorization info", "set system syslog file messages any notice; set system syslog file messages authorization info"},
		{Set, "system syslog file messages any notice explicit-priority", "set system syslog file messages any notice; set system syslog file messages explicit-priority"},
		{Set, "system syslog host r1 any any port 5514", "set system syslog host r1 any any; set system syslog host r1 port = 5514"},
		{Set, "system syslog host r1 port 5514 transport tc log-prefix x", "set system syslog host r1 port = 5514; set system syslog host r1 transport = tcp; set system syslog host r1 log-prefix = x"},
		{Set, "system syslog host r1 match-strings [ a \"b c\" ] port 1", `set system syslog host r1 match-strings a; set system syslog host r1 match-strings "b c"; set system syslog host r1 port = 1`},
		{Set, "system syslog host r1 match-strings a port 1", "set system syslog host r1 match-strings a; set system syslog host r1 port = 1"},
		{Set, `system syslog host r1 match-strings "["`, `set system syslog host r1 match-strings "["`},
		{Set, "system syslog file x", "set system syslog file x"},
		{Set, "system syslog", "set system syslog"},
		{Set, "system syslog file x structured-data", "set system syslog file x structured-data"},
		{Set, "system syslog file x structured-data brief", "set system syslog file x structured-data brief"},
		{Set, "system syslog archive size 1m files 10 world-readable", "set system syslog archive size = 1m; set system syslog archive files = 10; set system syslog archive world-readable"},
		{Set, "system syslog time-format year millisecond", "set system syslog time-format year; set system syslog time-format millisecond"},
		{Set, "system syslog console any error", "set system syslog console any error"},
		{Set, `system syslog file "a b" any any`, ""},
		{Set, `system syslog user * any emergency`, "set system syslog user * any emergency"},
		{Delete, "system syslog host r1 port", "delete system syslog host r1 port"},
		{Delete, "system syslog host r1 port 514", "delete system syslog host r1 port = 514"},
		{Delete, "system syslog host r1 match-strings", "delete system syslog host r1 match-strings"},
		{Delete, "system syslog host r1 match-strings a", "delete system syslog host r1 match-strings a"},
		{Delete, "system syslog host r1 match-strings [ a b ]", "delete system syslog host r1 match-strings a; delete system syslog host r1 match-strings b"},
		{Delete, "system syslog file messages", "delete system syslog file messages"},
		{Delete, "system syslog file", "delete system syslog file"},
		{Delete, "system syslog file messages any", "delete system syslog file messages any"},
		{Delete, "system syslog file messages any notice", "delete system syslog file messages any notice"},
		{Delete, "system", "delete system"},
		{Delete, "", "override"},
		{Replace, "system syslog file messages", "replace system syslog file messages"},
		{Deactivate, "system syslog host r1", "deactivate system syslog host r1"},
		{Activate, "system syslog host r1 port", "activate system syslog host r1 port"},
		{Annotate, `system syslog "who changed this"`, "annotate system syslog = who changed this"},
		{Annotate, `system syslog ""`, "annotate system syslog"},
		{Find, "system syslog file messages", ""},
		{Protect, "system syslog host r1", "protect system syslog host r1"},
		{Unprotect, "system syslog host r1 port", "unprotect system syslog host r1 port"},
		{Rename, "sys sysl host r1 to r2", "rename system syslog host r1 = r2"},
		{Rename, "system syslog host r1 to host r2", "rename system syslog host r1 = r2"},
		{Rename, "system syslog host to to to", "rename system syslog host to = to"},
		{Rename, "system syslog host host to host", "rename system syslog host host = host"},
		{Rename, "system syslog file m any to use", "rename system syslog file m any = user"},
		{Rename, "system syslog host r1 match-strings a to b", "rename system syslog host r1 match-strings a = b"},
		{Rename, "groups a to groups b", "rename groups a = b"},
		{Copy, `system syslog file m to "host"`, "copy system syslog file m = host"},
		{InsertBefore, "system syslog host r1 before r2", "insert-before system syslog host r1 = r2"},
		{InsertBefore, "system syslog host r1 after host r2", "insert-after system syslog host r1 = r2"},
		{InsertAfter, "system syslog host before before after", "insert-before system syslog host before = after"},
		{Set, "groups g system syslog file <*> any notice archive size 1m", "set groups g system syslog file <*> any notice; set groups g system syslog file <*> archive size = 1m"},
		{Set, "groups g system syslog file <*> <*> notice", "set groups g system syslog file <*> <*> notice"},
		{Set, "system apply-groups-except c", "set system apply-groups-except c"},
		{Set, "apply-groups [ a b ]", "set apply-groups a; set apply-groups b"},
	} {
		r, p := resolve(t, root, c.op, c.line)
		if c.edits == "" && c.op != Find {
			if p == nil {
				t.Errorf("%s %s: no problem, want one", c.op, c.line)
			}
			continue
		}
		if p != nil {
			t.Errorf("%s %s: %v", c.op, c.line, p)
			continue
		}
		if got := joined(r.Edits); got != c.edits || !r.Complete {
			t.Errorf("%s %s: %s, complete %v\nwant %s", c.op, c.line, got, r.Complete, c.edits)
		}
	}
}

func TestResolveSaysWhichWordIsWrong(t *testing.T) {
	root := load(t)
	for _, c := range []struct {
		op   Op
		line string
		kind ProblemKind
		word int
		text string
	}{
		{Set, "system syslog fle messages", Unknown, 2, "syntax error."},
		{Set, "system syslog host r1 port 99999", Invalid, 5, ""},
		{Set, "system syslog host r1 port", Missing, 5, "missing argument."},
		{Set, "system syslog file", Missing, 3, "missing argument."},
		{Set, "", Missing, 0, "missing argument."},
		{Set, "system syslog file messages any", Missing, 5, "missing argument."},
		{Set, "system syslog console any", Missing, 4, "missing argument."},
		{Set, "system syslog s", Ambiguous, 2, "'s' is ambiguous."},
		{Set, "system syslog host r1 match-strings [ a b", Missing, 8, "syntax error, expecting ']' or <data>."},
		{Set, "system syslog host r1 match-strings [ ]", Unknown, 6, "syntax error, expecting ']' or <data>."},
		{Set, "system syslog host r1 match-strings ]", Unknown, 5, "syntax error, expecting ']' or <data>."},
		{Set, "system syslog host r1 match [ a ]", Unknown, 5, "syntax error."},
		{Set, "system syslog file messages any notice info", Unknown, 6, "syntax error."},
		{Set, "system syslog file ../x any any", Invalid, 3, "Must not contain '/', % or a space"},
		{Delete, "system syslog host r1 port 514 match x", Unknown, 6, "syntax error."},
		{Delete, "system syslog archive size 10m files", Unknown, 5, "syntax error."},
		{Annotate, "system", Missing, 1, "missing argument."},
		{Annotate, "", Missing, 0, "missing argument."},
		{Deactivate, "", Missing, 0, "missing argument."},
		{Find, "system nonsense", Unknown, 1, "syntax error."},
		{Protect, "", Missing, 0, "missing argument."},
		{Rename, "system syslog host r1", Missing, 4, "missing argument."},
		{Rename, "system syslog host r1 to", Missing, 5, "missing argument."},
		{Rename, "system syslog to x", Unknown, 2, "syntax error."},
		{Rename, "system host-name x to y", Unknown, 3, "syntax error."},
		{Rename, "system syslog host r1 to file r2", Unknown, 6, "syntax error."},
		{Rename, "system syslog host r1 to r2 r3", Unknown, 6, "syntax error."},
		{Rename, `system syslog host r1 to ""`, Invalid, 5, ""},
		{Rename, `system syslog host r1 "to" r2`, Unknown, 4, "syntax error."},
		{Rename, "system syslog host r1 before r2", Unknown, 4, "syntax error."},
		{Rename, "system syslog host r1 match-strings [ a b ] to c", Unknown, 9, "syntax error."},
		{InsertBefore, "system syslog host r1 to r2", Unknown, 4, "syntax error."},
		{InsertBefore, "system syslog file ../m before m", Invalid, 3, ""},
		{Set, "groups g groups h system host-name x", Unknown, 2, "syntax error."},
		{Set, "groups g apply-groups h", Unknown, 2, "syntax error."},
		{Set, "groups g system syslog host <*> port 99999", Invalid, 7, ""},
		{Set, "groups g system syslog host <[> port 1", Invalid, 5, ""},
	} {
		r, p := resolve(t, root, c.op, c.line)
		if p == nil {
			t.Errorf("%s %s: no problem", c.op, c.line)
			continue
		}
		if p.Kind != c.kind || p.Word != c.word || c.text != "" && p.Err.Error() != c.text {
			t.Errorf("%s %s: kind %d, word %d, %q\nwant kind %d, word %d, %q", c.op, c.line, p.Kind, p.Word, p.Err, c.kind, c.word, c.text)
		}
		if words := split(c.line); p.Word < len(words) && (p.Token != words[p.Word].Text || p.Col != words[p.Word].Col) {
			t.Errorf("%s %s: token %q at %d", c.op, c.line, p.Token, p.Col)
		}
		if len(r.Words) > p.Word || r.Complete {
			t.Errorf("%s %s: %q go beyond the wrong word, complete %v", c.op, c.line, r.Words, r.Complete)
		}
	}
}

func TestResolveStaysWithinItsLevel(t *testing.T) {
	root := load(t)
	at := path(t, root, "system syslog host r1")
	r, p := Resolve(root, Set, at, split("any any port 5514"))
	if p != nil || joined(r.Edits) != "set system syslog host r1 any any; set system syslog host r1 port = 5514" {
		t.Errorf("at %s: %v, %v", at, joined(r.Edits), p)
	}
	at = path(t, root, "system syslog host r1 contents any")
	if r, p := Resolve(root, Set, at, split("any port 5514")); p == nil || p.Word != 1 {
		t.Errorf("left %s: %s", at, joined(r.Edits))
	}
	if r, p := Resolve(root, Delete, at, nil); p != nil || joined(r.Edits) != "override system syslog host r1 any" {
		t.Errorf("delete at %s: %s, %v", at, joined(r.Edits), p)
	}
	if &at[0] == &r.Path[0] || cap(r.Path) > len(r.Path) {
		t.Error("the resolution shares the array of the level's path")
	}
}

func TestResolveReaches(t *testing.T) {
	root := load(t)
	for _, c := range []struct {
		line, path string
		complete   bool
		want       schema.Want
	}{
		{"", "", true, schema.WantStatement},
		{"system syslog", "system syslog", true, schema.WantStatement},
		{"system syslog file", "system syslog file", true, schema.WantKey},
		{"system syslog file m any", "system syslog file m any", true, schema.WantStatement},
		{"system syslog host h port", "system syslog host h port", true, schema.WantValue},
		{"system syslog host h match-strings", "system syslog host h match-strings", true, schema.WantValue},
		{"system syslog host h match-strings a", "system syslog host h match-strings a", true, schema.WantStatement},
		{"system host-name", "system host-name", true, schema.WantValue},
	} {
		r, p := resolve(t, root, Find, c.line)
		if p != nil {
			t.Errorf("%s: %v", c.line, p)
			continue
		}
		if r.Path.String() != c.path || r.Complete != c.complete || r.Next.Want != c.want || len(r.Edits) > 0 {
			t.Errorf("%s: path %s, complete %v, next wants %d, edits %s", c.line, r.Path, r.Complete, r.Next.Want, joined(r.Edits))
		}
	}
}

// TestResolveOffersConnectives: for completion, where a command has words of its
// own in the midst of a statement.
func TestResolveOffersConnectives(t *testing.T) {
	root := load(t)
	for _, c := range []struct {
		op      Op
		line    string
		connect string
		next    schema.Cursor
		path    string
	}{
		{Rename, "system syslog host", "", schema.Cursor{Node: root.Child("system").Child("syslog").Child("host"), Want: schema.WantKey}, "system syslog host"},
		{Rename, "system syslog host a", "to", schema.Cursor{Node: root.Child("system").Child("syslog").Child("host")}, "system syslog host a"},
		{InsertAfter, "system syslog host a", "before after", schema.Cursor{Node: root.Child("system").Child("syslog").Child("host")}, "system syslog host a"},
		{Copy, "system syslog host a to", "", schema.Cursor{Node: root.Child("system").Child("syslog").Child("host"), Want: schema.WantKey}, "system syslog host a"},
		{Copy, "system syslog", "", schema.Cursor{Node: root.Child("system").Child("syslog")}, "system syslog"},
		{Set, "system syslog host a", "", schema.Cursor{Node: root.Child("system").Child("syslog").Child("host")}, "system syslog host a"},
	} {
		r, _ := resolve(t, root, c.op, c.line)
		if strings.Join(r.Connect, " ") != c.connect || r.Next != c.next || r.Path.String() != c.path {
			t.Errorf("%s %s: connect %q, next %+v, path %s", c.op, c.line, r.Connect, r.Next, r.Path)
		}
	}
}

func TestParseOp(t *testing.T) {
	for op := Set; op <= InsertAfter; op++ {
		if got, ok := ParseOp(op.String()); got != op && op != Find || ok == (op == Find) {
			t.Errorf("%s: %s, %v", op, got, ok)
		}
	}
	if _, ok := ParseOp("insert"); ok {
		t.Error("insert alone is no operation")
	}
}

func TestSecretsStayOutOfRecords(t *testing.T) {
	root := load(t)
	const secret = "$6$hunter2$hunter2"
	line := "system root-authentication encrypted-password " + secret
	r, p := resolve(t, root, Set, line)
	if p != nil || !slices.Equal(r.Secret, []int{3}) || r.Words[3] != secret {
		t.Fatalf("%v, secrets %v of %q", p, r.Secret, r.Words)
	}
	if got := r.String(); got != "system root-authentication encrypted-password /* SECRET-DATA */" {
		t.Errorf("record: %s", got)
	}
	for _, bad := range []string{
		"system root-authentication encrypted-pasword " + secret,
		"system root-authentication encrypted-password \"hunter2\x00\"",
		"system root-authentication encrypted-password " + secret + " hunter2 x",
		"system root-authentication encrypted-password [ " + secret,
	} {
		r, p := resolve(t, root, Set, bad)
		if p == nil {
			t.Errorf("%q: no problem", bad)
			continue
		}
		if text := fmt.Sprint(r.String(), p.Err); strings.Contains(text, "hunter2") {
			t.Errorf("%q discloses %s", bad, text)
		}
	}
}

func TestRecordOfALine(t *testing.T) {
	root := load(t)
	for line, want := range map[string]string{
		"sys sysl host r1 match-st [ a \"b c\" ]": `system syslog host r1 match-strings [ a "b c" ]`,
		`sys sysl host r1 match-st "["`:           `system syslog host r1 match-strings "["`,
		"sys sysl fle x":                          "system syslog",
	} {
		if r, _ := resolve(t, root, Set, line); r.String() != want {
			t.Errorf("%s: %s, want %s", line, r, want)
		}
	}
}

// FuzzResolve: whatever the words, what Resolve accepts can be applied, the words in full
// mean the same again, and a Resolver says the same, whose edits outlast other lines.
func FuzzResolve(f *testing.F) {
	f.Add(uint8(0), "system syslog file messages any notice authorization info")
	f.Add(uint8(0), `sys sysl host h match-strings [ a "b c" ] port 5`)
	f.Add(uint8(1), "system syslog host h port 514")
	f.Add(uint8(6), `system syslog "note"`)
	f.Add(uint8(Rename), "system syslog host a to host b")
	f.Add(uint8(InsertAfter), "system syslog host a before b")
	root, err := schema.Load()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, op uint8, line string) {
		o := Op(op) % (InsertAfter + 1)
		words := split(line)
		r, p := Resolve(root, o, nil, words)
		var resolver Resolver
		var edits []Edit
		for range 2 {
			if lent, q := resolver.Resolve(root, o, nil, words); (p == nil) != (q == nil) || !slices.Equal(r.Words, lent.Words) || !r.Path.Equal(lent.Path) {
				t.Fatalf("%s %q: %s, %v, not %s, %v", o, line, lent, q, r, p)
			} else if edits == nil {
				edits = slices.Clone(lent.Edits)
			}
			for _, between := range []string{"groups <x> groups y", "system syslog host other port 1 any any"} {
				_, _ = resolver.Resolve(root, Set, nil, split(between))
			}
		}
		if joined(edits) != joined(r.Edits) {
			t.Fatalf("%s %q: %s, not %s", o, line, joined(edits), joined(r.Edits))
		}
		if p != nil {
			if p.Word > len(words) || p.Err == nil {
				t.Fatalf("%s %q: %+v", o, line, p)
			}
			return
		}
		b := New(root).Batch()
		for _, e := range r.Edits {
			if err := b.Apply(e); err != nil && o == Set {
				t.Fatalf("%s %q: %s: %v", o, line, e, err)
			}
		}
		again := make([]Word, len(r.Words))
		for i, w := range r.Words {
			again[i] = Word{Text: w, Quoted: words[i].Quoted, Col: words[i].Col}
		}
		s, p := Resolve(root, o, nil, again)
		if p != nil || !slices.Equal(r.Words, s.Words) || joined(r.Edits) != joined(s.Edits) {
			t.Fatalf("%s %q: %s; again %q: %s, %v", o, line, joined(r.Edits), r.Words, joined(s.Edits), p)
		}
	})
}
