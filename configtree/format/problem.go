package format

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// secretMark stands where a secret would stand.
const secretMark = configtree.SecretMark

// A StatementError is the Err of every problem that Read reports about a statement.
// It never holds text that could be a secret: nothing behind the offending word, and no
// value of a secret leaf.
type StatementError struct {
	// Err is what is wrong, without the word: "syntax error", "missing argument", or
	// the text of the type that refuses a value.
	Err error
	// Detail says more, where there is more to say: which block is not closed.
	Detail string
	// Statement is the statement from the level of the problem's Path on, up to the offending word;
	// `...` stands for what follows.
	Statement string

	token string
	value bool // the token is a value: the text reads "… at 'token'"
}

// Error returns the first line of the report without the place: "syntax error: metric",
// "Value 9228 is not within range (256..9192) at '9228'".
func (e *StatementError) Error() string {
	switch {
	case e.token == "":
		return e.Err.Error()
	case e.value:
		return fmt.Sprintf("%v at '%s'", e.Err, e.token)
	}
	return fmt.Sprintf("%v: %s", e.Err, e.token)
}

// Unwrap returns what is wrong, without the word.
func (e *StatementError) Unwrap() error { return e.Err }

// maxShown bounds the part of an offending word that a message repeats, in bytes.
const maxShown = 120

// show returns a word as messages repeat it: on one line and not endlessly.
func show(word string) string { return showWord(word, strings.ContainsFunc(word, unicode.IsControl)) }

func showWord(word string, quoted bool) string {
	if len(word) > maxShown {
		word = strings.ToValidUTF8(word[:maxShown], "") + "..."
	}
	if quoted || strings.ContainsFunc(word, unicode.IsControl) {
		return Quote(word)
	}
	return word
}

var (
	errSyntax   = errors.New("syntax error")
	errMissing  = errors.New("missing argument")
	errRecovery = errors.New("error recovery ignores input until this point")
	errEmpty    = errors.New("statement has no contents; ignored")
	errSecret   = errors.New("invalid value")
	errVerb     = errors.New("unknown command")

	// errShortened stands against a text that would take away what it does not show.
	errShortened = errors.New("contents were omitted when this was shown; '| display omit' shows them")
)

// endOfInput stands for the token behind the last one.
const endOfInput = "end of input"

// Report writes a problem of Read, or any other with a place in a file, the way a load
// shows it:
//
//	terminal:3:(16) syntax error: topology
//	  [edit protocols ospf3]
//	    'topology ... {'
//	      syntax error
//
// A warning about a statement comes without the first line.
func Report(w io.Writer, p *configtree.Problem) error {
	var e *StatementError
	if !errors.As(p.Err, &e) {
		_, err := fmt.Fprintln(w, p.Error())
		return err
	}
	what := e.Err.Error()
	if e.Detail != "" {
		what += ", " + e.Detail
	}
	if p.Warning {
		_, err := fmt.Fprintf(w, "%s\n  '%s'\n    warning: %s\n", p.Path.MaskedBanner(), e.Statement, what)
		return err
	}
	if _, err := fmt.Fprintln(w, p.Error()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "  %s\n    '%s'\n      %s\n", p.Path.MaskedBanner(), e.Statement, what)
	return err
}

// secretRefusal is what is said of a value that the secret statement s refuses: what
// its type has to say, if that never repeats the value.
func secretRefusal(s *schema.Node, err error) error {
	if s != nil && s.Kind == schema.Leaf && s.Type.Base == schema.Secret {
		return err
	}
	return errSecret
}

// level cuts from p what is no level of the hierarchy, a leaf or a list that waits for
// its key, and everything from an entry on whose key is a secret.
func level(p configtree.Path) configtree.Path {
	for i, s := range p {
		switch {
		case s.Node.Kind == schema.Leaf, s.Node.Kind == schema.LeafList,
			s.Node.Kind == schema.List && (s.Key == "" || s.Node.Secret):
			return p[:i]
		}
	}
	return p
}

// openedOn names the block that is not closed.
func openedOn(opened token) string {
	return fmt.Sprintf("the block that began on line %d is not closed", opened.line)
}

// excerpt joins the words of a statement up to the offending one; more says that
// others follow, which are not shown.
func excerpt(words []string, more bool, end string) string {
	if more {
		words = append(words, "...")
	}
	text := strings.Join(words, " ")
	if end == "{" && text != "" {
		return text + " {"
	}
	return text + end
}
