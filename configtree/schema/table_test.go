package schema

import (
	"bytes"
	"strings"
	"testing"
)

func TestEncodeAndDecodeAgree(t *testing.T) {
	root := load(t)
	data := root.Encode()
	again, err := Decode(string(data))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := outline(again, ""), outline(root, ""); got != want {
		t.Error("the tree differs after a round trip")
	}
	if !bytes.Equal(again.Encode(), data) {
		t.Error("the table differs after a round trip")
	}
}

func TestDecodeRefusesWhatIsNoTable(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":       "",
		"other version": strings.Replace(table, "schema 1", "schema 2", 1),
		"cut":           table[:len(table)/2],
		"longer":        table + "x",
		"too many":      tableMagic + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	} {
		if _, err := Decode(data); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
}

func TestLoadLinksParents(t *testing.T) {
	root := load(t)
	port := root.Child("system").Child("syslog").Child("host").Child("port")
	if port.Parent.Name != "host" || port.Parent.Parent.Parent.Parent != root {
		t.Error("parents do not lead back to the root")
	}
	if root.Child("sys") != nil {
		t.Error("Child abbreviates")
	}
}

// TestAcceptedAt: a mark covers what is below it.
func TestAcceptedAt(t *testing.T) {
	root := load(t)
	syslog, ntp := root.Child("system").Child("syslog"), root.Child("system").Child("ntp")
	host := syslog.Child("host")
	for _, tt := range []struct{ node, want *Node }{
		{host.Child("port"), nil},
		{host.Child("tlsdetails").Child("mutual-authentication").Child("certificate-authority"), nil},
		{ntp, ntp},
		{ntp.Child("server").Child("key"), ntp},
		{syslog.Child("archive").Child("archive-sites").Child("routing-instance"), syslog.Child("archive").Child("archive-sites")},
	} {
		if got := tt.node.AcceptedAt(); got != tt.want {
			t.Errorf("%s: %v", tt.node.Name, got)
		}
	}
}

func FuzzDecode(f *testing.F) {
	syslog := load(f).Child("system").Child("syslog")
	for _, name := range []string{"time-format", "console", "log-rotate-frequency", "server"} {
		f.Add(string(syslog.Child(name).Encode()))
	}
	f.Fuzz(func(t *testing.T, data string) {
		n, err := Decode(data)
		if err != nil {
			return
		}
		encoded := n.Encode()
		again, err := Decode(string(encoded))
		if err != nil || !bytes.Equal(again.Encode(), encoded) {
			t.Errorf("a decoded table does not survive encoding: %v", err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
