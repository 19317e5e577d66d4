package netconf

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	deep := strings.Repeat("<a>", maxDepth+1)
	for in, want := range map[string]string{
		"<rpc/>": "", "\ufeff<rpc/>": "", `<?xml version="1.0" encoding="UTF-8"?><rpc/>`: "", "\n<rpc>\n</rpc>\n<!-- end -->": "",
		"<rpc><configuration>" + strings.Repeat("<x>", 500) + strings.Repeat("</x>", 500) + "</configuration></rpc>": "", // for package format to judge

		"":                       "the message ends too early",
		"<rpc>":                  "the message ends too early",
		"text":                   "text outside of the root element",
		"<rpc/>text":             "text outside of the root element",
		"<rpc/><rpc/>":           "a message has one root element",
		"</rpc>":                 "</rpc> closes nothing",
		"<rpc></rcp>":            "</rcp> closes <rpc>",
		"<a:rpc></rpc>":          "</rpc> closes <a:rpc>",
		`<rpc a="1" a="2"/>`:     "attribute a stands twice",
		"<!DOCTYPE x><rpc/>":     "document type declarations are not accepted",
		"<rpc/><?x y?>":          "processing instructions are not accepted",
		"<rpc>&unknown;</rpc>":   "syntax error on line 1: invalid character entity &unknown;",
		"<rpc>\x01</rpc>":        "syntax error on line 1: illegal character code U+0001",
		"<rpc>\xff</rpc>":        "syntax error on line 1: invalid UTF-8",
		deep:                     fmt.Sprintf("elements nested deeper than %d", maxDepth),
		"<rpc" + many(65) + "/>": fmt.Sprintf("more than %d attributes", maxAttributes),
		`<rpc a="` + strings.Repeat("x", maxNames) + `"/>`:       fmt.Sprintf("a tag of more than %d bytes", maxNames),
		"<rpc>" + strings.Repeat("<a/>", maxElements) + "</rpc>": fmt.Sprintf("more than %d elements", maxElements),
		`<?xml version="1.0" encoding="latin1"?><rpc/>`:          `xml: opening charset "latin1": encoding "latin1" is not supported`,
	} {
		m, err := parse([]byte(in), nil)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || err == nil && m.root.Tag != "rpc" {
			t.Errorf("%.60q: %q, want %q", in, got, want)
		}
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=\"\"", i)
	}
	return b.String()
}

// Configuration stays as it came.
func TestParseKeepsConfiguration(t *testing.T) {
	const inner = `<nc:configuration a="1"><system> <host-name>x</host-name><!-- c --></system></nc:configuration>`
	m, err := parse([]byte("<rpc><load-configuration>"+inner+"</load-configuration></rpc>"), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := child(child(m.root, "load-configuration"), "configuration")
	if string(m.raw[c]) != inner || len(c.ChildElements()) > 0 {
		t.Errorf("%s", m.raw[c])
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		`a<b>&"'`: `a&lt;b&gt;&amp;"'`, "é\u202e😀": "&#233;&#8238;&#128512;", "\x00\x1b\x7f": "#000#033#177",
		"\xff\xc3": "#377#303", "a\tb\nc\r": "a\tb\nc\r", "\ufffe": "#357#277#276", "": "",
	} {
		if got := Escape(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := escapeAttribute("\"\n<é"); got != "&#34;&#10;&lt;&#233;" {
		t.Error(got)
	}
}

// Whatever a peer sends, it is answered with XML that can be read, or nothing.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"<rpc a='1'><configuration><x/></configuration></rpc>", "<rpc>]]></rpc>", "<rpc><![CDATA[x]]></rpc>", "<?xml?>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		m, err := parse(in, nil)
		if err != nil {
			if _, err := parse([]byte(rpcErrors(err)[0].xml("")), nil); err != nil {
				t.Errorf("the error cannot be read: %v", err)
			}
			return
		}
		if _, err := parse([]byte(strings.TrimSuffix(startTag(m.root, "j", ""), ">\n")+"/>"), nil); err != nil && len(m.root.Attr) < maxAttributes-2 {
			t.Errorf("the start tag cannot be read: %v", err)
		}
	})
}
