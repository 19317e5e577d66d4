package cli

import (
	"context"
	"errors"
	"io"
	"strings"
)

// errUnanswered is what a batch says that asks for something with a question and does not answer it:
// nothing happened.
var errUnanswered = errors.New("not done: the next line of the batch answers the question, yes or no")

// agreed asks the question of a command that has one. A program that sends a command as an RPC means
// it; a batch answers with its next line, as Junos lets it, and else does not agree.
func (s *Session) agreed(ctx context.Context, question string) (bool, error) {
	switch {
	case question == "" || s.o.Answer != nil:
		return true, nil
	case s.batch == nil:
		return s.o.Screen.Ask(ctx, question, false)
	}
	yes, answered, err := s.batch.answer()
	if err != nil {
		return false, err
	}
	word := "no"
	if yes {
		word = "yes"
	}
	if err := s.o.Screen.Say(question + " [yes,no] (no) " + word + "\n\n"); err != nil {
		return false, err
	}
	if !answered {
		return false, errUnanswered
	}
	return yes, nil
}

// answer takes the next line, if it is yes or no; any other stays a command.
func (a *ahead) answer() (yes, answered bool, err error) {
	line, number, err := a.Next()
	if err == io.EOF {
		return false, false, nil
	}
	if err == nil {
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "yes", "y":
			return true, true, nil
		case "no", "n":
			return false, true, nil
		}
	}
	a.held = append([]heldLine{{line, number, err}}, a.held...)
	a.single++
	return false, false, nil
}
