package schema

import (
	"strings"
	"testing"
)

// Programs find every module by its name, revision and name space.
func TestModules(t *testing.T) {
	modules := Modules()
	if len(modules) < 10 {
		t.Fatalf("%d modules", len(modules))
	}
	for _, m := range modules {
		if len(m.Revision) != len("2026-11-22") || !strings.HasPrefix(m.Namespace, "urn:loggia:yang:") || !strings.HasPrefix(m.Text, "module "+m.Name+" {") {
			t.Errorf("%s: revision %q, name space %q", m.Name, m.Revision, m.Namespace)
		}
	}
}
