package netconf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"sync"
	"time"

	"github.com/beevik/etree"

	"loggia/audit/event"
	"loggia/configtree/store"
	"loggia/netconf/frame"
	"loggia/op"
)

// client is how sessions here are named in records and in the history.
const client = "netconf"

// Options is what a session needs.
type Options struct {
	// Env is what commands act on. Env.Caller is the user; its PID is the session-id,
	// which must be above 0, and its Client is set here.
	Env op.Env
	// Chunks offers base:1.1, and with it chunked framing: `rfc-compliant` and
	// `version-1.1` are configured.
	Chunks bool
	// RFC makes replies as `rfc-compliant` asks, Flat those to commits alone.
	RFC, Flat bool
	// Junos is the release that replies name in their name space, such as 24.4R1.
	Junos string
	// Command runs a command line of the shell, pipes included, and hands its
	// answers on.
	Command func(ctx context.Context, line string, answer func(context.Context, op.Result) error) error
	// Events reads a log. Of one that is followed it yields an idle Event whenever
	// there is no more for the moment, the first time before it waits at all.
	Events func(ctx context.Context, q Query) iter.Seq2[Event, error]
	// Notifications yields what is recorded from now on until ctx ends, after what was
	// recorded since a time, unless that is zero, and a Notification that says so.
	Notifications func(ctx context.Context, since time.Time) iter.Seq2[Notification, error]
	// Match compiles an expression for texts.
	Match func(expression string) (func(text string) bool, error)
	// Kill ends another session by its session-id; false if there is none.
	Kill func(id int) bool
	// Broken is told of a panic, in the function that it is deferred in; the session
	// ends.
	Broken func(reason any)

	// Budget is the memory for large requests of all sessions; nil for any.
	Budget *frame.Budget

	most int // bytes of a message; 0: maxMessage
}

// session is one session.
type session struct {
	o      Options
	env    *op.Env
	in     *frame.Reader
	out    *frame.Writer
	junos  string     // name space of attributes
	mark   mark       // of the elements of NETCONF
	loan   frame.Loan // of the request being answered
	conn   io.Closer
	closed bool           // close-session was answered
	ahead  chan arrival   // of a message that is read while a reply is open; nil without one
	reader sync.WaitGroup // who reads it

	writing     sync.Mutex // one message at a time: a reply, or a notification
	subscribed  bool       // to notifications
	unsubscribe context.CancelFunc
	after       func() // to be done when the reply is out

	// What the session holds.
	private *store.Candidate // open-configuration private
	lock    *store.Lock      // of the shared candidate
	locks   map[string]bool  // targets that it was taken for
}

// arrival is what reading a message came to.
type arrival struct {
	text []byte
	err  error
}

// Serve runs a session on conn until it ends, closes conn, and returns why it
// ended: nil after close-session or the end of the input. Cancelling ctx ends a
// request that is being answered; who cancels must also close conn, which ends the
// reading. What the session held is released: the lock with the edits made under
// it, and a private candidate.
func Serve(ctx context.Context, conn io.ReadWriteCloser, o Options) (err error) {
	o.Env.Caller.Client = client
	s := &session{o: o, env: &o.Env, conn: conn, in: frame.NewReader(conn, cmp.Or(o.most, bound(o.Env.Class())), o.Budget), out: frame.NewWriter(conn), loan: frame.Loan{From: o.Budget},
		junos: "http://xml.juniper.net/junos/" + o.Junos + "/junos", locks: map[string]bool{}}
	if o.RFC {
		s.mark = marked
	}
	defer s.in.Close()
	defer s.reader.Wait()
	defer func() {
		if s.unsubscribe != nil {
			s.unsubscribe()
		}
	}()
	defer func() { err = errors.Join(err, conn.Close()) }()
	defer s.release()
	if err := s.hello(); err != nil {
		return err
	}
	for !s.closed {
		text, err := s.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, frame.ErrBusy):
			err = s.refuse(text, resourceDenied(err))
		case err != nil:
			return errors.Join(err, s.tooBig(text, err))
		default:
			err = s.answerApart(ctx, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tooBig tells the client of a message that is not read to its end.
func (s *session) tooBig(beginning []byte, err error) error {
	var big *frame.TooBigError
	if !errors.As(err, &big) {
		return nil
	}
	return s.refuse(beginning, &rpcError{kind: "rpc", tag: "too-big", message: big.Error()})
}

// refuse answers a message of which only the beginning is there.
func (s *session) refuse(beginning []byte, why *rpcError) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	r := s.reply(startOf(beginning))
	r.fail(why)
	return r.end()
}

// reply begins the answer to an <rpc>, or to what is none.
func (s *session) reply(rpc *etree.Element) *reply {
	return &reply{out: s.out, mark: s.mark, start: startTag(rpc, s.junos, s.mark)}
}

// bound is how large the messages of a user may be: only configuration is large.
func bound(c *op.Class) int {
	if c.Command("configure", []string{"configure"}) {
		return maxMessage
	}
	return maxReading
}

// next returns the next message.
func (s *session) next() ([]byte, error) {
	if s.ahead == nil {
		return s.in.Next()
	}
	a := <-s.ahead
	s.ahead = nil
	return a.text, a.err
}

// readAhead reads the next message while a reply is still open, and calls came
// when it is there. The end of the input is no message: a script that has sent
// its request still reads.
func (s *session) readAhead(came func()) {
	ahead := make(chan arrival, 1)
	s.ahead = ahead
	s.beside(func() {
		text, err := s.in.Next()
		ahead <- arrival{text, err}
		if !errors.Is(err, io.EOF) {
			came()
		}
	})
}

// beside runs f beside the requests. If it panics, the session ends alone.
func (s *session) beside(f func()) {
	s.reader.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				s.o.Broken(r)
				_ = s.conn.Close() // the session ends, in order or not
			}
		}()
		f()
	})
}

// release gives back what the session holds.
func (s *session) release() {
	if s.lock != nil || s.private != nil {
		s.record(event.DatabaseLogout{Username: s.env.Caller.User})
	}
	s.lock, s.private = nil, nil
	s.env.Store.Release(s.env.Caller)
}

func (s *session) record(e event.Event) { s.env.Recorder.Record(s.env.Caller, e) }

const capability = "urn:ietf:params:netconf:capability:"

// capabilities are what the server announces. base:1.1 only when it is wanted:
// clients change to chunks as soon as they see it.
func (s *session) capabilities() []string {
	list := []string{"urn:ietf:params:netconf:base:1.0"}
	if s.o.Chunks {
		list = append(list, base11)
	}
	return append(list,
		capability+"candidate:1.0",
		capability+"confirmed-commit:1.0",
		capability+"confirmed-commit:1.1",
		capability+"validate:1.0",
		capability+"validate:1.1",
		capability+"rollback-on-error:1.0",
		capability+"notification:1.0",
		capability+"interleave:1.0",
		monitoringNamespace+"?module=ietf-netconf-monitoring&revision=2010-10-04",
		"http://xml.juniper.net/netconf/junos/1.0",
		"http://xml.juniper.net/dmi/system/1.0",
	)
}

const base11 = "urn:ietf:params:netconf:base:1.1"

// hello announces the server (RFC 6241, 8.1).
func (s *session) hello() error {
	var b strings.Builder
	b.WriteString("<" + string(s.mark) + "hello " + s.mark.namespace() + ">\n" + s.mark.begin("capabilities") + "\n")
	for _, c := range s.capabilities() {
		b.WriteString(s.mark.begin("capability") + Escape(c) + s.mark.end("capability") + "\n")
	}
	fmt.Fprintf(&b, "%s\n%s%d%s\n%s\n", s.mark.end("capabilities"), s.mark.begin("session-id"), s.env.Caller.PID, s.mark.end("session-id"), s.mark.end("hello"))
	_, err := io.WriteString(s.out, b.String())
	return errors.Join(err, s.out.End())
}

// errBroken is what answering a message comes to that panics.
var errBroken = errors.New("internal error")

// answerApart answers one message in a goroutine of its own and waits for it, so
// that an idle session does not keep the stack of its largest answer.
func (s *session) answerApart(ctx context.Context, text []byte) error {
	err := errBroken
	done := make(chan struct{})
	s.beside(func() {
		defer close(done)
		err = s.answer(ctx, text)
	})
	<-done
	return err
}

// answer answers one message. The error ends the session.
func (s *session) answer(ctx context.Context, text []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.after = func() {}
	defer s.loan.Return()
	m, err := parse(text, &s.loan)
	r := s.reply(nil)
	switch {
	case err != nil:
		r = s.reply(startOf(text))
		r.fail(err)
	case m.root.Tag == "hello":
		s.greeted(m.root)
		return nil
	case m.root.Tag != "rpc":
		r.fail(&rpcError{kind: "rpc", tag: "unknown-element", bad: m.root.Tag, message: "expecting <rpc>"})
	default:
		r = s.reply(m.root)
		s.rpc(ctx, m, r)
	}
	defer func() { s.after() }()
	return r.end()
}

// greeted takes the hello of the client: chunks are used when both sides offer them.
func (s *session) greeted(hello *etree.Element) {
	if !s.o.Chunks {
		return
	}
	for _, c := range hello.FindElements(".//*") {
		if c.Tag == "capability" && text(c) == base11 {
			s.in.Chunked()
			s.out.Chunked()
			s.o.Chunks = false // said once
			return
		}
	}
}

// request is one <rpc> on its way to its reply.
type request struct {
	*message
	op *etree.Element // the operation
	*reply
}

// operation answers an RPC. What it returns goes into the reply as <rpc-error>.
type operation func(ctx context.Context, s *session, r *request) error

// rpc answers an <rpc>.
func (s *session) rpc(ctx context.Context, m *message, r *reply) {
	operations := m.root.ChildElements()
	if len(operations) == 0 {
		r.fail(missingElement("rpc"))
		return
	}
	for _, e := range operations { // Junos answers all
		q := &request{message: m, op: e, reply: r}
		if err := s.operate(ctx, q); err != nil {
			r.fail(err)
		}
	}
}

// operate finds the operation by its name and runs it.
func (s *session) operate(ctx context.Context, r *request) error {
	ctx = s.guarded(ctx)
	for _, o := range operations() {
		if o.name != r.op.Tag {
			continue
		}
		s.record(event.NetconfCommand{Username: s.env.Caller.User, Command: o.name})
		if o.edits && !s.mayEdit(r) {
			return s.refused(o.name)
		}
		err := o.run(ctx, s, r)
		if o.edits || o.name == "kill-session" {
			s.recordFailure(o.name, err)
		}
		return err
	}
	return s.operational(ctx, r)
}

// recordFailure records that an RPC which should have changed something failed. That
// it was refused is on record already.
func (s *session) recordFailure(said string, err error) {
	var answer *rpcError
	if err == nil || errors.As(err, &answer) && answer.tag == accessDenied {
		return
	}
	s.record(event.CommandFailed{Username: s.env.Caller.User, Command: said, Reason: store.FailureReason(err)})
}
