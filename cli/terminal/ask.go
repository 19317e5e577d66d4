package terminal

import (
	"io"
	"strings"
	"unicode/utf8"

	prompt "github.com/c-bata/go-prompt"
)

const maxSecret = 1024 // bytes of a password

// Ask shows question, which should end in a blank, and reads a line as the answer.
func (s *Session) Ask(question string) (string, error) {
	return s.read(spec{Prompt: Prompt{Text: question}})
}

// Confirm asks `question [yes,no] (default) ` until the answer is a beginning
// of yes or no; an empty answer is the default, which is also returned with an
// error.
func (s *Session) Confirm(question string, byDefault bool) (bool, error) {
	word := "no"
	if byDefault {
		word = "yes"
	}
	for {
		answer, err := s.Ask(question + " [yes,no] (" + word + ") ")
		if err != nil {
			return byDefault, err
		}
		answer = strings.ToLower(strings.TrimSpace(answer))
		switch {
		case answer == "":
			return byDefault, nil
		case strings.HasPrefix("yes", answer):
			return true, nil
		case strings.HasPrefix("no", answer):
			return false, nil
		}
	}
}

// Secret shows prompt and reads a line of at most 1 KiB that is not shown.
// Ctrl-u begins again.
func (s *Session) Secret(text string) (string, error) {
	s.flushTail()
	s.scr.fresh()
	head := cells([]rune(text))
	cols, _ := s.columns()
	if err := s.scr.draw(whole(head, nil, 0), cols); err != nil {
		return "", s.reason(err)
	}
	var secret []byte
	for {
		k := s.q.key()
		switch k.code {
		case prompt.ControlM:
			s.scr.accept("")
			return string(secret), nil
		case prompt.ControlC, keyInterrupt:
			s.scr.accept("^C")
			return "", ErrInterrupt
		case keyEnd:
			err := s.q.err()
			if err == io.EOF {
				s.scr.accept("")
			}
			return "", err
		case prompt.ControlD:
			if len(secret) == 0 {
				s.scr.accept("")
				return "", io.EOF
			}
		case prompt.Backspace:
			_, n := utf8.DecodeLastRune(secret)
			secret = secret[:len(secret)-n]
		case prompt.ControlU, prompt.ControlX:
			secret = secret[:0]
		case prompt.NotDefined:
			if len(secret)+len(k.text) > maxSecret {
				s.scr.bell()
				continue
			}
			secret = append(secret, k.text...)
		}
	}
}
