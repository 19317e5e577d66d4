package op

import (
	"strings"
	"testing"
)

func TestResolved(t *testing.T) {
	for _, c := range []struct {
		r    resolved
		text string
		leaf string
	}{
		{resolved{"gate.example", false, []string{"192.0.2.1", "2001:db8::1"}}, "gate.example has address 192.0.2.1\ngate.example has IPv6 address 2001:db8::1\n", "address"},
		{resolved{"192.0.2.1", true, []string{"gate.example."}}, "192.0.2.1 domain name pointer gate.example.\n", "host-name"},
	} {
		var b strings.Builder
		if err := c.r.WriteText(&b); err != nil || b.String() != c.text {
			t.Errorf("%q %v", b.String(), err)
		}
		if e := c.r.Element(); len(e.Children) != 1+len(c.r.found) || e.Children[1].Name != c.leaf {
			t.Errorf("%+v", e)
		}
	}
	if got, err := run(t, newEnv(t), "show host", Args{"host": "localhost"}); err != nil || !strings.HasPrefix(got, "localhost has ") {
		t.Errorf("%q %v", got, err)
	}
	fails(t, newEnv(t), "show host", Args{"host": "-x"}, "'-x' is no host")
	fails(t, newEnv(t), "show host", Args{"host": "a b"}, "'a b' is no host")
}
