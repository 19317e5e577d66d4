package syslogd

import (
	"math"
	"sync"
	"time"
)

// Rates are messages a second, averaged as the load of a machine is: each
// measurement counts for less as time passes, with these times.
type Rates struct{ Minute, Minutes5, Minutes15 float64 }

// meter turns a count that is looked at from time to time into Rates.
type meter struct {
	mu    sync.Mutex // guards what follows
	last  uint64
	began bool
	rates Rates
}

// measure takes a count and how long the measurement before it is ago. The first
// one is only where the meter begins.
func (m *meter) measure(count uint64, since time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, began := m.last, m.began
	m.last, m.began = count, true
	if !began || count < was || since <= 0 {
		return // begins, or was cleared
	}
	now := float64(count-was) / since.Seconds()
	for _, r := range []struct {
		rate *float64
		over time.Duration
	}{{&m.rates.Minute, time.Minute}, {&m.rates.Minutes5, 5 * time.Minute}, {&m.rates.Minutes15, 15 * time.Minute}} {
		*r.rate += (now - *r.rate) * (1 - math.Exp(-since.Seconds()/r.over.Seconds()))
	}
}

func (m *meter) read() Rates {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rates
}
