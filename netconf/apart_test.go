package netconf

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"loggia/op"
)

// A request that panics is told of, and ends its session; what it would have sent
// after that is not answered.
func TestPanicEndsTheSession(t *testing.T) {
	b := newBox(t)
	o := b.options(everything())
	o.Command = func(context.Context, string, func(context.Context, op.Result) error) error { panic("oops") }
	var told any
	o.Broken = func(reason any) { told = reason }
	var out bytes.Buffer
	in := strings.NewReader("<rpc><command>show version</command></rpc>]]>]]>\n<rpc><get-config><source><running/></source></get-config></rpc>]]>]]>\n")
	if err := Serve(context.Background(), &stream{Reader: in, Writer: &out}, o); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if told != "oops" || strings.Contains(out.String(), "<data") {
		t.Errorf("%v, %s", told, out.String())
	}
}
