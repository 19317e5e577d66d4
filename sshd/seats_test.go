package sshd

import "testing"

func TestNobodyTakesAllSeats(t *testing.T) {
	var s seats
	for range userSeats {
		if !s.take(1000) {
			t.Fatal("refused too early")
		}
	}
	if s.take(1000) {
		t.Error("one user has more than a user may")
	}
	if !s.take(0) {
		t.Error("one user keeps root out")
	}
	for s.take(uint32(2000 + s.taken)) {
		continue
	}
	if s.taken != allSeats {
		t.Errorf("%d seats are taken, want %d", s.taken, allSeats)
	}
	s.leave(0)
	if !s.take(1) {
		t.Error("a seat that was left is not free")
	}
	for range userSeats {
		s.leave(1000)
	}
	if _, kept := s.by[1000]; kept || s.taken != allSeats-userSeats {
		t.Errorf("after leaving: %d taken, user kept %v", s.taken, kept)
	}
}
