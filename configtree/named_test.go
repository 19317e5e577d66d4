package configtree

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestNamed: the entries with a prefix come sorted by key, whatever the order of the list.
func TestNamed(t *testing.T) {
	var all []string
	var build []string
	for i := range 3000 {
		key := fmt.Sprintf("h%d", i*7919%3000)
		all = append(all, key)
		build = append(build, "set system syslog host "+key+" any any", "set system syslog file "+key+" any any")
	}
	slices.Sort(all)
	tree := change(t, New(load(t)), build...)
	syslog := tree.Root().Child("system").Child("syslog")
	for _, prefix := range []string{"", "h", "h1", "h12", "h299", "h2999", "h29999", "a", "i"} {
		var want []string
		for _, key := range all {
			if strings.HasPrefix(key, prefix) {
				want = append(want, key)
			}
		}
		for _, list := range []string{"host", "file"} {
			var got []string
			for n := range syslog.Named(list, prefix, "") {
				got = append(got, n.Key())
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s %q: %d entries, want %d", list, prefix, len(got), len(want))
			}
			for n := range syslog.Named(list, prefix, "") {
				if n.Key() != want[0] || n.Path().String() != "system syslog "+list+" "+want[0] {
					t.Errorf("%s %q begins with %s", list, prefix, n.Path())
				}
				break
			}
		}
	}
	for n := range syslog.Named("file", "h1", "h1500") {
		if n.Key() != "h1500" {
			t.Errorf("from h1500 on comes %s", n.Key())
		}
		break
	}
	for n := range syslog.Named("file", "h1", "h2") {
		t.Errorf("%s does not begin with h1", n.Key())
	}
	for range syslog.Named("user", "", "") {
		t.Error("an entry of a list that is not there")
	}
}
