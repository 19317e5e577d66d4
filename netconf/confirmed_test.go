package netconf

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"loggia/op"
)

// dialog is a session that is open.
type dialog struct {
	t   *testing.T
	out *io.PipeWriter
	in  *bufio.Reader
	end chan error
}

func (b *box) dialog(t *testing.T) *dialog {
	t.Helper()
	fromClient, out := io.Pipe()
	in, toClient := io.Pipe()
	d := &dialog{t: t, out: out, in: bufio.NewReader(in), end: make(chan error, 1)}
	o := b.options(everything())
	go func() {
		err := Serve(context.Background(), &stream{fromClient, toClient}, o)
		_ = toClient.Close() // it is a pipe
		d.end <- err
	}()
	d.message()
	return d
}

// message reads one message of the server.
func (d *dialog) message() string {
	d.t.Helper()
	var b strings.Builder
	for {
		line, err := d.in.ReadString('\n')
		if err != nil {
			d.t.Fatalf("%v after %q", err, b.String())
		}
		if line == "]]>]]>\n" {
			return b.String()
		}
		b.WriteString(line)
	}
}

// say sends an RPC and returns the inside of its reply.
func (d *dialog) say(rpc string) string {
	d.t.Helper()
	if _, err := io.WriteString(d.out, "<rpc>"+rpc+"</rpc>]]>]]>\n"); err != nil {
		d.t.Fatal(err)
	}
	_, inside, _ := strings.Cut(d.message(), ">\n")
	return strings.TrimSuffix(inside, "</rpc-reply>\n")
}

// leave ends the session as a client that is gone does.
func (d *dialog) leave() {
	d.t.Helper()
	if err := d.out.Close(); err != nil {
		d.t.Error(err)
	}
	if err := <-d.end; err != nil {
		d.t.Error(err)
	}
}

// RFC 6241, 8.4: who confirms a commit, who takes it back, and what is in force
// then. Each step is done by session a or b, or one of them leaves.
func TestConfirmedCommits(t *testing.T) {
	const (
		confirmed = "<commit><confirmed/></commit>"
		persist   = "<commit><confirmed/><persist>p</persist></commit>"
		confirm   = "<commit/>"
		confirmP  = "<commit><persist-id>p</persist-id></commit>"
		extendP   = "<commit><confirmed/><persist-id>p</persist-id><persist>q</persist></commit>"
		cancel    = "<cancel-commit/>"
		other     = "a confirmed commit of another session is pending"
		otherID   = "a confirmed commit is pending that has another persist-id"
		noID      = "no commit is pending that has this persist-id"
		noCommit  = "no commit waits for its confirmation"
		third     = `<load-configuration action="set"><configuration-set>set system host-name r3</configuration-set></load-configuration>`
	)
	type step struct{ by, rpc, fails string }
	for _, c := range []struct {
		name  string
		steps []step
		want  string
	}{
		{"confirmed by its session", []step{{"a", confirmed, ""}, {"a", confirm, ""}, {"a", "", ""}}, "r2"},
		{"ends with its session", []step{{"a", confirmed, ""}, {"a", "", ""}}, "r1"},
		{"closed in order", []step{{"a", confirmed, ""}, {"a", "<close-session/>", ""}}, "r1"},
		{"not confirmed by another", []step{{"a", confirmed, ""}, {"b", confirm, other}, {"a", "", ""}}, "r1"},
		{"not cancelled by another", []step{{"a", confirmed, ""}, {"b", cancel, other}, {"a", confirm, ""}, {"a", "", ""}}, "r2"},
		{"cancelled", []step{{"a", confirmed, ""}, {"a", cancel, ""}, {"a", cancel, noCommit}, {"a", "", ""}}, "r1"},
		{"put off keeps the first target", []step{{"a", confirmed, ""}, {"a", third, ""}, {"a", confirmed, ""}, {"a", cancel, ""}, {"a", "", ""}}, "r1"},
		{"persists", []step{{"a", persist, ""}, {"a", "", ""}}, "r2"},
		{"confirmed by who knows the token", []step{{"a", persist, ""}, {"a", "", ""}, {"b", confirm, otherID}, {"b", confirmP, ""}, {"b", "", ""}}, "r2"},
		{"cancelled by who knows the token", []step{{"a", persist, ""}, {"a", "", ""}, {"b", cancel, otherID}, {"b", "<cancel-commit><persist-id>p</persist-id></cancel-commit>", ""}, {"b", "", ""}}, "r1"},
		{"its own session needs the token too", []step{{"a", persist, ""}, {"a", confirm, otherID}, {"a", confirmP, ""}, {"a", "", ""}}, "r2"},
		{"the token changes", []step{{"a", persist, ""}, {"b", extendP, ""}, {"b", confirmP, otherID}, {"b", "<cancel-commit><persist-id>q</persist-id></cancel-commit>", ""}, {"b", "", ""}, {"a", "", ""}}, "r1"},
		{"a token for nothing", []step{{"a", confirmP, noID}, {"a", "", ""}}, "r1"},
		{"a token for one without", []step{{"a", confirmed, ""}, {"a", confirmP, noID}, {"a", "", ""}}, "r1"},
		{"no confirm-timeout alone", []step{{"a", "<commit><confirm-timeout>5</confirm-timeout></commit>", "missing mandatory element: confirmed"}, {"a", "", ""}}, "r1"},
		{"no persist alone", []step{{"a", "<commit><persist>p</persist></commit>", "missing mandatory element: confirmed"}, {"a", "", ""}}, "r1"},
		{"no time at all", []step{{"a", "<commit><confirmed/><confirm-timeout>0</confirm-timeout></commit>", "confirm-timeout is a number of seconds from 1 to 3932100"}, {"a", "", ""}}, "r1"},
		{"nothing to cancel", []step{{"a", cancel, noCommit}, {"a", "", ""}}, "r1"},
	} {
		b := newBox(t)
		if got := b.say(setHost); got != loaded(ok) {
			t.Fatal(got)
		}
		sessions := map[string]*dialog{"a": b.dialog(t), "b": b.dialog(t)}
		for i, s := range c.steps {
			d := sessions[s.by]
			if s.rpc == "" {
				d.leave()
				delete(sessions, s.by)
				continue
			}
			got := d.say(s.rpc)
			switch failed := strings.Contains(got, "<rpc-error>"); {
			case s.fails == "" && failed, s.fails != "" && !strings.Contains(got, "<error-message>"+s.fails+"</error-message>"):
				t.Errorf("%s, step %d:\n%s", c.name, i, got)
			}
			if s.rpc == "<close-session/>" {
				if err := <-d.end; err != nil {
					t.Error(err)
				}
				delete(sessions, s.by)
			}
		}
		for _, d := range sessions {
			d.leave()
		}
		if h := b.store.Running().Tree.Root().Child("system").Child("host-name").Value(); h != c.want {
			t.Errorf("%s: %s is in force", c.name, h)
		}
	}
}

// A message that is too big is answered, and ends the session: nothing of it is
// kept, so nobody knows where the next one begins.
func TestTooBig(t *testing.T) {
	b := newBox(t)
	w := &wire{Reader: io.MultiReader(strings.NewReader("<?xml version=\"1.0\"?>\n<rpc message-id=\"7\">"), &endless{})}
	o := b.options(everything())
	o.most = 1 << 20
	if err := Serve(context.Background(), w, o); err == nil {
		t.Error("no error")
	}
	if got := w.String(); !strings.Contains(got, ` message-id="7">`+"\n"+failure("rpc", "too-big", "error", "", "a message has more than 1048576 bytes", "")) || !strings.HasSuffix(got, "</rpc-reply>\n]]>]]>\n") {
		t.Errorf("%.300s", got[max(0, len(got)-300):])
	}
}

// endless is text without an end.
type endless struct{}

func (*endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

// Hostile messages are answered within their bounds, and the session goes on.
func TestHostileMessages(t *testing.T) {
	b := newBox(t)
	for name, in := range map[string]string{
		"entities":             `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><rpc><get-config>&b;</get-config></rpc>`,
		"external entity":      `<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rpc><command>&a;</command></rpc>`,
		"deep":                 "<rpc>" + strings.Repeat("<a>", 5000) + strings.Repeat("</a>", 5000) + "</rpc>",
		"deep configuration":   "<rpc><load-configuration><configuration>" + strings.Repeat("<system>", 5000) + strings.Repeat("</system>", 5000) + "</configuration></load-configuration></rpc>",
		"wide":                 "<rpc><get-config>" + strings.Repeat("<a/>", maxElements) + "</get-config></rpc>",
		"attributes":           "<rpc" + many(1000) + "/>",
		"processing":           "<rpc><?php x?></rpc>",
		"delimiter in text":    "<rpc><command>a]]&gt;]]&gt;b</command></rpc>",
		"two roots":            "<rpc/><rpc></x>",
		"nothing but brackets": strings.Repeat("<", 5000),
		"wrong configuration":  "<rpc><load-configuration><configuration></system></configuration></load-configuration></rpc>",
		"DOCTYPE within":       "<rpc><load-configuration><configuration><!DOCTYPE x></configuration></load-configuration></rpc>",
		"filter of entities":   "<rpc><get-configuration><configuration>&#0;</configuration></get-configuration></rpc>",
		"not UTF-8":            "<rpc><load-configuration><configuration><system><host-name>\xff\xfe</host-name></system></configuration></load-configuration></rpc>",
	} {
		w := &wire{Reader: strings.NewReader(in + "]]>]]>\n<rpc message-id=\"after\"><get-software-information/></rpc>]]>]]>\n")}
		o := b.options(everything())
		o.Command = func(context.Context, string, func(context.Context, op.Result) error) error { return errUnknownCommand }
		if err := Serve(context.Background(), w, o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := w.String(); !strings.Contains(got, "<rpc-error>") || strings.Contains(got, "root:") || !strings.Contains(got, `message-id="after">`+"\n<software-information>") {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := b.say(compareRPC); got != diff("") {
		t.Errorf("something came of it: %s", got)
	}
}

var errUnknownCommand = errors.New("unknown command")
