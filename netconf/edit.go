package netconf

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/beevik/etree"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
)

// load takes a configuration into the candidate: all of it or nothing.
type load struct {
	verb    store.LoadVerb
	syntax  format.Syntax
	source  string // of a file; "" for what the request holds
	text    io.Reader
	marked  bool // only what names its operation does anything; XML
	partial bool // what is wrong is left out, and the rest is taken
}

// load takes l into the candidate and returns the warnings.
func (s *session) load(ctx context.Context, l load) ([]configtree.Problem, error) {
	edits := format.ReadOnto(l.text, l.source, nil, l.syntax, s.candidate().Tree())
	if l.marked && l.syntax == format.XML {
		edits = format.ReadMarked(l.text, l.source, s.candidate().Tree())
	}
	take := s.candidate().Load
	if l.partial {
		take = s.candidate().LoadPartial
	}
	_, problems, err := take(ctx, s.env.Caller, l.verb, orElse(l.source, client), edits)
	return problems, err
}

// editConfig changes the candidate (RFC 6241, 7.2). Junos clients may send text
// or set lines in <config-text>.
func editConfig(ctx context.Context, s *session, r *request) error {
	target, err := datastore(r.op, "target")
	switch {
	case err != nil:
		return err
	case target != candidateStore:
		return notSupported("only the candidate can be edited; commit puts it in force")
	}
	l := load{verb: store.LoadReplace, syntax: format.XML} // it merges, and obeys operation="replace"
	switch how := text(child(r.op, "default-operation")); how {
	case "", "merge":
	case "replace":
		l.verb = store.LoadOverride
	case "none":
		l.marked = true
	default:
		return badValue("default-operation", "default-operation is merge, replace or none")
	}
	switch how := text(child(r.op, "error-option")); how {
	case "", "stop-on-error", "rollback-on-error": // with an error nothing is changed
	case "continue-on-error":
		l.partial = true
	default:
		return badValue("error-option", "error-option is stop-on-error, continue-on-error or rollback-on-error")
	}
	test := text(child(r.op, "test-option"))
	switch test {
	case "", "set", "test-then-set", "test-only":
	default:
		return badValue("test-option", "test-option is test-then-set, set or test-only")
	}
	if l.text, l.syntax, err = r.config(); err != nil {
		return err
	}
	if l.syntax == format.SetLines {
		l.verb = store.LoadSet
	}
	return s.edit(ctx, r, l, test)
}

// config is what edit-config brings.
func (r *request) config() (io.Reader, format.Syntax, error) {
	if e := child(r.op, "config"); e != nil {
		if c := child(e, "configuration"); c != nil {
			return bytes.NewReader(r.raw[c]), format.XML, nil
		}
		if c := first(e); c != nil {
			return nil, 0, &rpcError{tag: "unknown-element", bad: c.Tag, message: "expecting <configuration>"}
		}
		return strings.NewReader("<configuration/>"), format.XML, nil
	}
	if e := child(r.op, "config-text"); e != nil {
		if c := child(e, "configuration-text"); c != nil {
			return strings.NewReader(whole(c)), format.Text, nil
		}
		if c := child(e, "configuration-set"); c != nil {
			return strings.NewReader(whole(c)), format.SetLines, nil
		}
		return nil, 0, missingElement("configuration-text")
	}
	return nil, 0, missingElement("config")
}

// edit loads, within what test-option asks for, and answers as RFC 6241 does:
// warnings stay unsaid beside <ok/>, because no client expects both.
func (s *session) edit(ctx context.Context, r *request, l load, test string) error {
	mark := s.candidate().Mark(s.env.Caller)
	problems, err := s.load(ctx, l)
	told := mistakes(problems, s.o.RFC || l.syntax == format.XML)
	if err == nil && !l.partial {
		err = told
	}
	if err != nil {
		return errors.Join(err, s.undo(ctx, mark))
	}
	if test == "test-then-set" || test == "test-only" {
		if _, err = s.candidate().Check(ctx, s.env.Caller, store.CommitOptions{Command: "commit check", CheckOnly: true}); err != nil || test == "test-only" {
			err = errors.Join(err, s.undo(ctx, mark))
		}
		if err != nil {
			return err
		}
	}
	if told != nil { // the rest is taken
		return told
	}
	r.ok()
	return nil
}

func (s *session) undo(ctx context.Context, mark store.Mark) error {
	_, err := s.candidate().Undo(ctx, mark)
	return err
}

// mistakes is the error about what is wrong in a load, nil if nothing is. With
// missing that is also what was to be deleted and is not there: RFC 6241, 7.2 has
// it as an error where Junos warns.
func mistakes(problems []configtree.Problem, missing bool) error {
	var told store.Problems
	for _, p := range problems {
		if p.Kind == configtree.NotFound && missing {
			p.Warning = false
		}
		if !p.Warning {
			told = append(told, p)
		}
	}
	if told == nil {
		return nil
	}
	return told
}

// copyConfig replaces the candidate by the configuration in force, or by one
// that the request holds (RFC 6241, 7.3).
func copyConfig(ctx context.Context, s *session, r *request) error {
	target, err := datastore(r.op, "target")
	switch {
	case err != nil:
		return err
	case target != candidateStore:
		return notSupported("only the candidate can be written; commit puts it in force")
	}
	source := child(r.op, "source")
	if e := child(source, "config"); e != nil {
		c := child(e, "configuration")
		if c == nil {
			return missingElement("configuration")
		}
		return s.edit(ctx, r, load{verb: store.LoadOverride, syntax: format.XML, text: bytes.NewReader(r.raw[c])}, "")
	}
	from, err := datastore(r.op, "source")
	switch {
	case err != nil:
		return err
	case from == target:
		return badValue("source", "source and target are the same")
	}
	return discardChanges(ctx, s, r)
}

// deleteConfig is there to say that it cannot be done: the candidate and the
// configuration in force always exist (RFC 6241, 7.4).
func deleteConfig(_ context.Context, _ *session, r *request) error {
	target, err := datastore(r.op, "target")
	if err != nil {
		return err
	}
	return notSupported("the " + target + " configuration cannot be deleted")
}

// loadConfiguration is Junos' way to change the candidate.
func loadConfiguration(ctx context.Context, s *session, r *request) error {
	if value, ok := attribute(r.op, "rollback"); ok {
		n, err := rollbackNumber(value)
		if err != nil {
			return err
		}
		flag := flagRollback
		if n == 0 { // that only forgets the changes
			flag = ""
		}
		if !s.may(flag, "rollback", strconv.Itoa(n)) {
			return s.refused(r.op.Tag)
		}
		return s.loaded(r, nil, s.candidate().Rollback(ctx, s.env.Caller, n))
	}
	if _, ok := attribute(r.op, "rescue"); ok {
		if !s.may(flagRollback, "rollback", "rescue") {
			return s.refused(r.op.Tag)
		}
		return s.loaded(r, nil, s.candidate().RollbackRescue(ctx, s.env.Caller))
	}
	l, shut, err := s.source(r)
	if err != nil {
		return err
	}
	if !s.may("", "load", l.verb.String()) {
		return errors.Join(s.refused(r.op.Tag), shut())
	}
	problems, err := s.load(ctx, l)
	return s.loaded(r, problems, errors.Join(err, shut()))
}

// loaded answers a load: the errors and warnings inside of its results, and an
// <ok/> there unless there was an error, as Junos' clients are written for.
func (s *session) loaded(r *request, problems []configtree.Problem, err error) error {
	s.recordFailure(r.op.Tag, err)
	r.say("<load-configuration-results>\n")
	var told store.Problems
	switch {
	case errors.As(err, &told):
		r.fail(err)
	case err != nil:
		r.fail(err)
	default:
		warnings := problemErrors(problems)
		for _, e := range warnings {
			r.say(e.xml(r.mark))
		}
		if len(warnings) == 0 || !s.o.RFC { // RFC 6241, 4.4: with errors there is no <ok/>
			r.ok()
		}
	}
	r.say("</load-configuration-results>\n")
	return nil
}

// source is what load-configuration brings, and how it is to be taken.
func (s *session) source(r *request) (l load, shut func() error, err error) {
	shut = func() error { return nil }
	l.verb = store.LoadMerge
	switch action, _ := attribute(r.op, "action"); action {
	case "", "merge":
	case "replace":
		l.verb = store.LoadReplace
	case "override":
		l.verb = store.LoadOverride
	case "update":
		l.verb = store.LoadUpdate
	case "set":
		l.verb = store.LoadSet
	default:
		return l, shut, badAttribute(r.op.Tag, "action", "an action is merge, replace, override, update or set")
	}
	if url, ok := attribute(r.op, "url"); ok {
		f, err := s.env.Files.Open(strings.TrimPrefix(url, "file://"))
		if err != nil {
			return l, shut, err
		}
		l.text, l.source = f, url
		l.syntax, err = s.syntax(r.op, l.verb)
		return l, f.Close, err
	}
	e := first(r.op)
	if e == nil {
		return l, shut, missingElement("configuration")
	}
	switch e.Tag {
	case "configuration":
		l.text, l.syntax = bytes.NewReader(r.raw[e]), format.XML
	case "configuration-text":
		l.text, l.syntax = strings.NewReader(whole(e)), format.Text
		if l.verb == store.LoadSet {
			l.syntax = format.SetLines
		}
	case "configuration-set":
		l.text, l.syntax, l.verb = strings.NewReader(whole(e)), format.SetLines, store.LoadSet
	case "configuration-json":
		l.text, l.syntax = strings.NewReader(whole(e)), format.JSON
	default:
		return l, shut, &rpcError{tag: "unknown-element", bad: e.Tag, message: "syntax error, expecting <configuration>"}
	}
	return l, shut, nil
}

// syntax is the syntax of a file, by the attribute format.
func (s *session) syntax(e *etree.Element, verb store.LoadVerb) (format.Syntax, error) {
	if verb == store.LoadSet {
		return format.SetLines, nil
	}
	switch name, _ := attribute(e, "format"); name {
	case "", "xml":
		return format.XML, nil
	case "text":
		return format.Text, nil
	case "json":
		return format.JSON, nil
	}
	return 0, badAttribute(e.Tag, "format", "a format is text, xml or json")
}
