package event

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

func TestCatalogueHoldsEveryTagOnceInOrder(t *testing.T) {
	var tags []string
	for _, k := range Catalogue() {
		tag := k.Entry().Tag
		if tag == "" || k.Help == "" {
			t.Errorf("%+v is not described", k)
		}
		tags = append(tags, tag)
	}
	if !slices.IsSortedFunc(tags, cmp.Compare) || len(slices.Compact(slices.Clone(tags))) != len(tags) {
		t.Errorf("not in order: %q", tags)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	tag := regexp.MustCompile(`"((?:UI|SYSTEM|AUDIT|SSHD)_[A-Z_]+)"`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := filepath.Match("*_test.go", f); ok {
			continue
		}
		for _, m := range tag.FindAllSubmatch(text, -1) {
			if !slices.Contains(tags, string(m[1])) {
				t.Errorf("%s is not in the catalogue", m[1])
			}
		}
	}
}
