package sshd

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
	"github.com/go-crypt/x/yescrypt"
)

// Password is the hash of a password, in the notation of crypt(5).
type Password struct {
	text   string
	digest algorithm.Digest // nil for $y$
}

// Bounds on what the check of one password may cost. A hash that asks for more
// would let anybody who knows the login's name keep the machine busy.
const (
	maxRounds   = 1_000_000 // of $5$ and $6$: about a second
	maxYescrypt = 64 << 20  // bytes of memory of $y$
	maxPassword = 512       // bytes; crypt(5) takes time that grows with their square
)

var (
	errNotation = errors.New("must be a hash in the notation $6$, $5$ or $y$ of crypt(5)")
	errCostly   = errors.New("asks for more work than a login may cost")
)

// ParsePassword reads a hash.
func ParsePassword(text string) (*Password, error) {
	switch {
	case strings.HasPrefix(text, "$y$"):
		if n := yescryptMemory(text); n == 0 {
			return nil, errNotation
		} else if n > maxYescrypt {
			return nil, fmt.Errorf("%w: %d MiB", errCostly, n>>20)
		}
		return &Password{text: text}, nil
	case strings.HasPrefix(text, "$5$"), strings.HasPrefix(text, "$6$"):
		digest, err := shacrypt.Decode(text)
		if err != nil {
			return nil, errNotation
		}
		if rounds(text) > maxRounds {
			return nil, fmt.Errorf("%w: %d rounds, at most %d", errCostly, rounds(text), maxRounds)
		}
		return &Password{text: text, digest: digest}, nil
	}
	return nil, errNotation
}

// rounds are the rounds that a SHA hash asks for.
func rounds(text string) int {
	var n int
	if _, err := fmt.Sscanf(text[3:], "rounds=%d$", &n); err != nil {
		return shacrypt.IterationsDefaultOmitted
	}
	return n
}

// yescryptMemory is the memory that a $y$ hash takes, 0 when it is malformed: the
// setting is j, then the exponent of N and r, one character each, then the salt
// and the hash.
func yescryptMemory(text string) int {
	parts := strings.Split(text, "$")
	if len(parts) != 5 || len(parts[2]) != 3 || parts[2][0] != 'j' || len(parts[3]) > 86 || len(parts[4]) != 43 {
		return 0
	}
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	exponent, r := strings.IndexByte(digits, parts[2][1])+1, strings.IndexByte(digits, parts[2][2])+1
	if exponent < 10 || exponent > 18 || r < 1 || r > 32 {
		return 0
	}
	return 128 * r << exponent
}

// match reports whether password is the one. Its time depends on the hash, and
// not on how much of the password is right.
func (p *Password) match(password []byte) bool {
	tooLong := len(password) > maxPassword
	password = password[:min(len(password), maxPassword)]
	if p.digest != nil {
		return p.digest.MatchBytes(password) && !tooLong
	}
	hash, err := yescrypt.Hash(password, []byte(p.text))
	return err == nil && subtle.ConstantTimeCompare(bytes.TrimSpace(hash), []byte(p.text)) == 1 && !tooLong
}

// Text is the hash, empty for no password.
func (p *Password) Text() string {
	if p == nil {
		return ""
	}
	return p.text
}

// Matches reports whether password is the one, for who asks beside a login over the
// network: at the console, or whether a new password is an old one.
func (p *Password) Matches(password string) bool { return p.match([]byte(password)) }

// Decoy returns a hash that fits no password, to be checked where there is none.
func Decoy() *Password { return decoy(nil, "") }

// dummyHash costs what plain-text-password makes cost, and fits no password.
const dummyHash = "$6$loggia$................................................................" +
	"......................"

// decoy returns a hash that is checked in the place of one that a login does not
// have, so that the answer takes as long. It is one of the others, and its outcome is
// thrown away. A name keeps its one as long as that is there, over restarts too, and
// which it is follows from the hashes: who knows how long many names take cannot tell
// how long another would take if it were no user.
func decoy(users map[string]*User, name string) *Password {
	var chosen *Password
	var most [sha256.Size]byte
	for _, u := range users {
		if u.Password == nil {
			continue
		}
		if sum := sha256.Sum256([]byte(u.Password.text + "\n" + name)); chosen == nil || bytes.Compare(sum[:], most[:]) > 0 {
			chosen, most = u.Password, sum
		}
	}
	if chosen != nil {
		return chosen
	}
	digest, err := shacrypt.Decode(dummyHash)
	if err != nil {
		panic(err) // it is a constant
	}
	return &Password{text: dummyHash, digest: digest}
}
