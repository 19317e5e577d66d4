package password

import (
	"strings"
	"testing"

	"github.com/go-crypt/crypt/algorithm/shacrypt"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/schema"
)

// rulesOf reads the rules of set lines below [edit system login password].
func rulesOf(t *testing.T, lines string) Rules {
	t.Helper()
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for line := range strings.SplitSeq(lines, "; ") {
		if line != "" {
			text.WriteString("set system login password " + line + "\n")
		}
	}
	b := configtree.New(root).Batch()
	for e, p := range format.Read(strings.NewReader(text.String()), "test", nil, format.SetLines, root) {
		if p != nil {
			t.Fatal(p)
		}
		if err := b.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	return RulesOf(b.Tree().Expand().Reader().Child("system").Child("login"))
}

func TestCheck(t *testing.T) {
	for _, row := range []struct{ rules, password, want string }{
		{"", "secret1", ""},
		{"", "secret", "require change of case, digits or punctuation"},
		{"", "Secret", ""},
		{"", "ab 12", "minimum password length is 6"},
		{"", strings.Repeat("aB", 64), ""},
		{"", strings.Repeat("aB", 64) + "c", "maximum password length is 128"},
		{"minimum-length 15", "!@#$%^&*()aB34", "minimum password length is 15"},
		{"minimum-length 15", "!@#$%^&*()aB345", ""},
		{"maximum-length 20", "aB3aB3aB3aB3aB3aB3aB3", "maximum password length is 20"},
		{"minimum-changes 3", "aaaBBB", "require 3 changes of case, digits or punctuation"},
		{"minimum-changes 3", "aBaBa1", ""},
		{"minimum-changes 3; change-type character-sets", "aBaBaB", "require characters of 3 sets: upper case, lower case, digits, punctuation"},
		{"minimum-changes 3; change-type character-sets", "aaaBB1", ""},
		{"minimum-changes 3; change-type character-sets", "aaaBBé", ""},
		{"minimum-numerics 2", "abcde1", "minimum number of digits in a password is 2"},
		{"minimum-numerics 2", "a2cde1", ""},
		{"minimum-upper-cases 1", "abcde1", "minimum number of upper-case letters in a password is 1"},
		{"minimum-upper-cases 1", "abcdE1", ""},
		{"minimum-lower-cases 1", "ABCDE1", "minimum number of lower-case letters in a password is 1"},
		{"minimum-lower-cases 1", "ABCDe1", ""},
		{"minimum-punctuations 2", "abc-e1", "minimum number of punctuation characters in a password is 2"},
		{"minimum-punctuations 2", "abc-e 1", ""},
	} {
		got := ""
		if err := rulesOf(t, row.rules).Check(row.password); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s: %q: %q, want %q", row.rules, row.password, got, row.want)
		}
	}
}

func TestHash(t *testing.T) {
	for rules, begins := range map[string]string{"": "$6$", "format sha512": "$6$", "format sha256": "$5$"} {
		text, err := rulesOf(t, rules).Hash("secret1")
		if err != nil || !strings.HasPrefix(text, begins) {
			t.Fatalf("%s: %q, %v", rules, text, err)
		}
		if d, err := shacrypt.Decode(text); err != nil || !d.Match("secret1") || d.Match("secret2") {
			t.Errorf("%s: %q, %v", rules, text, err)
		}
	}
}

func TestLogin(t *testing.T) {
	root, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"set system root-authentication plain-text-password-value secret1":           "root",
		"set system login user ada authentication plain-text-password-value secret1": "ada",
	} {
		for e, p := range format.Read(strings.NewReader(line), "test", nil, format.SetLines, root) {
			if p != nil {
				t.Fatal(p)
			}
			if n := e.Path.Last().Node; n.Name == PlainStatement && Login(e.Path) != want {
				t.Errorf("%s: %q", line, Login(e.Path))
			}
		}
	}
}
