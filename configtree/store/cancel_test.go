package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWaysToEndAConfirmation are the cases of RFC 6241, 8.4: cancelled, bound to
// a session, with a token, with a time in seconds.
func TestWaysToEndAConfirmation(t *testing.T) {
	ctx := context.Background()
	errToken := errors.New("persist-id does not match")
	token := func(id string) func(Pending) error {
		return func(p Pending) error {
			if p.Persist != id {
				return errToken
			}
			return nil
		}
	}
	bound, persisting := confirmed(5), confirmed(5)
	bound.Bound = true
	persisting.Persist = "token"
	brief := confirmed(1)
	brief.Timeout = 20 * time.Second
	for _, row := range []struct {
		name string
		how  CommitOptions
		act  func(t *testing.T, s *Store)
		want string // host in force after a minute
	}{
		{"cancelled", confirmed(5), func(t *testing.T, s *Store) {
			if err := s.Cancel(ctx, bob, token("")); err != nil {
				t.Error(err)
			}
			if err := s.Cancel(ctx, bob, token("")); !errors.Is(err, ErrNothingPending) {
				t.Error(err)
			}
		}, "old"},
		{"cancelled with the token", persisting, func(t *testing.T, s *Store) {
			if err := s.Cancel(ctx, bob, token("token")); err != nil {
				t.Error(err)
			}
		}, "old"},
		{"cancelled without the token", persisting, func(t *testing.T, s *Store) {
			if err := s.Cancel(ctx, bob, token("")); !errors.Is(err, errToken) {
				t.Error(err)
			}
		}, "new"},
		{"committed without the token", persisting, func(t *testing.T, s *Store) {
			o := plainCommit
			o.Confirms = token("other")
			if _, err := s.Shared().Commit(ctx, bob, o); !errors.Is(err, errToken) {
				t.Error(err)
			}
			if _, waits := s.Pending(); !waits {
				t.Error("it is confirmed")
			}
		}, "new"},
		{"committed with the token", persisting, func(t *testing.T, s *Store) {
			o := plainCommit
			o.Confirms = token("token")
			if r, err := s.Shared().Commit(ctx, bob, o); err != nil || !r.Confirmed {
				t.Errorf("%+v, %v", r, err)
			}
		}, "new"},
		{"its session ends", bound, func(_ *testing.T, s *Store) { s.Release(ann) }, "old"},
		{"another session ends", bound, func(_ *testing.T, s *Store) { s.Release(bob) }, "new"},
		{"a session ends that is not bound", confirmed(5), func(_ *testing.T, s *Store) { s.Release(ann) }, "new"},
		{"twenty seconds", brief, func(t *testing.T, s *Store) {
			time.Sleep(19 * time.Second)
			synctest.Wait()
			if got := hostIn(s.Running().Tree); got != "new" {
				t.Errorf("%q after 19 seconds", got)
			}
		}, "old"},
	} {
		bubble(t, func(t *testing.T, o func(*Options), _ *heard) {
			s := open(t, t.TempDir(), new(tape), o)
			defer closed(t, s)
			start(t, s)
			hostCommit(t, s, "old", plainCommit)
			hostCommit(t, s, "new", row.how)
			row.act(t, s)
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := hostIn(s.Running().Tree); got != row.want {
				t.Errorf("%s: %q is in force", row.name, got)
			}
		})
	}
}

// TestTokenSurvivesAndBondDoesNot: with the program all sessions end.
func TestTokenSurvivesAndBondDoesNot(t *testing.T) {
	for _, bound := range []bool{false, true} {
		bubble(t, func(t *testing.T, o func(*Options), _ *heard) {
			how := confirmed(5)
			how.Persist, how.Bound = `a "token"`, bound
			dir := t.TempDir()
			first := open(t, dir, new(tape), o)
			start(t, first)
			hostCommit(t, first, "old", plainCommit)
			hostCommit(t, first, "new", how)
			left := killed(t, dir)
			closed(t, first)
			s := open(t, left, new(tape), o)
			defer closed(t, s)
			p, waits := s.Pending()
			if bound && (waits || hostIn(s.Running().Tree) != "old") {
				t.Errorf("%q is in force; %+v", hostIn(s.Running().Tree), p)
			}
			if !bound && (p.Persist != how.Persist || hostIn(s.Running().Tree) != "new") {
				t.Errorf("%q is in force; %+v", hostIn(s.Running().Tree), p)
			}
		})
	}
}
