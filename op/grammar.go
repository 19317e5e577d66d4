package op

import (
	"strconv"

	"loggia/configtree/schema"
)

// Grammar says how a command is typed: its words, then its parameters.
type Grammar struct {
	Words      string  // "show system rollback": every word may be abbreviated
	Help       string  // help text of the last word
	Params     []Param // in the order in which ? lists nothing but checks need them
	Permission string  // permission flag that a login class must have; empty for everybody
	NoPipe     bool    // the command takes no `| …`
	Question   string  // asked at the prompt before the command runs, no is the default; a program is not asked
	RPC        string  // name of the element that asks for the same; empty when there is none
}

// Changes reports whether a command that needs a permission flag changes something: its
// failure is recorded as its outcome.
func Changes(permission string) bool {
	switch permission {
	case "", "view", "view-configuration", "trace", "network", "security", "secret":
		return false
	}
	return true
}

// ParamKind is the shape of a parameter.
type ParamKind uint8

// The shapes.
const (
	Positional ParamKind = iota // a value in its place
	Flag                        // the word itself
	Option                      // the word, then a value
	Statement                   // the rest of the line is a configuration path
)

// Param is one parameter of a command. Flags and options may stand in any
// order; positional values are taken in order.
type Param struct {
	Name     string // the word, or the name of the value
	Kind     ParamKind
	Help     string
	Required bool
	Element  string      // name of the argument in an RPC, where it is not Name
	Type     schema.Type // what the value may be
	// Optional means that the value of an Option may be left out; it is empty then.
	Optional bool
	// Choices lists values that exist at this moment and may begin with prefix, for
	// ? and Tab. It may be nil.
	Choices func(env *Env, prefix string) []Choice
	// Names lists what exists of which there may be many thousands: names that may begin with
	// prefix, sorted, and how ? shows one, which is asked for those that are shown. It may be nil.
	Names func(env *Env, prefix string) (names []string, shown func(name string) Choice)
	// Only means that nothing but Choices is accepted, and a choice may be abbreviated; there are no Names.
	Only bool
}

// Choice is one value that exists, with what ? says about it.
type Choice struct{ Name, Help string }

// Args are the arguments of one call by parameter name. A Flag that was given
// has an empty value.
type Args map[string]string

// Has reports whether the parameter was given.
func (a Args) Has(name string) bool { _, ok := a[name]; return ok }

// Int returns the value of a numeric parameter, or def when it was not given.
// The grammar has checked its type before.
func (a Args) Int(name string, def int) int {
	v, ok := a[name]
	if !ok {
		return def
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return def
	}
	return n
}
