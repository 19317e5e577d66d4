package daemon

import (
	"os"
	"os/exec"
	"testing"
)

func TestOwnerOf(t *testing.T) {
	login, has := parseUID("4294967295")
	if has {
		t.Fatalf("nobody is %d", login)
	}
	if text, err := os.ReadFile("/proc/self/loginuid"); err == nil {
		login, has = parseUID(string(text))
	}
	for _, row := range []struct {
		env string
		uid uint32
		ok  bool
	}{{"SUDO_UID=4711", 4711, true}, {"SUDO_UID=x", 0, false}, {"SUDO_UID=-1", 0, false}, {"OTHER=1", 0, false}} {
		c := exec.Command("cat") // it waits for its input
		c.Env = []string{"A=1", row.env}
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		want, ok := row.uid, row.ok
		if has { // the kernel's word counts
			want, ok = login, true
		}
		if uid, found := ownerOf(c.Process.Pid); found != ok || ok && uid != want {
			t.Errorf("%s: %d, %v", row.env, uid, found)
		}
		if err := in.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
	if _, ok := ownerOf(1 << 30); ok {
		t.Error("a process that is not there has an owner")
	}
}
