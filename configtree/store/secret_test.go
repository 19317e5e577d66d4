package store

import (
	"strings"
	"testing"

	"loggia/configtree"
)

// TestSecretsFromBefore: a directory of a version that kept secrets in clear is
// read, and what is written from then on has their notation.
func TestSecretsFromBefore(t *testing.T) {
	const secret = "system services outbound-ssh client nms secret"
	dir := t.TempDir()
	grow(t, dir, "a")
	s := open(t, dir, new(tape))
	m := s.Running().Meta
	closed(t, s)
	head, digits := m.header()
	body := "system {\n    root-authentication {\n        encrypted-password *;\n    }\n    services {\n        outbound-ssh {\n            client nms {\n                secret hunter2;\n            }\n        }\n    }\n}\n"
	copy(head[digits:], hashOf(head, []byte(body)))
	rewrite(t, dir+"/commit/2.conf", func(string) string { return string(head) + body })
	log := appendBase(nil, 2)
	log = appendFrame(log, []byte("edits 1 \"ann\" \"cli\"\nset system services outbound-ssh client \"two\" secret = \"hunter3\""))
	rewrite(t, dir+"/candidate.log", func(string) string { return string(log) })

	s = open(t, dir, new(tape))
	defer closed(t, s)
	for client, want := range map[string]string{"nms": "hunter2", "two": "hunter3"} {
		p := edits(t, "set "+strings.Replace(secret, "nms", client, 1)+" x")[0].Path
		n, ok := s.Shared().Tree().At(p)
		if !ok || n.Value() == want || n.Schema().Type.Plain(n.Value()) != want {
			t.Errorf("%s has %q", client, n.Value())
		}
	}
	if log := read(t, dir+"/candidate.log"); strings.Contains(log, "hunter") {
		t.Errorf("candidate.log:\n%s", log)
	}
	p := edits(t, "set "+secret+" x")[0].Path
	plain := []configtree.Edit{{Op: configtree.Set, Path: p, Value: "hunter2"}}
	if changes, _, err := s.Shared().Edit(t.Context(), ann, plain); len(changes) != 0 || err != nil {
		t.Errorf("the same again: %v, %v", changes, err)
	}
	plain[0].Value = "hunter4"
	if changes, _, err := s.Shared().Edit(t.Context(), ann, plain); len(changes) != 1 || err != nil {
		t.Errorf("another: %v, %v", changes, err)
	}
	if log := read(t, dir+"/candidate.log"); strings.Contains(log, "hunter") {
		t.Errorf("candidate.log:\n%s", log)
	}
	commit(t, s.Shared(), ann, "")
	if conf := read(t, dir+"/commit/3.conf"); strings.Contains(conf, "hunter") || strings.Count(conf, `secret "$9$`) != 2 {
		t.Errorf("3.conf:\n%s", conf)
	}
}
