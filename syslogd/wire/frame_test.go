package wire

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// frames feeds a stream to a Framer in pieces and collects the messages, the
// truncated ones with a mark. The buffer moves between calls, as a reader's does.
func frames(t testing.TB, max int, stream string, pieces func(rest int) int) []string {
	f := Framer{MaxMessageSize: max}
	var buf []byte
	var got []string
	for {
		eof := stream == ""
		if !eof {
			n := min(max1(pieces(len(stream))), len(stream))
			buf = append(slices.Clone(buf), stream[:n]...)
			stream = stream[n:]
		}
		for {
			off, end, consumed, flags, ok := f.Next(buf, eof)
			if consumed < 0 || consumed > len(buf) || off > end || end > consumed && ok {
				t.Fatalf("Next(%q) = %d %d %d", buf, off, end, consumed)
			}
			if ok {
				m := string(buf[off:end])
				if flags&Truncated != 0 {
					m += "…"
				}
				got = append(got, m)
			}
			buf = buf[consumed:]
			if !ok {
				break
			}
		}
		if len(buf) > max+16 {
			t.Fatalf("%d bytes wait in the buffer, more than %d+16", len(buf), max)
		}
		if eof {
			if len(buf) > 0 {
				t.Fatalf("%q is left at the end", buf)
			}
			return got
		}
	}
}

func max1(n int) int { return max(n, 1) }

func TestFramer(t *testing.T) {
	x := strings.Repeat("x", 20)
	for _, c := range []struct {
		in   string
		max  int
		want []string
	}{
		{"<1>a\n<1>b\n", 10, []string{"<1>a", "<1>b"}},
		{"<1>a\r\n<1>b\x00<1>c", 10, []string{"<1>a", "<1>b", "<1>c"}},
		{"\n\n\r\n\x00<1>a\n\n", 10, []string{"<1>a"}},
		{"4 <1>a4 <1>b", 10, []string{"<1>a", "<1>b"}},
		{"4 <1>a\n4 <1>b\r\n", 10, []string{"<1>a", "<1>b"}},         // counted, and a line feed all the same
		{"4 <1>a<1>b\n4 <1>c", 10, []string{"<1>a", "<1>b", "<1>c"}}, // mixed
		{"6 <1>a\nb<1>c\n", 10, []string{"<1>a\nb", "<1>c"}},         // counted messages may hold LF
		{"\xEF\xBB\xBF4 <1>a4 <1>b", 10, []string{"<1>a", "<1>b"}},   // a mark of UTF-8 first
		{"\xEF\xBB\xBF<1>a\n\xEF\xBB", 10, []string{"\xEF\xBB\xBF<1>a", "\xEF\xBB"}},
		{"5 is no count\n", 20, []string{"5 is no count"}},                             // no < behind it
		{"12345\n<1>a\n", 10, []string{"12345", "<1>a"}},                               // digits alone
		{"0 <1>a\n", 10, []string{"0 <1>a"}},                                           // RFC 6587: NONZERO-DIGIT
		{"1234567890 <1>a\n", 30, []string{"1234567890 <1>a"}},                         // ten digits are no count
		{"25 <1>" + x + "yz4 <1>a", 10, []string{"<1>xxxxxxx…", "<1>a"}},               // too long: the rest is passed over exactly
		{"<1>" + x + "\n<1>a\n", 10, []string{"<1>xxxxxxx…", "<1>a"}},                  //
		{"<1>" + x, 10, []string{"<1>xxxxxxx…"}},                                       //
		{"<1>xxxxxxx\r\n<1>a\n", 10, []string{"<1>xxxxxxx", "<1>a"}},                   // exactly as long as may be
		{"<1>xxxxxxxx\n<1>a\n", 10, []string{"<1>xxxxxxx…", "<1>a"}},                   // one more
		{"<1>xxxxxxé\n<1>a\n", 10, []string{"<1>xxxxxx…", "<1>a"}},                     // é would be split
		{"<1>xxxxx€\n<1>a\n", 10, []string{"<1>xxxxx…", "<1>a"}},                       //
		{"12 <1>xxxxxxé\n", 10, []string{"<1>xxxxxx…"}},                                //
		{"<1>xxxxxx\x80\x80\x80\n", 10, []string{"<1>xxxxxx\x80…"}},                    // no UTF-8
		{"10 <1>ab", 10, []string{"<1>ab…"}},                                           // the connection ended inside
		{"9999999 <1>a", 10, []string{"<1>a…"}},                                        //
		{"12 ", 10, []string{"12 "}},                                                   //
		{"12", 10, []string{"12"}},                                                     //
		{"", 10, nil},                                                                  //
		{"9999999 <1>" + x + "\n<1>b\n", 10, []string{"<1>xxxxxxx…"}},                  // a lie costs the liar the connection
		{"5 <1>abc6 <1>def4 <1>g", 10, []string{"<1>ab", "c", "<1>def", "<1>g"}},       // too few counted: the place is found again
		{"4 <1>aé 5 <1>bc", 10, []string{"<1>a", "é ", "<1>bc"}},                       //
		{"6 <1>a6 <1>b6 <1>c6 <1>d", 10, []string{"<1>a6 ", "<1>b", "<1>c6 ", "<1>d"}}, // too many, those of the count itself
		{"4 <1>a" + x + x + "5 <1>bc", 10, []string{"<1>a", "xxxxxxxxxx…", "<1>bc"}},   //
		{"4 <1>axxxxxxxxxx5 <1>bc", 10, []string{"<1>a", "xxxxxxxxxx", "<1>bc"}},       //
		{"4 <1>axxxxxxxxxxx5 <1>bc", 10, []string{"<1>a", "xxxxxxxxxx…", "<1>bc"}},     //
		{"4 <1>ax\n<1>5 <1>bc\n", 10, []string{"<1>a", "x", "<1>5 <1>bc"}},             // lines again: text is text
		{"<1>5 <1>b\n", 10, []string{"<1>5 <1>b"}},                                     //
		{"4 <1>ax5 <192>b5 <bc", 20, []string{"<1>a", "x5 <192>b5 <bc"}},               // no PRI
		{"4 <1>ax0 <1>0005 <1>bc", 20, []string{"<1>a", "x0 <1>000", "<1>bc"}},         //
		{"9 <1>a\n<1>b\n", 10, []string{"<1>a\n<1>b"}},                                 //
		{"<1>" + strings.Repeat("\x00", 5) + "\n4 <1>b", 10, []string{"<1>", "<1>b"}},
	} {
		for _, step := range []int{1, 2, 3, 7, 1000} {
			if got := frames(t, c.max, c.in, func(int) int { return step }); !slices.Equal(got, c.want) {
				t.Errorf("%q in steps of %d\n got %q\nwant %q", c.in, step, got, c.want)
			}
		}
	}
}

func TestFramerNeedsNoSecondLook(t *testing.T) {
	// A megabyte that comes in bytes, without a line feed, must not be searched
	// from its start for each byte: scanned remembers.
	f := Framer{MaxMessageSize: 1 << 20}
	buf := []byte(strings.Repeat("x", 1<<19))
	for n := 1; n <= len(buf); n *= 2 {
		if _, _, consumed, _, ok := f.Next(buf[:n], false); ok || consumed != 0 {
			t.Fatal("a message without an end")
		}
		if f.scanned != n {
			t.Errorf("%d of %d bytes are known", f.scanned, n)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"abc", 5, "abc"}, {"abc", 2, "ab"}, {"aé", 2, "a"}, {"aé", 3, "aé"}, {"é", 1, ""}, {"a😀b", 4, "a"}, {"a😀b", 5, "a😀"},
		{"\x80\x80\x80\x80\x80", 3, "\x80\x80\x80"}, {"ab\xc3zz", 3, "ab\xc3"},
	} {
		if got := c.text[:Cut([]byte(c.text), c.n)]; got != c.want {
			t.Errorf("Cut(%q, %d) leaves %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

// FuzzFramer: however the stream is split into reads, the messages are the same.
func FuzzFramer(f *testing.F) {
	f.Add("4 <1>a<1>b\r\n25 <1>xxxxxxxxxxxxxxxxxxxxyz4 <1>a", uint64(12345))
	f.Add("<1>xxxxxxé\x0012 <1>xxxxxxé\n9 <", uint64(1))
	f.Add("1234567890 <1>a\n\r\n0 <5 <", uint64(99))
	f.Fuzz(func(t *testing.T, stream string, seed uint64) {
		whole := frames(t, 10, stream, func(rest int) int { return rest })
		split := frames(t, 10, stream, func(rest int) int {
			seed = seed*6364136223846793005 + 1442695040888963407
			return int(seed >> 61)
		})
		if !slices.Equal(whole, split) {
			t.Errorf("%q\nwhole %q\nsplit %q", stream, whole, split)
		}
		for _, m := range whole {
			if len(strings.TrimSuffix(m, "…")) > 10 || m == "" {
				t.Errorf("message %q", m)
			}
		}
	})
}

func BenchmarkFramer(b *testing.B) {
	for _, octet := range []bool{false, true} {
		var stream []byte
		for i := range 1000 {
			m := fmt.Sprintf("<%d>1 2026-11-22T12:00:00.123Z host%d app %d - - %s", i%192, i%50, i, strings.Repeat("text ", 24))
			if octet {
				stream = fmt.Appendf(stream, "%d %s", len(m), m)
			} else {
				stream = append(append(stream, m...), '\n')
			}
		}
		b.Run(fmt.Sprintf("octet=%v", octet), func(b *testing.B) {
			b.ReportAllocs()
			f := Framer{MaxMessageSize: 8192}
			rest, n := stream, 0
			for b.Loop() {
				_, _, consumed, _, ok := f.Next(rest, false)
				if rest = rest[consumed:]; !ok {
					rest = stream
				}
				n += consumed
			}
			b.SetBytes(int64(n / b.N))
		})
	}
}
