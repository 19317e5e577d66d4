package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/op"
)

// maxComment bounds a commit comment, in bytes (junos-cli §3.2).
const maxComment = 512

// maxLoad bounds what one load may read, in bytes.
const maxLoad = 256 << 20

// commitVerbs are the commands that move whole configurations.
func commitVerbs() []*verb {
	comment := op.Param{Name: "comment", Kind: op.Option, Help: "Why, for the history",
		Type: schema.Type{Lengths: []schema.Range{{Min: 0, Max: maxComment}}}}
	source := op.Param{Name: "filename", Help: "File to read, or terminal", Required: true,
		Choices: func(*op.Env) []op.Choice { return []op.Choice{{Name: "terminal", Help: "Type or paste it here"}} }}
	relative := op.Param{Name: "relative", Kind: op.Flag, Help: "Paths start at the present level"}
	verbs := []*verb{
		{Grammar: op.Grammar{Words: "commit", Help: "Make the changes take effect", Params: []op.Param{comment,
			{Name: "and-quit", Kind: op.Flag, Help: "Leave configuration mode when it succeeds"},
			{Name: "check", Kind: op.Flag, Help: "Only check; change nothing"}}}, run: commit},
		{Grammar: op.Grammar{Words: "rollback", Help: "Load a committed configuration, or forget the changes", NoPipe: true,
			Params: []op.Param{{Name: "number", Help: "Which one; 0 is the running configuration", Type: rollbackType(), Choices: rollbackChoices}}}, run: rollback},
	}
	for verbName, help := range map[string]string{
		"merge":    "Add to the configuration; what is new wins",
		"override": "Replace the whole configuration",
		"replace":  "Add, and replace the statements tagged replace:",
		"set":      "Run set and delete lines",
	} {
		verbs = append(verbs, &verb{Grammar: op.Grammar{Words: "load " + verbName, Help: help, NoPipe: true,
			Params: []op.Param{source, relative}}, run: load})
	}
	return verbs
}

func commit(ctx context.Context, s *Session, c *call) error {
	comment := c.args["comment"]
	if strings.Contains(comment, `"`) {
		return errors.New(`commit comment must not contain "`)
	}
	o := store.CommitOptions{Comment: comment, CheckOnly: c.args.Has("check"), Command: commitCommand(c)}
	if o.CheckOnly && c.args.Has("and-quit") {
		return errors.New("check changes nothing: it does not go with and-quit")
	}
	res, err := s.mode.candidate.Commit(ctx, s.env.Caller, o)
	for _, w := range res.Warnings {
		c.say(block(w))
	}
	var check *store.CheckError
	if errors.As(err, &check) {
		return printed(checkedOut(check.Problems))
	}
	if err != nil {
		return err
	}
	if o.CheckOnly {
		c.say("configuration check succeeds\n")
		return nil
	}
	s.remember(s.mode.candidate)
	c.say("commit complete\n")
	if c.args.Has("and-quit") {
		c.say("Exiting configuration mode\n")
		s.leaveConfiguration()
	}
	return nil
}

// commitCommand is what UI_COMMIT says was requested.
func commitCommand(c *call) string {
	switch {
	case c.args.Has("check"):
		return "commit check"
	case c.args.Has("and-quit"):
		return "commit and-quit"
	}
	return "commit"
}

func rollback(ctx context.Context, s *Session, c *call) error {
	if err := s.mode.candidate.Rollback(ctx, s.env.Caller, c.args.Int("number", 0)); err != nil {
		return err
	}
	c.say("load complete\n")
	return nil
}

// loadVerbs are the store's names of what load does.
func loadVerb(words string) store.LoadVerb {
	switch strings.TrimPrefix(words, "load ") {
	case "override":
		return store.LoadOverride
	case "replace":
		return store.LoadReplace
	case "set":
		return store.LoadSet
	}
	return store.LoadMerge
}

// load reads configuration. It is all or nothing: with an error the candidate
// stays as it was.
func load(ctx context.Context, s *Session, c *call) error {
	name := c.args["filename"]
	in, shut, err := s.loadSource(ctx, name)
	if err != nil {
		return err
	}
	defer shut()
	verb := loadVerb(c.verb.Words)
	syntax := format.Text
	if verb == store.LoadSet {
		syntax = format.SetLines
	}
	var at configtree.Path
	if c.args.Has("relative") {
		at = s.level()
	}
	limited := &limitedReader{r: in, left: maxLoad}
	edits := format.Read(limited, name, at, syntax, s.tree().Schema())
	_, problems, err := s.mode.candidate.Load(ctx, s.env.Caller, verb, name, edits)
	return c.loaded(problems, errors.Join(err, limited.err))
}

// loaded says how a load went, problem by problem.
func (c *call) loaded(problems []configtree.Problem, err error) error {
	fatal := 0
	for i := range problems {
		if !problems[i].Warning {
			fatal++
		}
		if err := format.Report(&c.out.text, &problems[i]); err != nil {
			return err
		}
	}
	var told store.Problems
	switch {
	case fatal > 0:
		return printed(fmt.Sprintf("error: load failed (%d errors)", fatal))
	case err != nil && !errors.As(err, &told):
		return err
	case len(problems) > 0:
		c.say(fmt.Sprintf("load complete (%d warnings)\n", len(problems)))
	default:
		c.say("load complete\n")
	}
	return nil
}

func (s *Session) loadSource(ctx context.Context, name string) (io.Reader, func() error, error) {
	if name == "terminal" {
		r, err := s.o.Screen.Text(ctx)
		return r, func() error { return nil }, err
	}
	f, err := s.env.Files.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// limitedReader fails, instead of ending, when more than left bytes come.
type limitedReader struct {
	r    io.Reader
	left int64
	err  error
}

func (l *limitedReader) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		l.err = fmt.Errorf("configuration is larger than %d bytes", int64(maxLoad))
		return 0, l.err
	}
	return n, err
}
