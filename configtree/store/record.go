package store

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"

	"loggia/audit/event"
	"loggia/configtree"
	"loggia/configtree/schema"
)

// auditor puts the changes of a candidate on record, in one pass: a record for
// each statement that came, went or changed. What was removed is one record,
// what was added is one for each level and each leaf.
type auditor struct {
	recorder Recorder
	by       event.Subject
	action   string                    // of records about leaves
	secrets  func() configtree.Secrets // of what comes of the changes; nil when there are none
	waiting  []event.Event
	handing  *handing // nil before there are many
}

// maxRecords bounds the records of one edition that are handed on together.
const maxRecords = 1024

func newAuditor(r Recorder, by event.Subject, action string) *auditor {
	return &auditor{recorder: r, by: by, action: action}
}

// leadingTo keeps the secrets of what comes of the changes out of the records.
func (a *auditor) leadingTo(tree *configtree.Tree) *auditor {
	a.secrets = sync.OnceValue(func() configtree.Secrets { return configtree.SecretsOf(tree) })
	return a
}

func (a *auditor) changes(changes []configtree.Change) {
	defer a.flush()
	a.all(changes)
}

func (a *auditor) all(changes []configtree.Change) {
	for i := range changes {
		c := &changes[i]
		switch c.Kind {
		case configtree.Added:
			a.added(c.New, c.Path.Parent().Masked())
		case configtree.Modified:
			a.leaf(c.New, c.Path.Masked(), c.Old.Value(), true)
		case configtree.Removed:
			a.removed(c)
		case configtree.Commented:
			a.comment(c.Path.Masked(), c.New.Comment())
		case configtree.Activated:
			a.other("activate", c.Path.Masked(), "")
		case configtree.Deactivated:
			a.other("deactivate", c.Path.Masked(), "")
		case configtree.BecameProtected:
			a.other("protect", c.Path.Masked(), "")
		case configtree.BecameUnprotected:
			a.other("unprotect", c.Path.Masked(), "")
		case configtree.Moved:
			a.other("insert", c.Path.Masked(), "")
		}
	}
}

// edition records what an edition changed: as its commands say it where they
// are about names and places, else change by change.
func (a *auditor) edition(ed *edition, d *draft) {
	defer a.flush()
	a.leadingTo(d.after)
	if ed.first != nil {
		a.record(ed.first)
	}
	for i, step := range d.steps {
		a.record(ed.each[i].Record)
		a.all(step)
	}
	if d.steps != nil {
		return
	}
	named := len(ed.edits) > 0 && len(d.problems) == 0 && len(d.changes) > 0
	for i := range ed.edits {
		named = named && isNamed(&ed.edits[i])
	}
	if !named {
		a.all(d.changes)
		return
	}
	for i := range ed.edits {
		e := &ed.edits[i]
		action, place, _ := strings.Cut(e.Op.String(), "-")
		name := configtree.Quote(e.Value)
		if e.Path.Last().Node.Secret {
			name = configtree.SecretMark
		}
		a.record(event.ConfigNew{Username: a.by.User, Action: action, Path: e.Path.Masked(),
			NewName: strings.TrimPrefix(place+" "+name, " ")})
	}
}

// isNamed reports whether an edit is about a name or a place.
func isNamed(e *configtree.Edit) bool {
	return e.Op >= configtree.Rename && e.Op <= configtree.InsertAfter && e.Value != ""
}

func (a *auditor) record(e event.Event) {
	if a.waiting = append(a.waiting, e); len(a.waiting) == maxRecords {
		if a.handing == nil {
			a.handing = newHanding(a.recorder, a.by)
		}
		a.waiting = a.handing.swap(a.waiting)
	}
}

// flush hands on the records that wait, and returns when all are recorded.
func (a *auditor) flush() {
	if a.handing != nil {
		a.handing.end()
		a.handing = nil
	}
	if len(a.waiting) > 0 {
		a.recorder.Record(a.by, a.waiting...)
		a.waiting = nil
	}
}

// handing hands on the records of an edition that has many while the next ones are made,
// in their order.
type handing struct {
	full, empty chan []event.Event
	ended       chan struct{}
}

func newHanding(r Recorder, by event.Subject) *handing {
	h := &handing{full: make(chan []event.Event), empty: make(chan []event.Event, 2), ended: make(chan struct{})}
	h.empty <- make([]event.Event, 0, maxRecords)
	go func() {
		defer close(h.ended)
		for events := range h.full {
			r.Record(by, events...)
			clear(events)
			h.empty <- events[:0]
		}
	}()
	return h
}

// swap hands on records, and returns room for more.
func (h *handing) swap(events []event.Event) []event.Event {
	h.full <- events
	return <-h.empty
}

// end returns when all records have been handed on.
func (h *handing) end() {
	close(h.full)
	<-h.ended
}

func (a *auditor) other(action, path, value string) {
	a.record(event.ConfigOther{Username: a.by.User, Action: action, Path: path, Value: value})
}

// comment records the comment that a statement has now. One with a secret in it is kept out.
func (a *auditor) comment(path, text string) {
	if text != "" && a.secrets != nil && a.secrets().Betrayed(text) {
		text = configtree.SecretMark
	}
	a.other("annotate", path, text)
}

// removed records what went. Containers that went because their only content
// did are passed over: the user did not speak of them.
func (a *auditor) removed(c *configtree.Change) {
	n, path := c.Old, c.Path.Masked()
	for s := n.Schema(); s.Kind == schema.Container && !s.Presence; s = n.Schema() {
		next, stop := iter.Pull(n.Children())
		only, ok := next()
		_, more := next()
		stop()
		if !ok || more {
			break
		}
		n, path = only, path+" "+configtree.Step{Node: only.Schema(), Key: only.Key()}.Masked()
	}
	e := event.ConfigOther{Username: a.by.User, Action: "delete", Path: path}
	if s := n.Schema(); s.Kind == schema.Leaf && !s.Secret {
		e.Old = n.Value()
	}
	a.record(e)
}

// added records a new statement and all below it. parent is the path above it.
func (a *auditor) added(n configtree.Node, parent string) {
	s := n.Schema()
	var path string
	switch {
	case s.Kind == schema.LeafList:
		path = under(parent, s.Name)
		a.leaf(n, path, "", false)
		path = path + " " + configtree.Quote(n.Value())
	case s.Kind == schema.Leaf && s.Type.Base == schema.Empty:
		// Junos shows the word itself as the value: [… any] unconfigured -- "notice".
		a.record(event.ConfigSet{Username: a.by.User, Action: a.action, Path: parent, New: s.Name})
		path = under(parent, s.Name)
	case s.Kind == schema.Leaf:
		path = under(parent, s.Name)
		a.leaf(n, path, "", false)
	default:
		path = under(parent, configtree.Step{Node: s, Key: n.Key()}.Masked())
		a.other("set", path, "")
	}
	if n.Comment() != "" {
		a.comment(path, n.Comment())
	}
	for child := range n.Children() {
		a.added(child, path)
	}
	if n.Inactive() {
		a.other("deactivate", path, "")
	}
	if n.Protected() {
		a.other("protect", path, "")
	}
}

func under(parent, words string) string {
	if parent == "" {
		return words
	}
	return parent + " " + words
}

// leaf records that a leaf got a value, which a secret keeps to itself.
func (a *auditor) leaf(n configtree.Node, path, old string, had bool) {
	if n.Schema().Secret {
		a.record(event.ConfigSetSecret{Username: a.by.User, Action: a.action, Path: path})
		return
	}
	a.record(event.ConfigSet{Username: a.by.User, Action: a.action, Path: path, Had: had, Old: old, New: n.Value()})
}

// maxErrorRecords bounds the records about one configuration that is refused.
const maxErrorRecords = 100

// refused records why a commit was refused.
func (a *auditor) refused(problems []configtree.Problem) {
	defer a.flush()
	n := 0
	for i := range problems {
		if p := &problems[i]; !p.Warning && n < maxErrorRecords {
			a.record(configurationError(p))
			n++
		}
	}
}

// maxReason bounds what a record says about a failure, in bytes.
const maxReason = 512

// FailureReason says why a command failed, on one line for a record, without the value of a
// secret.
func FailureReason(err error) string {
	var (
		check    *CheckError
		conflict *ConflictError
		problems Problems
		problem  *configtree.Problem
		text     string
	)
	switch {
	case errors.As(err, &check):
		problems = check.Problems
	case errors.As(err, &conflict):
		problems = conflict.Problems()
	case errors.As(err, &problems):
	}
	most, more, _ := problems.Most(1)
	switch {
	case len(most) > 0:
		text = placed(&most[0])
		if more > 0 {
			text += fmt.Sprintf(" (and %d more)", more)
		}
	case errors.As(err, &problem):
		text = placed(problem)
	default:
		text = strings.TrimPrefix(err.Error(), "error: ")
	}
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
	if len(text) > maxReason {
		text = strings.ToValidUTF8(text[:maxReason], "") + "…"
	}
	return text
}

// placed is a problem with the statement that has it.
func placed(p *configtree.Problem) string {
	e := configurationError(p)
	if e.Path == "" {
		return e.Message
	}
	return "[edit " + e.Path + "] " + e.Message
}

// configurationError renders a problem without the value of a secret.
func configurationError(p *configtree.Problem) event.ConfigurationError {
	last := p.Path.Last()
	e := event.ConfigurationError{Path: p.Path.Masked(), Statement: p.Token, Message: p.Err.Error()}
	switch {
	case last.Node == nil:
	case last.Node.Secret:
		e.Statement, e.Message = last.Node.Name, "invalid value"
	case e.Statement == "":
		e.Statement = last.String()
	case e.Statement != last.Node.Name:
		e.Statement = last.String() + " " + p.Token
	}
	return e
}
