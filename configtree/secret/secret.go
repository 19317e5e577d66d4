// Package secret writes secrets as Junos does, in the notation that begins with
// $9$, and reads them. It keeps a secret from eyes that pass over the screen and
// from a search for the words themselves, and from nobody else: there is no key,
// so that everybody who has the notation can read it, this program included,
// which has to say the secret to others.
//
//	secret.Encode("foo")           // $9$-Cbs4f5Ftu1
//	secret.Decode("$9$LbHX-wg4Z")  // lc
//
// The notation is made of the 65 characters of an alphabet, in which they have a
// number. Behind $9$ comes one at will, the salt, and as many fillers as its
// family of characters asks for, three to none. Each byte of the secret is then a
// sum of two to four weights, which change with its place; a weight is taken as
// often as the distance of its character from the one before it, less one, says:
//
//	weights = 1 4 32, 1 16 32, 1 8 32, 1 64, 1 32, 1 4 16 128, 1 32 64, and again
//
// Where Junos draws the salt by lot, here it follows from the secret, so that one
// secret has one notation: who sets it twice has changed nothing.
package secret

import (
	"errors"
	"hash/fnv"
	"strings"
)

// Magic is what the notation begins with.
const Magic = "$9$"

// alphabet holds the characters of the notation in their order, family by family.
const alphabet = "QzF3n6/9CAtpu0O" + "B1IREhcSyrleKvMW8LXx" + "7N-dVbwsY2g4oaJZGUDj" + "iHkq.mPf5T"

// fillers returns how many characters without meaning follow the salt with this
// number: three behind the first family, none behind the last.
func fillers(salt int) int {
	switch {
	case salt < 15:
		return 3
	case salt < 35:
		return 2
	case salt < 55:
		return 1
	}
	return 0
}

// weights returns what the characters of the byte at index i count for.
func weights(i int) []int {
	return [...][]int{{1, 4, 32}, {1, 16, 32}, {1, 8, 32}, {1, 64}, {1, 32}, {1, 4, 16, 128}, {1, 32, 64}}[i%7]
}

// ErrInvalid is what Decode says of a text that is not the notation of a secret.
var ErrInvalid = errors.New("not a secret in $9$ notation: mistyped or cut short")

// IsEncoded reports whether text means to be in the notation.
func IsEncoded(text string) bool { return strings.HasPrefix(text, Magic) }

// Encode returns the notation of a secret, the same at each call. It takes two to
// four characters for each byte. The empty secret has none, and stays as it is.
func Encode(plain string) string {
	if plain == "" {
		return ""
	}
	hash := fnv.New64a()
	hash.Write([]byte(plain)) // never fails
	lot := hash.Sum64()
	draw := func() int {
		n := int(lot % uint64(len(alphabet)))
		lot /= uint64(len(alphabet))
		return n
	}
	var b strings.Builder
	b.WriteString(Magic)
	last := draw()
	b.WriteByte(alphabet[last])
	for range fillers(last) {
		b.WriteByte(alphabet[draw()])
	}
	for i := range len(plain) {
		ws, rest := weights(i), int(plain[i])
		var times [4]int
		for j := len(ws) - 1; j >= 0; j-- {
			times[j], rest = rest/ws[j], rest%ws[j]
		}
		for j := range ws {
			last = (last + times[j] + 1) % len(alphabet)
			b.WriteByte(alphabet[last])
		}
	}
	return b.String()
}

// Decode returns the secret that a notation stands for. The error is ErrInvalid.
func Decode(encoded string) (string, error) {
	rest, ok := strings.CutPrefix(encoded, Magic)
	if !ok || rest == "" {
		return "", ErrInvalid
	}
	last := strings.IndexByte(alphabet, rest[0])
	if last < 0 || len(rest) <= 1+fillers(last) || strings.Trim(rest, alphabet) != "" {
		return "", ErrInvalid
	}
	rest = rest[1+fillers(last):]
	plain := make([]byte, 0, len(rest)/2)
	for len(rest) > 0 {
		ws := weights(len(plain))
		if len(rest) < len(ws) {
			return "", ErrInvalid
		}
		sum := 0
		for j, w := range ws {
			at := strings.IndexByte(alphabet, rest[j])
			times := (at-last+len(alphabet))%len(alphabet) - 1
			if at < 0 || times < 0 {
				return "", ErrInvalid
			}
			sum += times * w
			last = at
		}
		if sum > 0xff {
			return "", ErrInvalid
		}
		plain, rest = append(plain, byte(sum)), rest[len(ws):]
	}
	return string(plain), nil
}
