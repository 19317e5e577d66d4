package schema

import (
	"strings"
	"unicode/utf8"

	"loggia/configtree/secret"
)

// MaxSecret bounds a value of base Secret in clear, in bytes.
const MaxSecret = 255

// hidden is what a secret is shown as to those who may not see it. Loading that
// back would make it the secret.
const hidden = "/* SECRET-DATA */"

// checkSecret accepts a secret in clear and in $9$ notation. $8$ is what Junos
// writes under a master password, without which nobody can read it. No refusal
// repeats the value.
func checkSecret(value string) error {
	plain := value
	switch {
	case strings.HasPrefix(value, "$8$"):
		return refuse("A secret in $8$ notation cannot be read without its master password")
	case secret.IsEncoded(value):
		var err error
		if plain, err = secret.Decode(value); err != nil {
			return refuse("Invalid $9$ secret: mistyped or cut short")
		}
	}
	switch {
	case strings.TrimSpace(plain) == hidden:
		return refuse("The secret itself is wanted, not what stands for it")
	case !utf8.ValidString(plain):
		return refuse("Must be valid UTF-8 text")
	case plain == "" || len(plain) > MaxSecret:
		return refuse("Length %d is not within range (1..%d)", len(plain), MaxSecret)
	}
	return nil
}

// Keep returns what a configuration keeps of a value: a secret in notation, which
// one that is in it already stays; any other value as it is.
func (t *Type) Keep(value string) string {
	if t.Base != Secret || checkSecret(value) == nil && secret.IsEncoded(value) {
		return value
	}
	return secret.Encode(value)
}

// Plain returns what a value means: a secret in clear, any other value as it is.
func (t *Type) Plain(value string) string {
	if t.Base != Secret {
		return value
	}
	if plain, err := secret.Decode(value); err == nil {
		return plain
	}
	return value
}

// Same reports whether two values mean the same: a secret has many notations.
func (t *Type) Same(a, b string) bool {
	return a == b || t.Base == Secret && t.Plain(a) == t.Plain(b)
}
