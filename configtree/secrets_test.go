package configtree

import "testing"

func TestBetrayed(t *testing.T) {
	root := load(t)
	tree := build(t, root, "set system root-authentication encrypted-password $6$salt$abcdefghijklmnopqrstuvwxyz0123456789",
		"set system services outbound-ssh client c secret $9$LbHX-wg4Z", // lc
		"set system syslog file messages any any", "set system host-name zulu")
	secrets := SecretsOf(tree, tree)
	for word, want := range map[string]bool{
		"lc":                          true, // the secret itself, however short
		"l":                           false,
		"welcome":                     false, // too short a secret to be found in other words
		"$9$LbHX-wg4Z":                true,
		"LbHX-":                       true,
		"abcdefgh":                    true,
		"abcde":                       false,
		`\$6\$salt`:                   true,
		`^\$6\$s.lt\$abcd`:            true,
		"see $1$x":                    true,
		"$6 for coffee":               false,
		"messages":                    false,
		"zulu":                        false,
		"[a-z]+":                      false,
		"klmno[a-z]+":                 true,
		"klmno(":                      false, // no expression
		"ge-0/0/0":                    false,
		"it was $2b$10$abc all along": true,
	} {
		if got := secrets.Betrayed(word); got != want {
			t.Errorf("%s: %v", word, got)
		}
	}
	if got := len(secrets); got != 3 {
		t.Errorf("%d secrets", got)
	}
}
