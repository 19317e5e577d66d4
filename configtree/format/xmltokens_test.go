package format

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"loggia/configtree"
	"loggia/configtree/schema"
)

// xmlSays is all that reading a document says: its edits and problems, with their places.
func xmlSays(r io.Reader, root *schema.Node, whole bool) string {
	var says strings.Builder
	x := newXMLReader(r, "f", nil, root, nil, true, func(e configtree.Edit, p *configtree.Problem) bool {
		if p != nil {
			fmt.Fprintf(&says, "%d:%d %v\n", p.Line, p.Col, p)
		} else {
			fmt.Fprintf(&says, "%d:%d %v %v = %q\n", e.Line, e.Col, e.Op, e.Path, e.Value)
		}
		return true
	})
	x.source.whole = whole
	x.document()
	return says.String()
}

// FuzzXMLTokens: what is read without the decoder means what it would mean with it, and
// stands where it does, however the bytes come.
func FuzzXMLTokens(f *testing.F) {
	const within = "<configuration>%s</configuration>"
	for _, text := range []string{
		"<system><host-name>r1</host-name></system>",
		"\n <system>\n\t<host-name> r1 </host-name\n>\n </system>\n",
		`<system><syslog><file><name>m</name><contents><name>any</name><any/></contents></file></syslog></system>`,
		`<system inactive="inactive"><host-name>a&amp;b</host-name></system>`,
		"<system><host-name><![CDATA[r1]]>2</host-name><!-- <x> --></system>",
		"<system><login><message>\"two\r\nlines\" é > \x7f</message></login></system>",
		"<system><host-name>a]]>b</host-name></system>",
		"<nc:system><host-name>a\x01</host-name></nc:system>",
		"<system></ system>", "<system/ >", "<system><bogus/></system>text", "<1/>", "</a>", "<system>\n<\n", "<a\n b", "<?x?>", "<!DOCTYPE x>",
		"<system><host-name>/></host-name></system>", "<system><host-name x='/>'>a</host-name></system>",
	} {
		f.Add(fmt.Sprintf(within, text))
		f.Add("<?xml version=\"1.0\"?>\n<rpc-reply xmlns:junos=\"x\">\n" + fmt.Sprintf(within, text) + "\n</rpc-reply>\n")
	}
	root := loadSchema(f)
	f.Fuzz(func(t *testing.T, text string) {
		want := xmlSays(strings.NewReader(text), root, true)
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text))} {
			if got := xmlSays(r, root, false); got != want {
				t.Errorf("%s: %q says\n%s, not\n%s", name, text, got, want)
			}
		}
	})
}

// A document that is longer than the buffer says the same too, wherever that ends.
func TestXMLTokensAcrossBuffers(t *testing.T) {
	root := loadSchema(t)
	var text strings.Builder
	text.WriteString("<configuration>\n<system><syslog>")
	for i := range 5000 {
		fmt.Fprintf(&text, "<file>\n  <name>f%d</name>%s<contents><name>any</name><notice/></contents></file>", i, strings.Repeat(" ", i%97))
	}
	text.WriteString(strings.Repeat(" ", 100<<10) + "</syslog><bogus/></system></configuration>")
	got, want := xmlSays(strings.NewReader(text.String()), root, false), xmlSays(strings.NewReader(text.String()), root, true)
	if got != want || strings.Count(got, "\n") < 5000 {
		t.Errorf("%d bytes, not %d", len(got), len(want))
	}
}
