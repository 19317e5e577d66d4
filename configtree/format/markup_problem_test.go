package format

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"loggia/configtree"

	"github.com/google/go-cmp/cmp"
)

// TestMarkupProblems: what is wrong in XML and JSON is told as a load tells it.
func TestMarkupProblems(t *testing.T) {
	for _, test := range []struct {
		name     string
		syntax   Syntax
		in, want string
	}{
		{"unknown element", XML, "<configuration>\n<system>\n  <hots-name>x</hots-name>\n</system></configuration>", `
terminal:3:(13) syntax error: hots-name
  [edit system]
    'hots-name'
      syntax error
`},
		{"unknown member", JSON, "{ \"configuration\" : {\n \"system\" : {\n  \"hots-name\" : { \"x\" : [ 1, { } ] }, \"host-name\" : \"a\"\n} } }", `
terminal:3:(13) syntax error: hots-name
  [edit system]
    'hots-name'
      syntax error
`},
		{"all of them, and the level they are in", XML, xmlSystem("<x><y/></x><syslog><file><name>m</name><z/></file></syslog>"), `
terminal:1:(26) syntax error: x
  [edit system]
    'x'
      syntax error
terminal:1:(66) syntax error: z
  [edit system syslog file m]
    'z'
      syntax error
`},
		{"a value out of range", XML, xmlSystem("<syslog><host><name>h</name><port>99999</port></host></syslog>"), `
terminal:1:(57) Value 99999 is not within range (1..65535) at '99999'
  [edit system syslog host h]
    'port 99999'
      Value 99999 is not within range (1..65535)
`},
		{"a value out of range", JSON, jsonSystem(`"syslog":{"host":[{"name":"h","port":99999}]}`), `
terminal:1:(64) Value 99999 is not within range (1..65535) at '99999'
  [edit system syslog host h]
    'port 99999'
      Value 99999 is not within range (1..65535)
`},
		{"a key that is none", XML, xmlSystem("<syslog><file><name>a/b</name><match>x</match></file></syslog>"), `
terminal:1:(43) Must not contain '/', % or a space at 'a/b'
  [edit system syslog]
    'file a/b'
      Must not contain '/', % or a space
`},
		{"no key", XML, xmlSystem("<syslog><file></file></syslog>"), `
terminal:1:(37) missing argument: name
  [edit system syslog]
    'file name'
      missing argument
`},
		{"no key", JSON, jsonSystem(`"syslog":{"file":[{"match":"x"}]}`), `
terminal:1:(47) missing argument: name
  [edit system syslog]
    'file name'
      missing argument
`},
		{"the key does not come first", XML, xmlSystem("<syslog><file><match>x</match><name>m</name></file></syslog>"), `
terminal:1:(44) <name> has to come first: match
  [edit system syslog]
    'file match'
      <name> has to come first
`},
		{"a facility without a level", XML, xmlSystem("<syslog><file><name>m</name><contents><name>any</name></contents></file></syslog>"), `
terminal:1:(61) missing argument: any
  [edit system syslog file m any]
    'any'
      missing argument
`},
		{"a leaf without a value", XML, xmlSystem("<syslog><log-rotate-frequency/></syslog>"), `
terminal:1:(54) missing argument: log-rotate-frequency
  [edit system syslog]
    'log-rotate-frequency'
      missing argument
`},
		{"a value that is none", XML, xmlSystem("<syslog><allow-duplicates>yes</allow-duplicates></syslog>"), `
terminal:1:(49) This statement takes no value at 'yes'
  [edit system syslog]
    'allow-duplicates yes'
      This statement takes no value
`},
		{"text between elements", XML, xmlSystem("<syslog>text</syslog>"), `
terminal:1:(35) syntax error: text
  [edit system syslog]
    'text'
      syntax error
`},
		{"an unknown attribute", XML, xmlSystem(`<syslog delte="delete"/>`), `
terminal:1:(47) syntax error: delte
  [edit system]
    'syslog delte'
      syntax error
`},
		{"an attribute with another value", XML, xmlSystem(`<syslog delete="no"/>`), `
terminal:1:(44) syntax error: delete
  [edit system]
    'syslog delete'
      syntax error
`},
		{"unknown metadata", JSON, jsonSystem(`"syslog":{"@":{"delte":"delete"}}`), `
terminal:1:(50) syntax error: delte
  [edit system]
    '@ delte'
      syntax error
`},
		{"an operation that comes too late", JSON, jsonSystem(`"syslog":{"allow-duplicates":[null],"@":{"operation":"delete"}}`), `
terminal:1:(67) an operation has to come first in its object: @
  [edit system syslog]
    '@'
      an operation has to come first in its object
`},
		{"not closed", XML, "<configuration><system>", "\nterminal:1:(23) the document ends within <system>\n"},
		{"closed wrongly", XML, "<configuration></system>", "\nterminal:1:(24) </system> closes no element that is open\n"},
		{"no XML", XML, "<configuration><system", "\nterminal:1:(22) unexpected EOF\n"},
		{"no configuration", XML, "", "\nterminal:1:(0) there is no <configuration>\n"},
		{"another document", XML, "<rpc-reply><output/></rpc-reply>", "\nterminal:1:(20) syntax error: output\n  [edit]\n    'output'\n      syntax error\n"},
		{"two roots", XML, "<configuration/><configuration/>", "\nterminal:1:(32) syntax error: configuration\n  [edit]\n    'configuration'\n      syntax error\n"},
		{"not closed", JSON, `{"configuration":{`, "\nterminal:1:(18) the document ends early\n"},
		{"closed wrongly", JSON, `{"configuration":{]}`, "\nterminal:1:(19) ']' is out of place here\n"},
		{"no configuration", JSON, `{}`, "\nterminal:1:(2) there is no \"configuration\"\n"},
		{"something behind", JSON, `{"configuration":{}} x`, "\nterminal:1:(22) no value of JSON\n"},
		{"an array of values for a leaf", JSON, jsonSystem(`"host-name":["a","b"]`), `
terminal:1:(39) one value is wanted: host-name
  [edit system]
    'host-name'
      one value is wanted
`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, problems := apply(configtree.New(loadSchema(t)), test.syntax, test.in)
			var b strings.Builder
			for _, p := range problems {
				if err := Report(&b, p); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(test.want[1:], b.String()); d != "" {
				t.Errorf("%s\n%s", test.in, d)
			}
		})
	}
}

// TestHostileMarkup: documents that are meant to cost much end early, in one problem.
func TestHostileMarkup(t *testing.T) {
	deep := strings.Repeat("<x>", 1000)
	for _, test := range []struct {
		syntax   Syntax
		in, want string
	}{
		{XML, "<!DOCTYPE lolz [<!ENTITY lol \"lol\">]><configuration/>", "document type declarations are not accepted"},
		{XML, "<configuration>&lol;</configuration>", "unknown character entity"},
		{XML, "<configuration><?php x?></configuration>", "processing instructions are not accepted"},
		{XML, "<configuration/><?xml version=\"1.0\"?>", "processing instructions are not accepted"},
		{XML, "<?xml version=\"1.0\" encoding=\"utf-16\"?><configuration/>", "encoding utf-16 is not supported"},
		{XML, "<configuration>" + deep, "elements nested deeper than 128"},
		{XML, "<" + strings.Repeat("a", 1<<20) + "/>", "longer than 262144 bytes"},
		{XML, "<" + strings.Repeat("a", 1<<10) + "/>", "name longer than 255 bytes"},
		{XML, "<configuration " + strings.Repeat("a='' ", 1<<10) + "/>", "more than 64 attributes"},
		{XML, "<configuration a='1' a='2'/>", "attribute a twice"},
		{XML, "<configuration><system><host-name>" + strings.Repeat("a", 1<<20), "longer than 262144 bytes"},
		{XML, "<configuration><system><host-name>" + strings.Repeat("<!---->a", 1<<19), "longer than 262144 bytes"},
		{XML, "<configuration><!-- " + strings.Repeat("a", 1<<20), "longer than 262144 bytes"},
		{XML, "<configuration>\x01</configuration>", "illegal character code U+0001"},
		{JSON, `{"configuration":` + strings.Repeat("[", 100_000), "'[' is out of place here"},
		{JSON, `{"configuration":{"x":` + strings.Repeat("[", 100_000), "the document ends early"},
		{JSON, `{"configuration":{"` + strings.Repeat("a", 1<<20), "longer than 65536 bytes"},
		{JSON, `{"configuration":{"version":` + strings.Repeat("1", 1<<20), "word longer than 64 bytes"},
		{JSON, `{"configuration":{"version":01}}`, "no number"},
		{JSON, `{"configuration":{"version":"` + "\xff" + `"}}`, "text is no UTF-8"},
		{JSON, `{"configuration":{"version":"` + "\n" + `"}}`, "control character in text"},
		{JSON, `{"configuration":{"version":"\ud800"}}`, "unknown escape in text"},
		{JSON, `{"configuration":{"version":"\x"}}`, "unknown escape in text"},
		{JSON, `{"configuration":{"system":{},}}`, "'}' is out of place here"},
		{JSON, `{"configuration":{"system":{"syslog":{"file":[{"match":[` + strings.Repeat(`1,`, 1<<18), "is not among the first 262144 words"},
	} {
		got, problems := apply(configtree.New(loadSchema(t)), test.syntax, test.in)
		if len(problems) == 0 || !strings.Contains(problems[len(problems)-1].Error(), test.want) {
			t.Errorf("%.60s: %v, want %s", test.in, problems, test.want)
		}
		if !got.Root().Empty() {
			t.Errorf("%.60s: set something", test.in)
		}
	}
}

// TestMarkupReadersEnd: a reader that fails is the last problem, and a consumer that wants no more gets no more.
func TestMarkupReadersEnd(t *testing.T) {
	root := loadSchema(t)
	broken := errors.New("line noise")
	whole := tree(t, root, Text, shapes)
	for _, s := range []Syntax{XML, JSON, Patch} {
		in := compare(t, configtree.New(root), whole, nil)
		if s != Patch {
			in = text(t, whole, Options{Syntax: s})
		}
		cut := io.MultiReader(strings.NewReader(in[:len(in)/2]), iotest.ErrReader(broken))
		var last *configtree.Problem
		for _, p := range Read(cut, "f", nil, s, root) {
			if last = p; p != nil && p.Kind != configtree.Environment && s != Patch {
				t.Errorf("%d: %v", s, p)
			}
		}
		if last == nil || !errors.Is(last, broken) || last.Kind != configtree.Environment {
			t.Errorf("%d: %v", s, last)
		}
		for n := range 12 {
			count := 0
			for range Read(iotest.OneByteReader(strings.NewReader(in)), "f", nil, s, root) {
				if count++; count > n {
					break
				}
			}
			if count != n+1 {
				t.Errorf("%d: %d of %d", s, count, n+1)
			}
		}
	}
}

// TestMarkupKeepsSecrets: nothing that could be a secret is repeated.
func TestMarkupKeepsSecrets(t *testing.T) {
	for _, test := range []struct {
		syntax Syntax
		in     string
	}{
		{XML, xmlSystem("<root-authentication><encrypted-password>HUSH HUSH</encrypted-password></root-authentication>")},
		{XML, xmlSystem("<root-authentication><encrypted-password>HUSH&HUSH;</encrypted-password></root-authentication>")},
		{XML, xmlSystem("<root-authentication><ssh-rsa><name>HUSH\n</name><x/></ssh-rsa></root-authentication>")},
		{XML, xmlSystem("<root-authentication><ssh-rsa><name>\x7fHUSH\u0085</name>HUSH<name/></ssh-rsa></root-authentication>")},
		{XML, xmlSystem("<root-authentication><ssh-rsa><name>a</name>HUSH</ssh-rsa></root-authentication>")},
		{JSON, jsonSystem(`"root-authentication":{"encrypted-password":"HUSH HUSH"}`)},
		{JSON, jsonSystem(`"root-authentication":{"encrypted-password":["HUSH"]}`)},
		{JSON, jsonSystem(`"root-authentication":{"encrypted-password" "HUSH"}`)},
		{JSON, jsonSystem(`"root-authentication":{"ssh-rsa":[{"name":"HUSH\n","x":1}]}`)},
	} {
		_, problems := apply(configtree.New(loadSchema(t)), test.syntax, test.in)
		var b strings.Builder
		for _, p := range problems {
			if err := Report(&b, p); err != nil {
				t.Fatal(err)
			}
			b.WriteString(p.Error() + p.Token + p.Path.String())
		}
		if b.Len() == 0 || strings.Contains(b.String(), "HUSH") {
			t.Errorf("%s:\n%s", test.in, b.String())
		}
	}
}

// TestWrappings: what stands around a configuration in replies and requests may stay.
func TestWrappings(t *testing.T) {
	root := loadSchema(t)
	want := tree(t, root, SetLines, "set system host-name x")
	for _, in := range []string{
		"<?xml version=\"1.0\" encoding=\"us-ascii\"?>\n<rpc-reply xmlns:junos=\"j\">\n<configuration junos:commit-user=\"a\" changed=\"changed\"><system><host-name>x</host-name></system></configuration>\n<cli><banner>{master}</banner></cli></rpc-reply>",
		"<!-- a --><data><configuration xmlns=\"http://xml.juniper.net/xnm/1.1/xnm\"><system><host-name>x</host-name></system></configuration></data>",
		"<nc:config xmlns:nc=\"n\"><nc:configuration><nc:system><nc:host-name>&#120;</nc:host-name></nc:system></nc:configuration></nc:config>",
		"<configuration><undocumented><system><host-name><![CDATA[x]]></host-name></system></undocumented></configuration>",
		"\ufeff<configuration><system><host-name>x</host-name></system></configuration>",
	} {
		got, problems := apply(configtree.New(root), XML, in)
		if len(problems) > 0 || !got.Equal(want) {
			t.Errorf("%s: %v\n%s", in, problems, text(t, got, Options{}))
		}
	}
}

// TestReadMarkupAtALevel: `load … relative` reads the contents of the level.
func TestReadMarkupAtALevel(t *testing.T) {
	root := loadSchema(t)
	want := tree(t, root, SetLines, "set system syslog file m match x")
	level := path(t, root, "system syslog file m")
	for _, test := range []struct {
		syntax Syntax
		in     string
	}{
		{XML, "<configuration><match>x</match></configuration>"},
		{JSON, `{"configuration":{"match":"x"}}`},
		{Patch, "[edit]\n+ match x;\n"},
		{Patch, "+match x;\n"},
	} {
		b := configtree.New(root).Batch()
		for e, p := range Read(strings.NewReader(test.in), "f", level, test.syntax, root) {
			if p != nil {
				t.Fatal(p)
			}
			if err := b.Apply(e); err != nil {
				t.Fatal(err)
			}
		}
		if !b.Tree().Equal(want) {
			t.Errorf("%s:\n%s", test.in, text(t, b.Tree(), Options{}))
		}
	}
}

func FuzzReadXML(f *testing.F) {
	root := loadSchema(f)
	f.Add(text(f, tree(f, root, Text, shapes), Options{Syntax: XML}))
	f.Add(xmlSystem(`<syslog delete="delete"/><syslog operation="create"><file insert="first" name="x"><name>a</name></file></syslog>`))
	f.Add("<?xml version='1.0'?><rpc-reply><configuration><!-- --><![CDATA[x]]>&amp;&#65;</configuration></rpc-reply>")
	f.Fuzz(func(t *testing.T, input string) { checkInput(t, root, XML, input) })
}

func FuzzReadJSON(f *testing.F) {
	root := loadSchema(f)
	f.Add(text(f, tree(f, root, Text, shapes), Options{Syntax: JSON}))
	f.Add(jsonSystem(`"@host-name":{"operation":"delete"},"syslog":{"file":[{"match":"x","@":{"insert":"last"},"name":"a"}]}`))
	f.Add(`{"configuration":{"@":{"x:y":[1.5e-3,true,null,"\ud83d\ude00"]},"version":"\u0041"}}`)
	f.Fuzz(func(t *testing.T, input string) { checkInput(t, root, JSON, input) })
}

func FuzzReadPatch(f *testing.F) {
	root := loadSchema(f)
	from, to := tree(f, root, SetLines, onto), tree(f, root, Text, shapes)
	f.Add(compare(f, from, to, nil))
	f.Add(compare(f, to, from, nil))
	f.Add("[edit system syslog]\n     host a { ... }\n!    host b { ... }\n-    /* x */\n+    /* y\n+    z */\n     file f { ... }\n!    unprotect: file g;\n")
	f.Fuzz(func(t *testing.T, input string) { checkInput(t, root, Patch, input) })
}
