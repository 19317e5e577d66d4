package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"loggia/audit/event"
	"loggia/cli/terminal"
	"loggia/configtree"
	"loggia/configtree/schema"
	"loggia/configtree/store"
	"loggia/op"
)

// Screen is where a session's answers go: the terminal, or the standard output
// of a batch.
type Screen interface {
	// Say writes a message of the command that runs, behind what it wrote before.
	Say(text string) error
	// Print writes a message that has nothing to do with what runs, when there is
	// room between two lines; it never waits and is safe for concurrent use.
	Print(text string)
	// Output runs produce, which writes one command's output. The context of
	// produce ends when the reader wants no more, which is no error.
	Output(ctx context.Context, pages Paging, produce func(ctx context.Context, w io.Writer) error) error
	// Ask asks a yes-or-no question and leaves a row free behind the answer, as
	// Junos does; a batch takes the default.
	Ask(ctx context.Context, question string, yes bool) (bool, error)
	// Secret asks for something that is not shown while it is typed; a batch reads
	// its next line. io.EOF says that there is none.
	Secret(ctx context.Context, question string) (string, error)
	// Text returns the lines of `load … terminal`, up to ^D or the end of input. Close
	// waits for that, too.
	Text(ctx context.Context) (io.ReadCloser, error)
	// Width and Height are the size of the screen, 0 when there is none.
	Width() int
	Height() int
}

// Paging says what happens when an output is longer than the screen.
type Paging uint8

// The ways.
const (
	Paged    Paging = iota // it stops at each screenful
	Held                   // and stays at the last
	AtOnce                 // it runs through
	ToTheEnd               // it runs through, and what is still said behind Ctrl-C is shown
)

// errQuit ends the session.
var errQuit = errors.New("quit")

// Options describe a session.
type Options struct {
	Env      op.Env
	Screen   Screen
	HostName func() string
	Batch    bool
	// Answer, if set, takes what a command answers in the place of Screen: for
	// programs, which want it as XML or JSON. What filters made of it is text.
	Answer func(ctx context.Context, res op.Result) error
	// LastSession reports whether ending this session ends the engine.
	LastSession func() bool
	// IdleTimeout is after how long without a key the configuration lets the session
	// end, or be locked, zero for never. It may be nil.
	IdleTimeout func() time.Duration
	// Lock, if set, hides a session that is idle, in the place of its end, and returns
	// when its user is there again or done is closed.
	Lock func(done <-chan struct{})
	// Crowds has room for the sessions that may read logs by several readers at the same
	// time; the others do by one. Without it all may.
	Crowds chan struct{}
	// Attached is told how to reach an interactive session from outside; what it
	// returns is called when the session ends.
	Attached func(print func(text string), close func()) (detach func())
	// Activity is told what the session does, for `show system users`.
	Activity func(command, editPath string)
}

// Session is one user's session. All of it but Screen.Print belongs to the
// goroutine that runs it.
type Session struct {
	// Set once.
	o       Options
	env     op.Env
	grammar *grammar

	// Replaced when a commit changes it, before the next command.
	class *op.Class

	// State of the session.
	settings    settings
	known       *vocabulary          // nil until a line did not parse
	idleMinutes atomic.Int64         // set cli idle-timeout, for the goroutine that watches
	mode        *configMode          // nil in operational mode
	history     [2]*terminal.History // of operational and of configuration mode
	monitors    monitors

	// Of the command that runs: what is to be said of what it changed, though
	// Ctrl-C came too late to prevent it.
	outcome string

	// Of the command of a batch that runs: where it stands, "stdin:3: ", and the rest of the batch.
	source string
	batch  *ahead

	// Since a batch entered configuration mode, or committed: what to undo to.
	shared *store.Candidate
	mark   store.Mark
	lost   bool // uncommitted edits were discarded on leaving configuration mode
	tried  trial
}

// configMode is what configuration mode adds.
type configMode struct {
	candidate *store.Candidate
	lock      *store.Lock       // of configure exclusive
	levels    []configtree.Path // one for each `edit` that exit has not left; the last is the present one
}

// historyLimit bounds the lines that one mode remembers.
const historyLimit = 500

// New makes a session; Interact or RunBatch runs it.
func New(o Options) *Session {
	s := &Session{o: o, env: o.Env, grammar: theGrammar(), class: o.Env.Class(), settings: defaultSettings(o.Env.Home)}
	s.history = [2]*terminal.History{terminal.NewHistory(historyLimit), terminal.NewHistory(historyLimit)}
	return s
}

func (s *Session) configuring() bool { return s.mode != nil }

// level is the present edit level.
func (s *Session) level() configtree.Path {
	if s.mode == nil || len(s.mode.levels) == 0 {
		return nil
	}
	return s.mode.levels[len(s.mode.levels)-1]
}

// schema is the root of the configuration's grammar.
func (s *Session) schema() *schema.Node { return s.env.Store.Running().Tree.Schema() }

// tree is what commands of the present mode look at: the candidate, or the
// running configuration.
func (s *Session) tree() *configtree.Tree {
	if s.mode != nil {
		return s.mode.candidate.Tree()
	}
	return s.env.Store.Running().Tree
}

// banner is [edit …] in configuration mode.
func (s *Session) banner() string {
	if !s.configuring() {
		return ""
	}
	return s.level().Banner()
}

// place is where the session edits, as other sessions are told.
func (s *Session) place() string {
	if !s.configuring() {
		return ""
	}
	at := s.level().MaskedBanner()
	switch {
	case s.mode.lock != nil:
		return "exclusive " + at
	case s.mode.candidate.Private():
		return "private " + at
	}
	return at
}

// moved tells the store where the session edits now.
func (s *Session) moved() {
	switch {
	case !s.configuring():
	case s.mode.lock != nil:
		s.mode.lock.At(s.level())
	case s.mode.candidate.Private():
		s.mode.candidate.At(s.level())
	}
}

// prompt is user@host> or user@host#, with the blank behind it.
func (s *Session) prompt() string {
	if s.settings.prompt != "" {
		return s.settings.prompt
	}
	p := s.env.Caller.User
	if host := s.o.HostName(); host != "" {
		p += "@" + host
	}
	if s.configuring() {
		return p + "# "
	}
	return p + "> "
}

func (s *Session) record(e event.Event) { s.env.Recorder.Record(s.env.Caller, e) }

// recordLine records what the user sent: the words in full, secrets hidden,
// and of a line that does not parse nothing behind the word that is wrong.
func (s *Session) recordLine(words []string) {
	line := joined(words)
	s.record(event.CommandLine{Username: s.env.Caller.User, Command: line})
	s.recent().Add(line, s.env.Now())
}

func joined(words []string) string { return strings.Join(words, " ") }

// recordMistake records a line that did not parse, as far as it may be shown,
// and keeps it in the history, where it can be called back and mended.
func (s *Session) recordMistake(w *walk, f *failure, line, shown string) {
	s.record(event.CommandLine{Username: s.env.Caller.User, Command: joined(strings.Fields(w.unnamed(shown)))})
	s.recent().Add(w.recallable(f, line), s.env.Now())
}

// unnamed masks the first word of a command that is like none, which may be a password typed
// at the wrong prompt: whoever typed it may see it, what is kept does not hold it.
func (w *walk) unnamed(shown string) string {
	words := strings.Fields(shown)
	if w = w.here(); w.at == nil && !w.piped && len(words) > 0 && !w.resembles(words[len(words)-1]) {
		words[len(words)-1] = maskedSecret
		return joined(words)
	}
	return shown
}

// recent is the history of the present mode.
func (s *Session) recent() *terminal.History {
	if s.configuring() {
		return s.history[1]
	}
	return s.history[0]
}

// execute runs one parsed line. The words run, top and up only lead to another
// command, which the walk has put to the right level.
func (s *Session) execute(ctx context.Context, c *call) error {
	if s.o.Activity != nil {
		s.o.Activity(strings.Join(c.words, " "), s.place())
		defer func() { s.o.Activity("", s.place()) }()
	}
	line := joined(c.words)
	for c.sub != nil {
		c = c.sub
	}
	ctx = s.guarded(ctx)
	if every := c.refreshing(); every > 0 {
		return s.again(ctx, c, every)
	}
	return s.once(ctx, c, line)
}

// recordFailure records that a command which should have changed something failed.
func (s *Session) recordFailure(c *call, line string, err error) {
	if err == nil || errors.Is(err, errQuit) || !c.verb.changes && !op.Changes(c.verb.flag(c.words)) {
		return
	}
	if errors.Is(err, terminal.ErrInterrupt) || errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	s.record(event.CommandFailed{Username: s.env.Caller.User, Command: line, Reason: store.FailureReason(err)})
}

// once runs a command and shows what it answers.
func (s *Session) once(ctx context.Context, c *call, line string) error {
	if c.asksForRPC() {
		return s.showRPC(ctx, c)
	}
	c.out = &reply{source: s.source}
	err := c.verb.run(ctx, s, c)
	s.recordFailure(c, line, err)
	err = s.told(err)
	s.moved()
	if res := c.out.result(); res != nil || err == nil {
		err = errors.Join(s.render(ctx, res, c), err)
	}
	return err
}

// reply collects what a command answers: text, or one result.
type reply struct {
	text   strings.Builder
	res    op.Result
	source string // where the command of a batch stands, for its warnings
}

func (r *reply) result() op.Result {
	switch {
	case r.res != nil:
		return r.res
	case r.text.Len() > 0:
		return op.Text(r.text.String())
	}
	return nil
}

// begin records the start of the session, end its end.
func (s *Session) begin() {
	c := s.env.Caller
	s.record(event.Authenticated{Username: c.User, Class: c.Class})
	s.record(event.Login{Username: c.User, Class: c.Class, PID: c.PID, Connection: c.Remote, Mode: c.Client})
}

func (s *Session) end() {
	s.monitors.stopAll()
	if s.configuring() {
		s.leaveConfiguration()
	}
	s.env.Store.Release(s.env.Caller)
	s.record(event.Logout{Username: s.env.Caller.User})
}
