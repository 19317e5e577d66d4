package frame

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// read returns all messages of a stream and the error at its end.
func read(in io.Reader, max int, chunkedAfter int) (messages []string, err error) {
	r := NewReader(in, max, nil)
	for {
		if len(messages) == chunkedAfter {
			r.Chunked()
			chunkedAfter = -1
		}
		m, err := r.Next()
		if err != nil {
			return messages, err
		}
		messages = append(messages, string(m))
	}
}

func TestReadToTheDelimiter(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"one", "<rpc/>]]>]]>", []string{"<rpc/>"}},
		{"line ends around", "\n\r\n<rpc/>\n]]>]]>\n<rpc a='1'/> ]]>]]>\n", []string{"<rpc/>", "<rpc a='1'/>"}},
		{"declaration", `<?xml version="1.0"?><hello></hello>]]>]]>`, []string{`<?xml version="1.0"?><hello></hello>`}},
		{"no delimiter, end of input", "<rpc><a/></rpc>\n", []string{"<rpc><a/></rpc>"}},
		{"no delimiter between", "<rpc><a/></rpc>\n<rpc><b/></rpc>", []string{"<rpc><a/></rpc>", "<rpc><b/></rpc>"}},
		{"nested", "<a><b><c/></b><b>x</b></a>]]>]]><d/>", []string{"<a><b><c/></b><b>x</b></a>", "<d/>"}},
		{"less-than in quotes", `<a b="</a>" c='>'><d/></a>]]>]]>`, []string{`<a b="</a>" c='>'><d/></a>`}},
		{"comment and section", "<!-- </a> --><a><!-- </a> --><![CDATA[</a>]]></a>]]>]]>", []string{"<!-- </a> --><a><!-- </a> --><![CDATA[</a>]]></a>"}},
		{"not well-formed", "<rpc]]>]]><rpc/>]]>]]>", []string{"<rpc", "<rpc/>"}},
		{"text", "hello]]>]]><rpc/>]]>]]>", []string{"hello", "<rpc/>"}},
		{"doctype waits for the delimiter", "<!DOCTYPE a [<!ENTITY x '<a/>'>]><a/>]]>]]><b/>", []string{"<!DOCTYPE a [<!ENTITY x '<a/>'>]><a/>", "<b/>"}},
		{"brackets in text", "<a>]]</a>]]>]]><b>]]></b>]]>]]>", []string{"<a>]]</a>", "<b>]]></b>"}},
		{"slash in a value", "<a b=c/d><e/></a>]]>]]>", []string{"<a b=c/d><e/></a>"}},
		{"nothing but delimiters", "]]>]]>\n]]>]]>", nil},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			got, err := read(in, 1000, -1)
			if !reflect.DeepEqual(got, c.want) || err != io.EOF {
				t.Errorf("%s: %q, %v", c.name, got, err)
			}
		}
	}
}

// A message is there before its delimiter is, or anything else is sent.
func TestRootElementEndsTheMessage(t *testing.T) {
	in, out := io.Pipe()
	go func() { _, _ = io.WriteString(out, "<rpc><get-syslog-events/></rpc>\n") }()
	if m, err := NewReader(in, 100, nil).Next(); string(m) != "<rpc><get-syslog-events/></rpc>" || err != nil {
		t.Errorf("%q, %v", m, err)
	}
	_ = in.Close()
}

func TestReadChunks(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
		err      error
	}{
		// RFC 6242, 4.2
		{"the example", "\n#4\n<rpc\n#18\n message-id=\"102\"\n\n#79\n     xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\n  <close-session/>\n</rpc>\n##\n",
			[]string{"<rpc message-id=\"102\"\n     xmlns=\"urn:ietf:params:xml:ns:netconf:base:1.0\">\n  <close-session/>\n</rpc>"}, io.EOF},
		{"two", "\n#1\na\n##\n\n#1\nb\n##\n", []string{"a", "b"}, io.EOF},
		{"delimiter as text", "\n#6\n]]>]]>\n##\n", []string{"]]>]]>"}, io.EOF},
		{"no end", "\n#1\na", nil, io.ErrUnexpectedEOF},
		{"cut in a header", "\n#1\na\n#", nil, io.ErrUnexpectedEOF},
		{"cut in a chunk", "\n#5\nab", nil, io.ErrUnexpectedEOF},
		{"empty message", "\n##\n", nil, ErrFraming},
		{"size 0", "\n#0\n\n##\n", nil, ErrFraming},
		{"leading zero", "\n#01\na\n##\n", nil, ErrFraming},
		{"no size", "\n#\na\n##\n", nil, ErrFraming},
		{"sign", "\n#+1\na\n##\n", nil, ErrFraming},
		{"no line end", "#1\na\n##\nx", []string{"a"}, ErrFraming},
		{"eleven digits", "\n#11111111111\na\n##\n", nil, ErrFraming},
		{"more than 32 bits", "\n#4294967296\na\n##\n", nil, ErrFraming},
		{"line end as CRLF", "\n#1\r\na\n##\n", nil, ErrFraming},
		{"bad end", "\n#1\na\n##x", nil, ErrFraming},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			got, err := read(in, 1000, 0)
			if !reflect.DeepEqual(got, c.want) || !errors.Is(err, c.err) {
				t.Errorf("%s: %q, %v", c.name, got, err)
			}
		}
	}
}

// The hello comes with a delimiter, what follows in chunks (RFC 6242, 4.1).
func TestChangeToChunks(t *testing.T) {
	for _, between := range []string{"", "]]>]]>", "\n]]>]]>\n"} {
		got, err := read(strings.NewReader("<hello></hello>"+between+"\n#6\n<rpc/>\n##\n\n#2\nab\n##\n"), 1000, 1)
		if !reflect.DeepEqual(got, []string{"<hello></hello>", "<rpc/>", "ab"}) || err != io.EOF {
			t.Errorf("%q: %q, %v", between, got, err)
		}
	}
}

func TestMessagesAreBounded(t *testing.T) {
	for name, c := range map[string]struct {
		in      string
		chunked int
	}{
		"no end":        {"<a>" + strings.Repeat("x", 1000), -1},
		"white space":   {"<a>" + strings.Repeat("\n", 1000) + "</a>", -1},
		"announced":     {"\n#4000000000\n", 0},
		"many chunks":   {strings.Repeat("\n#40\n"+strings.Repeat("x", 40), 100), 0},
		"never an root": {strings.Repeat("x>", 1000), -1},
	} {
		var big *TooBigError
		if got, err := read(strings.NewReader(c.in), 100, c.chunked); len(got) > 0 || !errors.As(err, &big) || big.Max != 100 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	got, err := read(strings.NewReader("<a>"+strings.Repeat("x", 93)+"</a>"), 100, -1)
	if len(got) != 1 || err != io.EOF {
		t.Errorf("exactly the bound: %d, %v", len(got), err)
	}
}

// What there is no memory for is passed over, and the messages after it come.
func TestMessagesShareABudget(t *testing.T) {
	large := "<rpc message-id='1'>" + strings.Repeat("<a>]]></a>", 100_000) + "</rpc>"
	for name, c := range map[string]struct {
		in      string
		chunked bool
	}{
		"to the delimiter":    {large + "]]>]]>\n<b/>]]>]]>" + large, false},
		"without a delimiter": {large + "<b/>" + large, false},
		"not well-formed":     {"<rpc message-id='1'>" + strings.Repeat("<a>", 300_000) + "]]>]]><b/>]]>]]>" + large, false},
		"in chunks":           {"\n#100000\n" + large[:100_000] + "\n#900026\n" + large[100_000:] + "\n##\n\n#4\n<b/>\n##\n\n#1000026\n" + large + "\n##\n", true},
	} {
		for _, in := range []io.Reader{strings.NewReader(c.in), iotest.HalfReader(strings.NewReader(c.in))} {
			budget := NewBudget(1 << 20)
			other := Loan{From: budget}
			if err := other.Hold(512 << 10); err != nil {
				t.Fatal(err)
			}
			r := NewReader(in, 2<<20, budget)
			if c.chunked {
				r.Chunked()
			}
			if m, err := r.Next(); err != ErrBusy || len(m) > freeBytes || !strings.HasPrefix(string(m), "<rpc message-id='1'><a>") {
				t.Errorf("%s: %d bytes, %v", name, len(m), err)
			}
			if m, err := r.Next(); err != nil || string(m) != "<b/>" {
				t.Errorf("%s: then %.80q, %v", name, m, err)
			}
			other.Return()
			if m, err := r.Next(); err != nil || string(m) != large {
				t.Errorf("%s: in the end %d bytes, %v", name, len(m), err)
			}
			if err := other.Hold(1); err != ErrBusy {
				t.Errorf("%s: a megabyte left room: %v", name, err)
			}
			r.Close()
			if err := other.Hold(1 << 20); err != nil {
				t.Errorf("%s: not given back: %v", name, err)
			}
		}
	}
}

// writes keeps each write apart.
type writes []string

func (w *writes) Write(b []byte) (int, error) {
	*w = append(*w, string(b))
	return len(b), nil
}

func TestWrite(t *testing.T) {
	var got writes
	w := NewWriter(&got)
	send := func(parts ...string) {
		for _, p := range parts {
			if _, err := w.Write([]byte(p)); err != nil {
				t.Error(err)
			}
		}
		if err := w.End(); err != nil {
			t.Error(err)
		}
	}
	send("<hello>", "</hello>")
	w.Chunked()
	send("<rpc-reply>", "<ok/></rpc-reply>")
	_, _ = w.Write([]byte("<rpc-reply>"))
	if err := errors.Join(w.Flush(), w.Flush()); err != nil {
		t.Error(err)
	}
	send("</rpc-reply>")
	want := writes{"<hello></hello>]]>]]>\n", "\n#28\n<rpc-reply><ok/></rpc-reply>\n##\n",
		"\n#11\n<rpc-reply>", "\n#12\n</rpc-reply>\n##\n"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// What is written is read back, in any cut.
func FuzzRoundTrip(f *testing.F) {
	f.Add("<rpc><a b='>'/></rpc>", true)
	f.Add(strings.Repeat("<a>x</a>", 100), false)
	f.Fuzz(func(t *testing.T, text string, chunked bool) {
		message := "<m>" + strings.NewReplacer("<", "", ">", "").Replace(text) + "</m>"
		var b bytes.Buffer
		w := NewWriter(&b)
		after := -1
		if chunked {
			w.Chunked()
			after = 0
		}
		for range 2 {
			_, _ = io.WriteString(w, message)
			if err := w.End(); err != nil {
				t.Fatal(err)
			}
		}
		got, err := read(iotest.HalfReader(&b), 1<<20, after)
		if !reflect.DeepEqual(got, []string{message, message}) || err != io.EOF {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// Whatever comes, reading ends and keeps to its bound.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"<a/>]]>]]>", "\n#3\nabc\n##\n", "<!DOCTYPE a [", "<a><![CDATA[", "]]>]]", "<?x"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, in []byte, chunked bool) {
		after := -1
		if chunked {
			after = 0
		}
		whole, err1 := read(bytes.NewReader(in), 64, after)
		bytewise, err2 := read(iotest.OneByteReader(bytes.NewReader(in)), 64, after)
		if !reflect.DeepEqual(whole, bytewise) || !errors.Is(err2, err1) && err1.Error() != err2.Error() {
			t.Errorf("whole: %q, %v; by bytes: %q, %v", whole, err1, bytewise, err2)
		}
		for _, m := range whole {
			if len(m) > 64 {
				t.Errorf("%d bytes", len(m))
			}
		}
	})
}
