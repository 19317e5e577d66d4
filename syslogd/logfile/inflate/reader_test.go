package inflate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// pack packs text at a level into members of the given sizes, the last of which
// holds the rest.
func pack(t testing.TB, text []byte, level int, sizes ...int) []byte {
	t.Helper()
	var b bytes.Buffer
	for i := 0; i <= len(sizes); i++ {
		part := text
		if i < len(sizes) {
			part = text[:sizes[i]]
		}
		text = text[len(part):]
		z, err := gzip.NewWriterLevel(&b, level)
		if err != nil {
			t.Fatal(err)
		}
		z.Name, z.Comment, z.Extra = "log", "a log", []byte{'L', 'G', 1, 0, 7}
		if _, err := z.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// texts are of many kinds, each of about that size.
func texts(rng *rand.Rand, size int) map[string][]byte {
	noise, few, skewed := make([]byte, size), make([]byte, size), make([]byte, size)
	for i := range noise {
		noise[i], few[i] = byte(rng.Uint32()), "abc\n"[rng.IntN(4)]
		skewed[i] = byte(min(rng.ExpFloat64()*9, 255))
	}
	var log, far []byte
	for len(log) < size {
		log = fmt.Appendf(log, "Nov %d 10:%02d:%02d r%d sshd[%d]: Failed password for root from 192.0.2.%d\n", rng.IntN(30), rng.IntN(60), rng.IntN(60), rng.IntN(9), rng.IntN(99999), rng.IntN(255))
	}
	for len(far) < size { // repeats what is as far away as it can be
		far = append(far, noise[len(far)%window])
	}
	return map[string][]byte{"noise": noise, "few": few, "skewed": skewed, "log": log, "far": far,
		"zeros": make([]byte, size), "pairs": bytes.Repeat([]byte("ab"), size/2), "seven": bytes.Repeat([]byte("abcdefg"), size/7), "empty": nil}
}

func TestReadAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 100, 70_000, 250_000} {
		for name, text := range texts(rng, size) {
			for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 1, 6, 9} {
				packed := pack(t, text, level, len(text)/3, 0, min(len(text)/3, 5))
				for kind, r := range map[string]io.Reader{"at once": bytes.NewReader(packed), "with EOF": iotest.DataErrReader(bytes.NewReader(packed)), "half": iotest.HalfReader(bytes.NewReader(packed)), "bytes": iotest.OneByteReader(bytes.NewReader(packed))} {
					if (kind == "bytes" || kind == "half") && size > 1000 {
						continue // takes its time
					}
					got, err := io.ReadAll(NewReader(r))
					if err != nil || !bytes.Equal(got, text) {
						t.Errorf("%s of %d, level %d, %s: %d bytes, error %v", name, size, level, kind, len(got), err)
					}
				}
			}
		}
	}
}

// However symbols lie at the end of the buffer, there is room for them: two literals
// and the longest repetition may come when there is room for one byte.
func TestAnySymbolAtTheEndOfTheBuffer(t *testing.T) {
	z := NewReader(nil)
	for _, distance := range []int{1, 7, 8, window} {
		at := window + chunk + 1
		repeat(z.out, at-distance, at, longest)
	}
	rng := rand.New(rand.NewPCG(13, 14))
	for range 12 {
		var text []byte
		phrase := make([]byte, 3+rng.IntN(300))
		for len(text) < 3*chunk {
			for range rng.IntN(4) {
				text = append(text, byte(rng.Uint32()))
			}
			text = append(text, phrase[:3+rng.IntN(len(phrase)-2)]...)
		}
		if got, err := io.ReadAll(NewReader(bytes.NewReader(pack(t, text, 6)))); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("phrase of %d: %d bytes, error %v", len(phrase), len(got), err)
		}
	}
}

// A file that was cut gives what is before, and says so.
func TestCutAnywhere(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	text := texts(rng, 3000)["log"]
	for _, level := range []int{gzip.HuffmanOnly, gzip.NoCompression, 9} {
		packed := pack(t, text, level)
		for n := range packed {
			got, err := io.ReadAll(NewReader(bytes.NewReader(packed[:n])))
			if !errors.Is(err, io.ErrUnexpectedEOF) || !bytes.HasPrefix(text, got) {
				t.Errorf("level %d, %d of %d bytes: %d bytes of text, error %v", level, n, len(packed), len(got), err)
			}
		}
		failing := io.MultiReader(bytes.NewReader(packed[:len(packed)/2]), iotest.ErrReader(io.ErrClosedPipe))
		if got, err := io.ReadAll(NewReader(failing)); !errors.Is(err, io.ErrClosedPipe) || !bytes.HasPrefix(text, got) {
			t.Errorf("a source that fails: %d bytes, error %v", len(got), err)
		}
	}
}

func TestDamage(t *testing.T) {
	packed := pack(t, []byte("the text\n"), 6)
	change := func(at int, to byte) []byte {
		b := bytes.Clone(packed)
		b[(at+len(b))%len(b)] = to
		return b
	}
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{
		{"magic", change(0, 'x'), ErrHeader},
		{"method", change(2, 7), ErrHeader},
		{"sum", change(-8, packed[len(packed)-8]^1), ErrChecksum},
		{"length", change(-1, 1), ErrChecksum},
		{"something behind", append(bytes.Clone(packed), "no header at all"...), ErrHeader},
		{"sum of the header", []byte("\x1f\x8b\x08\x02\x00\x00\x00\x00\x00\x03xx\x03\x00"), ErrHeader},
		{"kind of block", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x07"), ErrCorrupt},
		{"stored length", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x05\x00\x05\x00"), ErrCorrupt},
		{"refers to before the beginning", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x02\x00"), ErrCorrupt},
	} {
		if _, err := io.ReadAll(NewReader(bytes.NewReader(c.file))); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// agree has the standard library judge a file.
func agree(t *testing.T, file []byte) {
	t.Helper()
	got, err := io.ReadAll(NewReader(bytes.NewReader(file)))
	if errors.Is(err, ErrHeader) {
		return
	}
	var want []byte
	z, werr := gzip.NewReader(bytes.NewReader(file))
	if werr == nil {
		want, werr = io.ReadAll(z)
	}
	if (err == nil) != (werr == nil) {
		t.Fatalf("%x: error %v, want %v", file, err, werr)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%x: %d bytes, want %d", file, len(got), len(want))
	}
	if err != nil && !bytes.HasPrefix(want, got) && !bytes.HasPrefix(got, want) {
		t.Fatalf("%x: %d bytes are not the %d that were before the damage", file, len(got), len(want))
	}
}

func TestAgreesAboutDamagedFiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	all := texts(rng, 1500)
	for _, name := range []string{"noise", "few", "skewed", "log", "seven"} {
		for _, level := range []int{gzip.HuffmanOnly, 1, 9} {
			packed := pack(t, all[name], level)
			for range 150 {
				b := bytes.Clone(packed)
				for range 1 + rng.IntN(3) {
					b[10+rng.IntN(len(b)-10)] ^= 1 << rng.IntN(8)
				}
				agree(t, b)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, text := range texts(rand.New(rand.NewPCG(7, 8)), 300) {
		for _, level := range []int{gzip.HuffmanOnly, 0, 6} {
			f.Add(pack(f, text, level, len(text)/2))
		}
	}
	f.Fuzz(agree)
}

func BenchmarkReader(b *testing.B) {
	text := texts(rand.New(rand.NewPCG(9, 10)), 4<<20)["log"]
	for _, level := range []int{1, 6} {
		packed := pack(b, text, level)
		block := make([]byte, 64<<10)
		run := func(name string, open func(io.Reader) (io.Reader, error)) {
			b.Run(fmt.Sprint(name, " ", level), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					z, err := open(bytes.NewReader(packed))
					for err == nil {
						_, err = z.Read(block)
					}
					if !errors.Is(err, io.EOF) {
						b.Fatal(err)
					}
				}
			})
		}
		run("here", func(r io.Reader) (io.Reader, error) { return NewReader(r), nil })
		run("standard", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	}
}
