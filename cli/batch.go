package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"loggia/cli/terminal"
	"loggia/configtree/store"
)

// Batch runs commands without a terminal: no prompt, no echo, no paging. The
// first command that fails ends it, with its place on Errors, and this batch's
// uncommitted edits are undone; nobody else's are.
//
//	stdin:3: syntax error.
//	set system syslog file messages any notise
//	                                    ^
//	stdin: warning: uncommitted changes of this batch were undone
type Batch struct {
	Source    Source
	Output    io.Writer
	Errors    io.Writer
	KeepGoing bool // run on after a failure; the status is 1 all the same
}

// RunBatch runs b in s and returns the exit status: 0, or 1 when a command failed or edits
// were left uncommitted that `commit check` was not the last to see.
func (s *Session) RunBatch(ctx context.Context, b Batch) int {
	s.begin()
	defer s.end()
	status := 0
	if !s.commands(ctx, b) {
		status = 1
	} else if _, all := b.Source.(*listSource); all {
		if err := s.monitors.stay(ctx); err != nil {
			b.complain(b.Source.Name()+": ", message(err))
			status = 1
		}
	}
	if s.lost {
		b.complain(b.Source.Name()+": ", "warning: uncommitted changes of this batch were discarded")
		return 1
	}
	if s.shared == nil {
		return status
	}
	undone, asked, err := s.undoBatch(context.WithoutCancel(ctx))
	var locked *store.LockedError // then there is nothing of this batch: a lock is not given over edits
	if err == nil && !undone || errors.As(err, &locked) {
		return status
	}
	said := "warning: uncommitted changes of this batch were undone"
	if err != nil {
		said = message(err) + "\nwarning: uncommitted changes of this batch were kept"
	}
	b.complain(b.Source.Name()+": ", said)
	if err == nil && asked {
		return status
	}
	return 1
}

// commands runs the commands of b and reports whether all of them went well.
func (s *Session) commands(ctx context.Context, b Batch) bool {
	well, source := true, &ahead{Source: b.Source}
	s.batch = source
	for {
		s.gathered(ctx, source)
		line, number, err := source.Next()
		if err == io.EOF {
			return well
		}
		unread := err != nil && !errors.Is(err, errLongLine)
		place := fmt.Sprintf("%s:%d: ", b.Source.Name(), number)
		if err == nil {
			s.source, s.outcome = place, ""
			if s.o.Answer != nil {
				s.source = "" // a program sent the one command
			}
			err = s.runLine(ctx, line)
		}
		stopped := ctx.Err() != nil
		switch {
		case errors.Is(err, errQuit):
			return well
		case errors.Is(err, syscall.EPIPE): // who read the output wants no more, as of `| head`
			return false
		case stopped:
			err = s.stoppedBy(err)
		case err == nil:
			continue
		}
		well = false
		b.complain(place, batchMessage(err))
		if unread || stopped || !b.KeepGoing {
			return false
		}
	}
}

// stoppedBy is what is said of a command during which the batch was stopped: what came of
// it, where that makes a difference.
func (s *Session) stoppedBy(err error) error {
	switch {
	case errors.Is(err, errNotCommitted), errors.Is(err, errNotLoaded), errors.Is(err, errNotChanged):
		return err
	case err != nil && s.outcome != "": // it has not been shown
		// Who does not read it gets the status.
		_ = s.o.Screen.Say(s.outcome)
	}
	return errors.New("interrupted")
}

// complain writes a message with its place: in front of the lines that say that
// they are errors or warnings, else of the first.
func (b Batch) complain(place, text string) {
	lines := strings.Split(text, "\n")
	placed := false
	for i, l := range lines {
		if strings.HasPrefix(l, "error: ") || strings.HasPrefix(l, "warning: ") {
			lines[i], placed = place+l, true
		}
	}
	if !placed {
		lines[0] = place + lines[0]
	}
	// Who does not read the errors still gets the status.
	_, _ = io.WriteString(b.Errors, strings.Join(lines, "\n")+"\n")
}

// placed is a text in which each warning says where the command stands that it is about, in
// front of what else it says; without a place it stays as it is.
func placed(place, text string) string {
	const warning = "warning: "
	if place == "" || !strings.Contains(text, warning) {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		said := strings.TrimLeft(line, " ")
		if strings.HasPrefix(said, warning) {
			b.WriteString(line[:len(line)-len(said)] + place)
			line = said
		}
		b.WriteString(line)
	}
	return b.String()
}

// lineError is a line that does not parse.
type lineError struct {
	*failure
	shown string // the line, as far as it may be shown
	at    int    // of the caret, in bytes
}

func (e *lineError) Error() string { return e.text }

// batchMessage is an error as a batch prints it: a line that does not parse is
// shown with the caret under the word.
func batchMessage(err error) string {
	var l *lineError
	if !errors.As(err, &l) {
		return message(err)
	}
	text := l.text + "\n" + terminal.PrintableString(l.shown) + "\n" + under(l.shown, l.at) + "^"
	if len(l.list) > 0 {
		text += "\n" + strings.TrimSuffix(listing(l.list), "\n")
	}
	return text
}

// under is what stands before a caret below byte offset at of a line.
func under(line string, at int) string {
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, terminal.PrintableString(line[:min(at, len(line))]))
	return pad + strings.Repeat(" ", max(0, at-len(line)))
}

// runLine parses, records and executes one line of a batch.
func (s *Session) runLine(ctx context.Context, line string) error {
	c, w, f := s.parse(line)
	if f != nil {
		shown, at := w.showable(f, line)
		s.recordMistake(w, f, line, shown)
		return &lineError{f, shown, at}
	}
	if c == nil {
		return nil
	}
	s.recordLine(c.words)
	return s.execute(ctx, c)
}
