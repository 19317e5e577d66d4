package op

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// write makes a file in the home of the user.
func write(t *testing.T, env *Env, name, text string) {
	t.Helper()
	f, err := env.Files.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// What is wanted is what diff(1) prints, but for the dates of the files.
func TestCompareFiles(t *testing.T) {
	env := newEnv(t)
	write(t, env, "a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n")
	write(t, env, "b", "1\n2\n3\n4\nfive\n6\n7\n7b\n8\n9\n10\n11\n")
	write(t, env, "c", "1\n2\n3\n4\n 5\n6\n7\n8  \n9\n10\n11\n12")
	write(t, env, "none", "")
	for _, c := range []struct{ from, to, how, want string }{
		{"a", "a", "", ""},
		{"a", "b", "", "5c5\n< 5\n---\n> five\n7a8\n> 7b\n12d12\n< 12\n"},
		{"none", "a", "", "0a1,12\n> 1\n> 2\n> 3\n> 4\n> 5\n> 6\n> 7\n> 8\n> 9\n> 10\n> 11\n> 12\n"},
		{"none", "none", "unified", ""},
		{"a", "c", "", "5c5\n< 5\n---\n>  5\n8c8\n< 8\n---\n> 8  \n12c12\n< 12\n---\n> 12\n\\ No newline at end of file\n"},
		{"a", "c", "ignore-white-space", "5c5\n< 5\n---\n>  5\n"},
		{"a", "b", "unified", "--- /var/home/user/a\tDATE\n+++ /var/home/user/b\tDATE\n@@ -2,11 +2,11 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n+7b\n 8\n 9\n 10\n 11\n-12\n"},
		{"none", "b", "unified", "--- /var/home/user/none\tDATE\n+++ /var/home/user/b\tDATE\n@@ -0,0 +1,12 @@\n+1\n+2\n+3\n+4\n+five\n+6\n+7\n+7b\n+8\n+9\n+10\n+11\n"},
		{"a", "b", "context", "*** /var/home/user/a\tDATE\n--- /var/home/user/b\tDATE\n***************\n*** 2,12 ****\n  2\n  3\n  4\n! 5\n  6\n  7\n  8\n  9\n  10\n  11\n- 12\n" +
			"--- 2,12 ----\n  2\n  3\n  4\n! five\n  6\n  7\n+ 7b\n  8\n  9\n  10\n  11\n"},
		{"b", "none", "context", "*** /var/home/user/b\tDATE\n--- /var/home/user/none\tDATE\n***************\n*** 1,12 ****\n- 1\n- 2\n- 3\n- 4\n- five\n- 6\n- 7\n- 7b\n- 8\n- 9\n- 10\n- 11\n--- 0 ----\n"},
	} {
		args := Args{"from-file": c.from, "to-file": c.to}
		if c.how != "" {
			args[c.how] = ""
		}
		got, err := run(t, env, "file compare files", args)
		for _, name := range []string{c.from, c.to} {
			info, serr := env.Files.Stat(name)
			if serr != nil {
				t.Fatal(serr)
			}
			got = strings.ReplaceAll(got, info.ModTime().In(env.Now().Location()).Format(time.ANSIC), "DATE")
		}
		if err != nil || got != c.want {
			t.Errorf("%s %s %s: %v\n%s\nwant\n%s", c.from, c.to, c.how, err, got, c.want)
		}
	}
	for _, args := range []Args{{"from-file": "a", "to-file": "nix"}, {"from-file": "nix", "to-file": "a"}, {"from-file": "a", "to-file": "b", "context": "", "unified": ""}} {
		if got, err := run(t, env, "file compare files", args); err == nil {
			t.Errorf("%v: %s", args, got)
		}
	}
	write(t, env, "large", strings.Repeat("x", maxCompared+1))
	if _, err := run(t, env, "file compare files", Args{"from-file": "a", "to-file": "large"}); !errors.Is(err, errCompared) {
		t.Errorf("a file that is too large: %v", err)
	}
}

// TestDifferencesLeadFromOneToTheOther: whatever two texts are like, the hunks make the second of
// the first, in order, and what is between them is equal.
func TestDifferencesLeadFromOneToTheOther(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(n, kinds int) []string {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = string(rune('a' + rng.IntN(kinds)))
		}
		return lines
	}
	var pairs [][2][]string
	for range 300 {
		pairs = append(pairs, [2][]string{text(rng.IntN(30), 1+rng.IntN(20)), text(rng.IntN(30), 1+rng.IntN(20))})
	}
	unique := make([]string, 5000) // more pairs than are looked at one by one
	for i := range unique {
		unique[i] = strings.Repeat("u", 1+i%7) + string(rune(0x4e00+i))
	}
	moved := slices.Concat(unique[1000:], unique[:1000])
	changed := slices.Clone(unique)
	for i := 0; i < len(changed); i += 50 {
		changed[i] = "changed"
	}
	pairs = append(pairs, [2][]string{unique, moved}, [2][]string{unique, changed}, [2][]string{unique, text(3000, 3)}, [2][]string{text(3000, 2), text(3000, 2)})
	for _, p := range pairs {
		a, b := p[0], p[1]
		var made []string
		at, atB := 0, 0
		for _, h := range differences(a, b) {
			if h.a0 < at || h.b0-atB != h.a0-at || h.a0 == h.a1 && h.b0 == h.b1 {
				t.Fatalf("hunk %v behind %d and %d", h, at, atB)
			}
			made = append(append(made, a[at:h.a0]...), b[h.b0:h.b1]...)
			at, atB = h.a1, h.b1
		}
		if made = append(made, a[at:]...); !slices.Equal(made, b) {
			t.Fatalf("%d and %d lines: not what the other is", len(a), len(b))
		}
	}
	if n := len(differences(unique, changed)); n != 100 {
		t.Errorf("%d hunks for 100 changes", n)
	}
}
