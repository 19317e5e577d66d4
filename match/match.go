// Package match decides whether a line matches a POSIX extended regular
// expression (IEEE 1003.2), for `match` statements, pipes, class regexps and
// event policies:
//
//	e, err := match.Compile("error|fail.*(ssh|mgd)", match.Options{IgnoreCase: true})
//	e.Match(line)
//
// A leading `!` negates the whole expression, as on Junos. `.` is any character,
// `^` and `$` are the ends of the line. In brackets a backslash escapes, unlike
// in POSIX; `[:alpha:]` and its like work, back references and collating symbols
// do not.
//
// A line is looked at in up to three steps, each dearer and rarer than the one
// before. If every match must hold one of a few strings (`error` or `fail`), a
// skipping search for these comes first and ends most lines. What remains runs
// through a deterministic automaton that is built while it is used, one table
// look-up a byte, and is thrown away when it grows past its bound. An expression
// that keeps outgrowing it falls back to following all alternatives at once. All
// three take time linear in the line, whatever the expression. Compile bounds the
// expression itself: see the constants.
package match

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strconv"
	"strings"
	"unsafe"
)

// Bounds of an expression. One that is larger is refused, because its cost falls
// on every message.
const (
	MaxLength       = 1024      // bytes of the expression
	MaxInstructions = 2000      // of the compiled program
	MaxRepeat       = 255       // RE_DUP_MAX of POSIX
	MaxLiterals     = 64 * 1024 // bytes of all the strings of Literals
)

// Options say how an expression is meant.
type Options struct {
	IgnoreCase bool
}

// Expr is a compiled expression. It may be used by any number of goroutines at
// once and takes no lock once the automaton knows the lines.
type Expr struct {
	source    string
	negate    bool
	prefilter *literals // nil: every line goes to the automaton
	automaton *automaton
}

// Compile compiles an expression. Its errors are complete sentences about the
// expression: "`(ab`: missing closing )".
func Compile(expr string, o Options) (*Expr, error) {
	if len(expr) > MaxLength {
		return nil, fmt.Errorf("expression has %d bytes, more than %d", len(expr), MaxLength)
	}
	body, negate := strings.CutPrefix(expr, "!")
	if negate && body == "" {
		return nil, errors.New("`!`: nothing to negate")
	}
	flags := syntax.ClassNL | syntax.DotNL | syntax.OneLine
	if o.IgnoreCase {
		flags |= syntax.FoldCase
	}
	tree, err := syntax.Parse(body, flags)
	if err != nil {
		return nil, explain(err)
	}
	if n := largestRepeat(tree); n > MaxRepeat {
		return nil, fmt.Errorf("repetition of %d, more than %d", n, MaxRepeat)
	}
	e, err := build(tree, MaxInstructions)
	if err != nil {
		return nil, err
	}
	e.source, e.negate = expr, negate
	return e, nil
}

// Literals compiles a set of plain strings: a line matches when it holds any of
// them.
func Literals(words []string, o Options) (*Expr, error) {
	tree, size := &syntax.Regexp{Op: syntax.OpAlternate}, 0
	for _, w := range words {
		if w == "" {
			return nil, errors.New("empty string")
		}
		if size += len(w); size > MaxLiterals {
			return nil, fmt.Errorf("strings have more than %d bytes", MaxLiterals)
		}
		lit := &syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune(w)}
		if o.IgnoreCase {
			lit.Flags = syntax.FoldCase
		}
		tree.Sub = append(tree.Sub, lit)
	}
	switch len(words) {
	case 0:
		tree = &syntax.Regexp{Op: syntax.OpNoMatch}
	case 1:
		tree = tree.Sub[0]
	}
	e, err := build(tree, 2*MaxLiterals)
	if err != nil {
		return nil, err
	}
	e.source = strings.Join(words, " ")
	return e, nil
}

// build compiles a tree into its steps.
func build(tree *syntax.Regexp, maxInstructions int) (*Expr, error) {
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, explain(err)
	}
	if n := len(prog.Inst); n > maxInstructions {
		return nil, fmt.Errorf("expression needs %d instructions, more than %d", n, maxInstructions)
	}
	return &Expr{prefilter: required(tree), automaton: newAutomaton(prog)}, nil
}

// explain words an error of the parser like the others.
func explain(err error) error {
	var s *syntax.Error
	if !errors.As(err, &s) {
		return err
	}
	switch s.Code {
	case syntax.ErrInvalidRepeatSize:
		lo, hi, _ := strings.Cut(strings.Trim(s.Expr, "{}"), ",")
		if a, err := strconv.Atoi(hi); err == nil {
			if b, err := strconv.Atoi(lo); err == nil && b > a {
				return fmt.Errorf("`%s`: bounds in the wrong order", s.Expr)
			}
		}
		return fmt.Errorf("`%s`: repetition of more than %d, or of more than 1000 by nesting", s.Expr, MaxRepeat)
	case syntax.ErrLarge:
		return fmt.Errorf("expression needs more than %d instructions", MaxInstructions)
	}
	return fmt.Errorf("`%s`: %s", s.Expr, s.Code)
}

// largestRepeat is the greatest number in braces anywhere in the tree.
func largestRepeat(tree *syntax.Regexp) int {
	n := 0
	if tree.Op == syntax.OpRepeat {
		n = max(tree.Min, tree.Max)
	}
	for _, sub := range tree.Sub {
		n = max(n, largestRepeat(sub))
	}
	return n
}

// Match reports whether line matches.
func (e *Expr) Match(line []byte) bool { return e.search(line) != e.negate }

// MatchString reports whether line matches.
func (e *Expr) MatchString(line string) bool {
	return e.Match(unsafe.Slice(unsafe.StringData(line), len(line))) // Match only reads it
}

// String returns the expression as it was given to Compile.
func (e *Expr) String() string { return e.source }

// Instructions is the size of the compiled program, at most MaxInstructions for
// an expression: the measure of what it may cost.
func (e *Expr) Instructions() int { return len(e.automaton.prog.Inst) }

// Automaton returns how many states of the automaton are built, and how often
// it has outgrown its bound and begun anew.
func (e *Expr) Automaton() (states int, flushes uint64) {
	a := e.automaton
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.current.Load().states), a.flushes.Load()
}

func (e *Expr) search(line []byte) bool {
	if f := e.prefilter; f != nil && f.decides(line) {
		if !f.in(line) {
			return false
		}
		if f.exact {
			return true
		}
	}
	return e.automaton.match(line)
}
