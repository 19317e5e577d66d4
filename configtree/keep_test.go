package configtree

import (
	"slices"
	"testing"
)

// TestKeep puts whole configurations in the place of one with protected statements.
func TestKeep(t *testing.T) {
	root := load(t)
	const warning = "warning: "
	for name, c := range map[string]struct{ from, next, want, said []string }{
		"nothing is protected": {
			from: []string{"set system host-name a"},
			next: []string{"set system host-name b"},
			want: []string{"set system host-name b"},
		},
		"an entry that is gone": {
			from: []string{"set system syslog file m any notice", "set system host-name a", "protect system syslog file m"},
			next: []string{"set system host-name b"},
			want: []string{"set system syslog file m any notice", "set system host-name b", "protect system syslog file m"},
			said: []string{warning + "[system syslog file m] is protected, 'system syslog file m' cannot be deleted"},
		},
		"an entry that differs": {
			from: []string{"set system syslog file m any notice", "protect system syslog file m"},
			next: []string{"set system syslog file m any info", "set system syslog file n any any"},
			want: []string{"set system syslog file m any notice", "set system syslog file n any any", "protect system syslog file m"},
			said: []string{warning + "[system syslog file m] is protected, 'system syslog file m' cannot be changed"},
		},
		"only the mark is missing": {
			from: []string{"set system syslog file m any notice", "protect system syslog file m"},
			next: []string{"set system syslog file m any notice"},
			want: []string{"set system syslog file m any notice", "protect system syslog file m"},
		},
		"a leaf and a container, of nothing": {
			from: []string{"set system host-name a", "set system syslog file m any notice", "protect system host-name", "protect system syslog"},
			want: []string{"set system host-name a", "set system syslog file m any notice", "protect system host-name", "protect system syslog"},
			said: []string{
				warning + "[system host-name] is protected, 'system host-name' cannot be deleted",
				warning + "[system syslog] is protected, 'system syslog' cannot be deleted"},
		},
		"what contains it stays active": {
			from: []string{"set system syslog file m any notice", "protect system syslog file m any"},
			next: []string{"set system syslog file m any notice", "deactivate system syslog file m"},
			want: []string{"set system syslog file m any notice", "protect system syslog file m any"},
			said: []string{warning + "[system syslog file m any] is protected, 'system syslog file m' cannot be deactivated"},
		},
		"it comes back where it was": {
			from: []string{"set system syslog host a", "set system syslog host b", "set system syslog host c", "protect system syslog host b"},
			next: []string{"set system syslog host c", "set system syslog host a", "set system syslog host d"},
			want: []string{"set system syslog host c", "set system syslog host a", "set system syslog host b", "set system syslog host d", "protect system syslog host b"},
			said: []string{warning + "[system syslog host b] is protected, 'system syslog host b' cannot be deleted"},
		},
		"it comes back before what stood behind it": {
			from: []string{"set system syslog host b", "set system syslog host c", "protect system syslog host b"},
			next: []string{"set system syslog host a", "set system syslog host c"},
			want: []string{"set system syslog host a", "set system syslog host b", "set system syslog host c", "protect system syslog host b"},
			said: []string{warning + "[system syslog host b] is protected, 'system syslog host b' cannot be deleted"},
		},
	} {
		from, next := build(t, root, c.from...), build(t, root, c.next...)
		was := build(t, root, c.next...)
		got, problems := from.Keep(next)
		var said []string
		for i := range problems {
			said = append(said, problems[i].Error())
		}
		if !got.Equal(build(t, root, c.want...)) || !slices.Equal(said, c.said) {
			t.Errorf("%s: said %q, and there is %v", name, said, Diff(build(t, root, c.want...), got))
		}
		if !next.Equal(was) || !from.Equal(build(t, root, c.from...)) {
			t.Errorf("%s: a tree changed", name)
		}
		if again, told := from.Keep(got); again != got || len(told) > 0 {
			t.Errorf("%s: what was kept is kept again: %v", name, told)
		}
	}
}
