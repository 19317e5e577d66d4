package configtree

import (
	"slices"
	"testing"
)

func TestWithDefaults(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system host-name r1", "set system time-zone Europe/Berlin", "set system syslog host h any any", "set system syslog host h port 1514",
		"set groups g system syslog host <*> transport tcp", "set system apply-groups g", "set system syslog file m any any", "deactivate system syslog file m")
	e := tree.Expand()
	all := func(Path) bool { return true }
	full := e.WithDefaults(all)
	for _, c := range []struct{ path, value, group string }{
		{"system host-name", "r1", ""},
		{"system time-zone", "Europe/Berlin", ""},
		{"system max-configuration-rollbacks", "49", DefaultsGroup},
		{"system login retry-options backoff-factor", "5", DefaultsGroup}, // of levels that are not there
		{"system syslog host h port", "1514", ""},
		{"system syslog host h transport", "tcp", "g"},
		{"system syslog storage reserve", "5%", DefaultsGroup},
	} {
		n, ok := full.At(path(t, root, c.path))
		if group, _ := n.Source(); !ok || n.Value() != c.value || group != c.group {
			t.Errorf("%s: %v %q from %q", c.path, ok, n.Value(), group)
		}
	}
	for _, absent := range []string{"system services ssh", "system syslog file m", "groups g"} { // which would turn something on
		if _, ok := full.At(path(t, root, absent)); ok {
			t.Errorf("%s is there", absent)
		}
	}
	if again := full.WithDefaults(all); again != full {
		t.Error("defaults of defaults")
	}
	if n, ok := e.At(path(t, root, "system max-configuration-rollbacks")); ok {
		t.Errorf("what it was made of has changed: %v", n)
	}
	secret := path(t, root, "system login")
	some := e.WithDefaults(func(p Path) bool { return !p.Within(secret) })
	if _, ok := some.At(secret); ok {
		t.Error("what may not be seen is there")
	}
	added := kinds(DiffEffective(some, full))
	if !slices.Equal(added, []string{"added system login"}) {
		t.Errorf("%q", added)
	}
	if err := full.Check(nil); len(err) > 0 {
		t.Errorf("the defaults are wrong: %v", err)
	}
}
