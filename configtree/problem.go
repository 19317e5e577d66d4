package configtree

import (
	"errors"
	"fmt"
)

// ErrNotFound is the error of a Problem about something that is not there.
var ErrNotFound = errors.New("statement not found")

// ProblemKind classifies a Problem.
type ProblemKind uint8

// The kinds of problems.
const (
	Syntax           ProblemKind = iota // text that is no statement
	Unknown                             // a word that is no statement of its level
	Ambiguous                           // an abbreviation of several words
	Invalid                             // a value that its type refuses
	Missing                             // the line ends where a word is wanted
	NotFound                            // what should be changed does not exist
	Constraint                          // a must or max-elements that does not hold
	MissingMandatory                    // a statement that its parent requires
	Environment                         // the machine cannot do it: a port in use, a missing directory
	Exists                              // what should be created is there already
	Protected                           // the statement, or one within it, is protected
)

// Problem is what is wrong with an input or a configuration. The same value
// renders as a line with a caret, as an `[edit …]` block and as an <rpc-error>;
// who shows it decides.
type Problem struct {
	Path    Path   // the statement concerned; for a word that did not fit, the level reached before it
	Token   string // the offending word, if there is one
	Err     error  // what is wrong, in the user's words, without place
	Warning bool   // it does not stop anything
	Kind    ProblemKind

	// Where it stood in the input.
	File string
	Line int // from 1; 0 when unknown
	Col  int // from 0, in bytes
	Word int // index of the offending word in the words given to Resolve; their number when one is missing
}

// Error returns the problem on one line, with the place in a file in front if
// there is one: "messages.conf:4:(18) syntax error".
func (p *Problem) Error() string {
	text := p.Err.Error()
	if p.Warning {
		text = "warning: " + text
	}
	if p.File != "" {
		return fmt.Sprintf("%s:%d:(%d) %s", p.File, p.Line, p.Col, text)
	}
	return text
}

// Unwrap returns the error without its place.
func (p *Problem) Unwrap() error { return p.Err }
