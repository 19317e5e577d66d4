package cli

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"

	"loggia/op"
)

// A log is read by several readers, each with a section of it and with filters of
// its own, as far as these look at each line alone. What they let through comes
// together again in the order of the log; from the newest section backwards when
// only the last lines are wanted.
//
//	section 0  ─ reader 1 ─ match ─ except ─┐
//	section 1  ─ reader 2 ─ match ─ except ─┼─ count ─ screen
//	section 2  ─ reader 1 ─ match ─ except ─┘

// Bounds of reading a log. Several readers are worth their memory where filters work,
// and to a few sessions at a time: many sessions whose clients take nothing must
// not hold much each.
const (
	maxReaders  = 4
	readAhead   = 2        // sections that may be begun by several readers, besides one for each
	maxUnpassed = 4 << 20  // bytes of a section that wait for those before it
	aloneAhead  = 64 << 10 // bytes that wait where there is one reader
)

// runSections runs the text of a log through the filters to out.
func (s *Session) runSections(ctx context.Context, log op.Sectioned, pipes []*call, out stage) error {
	alone := 0
	for alone < len(pipes) && (pipes[alone].verb.byLine || pipes[alone].verb.filter == nil) {
		alone++
	}
	together := pipes[alone:]
	last := 0
	if len(together) > 0 && together[0].verb.Words == "last" {
		last, together = s.lastLines(together[0]), together[1:]
	}
	head, err := s.filters(together, out)
	if err != nil {
		return err
	}
	text, err := log.Open()
	if err != nil {
		return head.finish(err)
	}
	sections := text.Sections()
	if last > 0 {
		slices.Reverse(sections)
	}
	crew, err := s.newCrew(ctx, sections, pipes[:alone])
	if err == nil {
		if last > 0 {
			err = crew.last(last, head.out)
		} else {
			err = crew.all(head.out)
		}
		crew.dismiss()
	}
	return head.finish(errors.Join(err, text.Close()))
}

// crew are the readers of a log.
type crew struct {
	ctx      context.Context
	cancel   context.CancelFunc
	sections []op.LogSection // not begun yet
	begun    []*passed       // in order; the first is the one to be handed on
	work     chan *passed
	readers  sync.WaitGroup
	spare    [][]byte // of sections that were handed on
	ahead    int
	limit    int    // bytes of a section that wait
	leave    func() // gives back the right to several readers
}

// newCrew starts the readers, which dismiss ends.
func (s *Session) newCrew(ctx context.Context, sections []op.LogSection, pipes []*call) (*crew, error) {
	n := min(maxReaders, runtime.GOMAXPROCS(0), len(sections))
	c := &crew{sections: sections, ahead: n + readAhead, limit: maxUnpassed, leave: func() {}}
	if len(pipes) == 0 || n > 1 && !s.mayCrowd(c) {
		n, c.ahead, c.limit = min(n, 1), 2, aloneAhead
	}
	c.work = make(chan *passed, c.ahead)
	c.ctx, c.cancel = context.WithCancel(ctx)
	for range n {
		end := &collector{}
		head, err := s.filters(pipes, end)
		if err != nil {
			c.dismiss()
			return nil, err
		}
		c.readers.Go(func() {
			for p := range c.work {
				end.to = p
				p.read(c.ctx, head.out)
			}
		})
	}
	return c, nil
}

// mayCrowd reports whether there may be several readers, and if so has the crew give
// that right back.
func (s *Session) mayCrowd(c *crew) bool {
	if s.o.Crowds == nil {
		return true
	}
	select {
	case s.o.Crowds <- struct{}{}:
		c.leave = func() { <-s.o.Crowds }
		return true
	default:
		return false
	}
}

func (c *crew) dismiss() {
	c.cancel()
	close(c.work)
	c.readers.Wait()
	c.leave()
}

// next hands what the next section lets through to each, and returns what of the
// section could not be read. ok is false when there is no section left.
func (c *crew) next(each func(block []byte) error) (unread error, ok bool, err error) {
	for len(c.begun) < c.ahead && len(c.sections) > 0 {
		p := &passed{section: c.sections[0], limit: c.limit, more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
		if n := len(c.spare); n > 0 {
			p.text, c.spare = c.spare[n-1], c.spare[:n-1]
		}
		c.sections, c.begun = c.sections[1:], append(c.begun, p)
		c.work <- p // it has room for all that are begun
	}
	if len(c.begun) == 0 {
		return nil, false, nil
	}
	p := c.begun[0]
	c.begun = c.begun[1:]
	var spare []byte
	if n := len(c.spare); n > 0 {
		spare, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	for done := false; !done; {
		if spare, done, err = p.take(c.ctx, spare); err != nil {
			return nil, false, err
		}
		if len(spare) > 0 {
			if err := each(spare); err != nil {
				return nil, false, err
			}
		}
	}
	c.spare = append(c.spare, spare[:0], p.text[:0])
	return p.unread, true, nil
}

// all hands on all sections.
func (c *crew) all(out stage) error {
	var unread error
	for {
		part, ok, err := c.next(out.lines)
		if err != nil {
			return err
		}
		if unread = errors.Join(unread, part); !ok {
			return unread
		}
	}
}

// last hands on the last n lines, of sections that come newest first.
func (c *crew) last(n int, out stage) error {
	var unread error
	var tails []*tail
	for size := 0; n > 0; {
		t := &tail{n: n, others: size}
		part, ok, err := c.next(t.add)
		if err != nil {
			return err
		}
		if unread = errors.Join(part, unread); !ok {
			break
		}
		t.trim()
		n -= t.lines
		size += t.size
		tails = append(tails, t)
	}
	for _, t := range slices.Backward(tails) {
		if err := t.pour(out); err != nil {
			return err
		}
	}
	return unread
}

// collector is the end of a reader's filters.
type collector struct{ to *passed }

func (c *collector) lines(block []byte) error { return c.to.add(block) }
func (c *collector) finish(err error) error   { return err }

// passed is what the filters let through of one section.
type passed struct {
	section op.LogSection
	limit   int
	more    chan struct{} // of length 1: there is something to take
	room    chan struct{} // of length 1: something was taken
	ctx     context.Context

	mu     sync.Mutex // guards what follows; the reader writes it, until done
	text   []byte
	done   bool
	unread error // what could not be read
}

// read reads the section through the filters, which begin with head.
func (p *passed) read(ctx context.Context, head stage) {
	p.ctx = ctx
	var unread error
	for block, err := range p.section(ctx) {
		if err != nil {
			unread = errors.Join(unread, err)
		} else if err := head.lines(block); err != nil {
			break // nobody wants any more
		}
	}
	p.mu.Lock()
	p.done, p.unread = true, unread
	p.mu.Unlock()
	wake(p.more)
}

// add keeps a block until it is taken. It waits when much is kept already.
func (p *passed) add(block []byte) error {
	for {
		p.mu.Lock()
		if len(p.text) < p.limit {
			p.text = append(p.text, block...)
			p.mu.Unlock()
			wake(p.more)
			return p.ctx.Err()
		}
		p.mu.Unlock()
		select {
		case <-p.room:
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
	}
}

// take waits for text and returns all that there is, leaving spare in its place.
// done says that nothing more comes.
func (p *passed) take(ctx context.Context, spare []byte) (text []byte, done bool, err error) {
	for ctx.Err() == nil {
		p.mu.Lock()
		if len(p.text) > 0 || p.done {
			text, p.text, done = p.text, spare[:0], p.done
			p.mu.Unlock()
			wake(p.room)
			return text, done, nil
		}
		p.mu.Unlock()
		select {
		case <-p.more:
		case <-ctx.Done():
		}
	}
	return spare, false, ctx.Err()
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
