package netconf

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/beevik/etree"

	"loggia/configtree"
	"loggia/configtree/store"
)

// validate checks the candidate (RFC 6241, 8.6.4.1).
func validate(ctx context.Context, s *session, r *request) error {
	if child(child(r.op, "source"), "config") == nil {
		if source, err := datastore(r.op, "source"); err != nil {
			return err
		} else if source == runningStore { // it is in force, so it has been checked
			r.ok()
			return nil
		}
	}
	return s.commit(ctx, r, store.CommitOptions{Command: "commit check", CheckOnly: true})
}

// commitConfiguration is Junos' commit; its times are minutes.
func commitConfiguration(ctx context.Context, s *session, r *request) error {
	o := store.CommitOptions{Command: "commit"}
	for _, e := range r.op.ChildElements() {
		if err := s.commitOption(&o, e); err != nil {
			return err
		}
	}
	if child(r.op, "confirm-timeout") != nil && o.Confirmed == 0 {
		return missingElement("confirmed")
	}
	return s.commit(ctx, r, o)
}

// commitOption takes one element of commit-configuration. One that nobody knows
// may be a confirmed that is misspelt, so it is refused.
func (s *session) commitOption(o *store.CommitOptions, e *etree.Element) (err error) {
	switch e.Tag {
	case "log":
		o.Comment = text(e)
	case "check":
		o.CheckOnly, o.Command = true, "commit check"
	case "confirmed":
		o.Confirmed = store.DefaultConfirm
		if e := child(e.Parent(), "confirm-timeout"); e != nil {
			if o.Confirmed, err = strconv.Atoi(text(e)); err != nil || o.Confirmed < 1 {
				return badValue(e.Tag, "confirm-timeout is a number of minutes")
			}
		}
		o.Command = fmt.Sprintf("commit confirmed %d", o.Confirmed)
	case "at-time":
		if o.At, err = store.ParseAt(text(e), s.env.Now()); err != nil {
			return badValue(e.Tag, err.Error())
		}
		o.Command = "commit at " + text(e)
	case "confirm-timeout": // of confirmed
	case "synchronize", "force-synchronize", "full": // there is one of us, which checks everything
	default:
		return &rpcError{tag: "unknown-element", bad: e.Tag, message: "syntax error"}
	}
	return nil
}

// commit commits, and answers as Junos does: what it has to say, then <ok/>. A
// plain <ok/> suffices for those who asked for RFC 6241.
func (s *session) commit(ctx context.Context, r *request, o store.CommitOptions) error {
	if !s.may("", strings.Fields(o.Command)...) {
		return s.refused(r.op.Tag)
	}
	do := s.candidate().Commit
	if o.CheckOnly {
		do = s.candidate().Check
	}
	result, err := do(ctx, s.env.Caller, o)
	if err != nil {
		return err
	}
	if s.o.RFC || s.o.Flat {
		r.ok()
		return nil
	}
	success := "<commit-success/>"
	if o.CheckOnly {
		success = "<commit-check-success/>"
	}
	r.say("<commit-results>\n<routing-engine junos:style=\"normal\">\n<name>re0</name>\n" + success + "\n")
	s.warn(r, result.Warnings)
	r.say("</routing-engine>\n</commit-results>\n")
	r.ok()
	return nil
}

func (s *session) warn(r *request, warnings []configtree.Problem) {
	for _, e := range problemErrors(warnings) {
		e.warning = true
		r.say(e.xml(r.mark))
	}
}

// defaultTimeout and its bound are those of RFC 6241, 8.4.5.1, in seconds.
const (
	defaultTimeout = 600
	maxTimeout     = 65535 * 60
)

// commit is that of RFC 6241, 8.3.4.1 and 8.4: its times are seconds, and what
// it leaves to be confirmed ends with the session unless it persists.
func commit(ctx context.Context, s *session, r *request) error {
	id := text(child(r.op, "persist-id"))
	if p, waits := s.env.Store.Pending(); id != "" && (!waits || p.Kind != store.PendingRollback) {
		return unknownToken()
	}
	o := store.CommitOptions{Command: "commit", Confirms: s.confirms(id)}
	if child(r.op, "confirmed") != nil {
		seconds := defaultTimeout
		if e := child(r.op, "confirm-timeout"); e != nil {
			n, err := strconv.Atoi(text(e))
			if err != nil || n < 1 || n > maxTimeout {
				return badValue("confirm-timeout", fmt.Sprintf("confirm-timeout is a number of seconds from 1 to %d", maxTimeout))
			}
			seconds = n
		}
		o.Timeout = time.Duration(seconds) * time.Second
		o.Confirmed = (seconds + 59) / 60
		o.Persist = text(child(r.op, "persist"))
		o.Bound = o.Persist == ""
		o.Command = fmt.Sprintf("commit confirmed %d", o.Confirmed)
	} else if child(r.op, "persist") != nil || child(r.op, "confirm-timeout") != nil {
		return missingElement("confirmed")
	}
	return s.commit(ctx, r, o)
}

// cancelCommit takes a commit back that waits to be confirmed (RFC 6241, 8.4.4.1).
func cancelCommit(ctx context.Context, s *session, r *request) error {
	err := s.env.Store.Cancel(ctx, s.env.Caller, s.confirms(text(child(r.op, "persist-id"))))
	if err != nil {
		return err
	}
	r.ok()
	return nil
}

// unknownToken is the error about a persist-id that no commit waits for.
func unknownToken() *rpcError {
	return badValue("persist-id", "no commit is pending that has this persist-id")
}

// confirms says who may end the wait of an unconfirmed commit: who knows the
// token of one that persists, else the session that made it. One that was made
// elsewhere, as in the shell, has no such rule.
func (s *session) confirms(id string) func(store.Pending) error {
	return func(p store.Pending) error {
		switch {
		case p.Persist != "" && id != p.Persist:
			return badValue("persist-id", "a confirmed commit is pending that has another persist-id")
		case p.Persist == "" && id != "":
			return unknownToken()
		case p.Bound && p.By != s.env.Caller:
			return &rpcError{message: "a confirmed commit of another session is pending"}
		}
		return nil
	}
}
