package store

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"

	"loggia/configtree"
	"loggia/configtree/format"
)

func source(text string, s *Store) iter.Seq2[configtree.Edit, *configtree.Problem] {
	return format.Read(strings.NewReader(text), "f.conf", nil, format.Detect([]byte(text)), s.schema)
}

func TestLoad(t *testing.T) {
	const (
		hosts    = "system { syslog { host h1 { any any; } } }"
		replaces = "system { syslog { replace: file messages { any error; } } }"
	)
	for _, row := range []struct {
		verb LoadVerb
		text string
		want string // set lines, "" for a refusal
		log  string // the records, tags and verbs
	}{
		{LoadMerge, hosts, "set system host-name a\nset system syslog host h1 any any\nset system syslog file messages any notice\n",
			"LOAD OTHER:set OTHER:set SET:set"},
		{LoadOverride, hosts, "set system syslog host h1 any any\n",
			"LOAD OTHER:override OTHER:delete OTHER:set OTHER:set SET:set OTHER:delete"},
		{LoadReplace, replaces, "set system host-name a\nset system syslog file messages any error\n", "LOAD SET:replace OTHER:delete"},
		{LoadMerge, "system { syslog { replace: file messages { kernel info; } } }",
			"set system host-name a\nset system syslog file messages any notice\nset system syslog file messages kernel info\n", "LOAD OTHER:set SET:set"},
		{LoadSet, "delete system syslog\nset system host-name b\n", "set system host-name b\n", "LOAD SET:set OTHER:delete"},
		{LoadSet, "set system host-name b\nset system hots-name c\n", "", "LOAD"},
		{LoadMerge, "system { host-name b; nonsense; }", "", "LOAD"},
		{LoadOverride, "system { host-name b; nonsense; }", "", "LOAD"},
	} {
		var r tape
		s := open(t, t.TempDir(), &r)
		edit(t, s.Shared(), bob, "set system host-name a")
		before := text(t, s.Shared().Tree())
		r.lines()
		_, problems, err := s.Shared().Load(context.Background(), ann, row.verb, "f.conf", source(row.text, s))
		want := row.want
		if want == "" {
			want = before
		}
		if (err != nil) != (row.want == "") || (err != nil) != Problems(problems).fatal() || text(t, s.Shared().Tree()) != want {
			t.Errorf("load %v: %v, %+v\n%s", row.verb, err, problems, text(t, s.Shared().Tree()))
		}
		var log []string
		for _, line := range r.lines() {
			fields := strings.Fields(line)
			what := strings.TrimPrefix(fields[0], "UI_CFG_AUDIT_") + ":" + strings.Trim(fields[3], ":")
			log = append(log, strings.ReplaceAll(what, "UI_LOAD_EVENT:is", "LOAD"))
		}
		if strings.Join(log, " ") != row.log {
			t.Errorf("load %v: %q, want %q", row.verb, log, row.log)
		}
		closed(t, s)
	}
}

// TestLoadUpdateKeepsWhatDiffers: the result is that of an override, the log
// holds the difference, and one where that is no way holds the whole.
func TestLoadUpdateKeepsWhatDiffers(t *testing.T) {
	ctx := context.Background()
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 5))
		dir := t.TempDir()
		var r tape
		s := open(t, dir, &r)
		for range 20 {
			edit(t, s.Shared(), ann, randomLine(rng))
		}
		target := configtree.New(s.schema)
		for range 20 {
			target, _ = applyAll(target, edits(t, randomLine(rng)))
		}
		r.lines()
		want := written(t, target)
		changes, problems, err := s.Shared().Load(ctx, bob, LoadUpdate, "f.conf", source(want, s))
		if err != nil || len(problems) != 0 || written(t, s.Shared().Tree()) != want {
			t.Fatalf("seed %d: %v, %v\n%s", seed, problems, err, written(t, s.Shared().Tree()))
		}
		if lines := r.lines(); lines[0] != "UI_LOAD_EVENT User 'bob' is performing a 'load update'" || lines[1] != "UI_CFG_AUDIT_OTHER User 'bob' update: f.conf" {
			t.Errorf("%q", lines)
		}
		log := s.Shared().state.Load().log
		if len(changes) > 0 && log[len(log)-1].edits == nil {
			t.Errorf("seed %d: the whole is kept", seed)
		}
		closed(t, s)
		s = open(t, dir, new(tape))
		if got := written(t, s.Shared().Tree()); got != want {
			t.Errorf("seed %d: after a restart\n%s\nwant\n%s", seed, got, want)
		}
		closed(t, s)
	}
}

// TestLoadPatch takes what a comparison printed, and nothing of one that does
// not fit.
func TestLoadPatch(t *testing.T) {
	ctx := context.Background()
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	c := s.Shared()
	edit(t, c, ann, "set system host-name a", "set system syslog file x any info")
	target, _ := applyAll(c.Tree(), edits(t, "set system host-name b", "delete system syslog file x", "set system syslog file y any info", "deactivate system syslog file messages"))
	var patch strings.Builder
	if err := format.Compare(&patch, c.Tree(), target, nil); err != nil {
		t.Fatal(err)
	}
	read := func() Source {
		return format.ReadOnto(strings.NewReader(patch.String()), "p", nil, format.Patch, c.Tree())
	}
	if _, problems, err := c.Load(ctx, ann, LoadPatch, "p", read()); err != nil || !c.Tree().Equal(target) {
		t.Fatalf("%v, %v\n%s", problems, err, text(t, c.Tree()))
	}
	edit(t, c, ann, "set system time-zone UTC")
	before := c.Tree()
	_, problems, err := c.Load(ctx, ann, LoadPatch, "p", read())
	if err == nil || !Problems(problems).fatal() || c.Tree() != before {
		t.Errorf("a second time: %v, %v", problems, err)
	}
}

// TestLoadPatchLeavesWhatIsProtected: what a patch says of it is left out with a warning, as in
// other loads.
func TestLoadPatchLeavesWhatIsProtected(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	defer closed(t, s)
	c := s.Shared()
	edit(t, c, ann, "set system syslog file x any info", "set system syslog file y any info", "set system syslog user ann any any", "protect system syslog file x")
	patch := "[edit system]\n+  host-name b;\n[edit system syslog]\n-    user ann {\n-        any any;\n-    }\n" +
		"-    file x {\n-        any info;\n-    }\n-    file y {\n-        any info;\n-    }\n"
	_, problems, err := c.Load(context.Background(), ann, LoadPatch, "p", format.ReadOnto(strings.NewReader(patch), "p", nil, format.Patch, c.Tree()))
	if err != nil || len(problems) != 1 || problems[0].Kind != configtree.Protected || !problems[0].Warning || problems[0].Line != 8 {
		t.Errorf("%v, %v", problems, err)
	}
	const want = "set system host-name b\nset system syslog file messages any notice\nset system syslog file x any info\nprotect system syslog file x\n"
	if got := text(t, c.Tree()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestLoadPartial keeps the good part, also over a restart.
func TestLoadPartial(t *testing.T) {
	for _, verb := range []LoadVerb{LoadSet, LoadOverride, LoadUpdate} {
		dir := t.TempDir()
		s := open(t, dir, new(tape))
		c := s.Shared()
		before := c.Tree()
		bad := edits(t, "set system host-name a", "set system time-zone UTC", "set system syslog file x any info")
		bad[1].Path = bad[1].Path[1:]
		if _, _, err := c.Load(context.Background(), ann, verb, "f", listed(bad)); err == nil || c.Tree() != before {
			t.Errorf("%v is not atomic: %v", verb, err)
		}
		_, problems, err := c.LoadPartial(context.Background(), ann, verb, "f", listed(bad))
		want := text(t, c.Tree())
		if err != nil || len(problems) != 1 || !strings.Contains(want, "host-name a") || !strings.Contains(want, "file x") {
			t.Errorf("%v: %v, %v\n%s", verb, problems, err, want)
		}
		closed(t, s)
		s = open(t, dir, new(tape))
		if got := text(t, s.Shared().Tree()); got != want || len(s.Notices()) != 0 {
			t.Errorf("%v: after a restart, %q\n%s", verb, s.Notices(), got)
		}
		closed(t, s)
	}
}

// TestProtectedStays replaces everything but what is protected.
func TestProtectedStays(t *testing.T) {
	const (
		kept    = "set system syslog file cables any notice\nprotect system syslog file cables\n"
		warning = "warning: [system syslog file cables] is protected, 'system syslog file cables' cannot be deleted"
		other   = "system { host-name b; }"
	)
	ctx := context.Background()
	for name, row := range map[string]struct {
		how  func(c *Candidate, s *Store) ([]configtree.Problem, error)
		want string // set lines beside what is kept
		said string
	}{
		"override": {func(c *Candidate, s *Store) ([]configtree.Problem, error) {
			_, problems, err := c.Load(ctx, ann, LoadOverride, "f", source(other, s))
			return problems, err
		}, "set system host-name b\n" + kept, warning},
		"update": {func(c *Candidate, s *Store) ([]configtree.Problem, error) {
			_, problems, err := c.Load(ctx, ann, LoadUpdate, "f", source(other, s))
			return problems, err
		}, "set system host-name b\n" + kept, warning},
		"factory": {func(c *Candidate, s *Store) ([]configtree.Problem, error) { return c.LoadFactory(ctx, ann) },
			"set system syslog file cables any notice\nset system syslog file messages any notice\nprotect system syslog file cables\n", warning},
		"unprotect": {func(c *Candidate, s *Store) ([]configtree.Problem, error) {
			_, problems, err := c.Load(ctx, ann, LoadOverride, "f", source("system { syslog { unprotect: file cables { any info; } } }", s))
			return problems, err
		}, "set system syslog file cables any info\n", ""},
		"rollback": {func(c *Candidate, s *Store) ([]configtree.Problem, error) { return nil, c.Rollback(ctx, ann, 0) },
			"set system host-name a\nset system syslog file messages any notice\n", ""},
	} {
		var r tape
		s := open(t, t.TempDir(), &r)
		hostCommit(t, s, "a", plainCommit)
		if _, _, err := s.Shared().Load(ctx, ann, LoadSet, "f", format.Read(strings.NewReader(kept), "f", nil, format.SetLines, s.schema)); err != nil {
			t.Fatal(err)
		}
		problems, err := row.how(s.Shared(), s)
		said := ""
		for i := range problems {
			said += problems[i].Error()
		}
		if got := text(t, s.Shared().Tree()); err != nil || said != row.said || got != row.want {
			t.Errorf("%s: %v, said %q:\n%s", name, err, said, got)
		}
		closed(t, s)
	}
}

// TestAnErrorBehindWarnings: no number of warnings keeps an error from being found.
func TestAnErrorBehindWarnings(t *testing.T) {
	s := open(t, t.TempDir(), new(tape))
	source := func(yield func(configtree.Edit, *configtree.Problem) bool) {
		for range 2 * MaxProblems {
			if !yield(configtree.Edit{}, &configtree.Problem{Err: errors.New("odd"), Warning: true}) {
				return
			}
		}
		yield(configtree.Edit{}, &configtree.Problem{Err: errors.New("wrong")})
	}
	_, problems, err := s.Shared().Load(context.Background(), ann, LoadMerge, "test", source)
	if most, errs, warnings := Problems(problems).Most(1); err == nil || most[0].Error() != "wrong" || errs != 0 || warnings != MaxProblems {
		t.Errorf("%v, and %d more errors, %d more warnings: %v", most, errs, warnings, err)
	}
}
