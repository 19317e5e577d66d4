package op

import (
	"errors"
	"fmt"
	"maps"
	"testing"
)

func TestEveryCommandHasAnRPCOfItsOwn(t *testing.T) {
	seen := map[string]string{}
	for _, c := range All() {
		if other, twice := seen[c.RPC]; twice || c.RPC == "" {
			t.Errorf("%s: RPC %q, as %q", c.Words, c.RPC, other)
		}
		seen[c.RPC] = c.Words
	}
}

// What a command asks for as an RPC is the same command again.
func TestRequestAndResolveAreInverse(t *testing.T) {
	for _, c := range All() {
		args := Args{}
		for _, p := range c.Params {
			switch {
			case p.Kind == Flag:
				args[p.Name] = ""
			case len(p.Type.Enums) > 0:
				args[p.Name] = p.Type.Enums[0].Name
			case len(p.Type.Ranges) > 0:
				args[p.Name] = fmt.Sprint(p.Type.Ranges[0].Min)
			default:
				args[p.Name] = "value"
			}
		}
		rpc, ok := c.Request(args)
		if !ok {
			t.Fatal(c.Words)
		}
		back, got, err := ResolveRPC(rpc)
		if err != nil || back.Words != c.Words || !maps.Equal(got, args) {
			t.Errorf("%s: %s %v %v", c.Words, back.Words, got, err)
		}
	}
}

func TestResolveRPC(t *testing.T) {
	c, args, err := ResolveRPC(Group("get-log", Leaf("filename", "\n messages \n")))
	if err != nil || c.Words != "show log" || args["filename"] != "messages" {
		t.Errorf("%s %v %v", c.Words, args, err)
	}
	if _, _, err := ResolveRPC(Element{Name: "get-bgp-summary-information"}); !errors.Is(err, ErrNoRPC) {
		t.Error(err)
	}
	if _, _, err := ResolveRPC(Element{}); !errors.Is(err, ErrNoRPC) {
		t.Error(err)
	}
	for _, x := range []struct {
		rpc       Element
		bad, want string
	}{
		{Group("get-log", Leaf("nix", "")), "nix", "syntax error"},
		{Group("clear-log"), "filename", "missing argument"},
		{Group("file-delete"), "path", "missing argument"},
		{Group("ping", Leaf("host", "h"), Leaf("count", "no")), "count", ""},
		{Group("get-log", Leaf("filename", "a"), Leaf("filename", "b")), "filename", "<filename> is given twice"},
	} {
		var bad *ArgumentError
		if _, _, err := ResolveRPC(x.rpc); !errors.As(err, &bad) || bad.Element != x.bad || x.want != "" && err.Error() != x.want {
			t.Errorf("%s: %v", x.rpc.Name, err)
		}
	}
}
