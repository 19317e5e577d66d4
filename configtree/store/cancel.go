package store

import (
	"context"
	"errors"

	"loggia/audit/event"
)

// ErrNothingPending is the error of cancelling a commit that does not wait for
// a confirmation.
var ErrNothingPending = errors.New("no commit waits for its confirmation")

// errNotDue keeps a rollback from being made.
var errNotDue = errors.New("not due")

// Cancel puts the configuration before an unconfirmed one in force again, now
// (RFC 6241, 8.4.4.1). may is asked first, and refuses it with its error. The
// error is ErrNothingPending when nothing waits for a confirmation.
func (s *Store) Cancel(ctx context.Context, by event.Subject, may func(Pending) error) error {
	waited := false
	err := s.rollbackPending(ctx, by, func(p *pending) error {
		waited = true
		return may(p.Pending)
	})
	if err == nil && !waited {
		return ErrNothingPending
	}
	return err
}

// unbind undoes a commit that waits for its confirmation and was to last no
// longer than the session, which has ended (RFC 6241, 8.4.1).
func (s *Store) unbind(by event.Subject) {
	if p := s.waiting(PendingRollback); p == nil || !p.Bound || p.By != by {
		return
	}
	err := s.rollbackPending(context.Background(), by, func(p *pending) error {
		if !p.Bound || p.By != by {
			return errNotDue
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrClosed) {
		s.notice("the session that made an unconfirmed commit ended: %v", err) // its time still runs
	}
}
