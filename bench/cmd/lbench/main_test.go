package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct{ args, err string }{
		{"a=true", ""},
		{"-ours a -rounds 1 -scale 0.5 -scenarios S1,S4@1000 a=./ours.sh b=x", ""},
		{"", "no target: want name=command"},
		{"./ours.sh", "./ours.sh: want name=command"},
		{"a=", "a=: want name=command"},
		{"-ours c a=x b=y", "-ours c is none of the targets"},
		{"-rounds 0 a=x", "-scale is above 0 and at most 100, -rounds at least 1"},
		{"-scale -1 a=x", "-scale is above 0 and at most 100, -rounds at least 1"},
		{"-scenarios S0 a=x", "unknown scenario S0"},
	}
	for _, test := range tests {
		_, err := parse(strings.Fields(test.args))
		if got := errorText(err); got != test.err {
			t.Errorf("%s: %q, want %q", test.args, got, test.err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestTargetThatFailsIsAFailedRun(t *testing.T) {
	var out bytes.Buffer
	dir := t.TempDir()
	ok, err := run(context.Background(), []string{"-dir", dir, "-rounds", "1", "-scale", "0.001", "-scenarios", "S1", "no=false"}, &out)
	if err != nil || ok || !strings.Contains(out.String(), "no: ended before it was ready") {
		t.Errorf("%v %v\n%s", ok, err, &out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestGenlog(t *testing.T) {
	var out bytes.Buffer
	if err := genlog([]string{"10000"}, &out); err != nil || out.Len() < 10000 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
	for _, args := range [][]string{{}, {"many"}, {"1", "x"}, {"1", "2", "3"}} {
		if err := genlog(args, &out); err == nil {
			t.Errorf("genlog %v was taken", args)
		}
	}
}
