package cli

import (
	"bytes"
	"fmt"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
)

// maxBlocks bounds how many problems of one commit are shown.
const maxBlocks = 20

// blocks shows problems of a commit, the first of them when there are many, and
// then how many are not shown:
//
//	... 99980 more errors, 1 more warning
func blocks(problems []configtree.Problem) string {
	most, errs, warnings := store.Problems(problems).Most(maxBlocks)
	var b strings.Builder
	for _, p := range most {
		b.WriteString(block(p))
	}
	b.WriteString(more(errs, warnings))
	return b.String()
}

// reports shows problems of a text that is read, as blocks does those of a commit, and counts
// the errors.
func reports(problems []configtree.Problem) (text string, fatal int, err error) {
	most, errs, warnings := store.Problems(problems).Most(maxBlocks)
	var b strings.Builder
	for i := range most {
		if err := format.Report(&b, &most[i]); err != nil {
			return "", 0, err
		}
		if !most[i].Warning {
			fatal++
		}
	}
	b.WriteString(more(errs, warnings))
	return b.String(), fatal + errs, nil
}

// counted is a number of errors or warnings in words. From some number on there may be more.
func counted(n int, what string) string {
	if n >= store.MaxProblems {
		what += " or more"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// more says how many problems are not shown, nothing when all are.
func more(errs, warnings int) string {
	var left []string
	if errs > 0 {
		left = append(left, several(errs, "more error"))
	}
	if warnings > 0 {
		left = append(left, several(warnings, "more warning"))
	}
	if left == nil {
		return ""
	}
	return "... " + strings.Join(left, ", ") + "\n"
}

func several(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// conflicts shows what a private candidate and the running configuration
// disagree about, and of each what the two sides have made of it:
//
//	[edit system]
//	  'host-name'
//	    conflict: mine is 'host-name gate1', theirs is 'host-name gate2'
//	    mine:
//	      [edit system]
//	      -  host-name gate;
//	      +  host-name gate1;
//	    theirs:
//	      [edit system]
//	      -  host-name gate;
//	      +  host-name gate2;
//
// Both are compared with what they began with, as far as the class sees it. What of mine is
// protected in theirs is named alone.
func (s *Session) conflicts(e *store.ConflictError) string {
	problems := e.Problems()
	shown := min(len(problems), maxBlocks)
	base, mine, theirs := s.class.View(e.Base), s.class.View(e.Mine), s.class.View(e.Theirs)
	var b strings.Builder
	for i := range shown {
		b.WriteString(block(problems[i]))
		if i >= len(e.Conflicts) {
			continue // protected: the problem says it all
		}
		c := &e.Conflicts[i]
		s.side(&b, "mine", base, mine, about(c, c.Mine))
		s.side(&b, "theirs", base, theirs, about(c, c.Theirs))
	}
	if n := len(problems) - shown; n > 0 {
		b.WriteString("... " + several(n, "more conflict") + "\n")
	}
	return b.String()
}

// about is the statement whose changes show what one side did. Of a choice that is
// the level that has it: what was chosen before may be another statement.
func about(c *configtree.Conflict, side configtree.Node) configtree.Path {
	switch {
	case c.Kind == configtree.ChoiceConflict && side.Valid():
		return side.Path().Parent()
	case c.Kind == configtree.ChoiceConflict:
		return c.Path.Parent()
	}
	return c.Path
}

// maxSide bounds the lines that are shown of one side of a conflict.
const maxSide = 20

// side shows what one side of a conflict has changed.
func (s *Session) side(b *strings.Builder, name string, from, to *configtree.Tree, at configtree.Path) {
	compare := format.Compare
	if !s.may("secret") {
		compare = format.CompareMasked
	}
	out := &firstLines{left: maxSide}
	if err := compare(out, from, to, at); err != nil || out.text.Len() == 0 {
		return // the class may not see it; a buffer takes everything
	}
	b.WriteString("    " + name + ":\n")
	for line := range strings.Lines(out.text.String()) {
		b.WriteString("      " + line)
	}
	if out.over > 0 {
		b.WriteString("      ... " + several(out.over, "more line") + "\n")
	}
}

// firstLines keeps the first lines that are written to it and counts the others.
type firstLines struct {
	text bytes.Buffer
	left int // lines that still find room
	over int // lines that found none
}

// Write implements io.Writer.
func (f *firstLines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 && f.left > 0 {
		line := p
		if end := bytes.IndexByte(p, '\n'); end >= 0 {
			line = p[:end+1]
			f.left--
		}
		f.text.Write(line)
		p = p[len(line):]
	}
	f.over += bytes.Count(p, []byte("\n"))
	return n, nil
}
