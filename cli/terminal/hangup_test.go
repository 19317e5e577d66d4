package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestStallEndsTheSession(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.m.Stall(true)
		before := time.Now()
		var err error
		for err == nil {
			_, err = r.s.Write(bytes.Repeat([]byte("x"), 1000))
		}
		if !errors.Is(err, ErrStalled) || time.Since(before) != 5*time.Minute {
			t.Errorf("%v after %v", err, time.Since(before))
		}
		if _, err := r.s.ReadLine(Prompt{}); err != ErrStalled {
			t.Errorf("ReadLine: %v", err)
		}
		synctest.Wait() // the terminal is closed after its users were told
		if !r.m.Closed() {
			t.Error("terminal not closed")
		}
	})
}

func TestEndOfInputServesWhatWasTyped(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.keys("one\rtwo\rrest")
		r.m.EOF()
		synctest.Wait()
		for _, want := range []answer{{"one", nil}, {"two", nil}, {"", io.EOF}} {
			line, err := r.s.ReadLine(Prompt{Text: "> "})
			if (answer{line, err}) != want {
				t.Errorf("got %q, %v; want %+v", line, err, want)
			}
		}
	})
}

func TestHangupStopsAPaste(t *testing.T) {
	bubble(t, 80, 24, Options{}, func(r *rig) {
		r.keys(strings.Repeat("delete everything\r", 100))
		if _, err := r.s.ReadLine(Prompt{}); err != nil {
			t.Error(err)
		}
		r.m.Hangup()
		synctest.Wait()
		if line, err := r.s.ReadLine(Prompt{}); !errors.Is(err, ErrHangup) || line != "" {
			t.Errorf("got %q, %v", line, err)
		}
	})
}

// A hang-up in any state ends it, and synctest fails if a goroutine is left.
func TestHangupInEveryState(t *testing.T) {
	long := strings.Repeat("line\n", 100)
	page := func(s *Session) error {
		return s.Page(context.Background(), Paging{}, func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, long)
			return err
		})
	}
	for _, c := range []struct {
		name string
		keys []string
		run  func(s *Session) error
	}{
		{"idle", nil, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"in a line", []string{"show", "\x1b"}, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"search", []string{"\x12", "x"}, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"paged help", []string{"?"}, func(s *Session) error { _, err := s.ReadLine(Prompt{Text: ps}); return err }},
		{"pager", []string{" "}, page},
		{"pager's help", []string{"h"}, page},
		{"pager's question", []string{"/", "x"}, page},
		{"pager waits for output", nil, func(s *Session) error {
			return s.Page(context.Background(), Paging{}, func(ctx context.Context, w io.Writer) error {
				<-ctx.Done()
				return ctx.Err()
			})
		}},
		{"question", []string{"y"}, func(s *Session) error { _, err := s.Confirm("Really?", false); return err }},
		{"password", []string{"x"}, func(s *Session) error { _, err := s.Secret("Password:"); return err }},
		{"text", []string{"x"}, func(s *Session) error { _, err := s.ReadText(); return err }},
		{"output", nil, func(s *Session) (err error) {
			for err == nil {
				_, err = io.WriteString(s, long)
			}
			return err
		}},
		{"command", nil, func(s *Session) error {
			ctx, stop := s.Interruptible(context.Background())
			defer stop()
			<-ctx.Done()
			return context.Cause(ctx)
		}},
	} {
		for _, how := range []string{"hang-up", "close"} {
			t.Run(c.name+"/"+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := NewMemory(80, 5)
					s := New(m, Options{Assistant: stub{}})
					done := make(chan error, 1)
					go func() { done <- c.run(s) }()
					r := &rig{t, m, s}
					r.Helper()
					if c.name != "output" {
						synctest.Wait()
						r.keys(c.keys...)
					}
					s.Print("notice")
					if how == "close" {
						s.Close()
					} else {
						m.Hangup()
					}
					if err := <-done; !errors.Is(err, io.EOF) {
						t.Errorf("%v", err)
					}
					s.Close()
				})
			})
		}
	}
}
