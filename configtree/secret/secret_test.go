package secret

import (
	"strings"
	"testing"
)

// Notations that are public knowledge, with what they stand for: all were drawn by
// other programs than this one.
var known = []struct{ encoded, plain string }{
	{"$9$LbHX-wg4Z", "lc"},
	{"$9$41JDk5T3CpBFnCuB1rl8X7-VYq.5", "netscreen"},
	{"$9$ReqcyKY2aHqf", "foo"},
}

func TestDecode(t *testing.T) {
	for _, k := range known {
		if got, err := Decode(k.encoded); got != k.plain || err != nil {
			t.Errorf("Decode(%q) = %q, %v; want %q", k.encoded, got, err, k.plain)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, encoded := range map[string]string{
		"nothing":                    "",
		"no notation":                "foo",
		"magic alone":                "$9$",
		"salt alone":                 "$9$L",
		"salt and fillers":           "$9$Lb1",
		"cut short":                  "$9$LbHX-wg4",
		"one character too many":     "$9$LbHX-wg4ZZ",
		"a character of no alphabet": "$9$LbHX-wg_Z",
		"a blank":                    "$9$LbHX-wg4 ",
		"not ASCII":                  "$9$Lbéaa-wgé",
		"a weight taken -1 times":    "$9$LbHLLL",
		"more than a byte holds":     "$9$iiTTT",
	} {
		if got, err := Decode(encoded); err != ErrInvalid {
			t.Errorf("%s: Decode(%q) = %q, %v", name, encoded, got, err)
		}
	}
}

func TestEncode(t *testing.T) {
	var every strings.Builder
	for i := range 256 {
		every.WriteByte(byte(i))
	}
	salts := map[byte]bool{}
	for _, plain := range []string{"a", "foo", "é", every.String(), strings.Repeat("\xff", 255), strings.Repeat("\x00", 9)} {
		encoded := Encode(plain)
		if got, err := Decode(encoded); got != plain || err != nil {
			t.Errorf("Decode(Encode(%q)) = %q, %v", plain, got, err)
		}
		if !IsEncoded(encoded) || encoded != Encode(plain) {
			t.Errorf("Encode(%q) = %q", plain, encoded)
		}
		salts[encoded[len(Magic)]] = true
	}
	if len(salts) < 3 {
		t.Errorf("the salt is hardly ever another: %v", salts)
	}
	if Encode("") != "" {
		t.Error("the empty secret has a notation")
	}
}

// TestEncodeFamilies encodes until each family of salts has been drawn.
func TestEncodeFamilies(t *testing.T) {
	drawn := map[int]int{}
	for i := range 1000 {
		plain := strings.Repeat("x", i+1)
		encoded := Encode(plain)
		drawn[fillers(strings.IndexByte(alphabet, encoded[len(Magic)]))]++
		if got, err := Decode(encoded); got != plain || err != nil {
			t.Fatalf("Decode(Encode(%d bytes)) = %q, %v", i+1, got, err)
		}
	}
	if len(drawn) != 4 {
		t.Errorf("families drawn: %v", drawn)
	}
}

func FuzzDecode(f *testing.F) {
	for _, k := range known {
		f.Add(k.encoded)
	}
	f.Add(Magic)
	f.Fuzz(func(t *testing.T, encoded string) {
		plain, err := Decode(encoded)
		if err != nil {
			return
		}
		if got, err := Decode(Encode(plain)); got != plain || err != nil {
			t.Errorf("%q stands for %q, encoded anew for %q, %v", encoded, plain, got, err)
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add("foo")
	f.Fuzz(func(t *testing.T, plain string) {
		if plain == "" {
			return
		}
		if got, err := Decode(Encode(plain)); got != plain || err != nil {
			t.Errorf("Decode(Encode(%q)) = %q, %v", plain, got, err)
		}
	})
}
