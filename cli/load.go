package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
	"loggia/op"
)

// maxLoad bounds what one load may read, in bytes.
const maxLoad = 256 << 20

// loadVerbs are the ways to load configuration, and to save it.
func loadVerbs() []*verb {
	v := func(how store.LoadVerb, help string) *verb {
		params := []op.Param{
			{Name: "filename", Help: "File to read, or terminal", Required: true, Choices: loadSources, Names: op.FileNames},
			{Name: "relative", Kind: op.Flag, Help: "Paths start at the present level"},
			{Name: "partial", Kind: op.Flag, Help: "Take what is right, leave out what is wrong"}}
		if how != store.LoadSet && how != store.LoadPatch {
			params = append(params, op.Param{Name: "json", Kind: op.Flag, Help: "It is JSON; without this that is found out"})
		}
		return &verb{
			Grammar: op.Grammar{Words: "load " + how.String(), Help: help, NoPipe: true, Params: params},
			changes: true,
			run:     func(ctx context.Context, s *Session, c *call) error { return s.load(ctx, c, how) },
		}
	}
	return []*verb{
		v(store.LoadMerge, "Add to the configuration; what is new wins"),
		v(store.LoadOverride, "Replace the whole configuration"),
		v(store.LoadUpdate, "Replace the whole configuration where it differs"),
		v(store.LoadReplace, "Add, and replace the statements tagged replace:"),
		v(store.LoadPatch, "Make the changes that show | compare printed"),
		v(store.LoadSet, "Run set and delete lines"),
		{Grammar: op.Grammar{Words: "load factory-default", Help: "Replace it by what a new machine has", NoPipe: true}, changes: true, run: loadFactory},
		{Grammar: op.Grammar{Words: "save", Help: "Write the configuration from this level down to a file", NoPipe: true, Params: []op.Param{
			{Name: "filename", Help: "Name of the file, relative to your home, or terminal", Required: true, Choices: saveTargets, Names: op.FileNames}}}, changes: true, run: save},
	}
}

// terminalName is the source that stands for what is typed.
const terminalName = "terminal"

func loadSources(*op.Env, string) []op.Choice {
	return []op.Choice{{Name: terminalName, Help: "Type or paste it here"}}
}

// load reads configuration. It is all or nothing: with an error the candidate
// stays as it was.
func (s *Session) load(ctx context.Context, c *call, how store.LoadVerb) error {
	name := c.args["filename"]
	if err := s.mode.candidate.Usable(s.env.Caller); err != nil {
		return err // before anything is typed
	}
	in, err := s.loadSource(ctx, name)
	if err != nil {
		return err
	}
	var at configtree.Path
	if c.args.Has("relative") {
		at = s.level()
	}
	limited := unmarked(&limitedReader{ctx: ctx, r: in, left: maxLoad})
	edits := format.ReadOnto(limited, name, at, loadSyntax(how, c.args.Has("json"), limited), s.tree())
	if how != store.LoadOverride && how != store.LoadUpdate { // there only what differs matters
		edits = s.allowedOnly(edits)
	}
	load := s.mode.candidate.Load
	if c.args.Has("partial") {
		load = s.mode.candidate.LoadPartial
	}
	_, problems, err := load(ctx, s.env.Caller, how, name, edits)
	if cerr := in.Close(); err == nil {
		err = cerr
	}
	if err := cutShort(err, errNotLoaded); err == errNotLoaded {
		return err
	}
	return s.loaded(c, problems, err)
}

// unmarked reads r behind the byte order mark that some editors put in front of a text.
func unmarked(r io.Reader) *bufio.Reader {
	const mark = "\ufeff"
	in := bufio.NewReaderSize(r, 64<<10)
	if head, _ := in.Peek(len(mark)); string(head) == mark { // what is wrong comes again when it is read
		_, _ = in.Discard(len(mark)) // they are there
	}
	return in
}

// loadSyntax is the syntax of what is read: what the verb says, or where that
// leaves it open what the text begins like.
func loadSyntax(how store.LoadVerb, json bool, in *bufio.Reader) format.Syntax {
	const enough = 512 // bytes of blanks and remarks before the first word
	switch how {
	case store.LoadSet:
		return format.SetLines
	case store.LoadPatch:
		return format.Patch
	}
	if json {
		return format.JSON
	}
	head, _ := in.Peek(enough) // what is wrong comes again when it is read
	if s := format.Detect(head); s == format.XML || s == format.JSON {
		return s
	}
	return format.Text
}

// loadFactory loads what a first start has.
func loadFactory(ctx context.Context, s *Session, c *call) error {
	c.say("warning: activating factory configuration\n")
	problems, err := s.mode.candidate.LoadFactory(ctx, s.env.Caller)
	if err := cutShort(err, errNotLoaded); err == errNotLoaded {
		return err
	}
	return s.loaded(c, problems, err)
}

func saveTargets(*op.Env, string) []op.Choice {
	return []op.Choice{{Name: terminalName, Help: "Show it here"}}
}

// save writes the candidate from the level down to a file, or to the terminal.
func save(_ context.Context, s *Session, c *call) error {
	name := c.args["filename"]
	var text bytes.Buffer
	saved := s.shown(s.mode.candidate.Tree(), s.level(), "")
	saved.options.Omit = false // a file is read again
	if err := saved.WriteText(&text); err != nil {
		return err
	}
	if name == terminalName {
		c.out.res = op.Text(text.String())
		return nil
	}
	f, err := s.env.Files.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	c.say(fmt.Sprintf("Wrote %d lines of configuration to '%s'\n", bytes.Count(text.Bytes(), []byte("\n")), name))
	return nil
}

// loaded says how a load went, problem by problem. Its last line is to be seen
// though Ctrl-C came meanwhile.
func (s *Session) loaded(c *call, problems []configtree.Problem, err error) error {
	report, fatal, rerr := reports(problems)
	if rerr != nil {
		return rerr
	}
	var told store.Problems
	switch {
	case fatal > 0 && !c.args.Has("partial"):
		return printed(report + "error: load failed (" + counted(fatal, "errors") + ")")
	case err != nil && !errors.As(err, &told):
		return err
	case fatal > 0:
		s.outcome = "load complete (" + counted(fatal, "errors") + ")\n"
	case len(problems) > 0:
		s.outcome = "load complete (" + counted(len(problems), "warnings") + ")\n"
	default:
		s.outcome = "load complete\n"
	}
	c.say(report + s.outcome)
	return nil
}

func (s *Session) loadSource(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == terminalName {
		return s.o.Screen.Text(ctx)
	}
	return s.env.Files.Open(name)
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
