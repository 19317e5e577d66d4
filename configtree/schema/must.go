package schema

import (
	"fmt"
	"strings"
)

// Must is one `must` constraint: Test has to hold wherever the node that
// carries it is configured, and Message is shown when it does not.
//
// The grammar is a small part of XPath 1.0:
//
//	expr    = and *("or" and)
//	and     = unary *("and" unary)
//	unary   = "not(" expr ")" | "(" expr ")" | path [("=" | "!=") literal]
//	path    = "." | *("../") name *("/" name) | ".." *("/..")
//	literal = 'text' | "text"
//
// A path alone holds when something is configured there; = and != compare the
// value of the leaf there, and neither holds when there is none, as in XPath.
type Must struct {
	Expr    string
	Message string
	Test    Test
}

// Test is a node of a parsed constraint: And, Or, Not, Exists or Compare.
type Test interface{ isTest() }

// And holds when all of its tests hold.
type And []Test

// Or holds when one of its tests holds.
type Or []Test

// Not holds when its test does not.
type Not struct{ Test Test }

// Exists holds when something is configured at Path.
type Exists struct{ Path MustPath }

// Compare holds when the leaf at Path has the value Literal or, with Unequal,
// any other value.
type Compare struct {
	Path    MustPath
	Literal string
	Unequal bool
}

func (And) isTest()     {}
func (Or) isTest()      {}
func (Not) isTest()     {}
func (Exists) isTest()  {}
func (Compare) isTest() {}

// MustPath is a way from the node that carries the constraint: Up levels out,
// then down by Names. Up 0 without Names is the node itself. An entry of a list
// is one level, as in XPath.
type MustPath struct {
	Up    int
	Names []string
}

// ParseMust parses a constraint.
func ParseMust(expr, message string) (Must, error) {
	p := mustParser{rest: expr}
	test, err := p.or()
	if err == nil && p.skip() != "" {
		err = fmt.Errorf("%q is outside the grammar", p.rest)
	}
	if err != nil {
		return Must{}, fmt.Errorf("must %q: %w", expr, err)
	}
	return Must{Expr: expr, Message: message, Test: test}, nil
}

// mustDepth bounds the nesting of parentheses.
const mustDepth = 16

type mustParser struct {
	rest  string
	depth int
}

func (p *mustParser) skip() string {
	p.rest = strings.TrimLeft(p.rest, " \t\n")
	return p.rest
}

// word takes an operator word, which ends where a name would.
func (p *mustParser) word(w string) bool {
	rest, ok := strings.CutPrefix(p.skip(), w)
	if !ok || rest != "" && isNameByte(rest[0]) {
		return false
	}
	p.rest = rest
	return true
}

func (p *mustParser) symbol(s string) bool {
	rest, ok := strings.CutPrefix(p.skip(), s)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *mustParser) or() (Test, error) {
	tests, err := p.operands("or", p.and)
	if len(tests) == 1 || err != nil {
		return tests[0], err
	}
	return Or(tests), nil
}

func (p *mustParser) and() (Test, error) {
	tests, err := p.operands("and", p.unary)
	if len(tests) == 1 || err != nil {
		return tests[0], err
	}
	return And(tests), nil
}

// operands parses one operand or more, with word between them.
func (p *mustParser) operands(word string, operand func() (Test, error)) ([]Test, error) {
	var tests []Test
	for {
		test, err := operand()
		if err != nil {
			return []Test{nil}, err
		}
		if tests = append(tests, test); !p.word(word) {
			return tests, nil
		}
	}
}

func (p *mustParser) unary() (Test, error) {
	if p.symbol("not(") {
		test, err := p.group()
		return Not{test}, err
	}
	if p.symbol("(") {
		return p.group()
	}
	path, err := p.path()
	if err != nil {
		return nil, err
	}
	unequal := p.symbol("!=")
	if !unequal && !p.symbol("=") {
		return Exists{path}, nil
	}
	literal, err := p.literal()
	return Compare{Path: path, Literal: literal, Unequal: unequal}, err
}

// group parses what an opened parenthesis holds, and its end.
func (p *mustParser) group() (Test, error) {
	if p.depth++; p.depth > mustDepth {
		return nil, fmt.Errorf("more than %d parentheses deep", mustDepth)
	}
	test, err := p.or()
	if err != nil {
		return nil, err
	}
	p.depth--
	if !p.symbol(")") {
		return nil, fmt.Errorf("missing ')' before %q", p.rest)
	}
	return test, nil
}

func (p *mustParser) path() (MustPath, error) {
	var path MustPath
	p.skip()
	if p.symbol("..") {
		path.Up = 1
		for p.rest != "" && p.rest[0] == '/' {
			after, ok := strings.CutPrefix(p.rest, "/..")
			if !ok {
				break
			}
			p.rest, path.Up = after, path.Up+1
		}
		if !strings.HasPrefix(p.rest, "/") {
			return path, nil
		}
		p.rest = p.rest[1:]
	} else if p.symbol(".") {
		return path, nil
	}
	for {
		end := 0
		for end < len(p.rest) && isNameByte(p.rest[end]) {
			end++
		}
		if end == 0 || !isLetter(p.rest[0]) {
			return path, fmt.Errorf("expected a name at %q", p.rest)
		}
		path.Names = append(path.Names, p.rest[:end])
		p.rest = p.rest[end:]
		if !strings.HasPrefix(p.rest, "/") {
			return path, nil
		}
		p.rest = p.rest[1:]
	}
}

func (p *mustParser) literal() (string, error) {
	rest := p.skip()
	if rest == "" || rest[0] != '\'' && rest[0] != '"' {
		return "", fmt.Errorf("expected a literal in quotes at %q", rest)
	}
	text, after, ok := strings.Cut(rest[1:], rest[:1])
	if !ok {
		return "", fmt.Errorf("no end of the literal %q", rest)
	}
	p.rest = after
	return text, nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isNameByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}
