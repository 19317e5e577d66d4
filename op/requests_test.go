package op

import (
	"context"
	"strings"
	"testing"
)

// Clients of Junos find the facts where they look for them, and they are those
// of this machine.
func TestFactsForPrograms(t *testing.T) {
	env := newEnv(t)
	for _, c := range []struct {
		rpc  Element
		want []string // paths that lead to a text
	}{
		{Group("get-chassis-inventory"), []string{"chassis/serial-number", "chassis/description"}},
		{Group("get-route-engine-information"), []string{"route-engine/mastership-state", "route-engine/memory-dram-size", "route-engine/cpu-idle", "route-engine/up-time"}},
		{Group("get-system-memory-information"), []string{"system-memory-summary-information/system-memory-total", "system-memory-summary-information/system-memory-free"}},
		{Group("get-interface-information", Leaf("detail", "")), []string{"physical-interface/name", "physical-interface/mtu", "physical-interface/admin-status"}},
		{Group("get-interface-information", Leaf("interface-name", "lo"), Leaf("terse", "")), []string{"physical-interface/oper-status"}},
		{Group("get-commit-revision-information", Leaf("level", "detail")), []string{"revision", "user", "date-time"}},
		{Group("get-syslog-filenames"), []string{"syslog-file-name"}},
	} {
		command, args, err := ResolveRPC(c.rpc)
		if err != nil {
			t.Errorf("%s: %v", c.rpc.Name, err)
			continue
		}
		res, err := command.Run(context.Background(), env, args)
		if err != nil {
			t.Errorf("%s: %v", c.rpc.Name, err)
			continue
		}
		for _, path := range c.want {
			at, ok := res.Element(), true
			for name := range strings.SplitSeq(path, "/") {
				if ok {
					at, ok = at.Child(name)
				}
			}
			if !ok || at.Text == "" {
				t.Errorf("%s: nothing at %s of %+v", c.rpc.Name, path, res.Element())
			}
		}
	}
}

// What is not there is an error, and no answer without contents: clients take
// such a one for the fact.
func TestFactsThatAreNotThere(t *testing.T) {
	env := newEnv(t)
	command, args, err := ResolveRPC(Group("get-interface-information", Leaf("interface-name", "ge-0/0/0")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := command.Run(context.Background(), env, args); err == nil || err.Error() != "device ge-0/0/0 not found" {
		t.Error(err)
	}
	if _, _, err := ResolveRPC(Group("get-interface-information", Leaf("routing-instance", "__juniper_private1__"), Leaf("terse", ""))); err == nil {
		t.Error("a routing instance that this machine does not have")
	}
}

func TestProcessorShares(t *testing.T) {
	shares, err := processorShares()
	sum := uint64(0)
	for _, s := range shares {
		sum += s
	}
	if err != nil || sum > 100 || sum < 95 {
		t.Errorf("%v %v", shares, err)
	}
	if m, err := readMemory(); err != nil || m.total < m.free || m.free == 0 {
		t.Errorf("%+v %v", m, err)
	}
}
