package op

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
)

// resolveCommands ask the machine's resolver, as log servers and senders are resolved.
func resolveCommands() []Command {
	return []Command{{Grammar{Words: "show host", RPC: "get-host-information", Help: "Show the addresses of a name, or the names of an address", Permission: "network", Params: []Param{
		{Name: "host", Help: "Name or address of the machine", Required: true}}}, showHost}}
}

// resolved is the answer of `show host`: a name and its addresses, or an address and its names.
type resolved struct {
	asked   string
	reverse bool
	found   []string
}

func showHost(ctx context.Context, _ *Env, a Args) (Result, error) {
	h, err := host(a)
	if err != nil {
		return nil, err
	}
	r := resolved{asked: h}
	if _, err = netip.ParseAddr(h); err == nil {
		r.reverse = true
		r.found, err = net.DefaultResolver.LookupAddr(ctx, h)
	} else {
		r.found, err = net.DefaultResolver.LookupHost(ctx, h)
	}
	var unknown *net.DNSError
	if errors.As(err, &unknown) {
		err = fmt.Errorf("%s: %s", h, unknown.Err) // the rest is for programmers
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// WriteText implements Result, in the words of host(1).
func (r resolved) WriteText(w io.Writer) error {
	return compose(w, func(b *strings.Builder) {
		for _, one := range r.found {
			switch {
			case r.reverse:
				fmt.Fprintf(b, "%s domain name pointer %s\n", r.asked, one)
			case strings.Contains(one, ":"):
				fmt.Fprintf(b, "%s has IPv6 address %s\n", r.asked, one)
			default:
				fmt.Fprintf(b, "%s has address %s\n", r.asked, one)
			}
		}
	})
}

// Element implements Result.
func (r resolved) Element() Element {
	e := Group("host-information", Leaf("host", r.asked))
	name := "address"
	if r.reverse {
		name = "host-name"
	}
	for _, one := range r.found {
		e.Children = append(e.Children, Leaf(name, one))
	}
	return e
}
