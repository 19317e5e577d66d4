package daemon

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
)

// manyHosts are set lines for n hosts that refuse connections.
func manyHosts(n int) string {
	var b strings.Builder
	for i := range n {
		host := fmt.Sprintf("127.1.%d.%d", i/250, 1+i%250)
		fmt.Fprintf(&b, "set system syslog host %s any notice\nset system syslog host %s port 9\nset system syslog host %s transport tcp\n", host, host, host)
	}
	return b.String()
}

// put commits set lines.
func put(t testing.TB, d *Daemon, lines string) {
	t.Helper()
	c, ctx := d.store.Shared(), context.Background()
	var edits []configtree.Edit
	for e, p := range format.ReadOnto(strings.NewReader(lines), "", nil, format.SetLines, c.Tree()) {
		if p != nil {
			t.Fatal(p)
		}
		edits = append(edits, e)
	}
	if _, problems, err := c.Edit(ctx, itself(), edits); err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if _, err := c.Commit(ctx, itself(), store.CommitOptions{Command: "commit"}); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkManyHosts is the life of a daemon with thousands of hosts that cannot be
// reached: the commit that brings them, one that changes a leaf while they fail,
// the end and the next start.
func BenchmarkManyHosts(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { lifeWithHosts(b, n) })
	}
}

func lifeWithHosts(b *testing.B, n int) {
	took := map[string]time.Duration{}
	step := func(name string, f func()) {
		began := time.Now()
		f()
		took[name] += time.Since(began)
	}
	open := func(dir string) *Daemon {
		d, err := Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		return d
	}
	end := func(d *Daemon) {
		if err := d.Close("benchmark", ShellDrain); err != nil && err != ErrUndelivered {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		dir := b.TempDir()
		d := open(dir)
		step("first", func() { put(b, d, manyHosts(n)) })
		step("one-leaf", func() { put(b, d, "set system syslog file messages archive files 7\n") })
		step("close", func() { end(d) })
		step("start", func() { d = open(dir) })
		step("one-leaf-after-start", func() { put(b, d, "set system syslog file messages archive files 8\n") })
		step("close-again", func() { end(d) })
	}
	for name, t := range took {
		b.ReportMetric(float64(t.Milliseconds())/float64(b.N), name+"-ms")
	}
}
