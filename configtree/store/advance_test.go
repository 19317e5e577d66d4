package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"loggia/configtree"
)

// A large load, applied while it is being read, leads where its edits lead one after the
// other: also with problems, with passwords that are hashed, and when somebody edits
// meanwhile, whose edits stay.
func TestLoadInAdvance(t *testing.T) {
	ctx := context.Background()
	large := func(at map[int]string) string {
		var lines strings.Builder
		for i := range largeLoad + 3*advancePart + 7 {
			fmt.Fprintf(&lines, "set system syslog file f%d any notice\n%s", i%3000, at[i])
		}
		return lines.String()
	}
	for name, row := range map[string]struct {
		text   string
		verb   LoadVerb
		others bool // edit meanwhile
	}{
		"plain":     {text: large(nil), verb: LoadSet},
		"others":    {text: large(nil), verb: LoadSet, others: true},
		"problems":  {text: large(map[int]string{5000: "set system syslog file p any any\n", 6000: "delete system syslog file nowhere\n"}), verb: LoadSet},
		"refused":   {text: large(map[int]string{5000: "set system bogus\n"}), verb: LoadSet},
		"password":  {text: large(map[int]string{10: "set system login user u class operator\n", 6000: "set system login user u authentication plain-text-password-value Abcdef1234\n"}), verb: LoadSet},
		"undoing":   {text: large(map[int]string{4500: "delete system syslog\n", 6500: "delete system syslog file f1\n"}), verb: LoadSet},
		"replacing": {text: large(nil), verb: LoadReplace},
		"places":    {text: large(map[int]string{5000: "set system syslog file p any any\n", 6000: "delete system syslog file nowhere\n"}), verb: LoadSet, others: true},
		"late password": {text: large(map[int]string{10: "set system login user u class operator\n",
			largeLoad + 3*advancePart: "set system login user u authentication plain-text-password-value Abcdef1234\n"}), verb: LoadSet, others: true},
	} {
		t.Run(name, func(t *testing.T) {
			var trees []*configtree.Tree
			var told []string
			for _, advanced := range []bool{true, false} {
				s := open(t, t.TempDir(), new(tape))
				c := s.Shared()
				edit(t, c, ann, "set system syslog file p any info")
				edit(t, c, ann, "protect system syslog file p")
				n := 0
				edits := func(yield func(configtree.Edit, *configtree.Problem) bool) {
					for e, p := range source(row.text, s) {
						if n++; row.others && (n == 10 || n == largeLoad+2*advancePart) {
							edit(t, c, bob, fmt.Sprintf("set system syslog host h%d any any", n))
						}
						if !yield(e, p) {
							return
						}
					}
				}
				ed := edition{by: ann, action: "set"}
				var problems []configtree.Problem
				var err error
				if advanced {
					_, problems, err = c.Load(ctx, ann, row.verb, "f", edits)
				} else if problems, err = ed.collect(ctx, s, row.verb, edits); err == nil && !Problems(problems).fatal() {
					var more []configtree.Problem
					_, more, err = c.change(ctx, ed)
					problems = inOrder(append(problems, more...))
				}
				var says strings.Builder
				for i := range problems {
					says.WriteString(problems[i].Error() + "\n")
				}
				trees, told = append(trees, c.Tree()), append(told, says.String())
				if advanced && (err != nil) != Problems(problems).fatal() {
					t.Errorf("%v with %q", err, says.String())
				}
				closed(t, s)
			}
			a, b := text(t, trees[0]), text(t, trees[1])
			if strings.Contains(name, "password") { // each hash has a salt of its own
				a, b = masked(a), masked(b)
				if !strings.Contains(a, "encrypted-password") {
					t.Error("there is no password")
				}
			}
			if a != b {
				t.Errorf("%d bytes, not %d", len(a), len(b))
			}
			if name != "refused" && told[0] != told[1] { // there, both kinds are told at once
				t.Errorf("told\n%s, not\n%s", told[0], told[1])
			}
			if row.others && !strings.Contains(a, "host h") {
				t.Error("what another edited is gone")
			}
		})
	}
}

// A large configuration that takes the place of another is the same as one that is loaded
// into nothing, and only what is protected and not freed stays.
func TestOverrideInAdvance(t *testing.T) {
	ctx := context.Background()
	var lines strings.Builder
	for i := range largeLoad + 3*advancePart + 7 {
		fmt.Fprintf(&lines, "set system syslog file f%d any notice\n", i%3000)
		if i == 5000 {
			lines.WriteString("unprotect system syslog file q\n")
		}
	}
	for _, verb := range []LoadVerb{LoadOverride, LoadUpdate} {
		s := open(t, t.TempDir(), new(tape))
		c := s.Shared()
		for _, line := range []string{"set system host-name r1", "set system syslog file p any info", "set system syslog file q any info",
			"protect system syslog file p", "protect system syslog file q"} {
			edit(t, c, ann, line)
		}
		if _, problems, err := c.Load(ctx, ann, verb, "f", source(lines.String(), s)); err != nil {
			t.Fatalf("%v, %v", problems, err)
		}
		fresh := open(t, t.TempDir(), new(tape))
		few := "delete system\nset system syslog file p any info\nprotect system syslog file p\n"
		for i := range 3000 {
			few += fmt.Sprintf("set system syslog file f%d any notice\n", i)
		}
		if _, problems, err := fresh.Shared().Load(ctx, ann, LoadSet, "f", source(few, fresh)); err != nil {
			t.Fatalf("%v, %v", problems, err)
		}
		if a, b := text(t, c.Tree()), text(t, fresh.Shared().Tree()); a != b {
			t.Errorf("%v: %d bytes, not %d", verb, len(a), len(b))
		}
		closed(t, s)
		closed(t, fresh)
	}
}

// A load of nothing but new names is recorded as it says it, however large.
func TestRenamesInAdvance(t *testing.T) {
	tape := new(tape)
	s := open(t, t.TempDir(), tape)
	defer closed(t, s)
	c := s.Shared()
	var sets, renames strings.Builder
	for i := range largeLoad + advancePart {
		fmt.Fprintf(&sets, "set system syslog file f%d any notice\n", i)
		fmt.Fprintf(&renames, "rename system syslog file f%d to file g%d\n", i, i)
	}
	for _, text := range []string{sets.String(), renames.String()} {
		if _, problems, err := c.Load(context.Background(), ann, LoadSet, "f", source(text, s)); err != nil {
			t.Fatalf("%v, %v", problems, err)
		}
	}
	var all int
	for _, line := range tape.lines() {
		if strings.HasPrefix(line, "UI_CFG_AUDIT_NEW User 'ann' rename: [system syslog file f") {
			all++
		}
	}
	if all != largeLoad+advancePart {
		t.Errorf("%d renames are on record", all)
	}
}

// The version that a configuration begins with, which is not kept, does not stop the advance.
func TestVersionInAdvance(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	text := "set version 24.4R1.9\n" + strings.Repeat("set system syslog file a any any\n", largeLoad)
	ed := edition{by: ann, action: "set", begin: s.Shared().state.Load}
	if problems, err := ed.collect(context.Background(), s, LoadSet, source(text, s)); err != nil || len(problems) > 0 || ed.advance == nil {
		t.Errorf("%v, %v", problems, err)
	}
}

// A load that is given up ends its advance too.
func TestLoadInAdvanceIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	n := 0
	_, _, err := s.Shared().Load(ctx, ann, LoadSet, "f", func(yield func(configtree.Edit, *configtree.Problem) bool) {
		for e := range source(strings.Repeat("set system syslog file a any any\n", 3*largeLoad), s) {
			if n++; n == 2*largeLoad {
				cancel()
			}
			if !yield(e, nil) {
				return
			}
		}
	})
	if err == nil || s.Shared().Dirty() {
		t.Errorf("%v", err)
	}
}

// masked leaves out what comes of a salt.
func masked(text string) string {
	var all []string
	for line := range strings.Lines(text) {
		if i := strings.Index(line, `encrypted-password`); i >= 0 {
			line = line[:i+len(`encrypted-password`)] + "\n"
		}
		all = append(all, line)
	}
	return strings.Join(all, "")
}
