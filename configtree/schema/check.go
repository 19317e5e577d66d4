package schema

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// refusal is why a value is not permitted, as a whole sentence of the user
// interface: it begins as Junos has it, in capitals or not.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// errSyntax is what a word gets that is none of those possible.
const errSyntax refusal = "syntax error."

// Check reports what is wrong with value, in the words that the user reads,
// or nil. It does not abbreviate: words of an enumeration must be in full.
func (t *Type) Check(value string) error {
	if slices.ContainsFunc(t.Enums, func(e Enum) bool { return e.Name == value }) {
		return nil
	}
	if t.Wildcards && IsWildcard(value) {
		return checkWildcard(value)
	}
	switch t.Base {
	case String:
		return t.checkString(value)
	case Unsigned:
		return t.checkUnsigned(value)
	case Empty:
		return refuse("This statement takes no value")
	case Enumeration:
		return errSyntax
	case Address:
		return checkAddress(value)
	case AddressOrName:
		return checkHost(value)
	case Prefix:
		return checkPrefix(value)
	case Bytes:
		return t.checkBytes(value)
	case TimeZone:
		return checkTimeZone(value)
	case DateTime:
		return checkDateTime(value)
	case Secret:
		return checkSecret(value)
	}
	panic(fmt.Sprintf("schema: no base type %d", t.Base))
}

func (t *Type) checkString(value string) error {
	if !utf8.ValidString(value) {
		return refuse("Must be valid UTF-8 text")
	}
	if n := uint64(len(value)); !within(t.Lengths, n) {
		return refuse("Length %d is not within range (%s)", n, intervals(t.Lengths))
	}
	for i := range t.Patterns {
		if p := &t.Patterns[i]; !p.match(value) {
			return refusal(p.Message)
		}
	}
	return nil
}

func (t *Type) checkUnsigned(value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return refuse("Invalid numeric value: '%s'", value)
	}
	if err != nil || !within(t.Ranges, n) {
		return refuse("Value %s is not within range (%s)", value, intervals(t.Ranges))
	}
	return nil
}

func (t *Type) checkBytes(value string) error {
	n, err := ParseBytes(value)
	if err != nil {
		return err
	}
	if !within(t.Ranges, n) {
		return refuse("Value %s is not within range (%s)", value, t.Interval())
	}
	return nil
}

// ParseBytes returns the number of bytes that a value of base Bytes stands
// for: a number, or a number with the suffix k, m or g for powers of 1024.
// What exceeds 64 bits counts as the largest number.
func ParseBytes(value string) (uint64, error) {
	digits, shift := value, 0
	if value != "" {
		if i := strings.IndexByte("kmg", value[len(value)-1]|0x20); i >= 0 {
			digits, shift = value[:len(value)-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n > math.MaxUint64>>shift:
		return math.MaxUint64, nil
	case err != nil:
		return 0, refuse("Invalid size: '%s': must be a number, with k, m or g at its end or without", value)
	}
	return n << shift, nil
}

func checkAddress(value string) error {
	if a, err := netip.ParseAddr(value); err == nil && a.Zone() == "" {
		return nil
	}
	if bad, ok := badOctet(value); ok {
		return refuse("invalid value '%s' in ip address: '%s' at '%s'", bad, value, value)
	}
	return refuse("invalid ip address: %s at '%s'", value, value)
}

// badOctet returns the first number of a dotted quad that does not fit a byte.
func badOctet(value string) (string, bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 4 || strings.Trim(value, "0123456789.") != "" || slices.Contains(parts, "") {
		return "", false
	}
	for _, p := range parts {
		if _, err := strconv.ParseUint(p, 10, 8); err != nil {
			return p, true
		}
	}
	return "", false
}

// checkHost accepts an address or a host name (RFC 1123 section 2.1, with the
// underscore that many names have all the same). A dotted quad of numbers is
// an address or wrong, never a name.
func checkHost(value string) error {
	if a, err := netip.ParseAddr(value); err == nil && a.Zone() == "" {
		return nil
	}
	if bad, ok := badOctet(value); ok {
		return refuse("invalid value '%s' in ip address: '%s' at '%s'", bad, value, value)
	}
	if isHostName(value) {
		return nil
	}
	return refuse("invalid ip address or hostname: %s at '%s'", value, value)
}

func isHostName(value string) bool {
	name := strings.TrimSuffix(value, ".")
	if name == "" || len(name) > 253 || strings.Trim(name, "0123456789.") == "" {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; c != '-' && c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}

func checkPrefix(value string) error {
	address, length, slash := strings.Cut(value, "/")
	if err := checkAddress(address); err != nil {
		return err
	}
	n, err := strconv.ParseUint(length, 10, 16)
	if !slash || err != nil {
		return refuse("missing or invalid prefix length '%s' in address '%s' at '%s'", length, value, value)
	}
	if most := uint64(netip.MustParseAddr(address).BitLen()); n > most {
		return refuse("prefix length '%d' is larger than %d in address '%s' at '%s'", n, most, value, value)
	}
	return nil
}

// maxZone bounds the length of a zone's name.
const maxZone = 64

// checkTimeZone accepts what Location can turn into a zone.
func checkTimeZone(value string) error {
	_, err := Location(value)
	return err
}

// Location returns the zone that a value of base TimeZone names: one of the
// IANA database, or GMT±n with n hours from 0 to 14. GMT+1 is one hour ahead of
// GMT, as people write it; the zones Etc/GMT±n of the database have the signs of
// POSIX, which are the other way round.
func Location(value string) (*time.Location, error) {
	if digits, ok := strings.CutPrefix(value, "GMT"); ok && len(digits) > 1 && len(digits) <= 3 {
		hours, err := strconv.ParseUint(digits[1:], 10, 8)
		if err == nil && hours <= 14 && digits[0] == '+' {
			return time.FixedZone(value, int(hours)*3600), nil
		}
		if err == nil && hours <= 14 && digits[0] == '-' {
			return time.FixedZone(value, -int(hours)*3600), nil
		}
	}
	if value != "" && len(value) <= maxZone && value != "Local" && !strings.Contains(value, "..") && value[0] != '/' {
		if zone, err := time.LoadLocation(value); err == nil {
			return zone, nil
		}
	}
	return nil, refuse("Invalid time zone: '%s': must be a zone such as Europe/Paris, or GMT+1", value)
}

func checkDateTime(value string) error {
	if _, err := time.Parse("2006-01-02.15:04", value); err != nil || len(value) != len("2006-01-02.15:04") {
		return refuse("Invalid time: '%s': must be yyyy-mm-dd.hh:mm", value)
	}
	return nil
}
