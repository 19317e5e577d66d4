package syslogd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"loggia/syslogd/sink"
)

// The ledger is the file that keeps the counters of inputs and destinations for
// the next start (those of log files besides keep themselves, see package sink).
// It is one line, then JSON:
//
//	loggia-counters 1 CRC32C\n
//	{"since":…,"sources":[{"name":…,"accepted":…,…}],"destinations":[…]}
//
// with the CRC-32C of the JSON in eight hexadecimal digits. It is written every
// ten seconds if something has changed, and at the end: a kill costs the counts,
// not the messages, of ten seconds. A damaged one is reported, and counting
// begins anew.
type ledger struct {
	Since        time.Time           `json:"since"` // counters were zero
	Sources      []sourceLedger      `json:"sources"`
	Destinations []destinationLedger `json:"destinations"`
}

type sourceLedger struct {
	Name        string            `json:"name"`
	Accepted    uint64            `json:"accepted"`
	Waiting     uint64            `json:"waiting,omitempty"`
	Truncated   uint64            `json:"truncated,omitempty"`
	Errors      uint64            `json:"errors,omitempty"`
	KernelDrops uint64            `json:"kernelDrops,omitempty"`
	Connected   uint64            `json:"connected,omitempty"`
	TurnedAway  uint64            `json:"turnedAway,omitempty"`
	Barred      uint64            `json:"barred,omitempty"`
	Refused     map[string]uint64 `json:"refused,omitempty"`
	Anomalies   map[string]uint64 `json:"anomalies,omitempty"`
}

type destinationLedger struct {
	Kind      string            `json:"kind"`
	Name      string            `json:"name,omitempty"`
	Filtered  uint64            `json:"filtered,omitempty"`
	Accepted  uint64            `json:"accepted,omitempty"`
	Delivered uint64            `json:"delivered,omitempty"`
	Repeated  uint64            `json:"repeated,omitempty"`
	Waiting   uint64            `json:"waiting,omitempty"`
	Made      uint64            `json:"made,omitempty"`
	Dropped   map[string]uint64 `json:"dropped,omitempty"`
	Next      uint64            `json:"next,omitempty"` // of a host: the first number in its spool that is not in this
}

const (
	ledgerHead  = "loggia-counters 1 "
	ledgerLimit = 64 << 20 // bytes: more is damage
)

// encode returns the bytes of the file.
func (l *ledger) encode() ([]byte, error) {
	body, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("%s%08x\n", ledgerHead, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
	return append([]byte(head), body...), nil
}

var errLedger = errors.New("damaged: counting begins anew")

func decodeLedger(text []byte) (*ledger, error) {
	head, body, ok := bytes.Cut(text, []byte{'\n'})
	sum, isHead := bytes.CutPrefix(head, []byte(ledgerHead))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !ok || !isHead || err != nil || uint32(want) != crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)) {
		return nil, errLedger
	}
	l := new(ledger)
	if err := json.Unmarshal(body, l); err != nil {
		return nil, errLedger
	}
	return l, nil
}

// readLedger returns nil where there is none.
func readLedger(path string) (*ledger, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > ledgerLimit {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), errLedger)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	l, err := decodeLedger(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return l, nil
}

// writeLedger replaces the file as a whole.
func writeLedger(path string, text []byte) error {
	temporary := path + ".tmp"
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// sort puts the entries in order, so that equal ledgers are equal bytes.
func (l *ledger) sort() {
	slices.SortFunc(l.Sources, func(a, b sourceLedger) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(l.Destinations, func(a, b destinationLedger) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
}

// words maps counts that are not zero to their names.
func words[N ~uint8](counts []uint64, name func(N) string) map[string]uint64 {
	var m map[string]uint64
	for i, n := range counts {
		if n == 0 {
			continue
		}
		if m == nil {
			m = make(map[string]uint64)
		}
		m[name(N(i))] = n
	}
	return m
}

// refill is the opposite of words. A name that is no more is passed over.
func refill[N ~uint8](m map[string]uint64, counts int, name func(N) string, set func(i int, n uint64)) {
	for i := range counts {
		if n := m[name(N(i))]; n > 0 {
			set(i, n)
		}
	}
}

// entry is what the ledger keeps of a source.
func (n *SourceStatistics) entry() sourceLedger {
	return sourceLedger{
		Name: n.Name, Accepted: n.Accepted, Waiting: n.Waiting, Truncated: n.Truncated, Errors: n.Errors, KernelDrops: n.KernelDrops,
		Connected: n.Connected, TurnedAway: n.TurnedAway, Barred: n.Barred,
		Refused: words(n.Refused[:], Refusal.String), Anomalies: words(n.Anomalies[:], Anomaly.String),
	}
}

// restore gives s what an earlier process has counted. What waited then was
// lost with it.
func (s *source) restore(l *sourceLedger) {
	s.accepted.Store(l.Accepted - min(l.Accepted, l.Waiting))
	s.truncated.Store(l.Truncated)
	s.errors.Store(l.Errors)
	s.kernelDrops.Store(l.KernelDrops)
	s.connected.Store(l.Connected)
	s.turnedAway.Store(l.TurnedAway)
	s.barred.Store(l.Barred)
	refill(l.Refused, NumRefusals, Refusal.String, func(i int, n uint64) { s.refused[i].Store(n) })
	s.refused[Interrupted].Add(min(l.Accepted, l.Waiting))
	refill(l.Anomalies, NumAnomalies, Anomaly.String, func(i int, n uint64) { s.anomalies[i].Store(n) })
	s.told = s.lost()
}

// entry is what the ledger keeps of an account: of a file, only what is to be
// added to its own counters.
func (a *account) entry(id destinationID) destinationLedger {
	a.mu.Lock()
	t, next := a.base, a.next
	for _, d := range a.live {
		now := d.totals()
		if keepsCounters(d.sink) {
			now = totals{filtered: now.filtered}
		}
		if r, ok := d.sink.(*sink.Remote); ok {
			counters, last, _ := r.Numbered()
			now.Counters, next = counters, last+1
		}
		t = plus(t, now)
	}
	a.mu.Unlock()
	return destinationLedger{
		Kind: id.kind.String(), Name: id.name, Filtered: t.filtered,
		Accepted: t.Accepted, Delivered: t.Delivered, Repeated: t.Repeated, Waiting: t.Waiting, Made: t.Made,
		Dropped: words(t.Dropped[:], sink.Reason.String), Next: next,
	}
}

// restore gives a what an earlier process has counted.
func (a *account) restore(l *destinationLedger) {
	a.base = totals{l.Filtered, sink.Counters{Accepted: l.Accepted, Delivered: l.Delivered, Repeated: l.Repeated, Waiting: l.Waiting, Made: l.Made}}
	refill(l.Dropped, sink.NumReasons, sink.Reason.String, func(i int, n uint64) { a.base.Dropped[i] = n })
	a.told, a.next = a.base.Dropped, l.Next
}
