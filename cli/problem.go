package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"loggia/configtree"
)

// missing is what is wrong with a line that ends too early, at col.
func missing(col int) *failure { return &failure{col: col, end: true, text: "missing argument."} }

// message is what stands under the caret: the error, and what the word may be
// short for.
func (f *failure) message() string {
	text := f.text + "\n"
	if len(f.list) > 0 {
		text += listing(f.list)
	}
	return text
}

// block renders a problem of a commit as Junos does: the level it is in, the
// statement, the text.
//
//	[edit system syslog file messages]
//	  'explicit-priority'
//	    'explicit-priority' cannot be configured if 'structured-data' is configured
func block(p configtree.Problem) string {
	text := p.Err.Error()
	if p.Warning {
		text = "warning: " + text
	}
	parent, statement := p.Path, ""
	if n := len(p.Path); n > 0 {
		parent, statement = p.Path[:n-1], p.Path[n-1:].Masked()
	}
	if statement == "" {
		return fmt.Sprintf("%s\n    %s\n", parent.MaskedBanner(), text)
	}
	return fmt.Sprintf("%s\n  '%s'\n    %s\n", parent.MaskedBanner(), statement, text)
}

// message is an error as the shell prints it, without the last newline: a line
// for each of several, each saying whether it is an error or a warning.
func message(err error) string {
	var said []string
	for _, e := range apart(err) {
		var done printed
		var p *configtree.Problem
		switch {
		case errors.As(e, &done):
			said = append(said, strings.TrimSuffix(string(done), "\n"))
		case errors.As(e, &p) && p.Warning:
			said = append(said, "warning: "+p.Err.Error())
		default:
			said = append(said, "error: "+e.Error())
		}
	}
	return strings.Join(slices.Compact(said), "\n")
}

// apart takes joined errors apart, but leaves alone what has a text of its own.
func apart(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, apart(e)...)
		}
		return all
	}
	return []error{err}
}

// printed is an error whose text is complete: nothing is put before it.
type printed string

func (p printed) Error() string { return string(p) }
