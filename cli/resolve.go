package cli

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Bounds on what `| resolve` asks of the name servers: so many addresses, so
// long for each. What has no name in time stays an address.
const (
	maxResolved = 1000
	resolveTime = 2 * time.Second
)

// names gives addresses their names, asking for each but once.
type names struct {
	full  bool
	known map[string]string
	ask   func(ctx context.Context, address string) ([]string, error)
}

// resolveFilter puts names in the place of addresses.
func resolveFilter(_ *Session, c *call, next stage) (stage, error) {
	n := &names{full: c.args.Has("full-names"), known: map[string]string{}, ask: net.DefaultResolver.LookupAddr}
	return &filter{next: next, each: func(block []byte) error {
		for line := range bytes.Lines(block) {
			if err := next.lines(n.line(line)); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

// line replaces the addresses in a line: what between blanks, brackets and
// commas is an address, with or without a port or prefix behind it.
func (n *names) line(line []byte) []byte {
	var out []byte
	isBreak := func(c byte) bool { return bytes.IndexByte([]byte(" \t\n,;()[]<>\"'="), c) >= 0 }
	for i := 0; i < len(line); {
		j := i
		for j < len(line) && !isBreak(line[j]) {
			j++
		}
		out = append(out, n.word(string(line[i:j]))...)
		for i = j; i < len(line) && isBreak(line[i]); i++ {
			out = append(out, line[i])
		}
	}
	return out
}

func (n *names) word(word string) string {
	address, behind := word, ""
	if i := strings.IndexByte(word, '/'); i > 0 {
		address, behind = word[:i], word[i:]
	} else if i := strings.IndexByte(word, ':'); i > 0 && strings.Count(word, ":") == 1 {
		address, behind = word[:i], word[i:]
	}
	if _, err := netip.ParseAddr(address); err != nil {
		return word
	}
	return n.name(address) + behind
}

func (n *names) name(address string) string {
	name, ok := n.known[address]
	if ok || len(n.known) >= maxResolved {
		if name == "" {
			return address
		}
		return name
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTime)
	defer cancel()
	name = address
	if found, err := n.ask(ctx, address); err == nil && len(found) > 0 {
		name = strings.TrimSuffix(found[0], ".")
		if !n.full {
			name, _, _ = strings.Cut(name, ".")
		}
	}
	n.known[address] = name
	return name
}
