package event

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWhatIsTypedIsRecordedUpToALength(t *testing.T) {
	short := CommandLine{"ann", strings.Repeat("x", maxPart-100)}.Entry()
	if got := short.Bounded(); got.Text != short.Text || got.Attrs[1] != short.Attrs[1] {
		t.Error("what fits was cut")
	}
	long := CommandLine{"ann", "set " + strings.Repeat("ä", 100_000)}.Entry()
	before := long.Attrs[1].Value
	got := long.Bounded()
	for _, cut := range []struct{ text, begin, end string }{
		{got.Text, "User 'ann', command 'set ä", "ä [cut, 200027 bytes in all]"},
		{got.Attrs[1].Value, "set ä", "ä [cut, 200005 bytes in all]"},
	} {
		if !strings.HasPrefix(cut.text, cut.begin) || !strings.HasSuffix(cut.text, cut.end) || len(cut.text) > maxPart+40 || !utf8.ValidString(cut.text) {
			t.Errorf("%d bytes, ... %q", len(cut.text), cut.text[len(cut.text)-60:])
		}
	}
	if long.Attrs[1].Value != before || got.Attrs[0] != long.Attrs[0] {
		t.Error("more was changed than what was too long")
	}
}
