package cli

import (
	"errors"
	"fmt"
	"strings"

	"loggia/configtree"
)

// caret renders a failure under the line that it is in. indent is the width of
// what stands before the line: the prompt.
func (f *failure) caret(indent int) string {
	text := strings.Repeat(" ", indent+f.col) + "^\n" + f.text + "\n"
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
		parent, statement = p.Path[:n-1], p.Path[n-1:].String()
	}
	at := "[edit]"
	if len(parent) > 0 {
		at = "[edit " + parent.String() + "]"
	}
	if statement == "" {
		return fmt.Sprintf("%s\n    %s\n", at, text)
	}
	return fmt.Sprintf("%s\n  '%s'\n    %s\n", at, statement, text)
}

// checkedOut renders what a commit found and its last line.
func checkedOut(problems []configtree.Problem) string {
	var b strings.Builder
	reason := ""
	for _, p := range problems {
		b.WriteString(block(p))
		switch {
		case p.Warning:
		case p.Kind == configtree.MissingMandatory:
			reason = ": (missing mandatory statements)"
		case p.Kind == configtree.Constraint && reason == "":
			reason = ": (statements constraint check failed)"
		}
	}
	return b.String() + "error: configuration check-out failed" + reason
}

// message is the text of an error as the shell prints it. A text that already
// says what it is stays as it is.
func message(err error) string {
	var p *configtree.Problem
	if errors.As(err, &p) && p.Warning {
		return "warning: " + p.Err.Error()
	}
	text := err.Error()
	for _, known := range []string{"error:", "warning:", "[edit", "  ", "terminal:"} {
		if strings.HasPrefix(text, known) {
			return text
		}
	}
	return "error: " + text
}

// printed is an error whose text is complete: nothing is put before it.
type printed string

func (p printed) Error() string { return string(p) }
