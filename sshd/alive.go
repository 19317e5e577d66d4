package sshd

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"loggia/audit/event"
)

// watchAlive asks a client that is silent whether it is still there, and ends the
// connection when it does not answer (client-alive-interval, -count-max).
func (c *conn) watchAlive(ctx context.Context, sc ssh.Conn) {
	interval, most := c.limits.AliveInterval, c.limits.AliveCount
	if interval == 0 {
		return
	}
	tick := time.NewTimer(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		quiet := time.Since(time.Unix(0, c.wire.lastRead.Load()))
		if quiet < interval {
			tick.Reset(interval - quiet)
			continue
		}
		var over *time.Timer
		if most > 0 {
			over = time.AfterFunc(interval*time.Duration(most), func() { c.end("the client does not answer") })
		}
		_, _, err := sc.SendRequest("keepalive@openssh.com", true, nil)
		if over != nil {
			over.Stop()
		}
		if err != nil {
			return // the end shows elsewhere
		}
		tick.Reset(interval)
	}
}

// fillerBytes is the threshold given to the library, and so at most what filler
// has to be sent to make it agree upon new keys when their time is over: it knows
// no other occasion than the amount of data.
const fillerBytes = 16 << 20

// Filler is sent in requests that want no answer.
const (
	fillerPart  = 16 << 10
	fillerName  = "filler@loggia"
	rekeyWithin = time.Minute
	// rekeyRecords is the least time between two records of new keys.
	rekeyRecords = time.Minute
	// maxExchanges are in a minute: each takes the processor some milliseconds, and a
	// client may ask for them one after the other. 500 MB a second need as many.
	maxExchanges = 2000
)

var errExchanges = fmt.Errorf("more than %d key exchanges in a minute", maxExchanges)

// watchKeys sees to it that keys get no older than they may, and records new ones.
func (c *conn) watchKeys(ctx context.Context, sc ssh.Conn) {
	age := time.NewTimer(c.config.RekeyTime)
	defer age.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.kex.fresh():
			if n := c.kex.due(time.Now()); n > 0 {
				c.record(event.SSHRekeyed{From: c.from, Username: c.user.Name, Count: n})
			}
			age.Reset(c.config.RekeyTime)
		case <-age.C:
			if !c.rekey(sc) {
				return
			}
			age.Reset(c.config.RekeyTime)
		}
	}
}

// rekey makes the library agree upon new keys, and reports whether that worked.
func (c *conn) rekey(sc ssh.Conn) bool {
	before := c.kex.count()
	over := time.AfterFunc(c.s.rekeyWithin, func() { c.end("no new keys were agreed upon") })
	defer over.Stop()
	part := make([]byte, fillerPart)
	for sent := 0; c.kex.count() == before && sent <= 2*fillerBytes; sent += len(part) {
		if _, _, err := sc.SendRequest(fillerName, false, part); err != nil {
			return false
		}
	}
	return true
}

// keyExchanges counts the key exchanges of a connection: each needs a signature
// of the host key.
type keyExchanges struct {
	mu       sync.Mutex // guards what follows
	n        int
	recorded int       // of them, the first included
	last     time.Time // of the last record
	minute   time.Time // when the present minute began
	inMinute int
	news     chan struct{}
}

// add counts one, and reports why there may not be another now.
func (k *keyExchanges) add(now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if d := now.Sub(k.minute); d >= time.Minute || d < 0 {
		k.minute, k.inMinute = now, 0
	}
	if k.inMinute++; k.inMinute > maxExchanges {
		return errExchanges
	}
	k.n++
	if k.n == 1 {
		k.recorded = 1 // the first is no rekeying
	}
	select {
	case k.signal() <- struct{}{}:
	default: // one signal is enough
	}
	return nil
}

// signal makes the channel when it is first needed. The lock is held.
func (k *keyExchanges) signal() chan struct{} {
	if k.news == nil {
		k.news = make(chan struct{}, 1)
	}
	return k.news
}

// fresh is signalled after key exchanges.
func (k *keyExchanges) fresh() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.signal()
}

func (k *keyExchanges) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n
}

// due returns how many exchanges are to be recorded now.
func (k *keyExchanges) due(now time.Time) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Sub(k.last) < rekeyRecords || k.n == k.recorded {
		return 0
	}
	n := k.n - k.recorded
	k.recorded, k.last = k.n, now
	return n
}

// unrecorded returns how many exchanges have no record, and takes them as recorded.
func (k *keyExchanges) unrecorded() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.n - k.recorded
	k.recorded = k.n
	return n
}

// counting returns a signer that counts its signatures. The algorithms of RSA
// are those with SHA-2.
func (k *keyExchanges) counting(s ssh.Signer, w *wire) ssh.Signer {
	base, ok := s.(ssh.AlgorithmSigner)
	if !ok {
		return s
	}
	c := countingSigner{base, func() error {
		w.paced.Store(true)
		return k.add(time.Now())
	}}
	if s.PublicKey().Type() != ssh.KeyAlgoRSA {
		return c
	}
	limited, err := ssh.NewSignerWithAlgorithms(c, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256})
	if err != nil {
		panic(err) // the algorithms are those of the key
	}
	return limited
}
