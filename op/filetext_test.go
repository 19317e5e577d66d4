package op

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// A compressed file is shown as what is in it.
func TestFileShowUnpacks(t *testing.T) {
	env := newEnv(t)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte("one\ntwo\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, content, want, err string }{
		{"old.gz", packed.String(), "one\ntwo\n", ""},
		{"two.gz", packed.String() + packed.String(), "one\ntwo\none\ntwo\n", ""},
		{"packed", packed.String(), packed.String(), ""},
		{"none.gz", "one\ntwo\n", "one\ntwo\n", ""},
		{"short.gz", "\x1f", "\x1f", ""},
		{"empty.gz", "", "", ""},
		{"cut.gz", packed.String()[:packed.Len()-3], "one\ntwo\n", "unexpected EOF"},
	} {
		f, err := env.Files.Create(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(c.content); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		res, err := fileShow(t.Context(), env, Args{"filename": c.name})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var b strings.Builder
		err = res.WriteText(&b)
		if b.String() != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v; want %q, %q", c.name, b.String(), err, c.want, c.err)
		}
	}
}
