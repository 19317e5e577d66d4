package format

import (
	"strings"
	"testing"

	"loggia/configtree"

	"github.com/google/go-cmp/cmp"
)

// shapes is a configuration of which junos-syslog-audit and clients of Junos expect certain shapes.
const shapes = `
system {
    syslog {
        archive size 1m files 10 no-world-readable;
        user * {
            any emergency;
        }
        /* collects <all> & keeps it */
        host 192.0.2.9 {
            any any;
            match "^set*";
            inactive: port 1231;
            match-strings [ "^delete" "^prompt" ];
            structured-data {
                brief;
            }
        }
        protect: inactive: file messages {
            any notice;
            authorization info;
            archive {
                size 65578;
                archive-sites scp://u@h/d {
                    password "$9$LbHX-wg4Z"; ## SECRET-DATA
                }
            }
            structured-data;
        }
        console {
            any info;
        }
        time-format year millisecond;
        log-rotate-frequency 45;
    }
}
`

func TestXMLShapes(t *testing.T) {
	got := text(t, tree(t, loadSchema(t), Text, shapes), Options{Syntax: XML, Indent: 4, Attributes: []Attribute{{"junos:commit-user", "admin"}}})
	want := `
    <configuration junos:commit-user="admin">
            <system>
                <syslog>
                    <archive>
                        <size>1m</size>
                        <files>10</files>
                        <no-world-readable/>
                    </archive>
                    <user>
                        <name>*</name>
                        <contents>
                            <name>any</name>
                            <emergency/>
                        </contents>
                    </user>
                    <junos:comment>/* collects &lt;all&gt; &amp; keeps it */</junos:comment>
                    <host>
                        <name>192.0.2.9</name>
                        <contents>
                            <name>any</name>
                            <any/>
                        </contents>
                        <match>^set*</match>
                        <port inactive="inactive">1231</port>
                        <match-strings>^delete</match-strings>
                        <match-strings>^prompt</match-strings>
                        <structured-data>
                            <brief/>
                        </structured-data>
                    </host>
                    <file protect="protect" inactive="inactive">
                        <name>messages</name>
                        <contents>
                            <name>any</name>
                            <notice/>
                        </contents>
                        <contents>
                            <name>authorization</name>
                            <info/>
                        </contents>
                        <archive>
                            <size>65578</size>
                            <archive-sites>
                                <name>scp://u@h/d</name>
                                <password>$9$LbHX-wg4Z</password>
                            </archive-sites>
                        </archive>
                        <structured-data/>
                    </file>
                    <console>
                        <name>any</name>
                        <info/>
                    </console>
                    <time-format>
                        <year/>
                        <millisecond/>
                    </time-format>
                    <log-rotate-frequency>45</log-rotate-frequency>
                </syslog>
            </system>
    </configuration>
`
	if d := cmp.Diff(want[1:], got); d != "" {
		t.Error(d)
	}
}

func TestJSONShapes(t *testing.T) {
	got := text(t, tree(t, loadSchema(t), Text, shapes), Options{Syntax: JSON, Attributes: []Attribute{{"junos:commit-user", "admin"}}})
	want := `
{
    "configuration" : {
        "@" : {
            "junos:commit-user" : "admin"
        },
        "system" : {
            "syslog" : {
                "archive" : {
                    "size" : "1m",
                    "files" : "10",
                    "no-world-readable" : [null]
                },
                "user" : [
                {
                    "name" : "*",
                    "contents" : [
                    {
                        "name" : "any",
                        "emergency" : [null]
                    }
                    ]
                }
                ],
                "host" : [
                {
                    "@" : {
                        "comment" : "/* collects <all> & keeps it */"
                    },
                    "name" : "192.0.2.9",
                    "contents" : [
                    {
                        "name" : "any",
                        "any" : [null]
                    }
                    ],
                    "match" : "^set*",
                    "port" : 1231,
                    "@port" : {
                        "inactive" : true
                    },
                    "match-strings" : ["^delete", "^prompt"],
                    "structured-data" : {
                        "brief" : [null]
                    }
                }
                ],
                "file" : [
                {
                    "@" : {
                        "protect" : true,
                        "inactive" : true
                    },
                    "name" : "messages",
                    "contents" : [
                    {
                        "name" : "any",
                        "notice" : [null]
                    },
                    {
                        "name" : "authorization",
                        "info" : [null]
                    }
                    ],
                    "archive" : {
                        "size" : "65578",
                        "archive-sites" : [
                        {
                            "name" : "scp://u@h/d",
                            "password" : "$9$LbHX-wg4Z"
                        }
                        ]
                    },
                    "structured-data" : [null]
                }
                ],
                "console" : [
                {
                    "name" : "any",
                    "info" : [null]
                }
                ],
                "time-format" : {
                    "year" : [null],
                    "millisecond" : [null]
                },
                "log-rotate-frequency" : 45
            }
        }
    }
}
`
	if d := cmp.Diff(want[1:], got); d != "" {
		t.Error(d)
	}
}

// TestMarkupOfAPart: XML and JSON show a part inside of what leads to it, masked where asked.
func TestMarkupOfAPart(t *testing.T) {
	whole := tree(t, loadSchema(t), Text, shapes)
	for _, test := range []struct {
		path string
		o    Options
		want string
	}{
		{"system syslog console any", Options{Syntax: XML, Minified: true},
			`<configuration><system><syslog><console><name>any</name><info/></console></syslog></system></configuration>`},
		{"system syslog console any", Options{Syntax: JSON, Minified: true},
			`{"configuration":{"system":{"syslog":{"console":[{"name":"any","info":[null]}]}}}}` + "\n"},
		{"system syslog file messages archive archive-sites scp://u@h/d", Options{Syntax: XML, Minified: true, Mask: true},
			`<configuration><system><syslog><file><name>messages</name><archive><archive-sites><name>scp://u@h/d</name><password>/* SECRET-DATA */</password></archive-sites></archive></file></syslog></system></configuration>`},
		{"system syslog file messages archive archive-sites scp://u@h/d", Options{Syntax: JSON, Minified: true, Mask: true},
			`{"configuration":{"system":{"syslog":{"file":[{"name":"messages","archive":{"archive-sites":[{"name":"scp://u@h/d","password":"/* SECRET-DATA */"}]}}]}}}}` + "\n"},
		{"system syslog log-rotate-frequency", Options{Syntax: XML, Minified: true},
			`<configuration><system><syslog><log-rotate-frequency>45</log-rotate-frequency></syslog></system></configuration>`},
		{"system syslog log-rotate-frequency", Options{Syntax: JSON, Minified: true},
			`{"configuration":{"system":{"syslog":{"log-rotate-frequency":45}}}}` + "\n"},
		{"", Options{Syntax: XML, Indent: 2}, "  <configuration>\n  </configuration>\n"},
		{"", Options{Syntax: JSON}, "{\n    \"configuration\" : {}\n}\n"},
	} {
		var n configtree.Node
		if test.path != "" {
			n = at(t, whole, test.path)
		}
		var b strings.Builder
		if err := Write(&b, n, test.o); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(test.want, b.String()); d != "" {
			t.Errorf("%s:\n%s", test.path, d)
		}
	}
	var b strings.Builder
	if err := WriteStatements(&b, at(t, whole, "system syslog").Entries("user"), Options{Syntax: XML, Minified: true}); err != nil {
		t.Fatal(err)
	}
	if want := `<configuration><system><syslog><user><name>*</name><contents><name>any</name><emergency/></contents></user></syslog></system></configuration>`; b.String() != want {
		t.Error(b.String())
	}
}

func TestEscapes(t *testing.T) {
	for _, test := range []struct{ in, xml, attribute, ascii, json, jsonASCII string }{
		{`a"b'c`, `a"b'c`, `a&quot;b'c`, `a"b'c`, `"a\"b'c"`, `"a\"b'c"`},
		{"a&b<c>", "a&amp;b&lt;c&gt;", "a&amp;b&lt;c&gt;", "a&amp;b&lt;c&gt;", `"a&b<c>"`, `"a&b<c>"`},
		{"tab\tline\nreturn\r", "tab\tline\nreturn&#13;", "tab\tline\nreturn&#13;", "tab\tline\nreturn&#13;", `"tab\tline\nreturn\r"`, `"tab\tline\nreturn\r"`},
		{"é😀", "é😀", "é😀", "&#233;&#128512;", `"é😀"`, `"\u00e9\ud83d\ude00"`},
		{"\x00\x1b\x7f\uffff\xff", "��\x7f��", "��\x7f��", "&#65533;&#65533;\x7f&#65533;&#65533;", `"\u0000\u001b\u007f` + "\uffff�\"", `"\u0000\u001b\u007f\uffff\ufffd"`},
	} {
		got := []string{
			string(appendXML(nil, test.in, false, false)), string(appendXML(nil, test.in, true, false)), string(appendXML(nil, test.in, false, true)),
			string(appendJSON(nil, test.in, false)), string(appendJSON(nil, test.in, true)),
		}
		if d := cmp.Diff([]string{test.xml, test.attribute, test.ascii, test.json, test.jsonASCII}, got); d != "" {
			t.Errorf("%q: %s", test.in, d)
		}
	}
}

// system wraps what a client sends of [edit system].
func xmlSystem(body string) string {
	return "<configuration><system>" + body + "</system></configuration>"
}

func jsonSystem(body string) string { return `{"configuration":{"system":{` + body + `}}}` }

// onto is what the operations below are applied to.
const onto = `
set system host-name old
annotate system host-name "why"
set system syslog user u any any
set system syslog host a any any
set system syslog host b any any
set system syslog host b port 1
set system syslog host b match-strings [ x y ]
set system syslog file f any notice
set system syslog file f match m
deactivate system syslog file f
set system syslog file g any notice
`

// TestOperations: what elements ask for, in both syntaxes; want is what set lines would say, warnings
// are what is told besides.
func TestOperations(t *testing.T) {
	for _, test := range []struct{ name, xml, json, want, told string }{
		{"merge", `<host-name>new</host-name><syslog><host><name>c</name><port>2</port></host></syslog>`,
			`"host-name":"new","syslog":{"host":[{"name":"c","port":2}]}`,
			"set system host-name new\nset system syslog host c port 2", ""},
		{"merge has its own word", `<nc:host-name xmlns:nc="x" nc:operation="merge">new</nc:host-name>`, `"host-name":"new","@host-name":{"operation":"merge"}`, "set system host-name new", ""},
		{"delete an entry", `<syslog><file delete="delete"><name>f</name></file></syslog>`, `"syslog":{"file":[{"@":{"operation":"delete"},"name":"f"}]}`,
			"delete system syslog file f", ""},
		{"its contents do not matter", `<syslog><file delete="delete"><name>f</name><nothing>x</nothing></file></syslog>`, `"syslog":{"file":{"@":{"operation":"delete"},"name":"f","nothing":{"x":[1]}}}`,
			"delete system syslog file f", ""},
		{"delete all entries", `<syslog><file nc:operation="delete"/></syslog>`, `"syslog":{"file":[{"@":{"delete":"delete"}}]}`, "delete system syslog file", ""},
		{"delete a leaf", `<host-name delete="delete"/>`, `"@host-name":{"operation":"delete"}`, "delete system host-name", ""},
		{"whatever its value", `<host-name delete="delete">other</host-name>`, `"host-name":"other","@host-name":{"operation":"delete"}`, "delete system host-name", ""},
		{"delete a value", `<syslog><host><name>b</name><match-strings delete="delete">x</match-strings></host></syslog>`,
			`"syslog":{"host":[{"name":"b","match-strings":["x"],"@match-strings":[{"operation":"delete"}]}]}`, "delete system syslog host b match-strings x", ""},
		{"delete all values", `<syslog><host><name>b</name><match-strings delete="delete"/></host></syslog>`,
			`"syslog":{"host":[{"name":"b","match-strings":[null],"@match-strings":{"operation":"delete"}}]}`, "delete system syslog host b match-strings", ""},
		{"delete what is not there", `<syslog><file delete="delete"><name>z</name></file></syslog>`, `"syslog":{"file":[{"@":{"operation":"delete"},"name":"z"}]}`,
			"", "warning: statement not found"},
		{"remove what is not there", `<domain-name operation="remove"/><syslog><file operation="remove"><name>z</name></file></syslog>`,
			`"@domain-name":{"operation":"remove"},"syslog":{"file":[{"@":{"operation":"remove"},"name":"z"}]}`, "", ""},
		{"remove what is there", `<host-name operation="remove"/>`, `"@host-name":{"operation":"remove"}`, "delete system host-name", ""},
		{"create what is there", `<host-name operation="create">x</host-name>`, `"host-name":"x","@host-name":{"operation":"create"}`, "", "statement exists already: host-name"},
		{"create what is not there", `<domain-name operation="create">x</domain-name>`, `"domain-name":"x","@domain-name":{"operation":"create"}`, "set system domain-name x", ""},
		{"delete and create in one load, in order", `<syslog delete="delete"/><syslog operation="create"><file><name>f</name><contents><name>any</name><any/></contents></file></syslog>`,
			`"syslog":{"@":{"operation":"delete"}},"syslog":{"@":{"operation":"create"},"file":[{"name":"f","contents":[{"name":"any","any":[null]}]}]}`,
			"delete system syslog\nset system syslog file f any any", ""},
		{"replace an entry", `<syslog><file replace="replace"><name>f</name><match>n</match></file></syslog>`, `"syslog":{"file":[{"@":{"operation":"replace"},"name":"f","match":"n"}]}`,
			"delete system syslog file f\nset system syslog file f match n", ""},
		{"replace by nothing", `<syslog><file operation="replace"><name>f</name></file></syslog>`, `"syslog":{"file":[{"@":{"replace":true},"name":"f"}]}`,
			"delete system syslog file f\nset system syslog file f", ""},
		{"replace a leaf", `<host-name replace="replace">new</host-name>`, `"@host-name":{"operation":"replace"},"host-name":"new"`, "delete system host-name\nset system host-name new", ""},
		{"inactive and active", `<host-name inactive="inactive"/><syslog><file active="active"><name>f</name></file><file inactive="inactive"><name>h</name><match>x</match></file></syslog>`,
			`"@host-name":{"inactive":true},"syslog":{"file":[{"@":{"active":"active"},"name":"f"},{"name":"h","match":"x","@":{"inactive":"inactive"}}]}`,
			"deactivate system host-name\nactivate system syslog file f\nset system syslog file h match x\ndeactivate system syslog file h", ""},
		{"a facility line that exists", `<syslog><file><name>f</name><contents inactive="inactive"><name>any</name></contents></file></syslog>`,
			`"syslog":{"file":[{"name":"f","contents":[{"@":{"inactive":true},"name":"any"}]}]}`, "deactivate system syslog file f any", ""},
		{"comments", `<junos:comment>/* the name */</junos:comment><host-name>old</host-name><comment>plain</comment><syslog><comment>/* lost */</comment></syslog>`,
			`"host-name":"old","@host-name":{"comment":"/* the name */"},"syslog":{"@":{"comment":"plain"}}`,
			"annotate system host-name \"the name\"\nannotate system syslog plain", ""},
		{"protect", `<syslog protect="protect"><file><name>f</name><match>x</match></file></syslog>`, `"syslog":{"@":{"protect":"protect"},"file":[{"name":"f","match":"x"}]}`,
			"set system syslog file f match x\nprotect system syslog", ""},
		{"insert", `<syslog><host insert="before" name="b"><name>c</name></host><host insert="after" key="[name='c']"><name>d</name></host></syslog>`,
			`"syslog":{"host":[{"@":{"insert":"before","name":"b"},"name":"c"},{"@":{"insert":"after","key":"[name='c']"},"name":"d"}]}`,
			"set system syslog host c\ninsert system syslog host c before b\nset system syslog host d\ninsert system syslog host d after c", ""},
		{"insert first and last", `<syslog><host insert="first"><name>c</name></host><host insert="first"><name>d</name></host><host><name>e</name></host><host insert="last"><name>a</name></host></syslog>`,
			`"syslog":{"host":[{"@":{"insert":"first"},"name":"c"},{"@":{"insert":"first"},"name":"d"},{"name":"e"},{"@":{"insert":"last"},"name":"a"}]}`,
			"set system syslog host c\ninsert system syslog host c before a\nset system syslog host d\ninsert system syslog host d before c\nset system syslog host e\ninsert system syslog host a after e", ""},
		{"insert first before what is first by now", `<syslog><host insert="before" name="a"><name>c</name></host><host insert="first"><name>d</name></host></syslog>`,
			`"syslog":{"host":[{"@":{"insert":"before","name":"a"},"name":"c"},{"@":{"insert":"first"},"name":"d"}]}`,
			"set system syslog host c\ninsert system syslog host c before a\nset system syslog host d\ninsert system syslog host d before c", ""},
		{"insert first when the first has moved", `<syslog><host insert="last"><name>a</name></host><host insert="first"><name>c</name></host></syslog>`,
			`"syslog":{"host":[{"@":{"insert":"last"},"name":"a"},{"@":{"insert":"first"},"name":"c"}]}`,
			"insert system syslog host a after b\nset system syslog host c\ninsert system syslog host c before b", ""},
		{"insert first into a list that comes", `<syslog><host><name>n</name><match-strings>x</match-strings><match-strings insert="first">y</match-strings></host></syslog>`,
			`"syslog":{"host":[{"name":"n","match-strings":["x","y"],"@match-strings":[null,{"insert":"first"}]}]}`,
			"set system syslog host n match-strings [ y x ]", ""},
		{"remove what has come", `<syslog><user><name>x</name></user><user operation="remove"><name>x</name></user><user operation="remove"><name>z</name></user></syslog>`,
			`"syslog":{"user":[{"name":"x"},{"@":{"operation":"remove"},"name":"x"},{"@":{"operation":"remove"},"name":"z"}]}`, "", ""},
		{"insert a value", `<syslog><host><name>b</name><match-strings insert="before" value="x">z</match-strings></host></syslog>`,
			`"syslog":{"host":[{"name":"b","match-strings":["z"],"@match-strings":[{"insert":"before","value":"x"}]}]}`,
			"set system syslog host b match-strings z\ninsert system syslog host b match-strings z before x", ""},
		{"rename", `<syslog><file rename="rename" name="n"><name>g</name><match>x</match></file></syslog>`, `"syslog":{"file":[{"@":{"rename":"rename","name":"n"},"name":"g","match":"x"}]}`,
			"rename system syslog file g to n\nset system syslog file n match x", ""},
		{"presence", `<syslog><archive/><host><name>a</name><structured-data/></host></syslog>`, `"syslog":{"archive":[null],"host":[{"name":"a","structured-data":null}]}`,
			"set system syslog archive\nset system syslog host a structured-data", ""},
		{"numbers, texts and layout", "<host-name>\n  new\n</host-name><syslog><log-rotate-frequency> 7 </log-rotate-frequency></syslog>", `"host-name":"new","syslog":{"log-rotate-frequency":"7","archive":{"files":5}}`,
			"set system host-name new\nset system syslog log-rotate-frequency 7", "?"},
		{"nothing", `<syslog></syslog>`, `"syslog":{}`, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := loadSchema(t)
			from := tree(t, root, SetLines, onto)
			want, problems := apply(from, SetLines, test.want)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			for _, in := range []struct {
				syntax Syntax
				text   string
			}{{XML, xmlSystem(test.xml)}, {JSON, jsonSystem(test.json)}} {
				got, problems := applyOnto(from, in.syntax, in.text)
				var told []string
				for _, p := range problems {
					told = append(told, strings.TrimSpace(p.Error()[strings.Index(p.Error(), ") ")+1:]))
				}
				if test.told == "?" { // JSON says more here
					if in.syntax == JSON {
						want, _ = apply(want, SetLines, "set system syslog archive files 5")
					}
				} else if strings.Join(told, "|") != test.told {
					t.Errorf("%v\n%s", told, in.text)
				}
				if !got.Equal(want) {
					t.Errorf("%s\n%s", in.text, compare(t, want, got, nil))
				}
			}
		})
	}
}
