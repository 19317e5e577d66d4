package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
	"loggia/op"
)

// maxLoad bounds what one load may read, in bytes.
const maxLoad = 256 << 20

// loadVerbs are the ways to load configuration.
func loadVerbs() []*verb {
	v := func(how store.LoadVerb, help string) *verb {
		return &verb{
			Grammar: op.Grammar{Words: "load " + how.String(), Help: help, NoPipe: true, Params: []op.Param{
				{Name: "filename", Help: "File to read, or terminal", Required: true, Choices: loadSources},
				{Name: "relative", Kind: op.Flag, Help: "Paths start at the present level"}}},
			run: func(ctx context.Context, s *Session, c *call) error { return s.load(ctx, c, how) },
		}
	}
	return []*verb{
		v(store.LoadMerge, "Add to the configuration; what is new wins"),
		v(store.LoadOverride, "Replace the whole configuration"),
		v(store.LoadReplace, "Add, and replace the statements tagged replace:"),
		v(store.LoadSet, "Run set and delete lines"),
	}
}

// terminalName is the source that stands for what is typed.
const terminalName = "terminal"

func loadSources(env *op.Env, prefix string) []op.Choice {
	return append(op.Files(env, prefix), op.Choice{Name: terminalName, Help: "Type or paste it here"})
}

// load reads configuration. It is all or nothing: with an error the candidate
// stays as it was.
func (s *Session) load(ctx context.Context, c *call, how store.LoadVerb) error {
	tree := s.tree()
	if how == store.LoadOverride {
		if err := s.mayEdit(tree, configtree.Edit{Op: configtree.Override}); err != nil {
			return err
		}
	}
	name := c.args["filename"]
	in, shut, err := s.loadSource(ctx, name)
	if err != nil {
		return err
	}
	syntax := format.Text
	if how == store.LoadSet {
		syntax = format.SetLines
	}
	var at configtree.Path
	if c.args.Has("relative") {
		at = s.level()
	}
	limited := &limitedReader{ctx: ctx, r: in, left: maxLoad}
	edits := s.allowedOnly(tree, format.Read(limited, name, at, syntax, tree.Schema()))
	_, problems, err := s.mode.candidate.Load(ctx, s.env.Caller, how, name, edits)
	if cerr := shut(); err == nil {
		err = cerr
	}
	return c.loaded(problems, err)
}

// loaded says how a load went, problem by problem.
func (c *call) loaded(problems []configtree.Problem, err error) error {
	fatal := 0
	var report strings.Builder
	for i := range problems {
		if !problems[i].Warning {
			fatal++
		}
		if err := format.Report(&report, &problems[i]); err != nil {
			return err
		}
	}
	var told store.Problems
	switch {
	case fatal > 0:
		return printed(fmt.Sprintf("%serror: load failed (%d errors)", report.String(), fatal))
	case err != nil && !errors.As(err, &told):
		return err
	case len(problems) > 0:
		c.say(fmt.Sprintf("%sload complete (%d warnings)\n", report.String(), len(problems)))
	default:
		c.say("load complete\n")
	}
	return nil
}

func (s *Session) loadSource(ctx context.Context, name string) (io.Reader, func() error, error) {
	if name == terminalName {
		r, err := s.o.Screen.Text(ctx)
		return r, func() error { return nil }, err
	}
	f, err := s.env.Files.Open(name)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// limitedReader fails, instead of ending, when more than left bytes come, or
// when the user pressed Ctrl-C.
type limitedReader struct {
	ctx  context.Context
	r    io.Reader
	left int64
}

func (l *limitedReader) Read(b []byte) (int, error) {
	if err := l.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, fmt.Errorf("configuration is larger than %d bytes", int64(maxLoad))
	}
	return n, err
}
