package configtree

import (
	"errors"
	"testing"

	"loggia/configtree/schema"
	"loggia/configtree/secret"
)

// secretPath leads to a leaf that keeps its value in $9$ notation.
const secretPath = "system services outbound-ssh client nms secret"

func pathOfSecret(t *testing.T, root *schema.Node) Path {
	t.Helper()
	res, problem := resolve(t, root, Find, secretPath)
	if problem != nil {
		t.Fatal(problem)
	}
	return res.Path
}

// edited makes one edit.
func edited(t *testing.T, tree *Tree, e Edit) *Tree {
	t.Helper()
	next, err := tree.Edit(e)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// TestSecretsAreKeptInNotation: whichever way a secret comes in, the tree has it in
// notation, and a notation stays what it is.
func TestSecretsAreKeptInNotation(t *testing.T) {
	root := load(t)
	for _, test := range []struct{ given, want string }{
		{"foo", "$9$-Cbs4f5Ftu1"},
		{"$9$ReqcyKY2aHqf", "$9$ReqcyKY2aHqf"},
		{"$9$LbHX-wg4Z", "$9$LbHX-wg4Z"},
	} {
		p := pathOfSecret(t, root)
		for way, tree := range map[string]*Tree{
			"resolved": build(t, root, "set "+secretPath+" "+test.given),
			"as it is": edited(t, New(root), Edit{Op: Set, Path: p, Value: test.given}),
		} {
			n, ok := tree.At(p)
			if !ok || n.Value() != test.want {
				t.Errorf("%s, %s: kept as %q, want %q", test.given, way, n.Value(), test.want)
			}
		}
	}
}

// TestSecretOfManyNotations: what counts is the secret, for edits, comparisons and
// merges alike.
func TestSecretOfManyNotations(t *testing.T) {
	root := load(t)
	p := pathOfSecret(t, root)
	set := func(on *Tree, value string) *Tree { return edited(t, on, Edit{Op: Set, Path: p, Value: value}) }
	junos := set(New(root), "$9$ReqcyKY2aHqf")
	ours := set(New(root), "foo")
	if !junos.Equal(ours) || len(Diff(junos, ours)) != 0 {
		t.Error("one secret in two notations differs")
	}
	if again := set(junos, "foo"); again != junos {
		t.Error("setting the same secret is a change")
	}
	b := junos.Batch()
	for _, e := range []Edit{{Op: Replace, Path: p.Parent()}, {Op: Set, Path: p, Value: "foo"}} {
		if err := b.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if b.Tree() != junos {
		t.Error("replacing a secret by itself is a change")
	}
	inactive := edited(t, ours, Edit{Op: Deactivate, Path: p})
	if c := Diff(junos, inactive); len(c) != 1 || c[0].Kind != Deactivated {
		t.Errorf("deactivated in another notation: %v", c)
	}
	if _, err := junos.Edit(Edit{Op: Delete, Path: p, Value: "foo"}); err != nil {
		t.Errorf("deletion by its meaning: %v", err)
	}
	var problem *Problem
	if _, err := junos.Edit(Edit{Op: Delete, Path: p, Value: "bar"}); !errors.As(err, &problem) || problem.Kind != NotFound {
		t.Errorf("deletion of another secret: %v", err)
	}
	merged, conflicts := Merge(junos, inactive, set(junos, "bar"))
	if n, _ := merged.At(p); len(conflicts) != 0 || !n.Inactive() || n.Schema().Type.Plain(n.Value()) != "bar" {
		t.Errorf("merge: %v, %q inactive %v", conflicts, n.Value(), n.Inactive())
	}
}

// TestSecretIsRead: whoever needs the secret gets it in clear.
func TestSecretIsRead(t *testing.T) {
	root := load(t)
	tree := edited(t, New(root), Edit{Op: Set, Path: pathOfSecret(t, root), Value: "foo"})
	outbound := tree.Expand().Reader().Child("system").Child("services").Child("outbound-ssh")
	for c := range outbound.Entries("client") {
		if got := c.Secret("secret"); got != "foo" {
			t.Errorf("read as %q", got)
		}
	}
}

// TestSecretRefusals: what cannot be a secret is refused with a sentence that does not repeat it.
func TestSecretRefusals(t *testing.T) {
	root := load(t)
	for word, want := range map[string]string{
		"$9$LbHX-wg4":                      "Invalid $9$ secret: mistyped or cut short",
		"$9$":                              "Invalid $9$ secret: mistyped or cut short",
		"$8$aes256-gcm$hmac$1$":            "A secret in $8$ notation cannot be read without its master password",
		"/* SECRET-DATA */":                "The secret itself is wanted, not what stands for it",
		secret.Encode("/* SECRET-DATA */"): "The secret itself is wanted, not what stands for it",
	} {
		words := append(split(secretPath), Word{Text: word, Quoted: true})
		res, problem := Resolve(root, Set, nil, words)
		if problem == nil || problem.Err.Error() != want || problem.Token != "" || len(res.Edits) > 0 {
			t.Errorf("%s: %+v", word, problem)
		}
	}
}
