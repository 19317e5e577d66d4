package syslogd

import "time"

const (
	// gatherTime is how long what a stream brings may gather in the kernel: far
	// below the 50 ms after which a batch is to be written.
	gatherTime = 20 * time.Millisecond

	// gatherReads in each gatherTime are worth to be made one.
	gatherReads = 3

	// gatherBytes in each gatherTime are a stream whose reads are large enough. The
	// kernel's buffer holds more, so that nobody who sends faster is held up.
	gatherBytes = 64 << 10
)

// gathering finds out whether a stream brings little at a time, and often: then
// most of what a message costs is waking up for it, here and in all that stands
// behind, and what comes in gatherTime is read at once. A message that comes alone
// is read at once too, and a stream that brings much is never left alone.
type gathering struct {
	since time.Time // of the reads that are counted; while slow, until when the stream was left alone
	reads int
	bytes int
	slow  bool
}

// read notes that n bytes were read, and returns how long the stream should be
// left alone now. The moments at which it is read again are the same for all
// streams, so that they make one wake-up.
func (g *gathering) read(n int, now time.Time) time.Duration {
	if g.slow {
		late := now.Sub(g.since)
		g.slow = n < gatherBytes && late < gatherTime/2 && late > -gatherTime
		if !g.slow { // it brings much, or had to be waited for
			*g = gathering{since: now}
			return 0
		}
	} else if !g.judge(n, now) {
		return 0
	}
	g.since = now.Truncate(gatherTime).Add(gatherTime)
	return g.since.Sub(now)
}

// judge counts a read, and decides once they are of gatherTime.
func (g *gathering) judge(n int, now time.Time) bool {
	g.reads++
	g.bytes += n
	span := now.Sub(g.since)
	if span >= 0 && span < gatherTime {
		return false
	}
	parts := float64(span) / float64(gatherTime)
	g.slow = span > 0 && float64(g.reads) >= gatherReads*parts && float64(g.bytes) < gatherBytes*parts
	if !g.slow {
		*g = gathering{since: now}
	}
	return g.slow
}
