package netconf

import (
	"context"

	"github.com/beevik/etree"

	"loggia/audit/event"
	"loggia/configtree/store"
)

// The datastores of RFC 6241, 5.1.
const (
	candidateStore = "candidate"
	runningStore   = "running"
)

// datastore is the name of the datastore in <target> or <source>.
func datastore(e *etree.Element, which string) (string, error) {
	target := child(e, which)
	if target == nil {
		return "", missingElement(which)
	}
	name := first(target)
	switch {
	case name == nil:
		return "", missingElement(which)
	case name.Tag != candidateStore && name.Tag != runningStore:
		return "", badElement(name.Tag, "no such datastore: "+name.Tag)
	}
	return name.Tag, nil
}

// candidate is what the session edits: its own, or the shared one.
func (s *session) candidate() *store.Candidate {
	if s.private != nil {
		return s.private
	}
	return s.env.Store.Shared()
}

// lock keeps others from the configuration (RFC 6241, 7.5). A lock of either
// datastore keeps them from both, because whoever may not edit the candidate
// may not commit.
func lock(_ context.Context, s *session, r *request) error {
	target, err := datastore(r.op, "target")
	if err != nil {
		return err
	}
	if s.locks[target] { // RFC 6241, 7.5: held already, by this session too
		return lockDenied(s.lock.Holder())
	}
	return s.take(r, target)
}

func lockConfiguration(_ context.Context, s *session, r *request) error {
	return s.take(r, candidateStore)
}

// take takes the lock for a target, unless the session has it already.
func (s *session) take(r *request, target string) error {
	if s.lock == nil {
		l, err := s.env.Store.Exclusive(s.env.Caller)
		if err != nil {
			return err
		}
		s.lock = l
		s.record(event.DatabaseLogin{Username: s.env.Caller.User})
	}
	s.locks[target] = true
	r.ok()
	return nil
}

// unlock gives the lock back; what is uncommitted then is discarded.
func unlock(_ context.Context, s *session, r *request) error {
	target, err := datastore(r.op, "target")
	if err != nil {
		return err
	}
	return s.give(r, target)
}

func unlockConfiguration(_ context.Context, s *session, r *request) error {
	return s.give(r, candidateStore)
}

func (s *session) give(r *request, target string) error {
	if !s.locks[target] {
		return &rpcError{message: "the configuration is not locked by this session"}
	}
	delete(s.locks, target)
	if len(s.locks) == 0 {
		s.lock.Release()
		s.lock = nil
		s.record(event.DatabaseLogout{Username: s.env.Caller.User})
	}
	r.ok()
	return nil
}

// openConfiguration opens a candidate of the session's own, or the shared one
// for this session alone.
func openConfiguration(_ context.Context, s *session, r *request) error {
	how := first(r.op)
	switch {
	case how == nil:
		r.ok()
		return nil
	case s.private != nil:
		return &rpcError{message: "a private configuration is open already"}
	case how.Tag == "exclusive":
		return s.take(r, candidateStore)
	case how.Tag != "private":
		return badElement(how.Tag, "this machine has no "+how.Tag+" configuration")
	}
	c, err := s.env.Store.Private(s.env.Caller)
	if err != nil {
		return err
	}
	s.private = c
	s.record(event.DatabaseLogin{Username: s.env.Caller.User})
	r.fail(&rpcError{warning: true, message: "uncommitted changes will be discarded on exit"})
	return nil
}

// closeConfiguration ends what openConfiguration began.
func closeConfiguration(_ context.Context, s *session, r *request) error {
	switch {
	case s.private != nil:
		s.private.Discard()
		s.private = nil
		s.record(event.DatabaseLogout{Username: s.env.Caller.User})
	case s.locks[candidateStore]:
		return s.give(r, candidateStore)
	}
	r.ok()
	return nil
}

// discardChanges makes the candidate what is in force (RFC 6241, 8.3.4.2).
func discardChanges(ctx context.Context, s *session, r *request) error {
	if !s.may("", "rollback", "0") {
		return s.refused(r.op.Tag)
	}
	if err := s.candidate().Rollback(ctx, s.env.Caller, 0); err != nil {
		return err
	}
	r.ok()
	return nil
}
