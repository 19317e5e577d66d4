package op

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoRPC is the error about an element that asks for no operational command.
var ErrNoRPC = errors.New("syntax error")

// ArgumentError says what is wrong with an argument of an RPC.
type ArgumentError struct {
	Element string // the bad element
	Err     error
}

// Error implements error.
func (e *ArgumentError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *ArgumentError) Unwrap() error { return e.Err }

// ResolveRPC returns the operational command that an RPC asks for, and its
// arguments: children named like the parameters, by local name and in any order,
// white space around their values ignored. The error is ErrNoRPC, or an
// *ArgumentError. Whether the caller has the command's Permission is the caller's
// to check.
func ResolveRPC(rpc Element) (Command, Args, error) {
	all := append(requests(), All()...) // a request may have more arguments than its command
	i := slices.IndexFunc(all, func(c Command) bool { return c.RPC != "" && c.RPC == rpc.Name })
	if i < 0 {
		return Command{}, nil, ErrNoRPC
	}
	c, args := all[i], Args{}
	for _, e := range rpc.Children {
		p := c.argument(e.Name)
		if p == nil {
			return Command{}, nil, &ArgumentError{e.Name, ErrNoRPC}
		}
		value := strings.TrimSpace(e.Text)
		if p.Kind == Flag {
			value = ""
		} else if err := p.Type.Check(value); err != nil && (value != "" || !p.Optional) {
			return Command{}, nil, &ArgumentError{e.Name, err}
		}
		if args.Has(p.Name) {
			return Command{}, nil, &ArgumentError{e.Name, fmt.Errorf("<%s> is given twice", e.Name)}
		}
		args[p.Name] = value
	}
	for _, p := range c.Params {
		if p.Required && !args.Has(p.Name) {
			return Command{}, nil, &ArgumentError{p.element(), errors.New("missing argument")}
		}
	}
	return c, args, nil
}

// argument returns the parameter that an argument of an RPC is for, or nil.
func (g *Grammar) argument(name string) *Param {
	i := slices.IndexFunc(g.Params, func(p Param) bool { return p.Kind != Statement && p.element() == name })
	if i < 0 {
		return nil
	}
	return &g.Params[i]
}

func (p *Param) element() string {
	if p.Element != "" {
		return p.Element
	}
	return p.Name
}

// Request returns the RPC that asks for the same as a command with these
// arguments; false when there is none.
func (g *Grammar) Request(a Args) (Element, bool) {
	rpc := Element{Name: g.RPC}
	for i := range g.Params {
		p := &g.Params[i]
		if p.Kind != Statement && a.Has(p.Name) {
			rpc.Children = append(rpc.Children, Leaf(p.element(), a[p.Name]))
		}
	}
	return rpc, g.RPC != ""
}
