package target

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// script starts a shell script as a target without sockets.
func script(t *testing.T, text string) *Daemon {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "start")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := Start(context.Background(), Spec{Name: "script", Command: path}, dir, []string{"COLOR=blue"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in 20 s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestCPUCountsTheWholeGroup(t *testing.T) {
	d := script(t, `(while :; do :; done) & exec sleep 1000`)
	until(t, "100 ms of processor time", func() bool {
		cpu, err := d.CPU()
		if err != nil {
			t.Fatal(err)
		}
		return cpu >= 100*time.Millisecond
	})
	now, peak, err := d.Memory()
	if err != nil || now <= 0 || peak < now {
		t.Errorf("memory %d, peak %d: %v", now, peak, err)
	}
	if _, err := d.Stop(); err != nil {
		t.Error(err)
	}
	until(t, "the end of the child", func() bool {
		if err := d.group.scan(); err != nil {
			t.Fatal(err)
		}
		alive := 0
		for _, pid := range d.group.members {
			if running(pid) {
				alive++
			}
		}
		return alive == 0
	})
}

// running says whether a process is neither gone nor waiting to be collected
// by a parent that is no concern of ours.
func running(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestStopTellsOfAnEarlyEnd(t *testing.T) {
	d := script(t, `echo "my color is $COLOR"; exit 3`)
	<-d.done
	_, err := d.Stop()
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "my color is blue") {
		t.Errorf("%v", err)
	}
}

func TestEndpoints(t *testing.T) {
	tcp, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "socket")
	endpoints := []Endpoint{{"tcp", tcp}, {"udp", tcp}, {"unixgram", path}}
	for _, e := range endpoints {
		if e.openBy(os.Getpid()) {
			t.Errorf("%s is open before it is opened", e)
		}
		if e.Network == "tcp" {
			l, err := net.Listen(e.Network, e.Address)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		} else {
			l, err := net.ListenPacket(e.Network, e.Address)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		}
		if !e.openBy(os.Getpid()) {
			t.Errorf("%s is not found open", e)
		}
		if e.openBy(os.Getppid()) {
			t.Errorf("%s is found open in another process", e)
		}
	}
}
