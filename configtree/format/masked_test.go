package format

import (
	"strings"
	"testing"

	"loggia/configtree"
)

// TestMaskedPatchIsRefused: what is shown in the place of a secret never becomes one.
func TestMaskedPatchIsRefused(t *testing.T) {
	root := loadSchema(t)
	const rsa = `set system login user u authentication ssh-rsa "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ a@b"`
	for _, c := range []struct{ from, to string }{
		{"set system root-authentication encrypted-password $6$a$one", "set system root-authentication encrypted-password $6$a$two"},
		{"set system services outbound-ssh client n secret abc", "set system services outbound-ssh client n secret abd"},
		{"set system host-name a", "set system services outbound-ssh client n secret abc"},
		{"set system syslog archive archive-sites scp://a/b password one", "set system syslog archive archive-sites scp://a/b password two"},
		{"set system login user u class operator", rsa},
		{rsa, rsa + " from 10.0.0.0/8"},
	} {
		from, to := tree(t, root, SetLines, c.from), tree(t, root, SetLines, c.to)
		var b strings.Builder
		if err := CompareMasked(&b, from, to, nil); err != nil || !strings.Contains(b.String(), secretMark) || strings.Contains(b.String(), "AAAA") {
			t.Errorf("%s: %v\n%s", c.to, err, b.String())
		}
		texts := []string{b.String()}
		if !strings.Contains(c.to, "ssh-rsa") { // of a key that is quoted the commit says that it is none
			texts = append(texts, strings.ReplaceAll(b.String(), secretMark, configtree.Quote(secretMark)))
		}
		for _, text := range texts {
			refused := false
			for e, p := range ReadOnto(strings.NewReader(text), "patch", nil, Patch, from) {
				refused = refused || p != nil
				if strings.Contains(e.Value, "SECRET") || strings.Contains(e.Path.String(), "SECRET") {
					t.Errorf("%s: %v %s", text, e.Path, e.Value)
				}
			}
			if !refused {
				t.Errorf("taken:\n%s", text)
			}
		}
	}
}
