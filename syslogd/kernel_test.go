package syslogd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"loggia/syslogd/wire"
)

func TestParseKmsg(t *testing.T) {
	for _, tt := range []struct {
		record string
		want   string
	}{
		{"6,339,737615537,-;idle-reclaim (88): drop_caches: 1\n", "0.6 339 737615537 - idle-reclaim (88): drop_caches: 1"},
		{"7,160,424069,-;pci_root PNP0A03:00: host bridge window\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n", "0.7 160 424069 - pci_root PNP0A03:00: host bridge window"},
		{"30,5,1,-,caller=T1,more;systemd[1]: Started.", "3.6 5 1 - systemd[1]: Started."},
		{"4,1,2,c;first; part", "0.4 1 2 c first; part"},
		{"4,1,2,+;second", "0.4 1 2 + second"},
		{"4,1,2;no flags", "0.4 1 2 - no flags"},
		{"999,1,2,-;no such facility", "1.7 1 2 - no such facility"},
		{"4,1,2,-;", "0.4 1 2 - "},
		{"4,1,-;short", "none"},
		{"x,1,2,-;x", "none"},
		{"4,-1,2,-;x", "none"},
		{"4,1,99999999999999999,-;x", "none"},
		{"4,1,2,- no semicolon", "none"},
		{"", "none"},
	} {
		got := "none"
		if k, ok := parseKmsg([]byte(tt.record)); ok {
			got = fmt.Sprintf("%d.%d %d %d %c %s", k.facility.Wire(), k.severity, k.seq, k.micros, k.flag, k.text)
		}
		if got != tt.want {
			t.Errorf("%q: %s", tt.record, got)
		}
	}
}

func TestKmsgText(t *testing.T) {
	for in, want := range map[string]string{
		`a\x0ab`: "a\nb", `\x5cx41`: `\x41`, `\xzz`: `\xzz`, `\x4`: `\x4`, `end\`: `end\`, `\xc3\xa4`: "ä", "": "",
	} {
		if got := string(appendUnescaped(nil, []byte(in))); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func FuzzKmsg(f *testing.F) {
	f.Add([]byte("6,339,737615537,-;idle-reclaim (88): drop_caches: 1\n SUBSYSTEM=x\n"), 100)
	f.Add([]byte("30,5,1,-,caller=T1;systemd[1]: \\xc3\\xa4"), 3)
	f.Fuzz(func(t *testing.T, record []byte, most int) {
		k, ok := parseKmsg(record)
		if !ok {
			return
		}
		most = min(max(most, 1), 1<<16)
		text := appendUnescaped(nil, k.text)
		var b wire.Batch
		cut := appendKmsg(&b, &k, text, 1, most)
		r := &b.Records[0]
		if cut != (len(text) > most) || cut != (r.Flags&wire.Truncated != 0) || int(r.Msg.Len) > most {
			t.Errorf("%q: %d of %d bytes, cut %v", record, r.Msg.Len, len(text), cut)
		}
		for _, s := range []wire.Span{r.Raw, r.App, r.ProcID, r.Msg} {
			if int(s.Off+s.Len) > len(b.Buf) {
				t.Errorf("%q: %+v", record, r)
			}
		}
	})
}

// device is /dev/kmsg for a test: each write is a record.
type device struct {
	t       *testing.T
	in, out *os.File
}

func newDevice(t *testing.T) *device {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	d := &device{t, os.NewFile(uintptr(fds[0]), "kmsg"), os.NewFile(uintptr(fds[1]), "kmsg")}
	t.Cleanup(func() { _ = d.out.Close() })
	return d
}

func (d *device) write(records ...string) {
	d.t.Helper()
	for _, r := range records {
		if _, err := d.out.WriteString(r); err != nil {
			d.t.Fatal(err)
		}
	}
}

// TestKernelInput: times, programs, fragments, what is lost, what is too long.
func TestKernelInput(t *testing.T) {
	d := newDevice(t)
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	c := Config{HostName: "box", MaxMessageSize: 480, Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{Kernel: &KernelInput{Place: "kernel"}}}
	// All of it is there before anything is read: a fragment is not waited for.
	d.write("6,10,0,-;Linux version\n", "4,11,1800000000,c;first ", "4,12,1800000001,+;second\n", "30,13,3600000000,-;systemd[1]: Started.\n",
		"6,17,3600000000,-;after a gap\n", "6,18,3600000000,-;"+strings.Repeat("ä", 300)+"\n", "nonsense", "6,19,3600000000,-;last\n")
	w := startWith(t, c, func(o *Options) {
		o.Now = func() time.Time { return at }
		o.Uptime = func() time.Duration { return time.Hour }
		o.Kernel = func() (*os.File, error) { return d.in, nil }
	})
	w.has("f", "last\n")
	want := `Nov 22 09:00:00 box kernel: Linux version
Nov 22 09:30:00 box kernel: first second
Nov 22 10:00:00 box systemd[1]: Started.
Nov 22 10:00:00 box kernel: after a gap
Nov 22 10:00:00 box kernel: ` + strings.Repeat("ä", 240) + ` [truncated]
Nov 22 10:00:00 box kernel: last
`
	if got := w.text("f"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if s := w.sourceNamed("kernel"); s.Accepted != 6 || s.KernelDrops != 3 || s.Truncated != 1 || s.Errors != 1 {
		t.Errorf("%+v", s)
	}
}

// TestKernelPosition: what was read before is not read again, in another start of
// the machine everything is.
func TestKernelPosition(t *testing.T) {
	position := filepath.Join(t.TempDir(), "position")
	records := []string{"6,1,0,-;one", "6,2,0,-;two"}
	for i, want := range []string{"one two", "three", "one two three"} {
		d := newDevice(t)
		w := startWith(t, Config{}, func(o *Options) {
			o.KernelPosition, o.Kernel = position, func() (*os.File, error) { return d.in, nil }
		})
		w.commit(Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{Kernel: &KernelInput{}}})
		d.write(records...)
		w.has("f", want[strings.LastIndexByte(want, ' ')+1:])
		w.close()
		var got []string
		for line := range strings.Lines(w.text("f")) {
			got = append(got, strings.TrimSpace(line[strings.LastIndex(line, ": ")+2:]))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("start %d: %q", i, got)
		}
		if i == 0 {
			records = append(records, "6,3,0,-;three")
		} else if err := os.WriteFile(position, []byte("another-boot 4\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKernelPositionOfTheLast: the position is kept though nothing follows, so
// that a kill in the quiet behind a burst repeats nothing.
func TestKernelPositionOfTheLast(t *testing.T) {
	position := filepath.Join(t.TempDir(), "position")
	d := newDevice(t)
	w := startWith(t, Config{Files: []*File{toFile(t, "f", "any any")}, Inputs: Inputs{Kernel: &KernelInput{}}}, func(o *Options) {
		o.KernelPosition, o.Kernel = position, func() (*os.File, error) { return d.in, nil }
	})
	for i, text := range []string{"one", "two", "three"} {
		d.write(fmt.Sprintf("6,%d,0,-;%s", i, text))
		w.has("f", text)
	}
	kept := func() string {
		text, err := os.ReadFile(position)
		if err != nil {
			return err.Error()
		}
		return strings.TrimSpace(string(text))
	}
	w.eventually(func() bool { return strings.HasSuffix(kept(), " 3") }, kept)
}

// TestKernelCannotBeRead: a commit says why, and nothing changes.
func TestKernelCannotBeRead(t *testing.T) {
	w := startWith(t, Config{}, func(o *Options) {
		o.Kernel = func() (*os.File, error) { return nil, errors.New("operation not permitted") }
	})
	_, err := w.Prepare(Config{Inputs: Inputs{Kernel: &KernelInput{Place: "system services kernel"}}})
	if err == nil || err.Error() != "[edit system services kernel]: operation not permitted" {
		t.Errorf("%v", err)
	}
	if len(w.Statistics().Alarms) != 0 {
		t.Error("an alarm for what was refused")
	}
}
