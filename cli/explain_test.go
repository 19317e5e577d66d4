package cli

import (
	"strings"
	"testing"
	"time"

	"loggia/configtree"
	"loggia/op"
)

func TestSupportInformationHoldsWhatOneMaySee(t *testing.T) {
	l := newLab(t)
	o := l.options("user")
	o.Env.Engine = noEngine{}
	out := l.typed(o, "request support information\r")
	for _, line := range supportCommands() {
		if !strings.Contains(out, "user@gate> "+line+"\n") {
			t.Errorf("%s is missing in\n%s", line, out)
		}
	}
	if strings.Contains(out, "$6$") {
		t.Error("a secret is shown")
	}
	o = l.options("user", "view")
	o.Env.Engine = noEngine{}
	if out := l.typed(o, "request support information\r"); strings.Contains(out, "> show log") || !strings.Contains(out, "> show system commit") {
		t.Errorf("%s", out)
	}
}

type noEngine struct{}

func (noEngine) Statistics() op.Statistics { return op.Statistics{} }

func (noEngine) ClearStatistics() {}

func (noEngine) Explain(op.Message) op.Explanation { return op.Explanation{} }
func (noEngine) Impact(*configtree.Effective, time.Time) (op.Impact, error) {
	return op.Impact{}, nil
}
