package op

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loggia/audit/event"
)

// sample is an element with everything that one can have.
func sample() Element {
	return Group("a-list",
		Group("entry", Leaf("name", `R1 & <b> "q" \`), Leaf("on", "")).With("junos:style", `a"b<c`),
		Leaf("date", "noon\tü\x00\xff😀").With("junos:seconds", "12"),
		Group("entry", Leaf("name", "R2"), Element{Name: "text", Body: func(w io.Writer) error {
			for _, part := range []string{"\nl\xc3", "\xbc <1>\r\n", "cut \xe2\x82"} {
				if _, err := io.WriteString(w, part); err != nil {
					return err
				}
			}
			return nil
		}}))
}

func written(t *testing.T, write func(io.Writer, Element, Layout) error, e Element, l Layout) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, e, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteXML(t *testing.T) {
	const want = `    <a-list>
        <entry junos:style="a&quot;b&lt;c">
            <name>R1 &amp; &lt;b&gt; "q" \</name>
            <on/>
        </entry>
        <date junos:seconds="12">noon	ü` + "\ufffd\ufffd" + `😀</date>
        <entry>
            <name>R2</name>
            <text>
lü &lt;1&gt;&#13;
cut ` + "\ufffd\ufffd" + `</text>
        </entry>
    </a-list>
`
	if got := written(t, WriteXML, sample(), Layout{Indent: 4, Depth: 1}); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
	const plain = "<a>\n<b>&#252;&#128512;</b>\n</a>\n"
	if got := written(t, WriteXML, Group("a", Leaf("b", "ü😀")), Layout{ASCII: true}); got != plain {
		t.Errorf("%q", got)
	}
}

func TestWriteJSON(t *testing.T) {
	const want = `{
    "a-list" : [
    {
        "entry" : [
        {
            "attributes" : {"junos:style" : "a\"b<c"},
            "name" : [
            {
                "data" : "R1 & <b> \"q\" \\"
            }
            ],
            "on" : [
            {
                "data" : [null]
            }
            ]
        },
        {
            "name" : [
            {
                "data" : "R2"
            }
            ],
            "text" : [
            {
                "data" : "\nlü <1>\u000d\ncut ` + "\ufffd\ufffd" + `"
            }
            ]
        }
        ],
        "date" : [
        {
            "data" : "noon\tü\u0000` + "\ufffd" + `😀",
            "attributes" : {"junos:seconds" : "12"}
        }
        ]
    }
    ]
}
`
	if got := written(t, WriteJSON, sample(), Layout{}); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
	if got := written(t, WriteJSON, Leaf("b", "ü😀"), Layout{ASCII: true}); !strings.Contains(got, `"\u00fc\ud83d\ude00"`) {
		t.Error(got)
	}
}

var errFull = errors.New("disk full")

// full takes no more than n bytes.
type full struct{ n int }

func (f *full) Write(b []byte) (int, error) {
	if f.n -= len(b); f.n < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestAnElementThatFailsSaysSo(t *testing.T) {
	broken := Group("a", Element{Name: "b", Body: func(io.Writer) error { return errFull }})
	long := Leaf("a", strings.Repeat("x", 1<<20))
	for _, write := range []func(io.Writer, Element, Layout) error{WriteXML, WriteJSON} {
		if err := write(io.Discard, broken, Layout{}); !errors.Is(err, errFull) {
			t.Error(err)
		}
		if err := write(&full{64 << 10}, long, Layout{}); !errors.Is(err, errFull) {
			t.Error(err)
		}
	}
}

// answers runs the commands that need nothing but what there is here.
func answers(t *testing.T, each func(c Command, res Result)) {
	t.Helper()
	env := newEnv(t)
	env.Sessions = func() []Session {
		return []Session{{Subject: event.Subject{User: "ann", TTY: "pts/1", Remote: "192.0.2.1 1 2 3"}, Since: noon, LastKey: noon}}
	}
	env.Alarms = func() []Alarm { return []Alarm{{noon, "[edit system syslog]", "file x: disk full"}} }
	if err := os.WriteFile(filepath.Join(env.StateDir, "home/user/f"), []byte("text\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := Args{}
	for words, args := range map[string]Args{
		"show version": none, "show system information": none, "show system commit": none, "show system uptime": none,
		"show system storage": none, "show system processes": none, "show system users": none, "show system alarms": none,
		"show system syslog statistics": none, "clear system commit": none, "help syslog": {"tag": "UI_COMMIT"},
		"show log": {"filename": "messages"}, "file show": {"filename": "f"}, "file list": {"detail": ""},
	} {
		i := slices.IndexFunc(All(), func(c Command) bool { return c.Words == words })
		if i < 0 {
			t.Fatalf("no command %q", words)
		}
		res, err := All()[i].Run(context.Background(), env, args)
		if err != nil || res == nil {
			t.Fatalf("%s: %v %v", words, res, err)
		}
		each(All()[i], res)
	}
}

func TestEveryAnswerIsWellFormed(t *testing.T) {
	answers(t, func(c Command, res Result) {
		var out any
		if text := written(t, WriteJSON, res.Element(), Layout{}); json.Unmarshal([]byte(text), &out) != nil {
			t.Errorf("%s: no JSON:\n%s", c.Words, text)
		}
		text := written(t, WriteXML, res.Element(), Layout{Indent: 4})
		d := xml.NewDecoder(strings.NewReader(text))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", c.Words, err, text)
			}
		}
	})
}

func TestAnswersHaveTheShapeThatClientsRead(t *testing.T) {
	want := map[string]string{
		"show version": `<software-information>
<host-name>gate</host-name>
<product-model>loggia</product-model>
<product-name>loggia</product-name>
<junos-version>24.4R1.9</junos-version>
<package-information>
<name>junos</name>
<comment>JUNOS Software Release [24.4R1.9]</comment>
</package-information>
<package-information>
<name>loggia</name>
<comment>loggia [0.1.0]</comment>
</package-information>
</software-information>
`,
		"show system information": `<system-information>
<hardware-model>loggia</hardware-model>
<os-name>junos</os-name>
<os-version>24.4R1.9</os-version>
<serial-number>gate</serial-number>
<host-name>gate</host-name>
</system-information>
`,
		"show system commit": `<commit-information>
<commit-history>
<sequence-number>0</sequence-number>
<user>root</user>
<client>other</client>
<date-time junos:seconds="1795345200">2026-11-22 11:00:00 UTC</date-time>
<log>factory default</log>
</commit-history>
</commit-information>
`,
		"show system alarms": `<alarm-information>
<alarm-summary>
<active-alarm-count>1</active-alarm-count>
</alarm-summary>
<alarm-detail>
<alarm-time junos:seconds="1795348800">2026-11-22 12:00:00 UTC</alarm-time>
<alarm-class>Major</alarm-class>
<alarm-description>[edit system syslog] file x: disk full</alarm-description>
<alarm-short-description>file x: disk full</alarm-short-description>
<alarm-type>Configuration</alarm-type>
</alarm-detail>
</alarm-information>
`,
		"show log":  "<file-content>\none\ntwo\nthree\n</file-content>\n",
		"file show": "<file-content>\ntext\n</file-content>\n",
	}
	answers(t, func(c Command, res Result) {
		if w, ok := want[c.Words]; ok {
			delete(want, c.Words)
			if got := written(t, WriteXML, res.Element(), Layout{}); got != w {
				t.Errorf("%s:\n%s\nwant:\n%s", c.Words, got, w)
			}
		}
	})
	for words := range want {
		t.Errorf("%s: no answer", words)
	}
}

func TestDirectoryList(t *testing.T) {
	list := []LogFile{{Name: "messages", Size: 12, Modified: noon, Mode: "-rw-r-----", Owner: "root", Group: "adm"}}
	const want = `<directory-list root-path="/var/log">
<directory>
<directory-name>/var/log/</directory-name>
<file-information>
<file-name>messages</file-name>
<file-permissions junos:format="-rw-r-----">640</file-permissions>
<file-owner>root</file-owner>
<file-group>adm</file-group>
<file-links>1</file-links>
<file-size>12</file-size>
<file-date junos:seconds="1795348800">Nov 22 12:00</file-date>
</file-information>
<total-files>1</total-files>
</directory>
</directory-list>
`
	if got := written(t, WriteXML, directoryList(newEnv(t), "/var/log", true, list), Layout{}); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}

func TestUptimeAndStatisticsElements(t *testing.T) {
	l := load{noon, 90 * time.Minute, 2, [3]float64{0.5, 0.25, 0.125}}
	const want = `<uptime-information>
<date-time junos:seconds="1795348800">12:00PM</date-time>
<up-time junos:seconds="5400">1:30</up-time>
<active-user-count junos:format="2 users">2</active-user-count>
<load-average-1>0.50</load-average-1>
<load-average-5>0.25</load-average-5>
<load-average-15>0.12</load-average-15>
</uptime-information>
`
	if got := written(t, WriteXML, l.element(), Layout{}); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
	st := statistics{Destinations: []DestinationStatistics{{Name: "host h", Accepted: 5, Delivered: 2, Waiting: 1, Dropped: []Reason{{"full", 2}, {"cut", 0}}, State: "down"}}}
	const counters = `<syslog-statistics-information>
<destination>
<name>host h</name>
<accepted>5</accepted>
<delivered>2</delivered>
<filtered>0</filtered>
<repeated>0</repeated>
<dropped>2</dropped>
<waiting>1</waiting>
<dropped-reason>
<reason>full</reason>
<count>2</count>
</dropped-reason>
<state>down</state>
</destination>
</syslog-statistics-information>
`
	if got := written(t, WriteXML, st.Element(), Layout{}); got != counters {
		t.Errorf("%s\nwant:\n%s", got, counters)
	}
}
