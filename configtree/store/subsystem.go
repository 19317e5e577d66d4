package store

import (
	"context"
	"slices"

	"loggia/audit/event"
	"loggia/configtree"
)

// Reason says why a subsystem is asked to prepare.
type Reason uint8

// The reasons.
const (
	ReasonStart    Reason = iota // the program starts with the running configuration
	ReasonCommit                 // Next is about to take force
	ReasonCheck                  // Next is only tried: the plan will be aborted
	ReasonRollback               // Next takes force because a commit was not confirmed
)

// Change is a change-over from one configuration to another.
type Change struct {
	Prev     *configtree.Effective // what the subsystem obeys; nil when it obeys none yet
	Next     *configtree.Effective
	Revision uint64 // number that Next has or will have; 0 when it is only tried
	Reason   Reason
	By       event.Subject // who commits; zero when nobody does
}

// Plan is a change-over that is ready. Exactly one of its methods is called,
// once. Apply starts nothing that can fail.
type Plan interface {
	Apply()
	Abort()
}

// Subsystem obeys the configuration. Prepare does everything that can fail and
// changes nothing that can be noticed. Its error is a *configtree.Problem,
// Problems, or a plain error about no statement; Problems that are all warnings
// may come with a plan and do not stop the commit. A nil plan without an error
// means that there is nothing to do.
type Subsystem struct {
	Name    string
	Prepare func(ctx context.Context, c Change) (Plan, error)
}

// plans has a place for each subsystem, nil for one that has nothing to do.
type plans []Plan

func (p plans) abort() {
	for _, plan := range slices.Backward(p) {
		if plan != nil {
			plan.Abort()
		}
	}
}

func (p plans) apply() {
	for _, plan := range p {
		if plan != nil {
			plan.Apply()
		}
	}
}

// prepare asks every subsystem, in order, even when one has refused, so that
// the user learns of all problems at once. With a fatal problem or an error the
// plans have been aborted, the last first.
func (s *Store) prepare(ctx context.Context, c Change) (plans, Problems, error) {
	ready := make(plans, len(s.subsystems))
	var problems Problems
	for i, sub := range s.subsystems {
		if err := ctx.Err(); err != nil {
			ready.abort()
			return nil, problems, err
		}
		c.Prev = s.obeyed[i]
		plan, err := sub.Prepare(ctx, c)
		ready[i] = plan
		problems = append(problems, refusal(sub.Name, plan, err)...)
	}
	if err := ctx.Err(); err != nil || problems.fatal() {
		ready.abort()
		return nil, problems, err
	}
	return ready, problems, nil
}

// refusal returns the problems of one subsystem. Nobody can obey without a
// plan: warnings alone then count as what they say only if there is one.
func refusal(name string, plan Plan, err error) Problems {
	problems := slices.Clone(problemsOf(err))
	for i := range problems {
		if len(problems[i].Path) == 0 && problems[i].Token == "" {
			problems[i].Token = name
		}
		if plan == nil {
			problems[i].Warning = false
		}
	}
	return problems
}

// Start makes every subsystem obey the running configuration that does not do
// so yet. One that cannot is reported, the others run; calling Start again
// tries it again. Problems that are warnings are reported as well. From here on
// a commit that is not confirmed is undone, and one that was put off is made.
func (s *Store) Start(ctx context.Context) []configtree.Problem {
	if err := s.lock(ctx); err != nil {
		return []configtree.Problem{*asProblem(err)}
	}
	defer s.unlock()
	if !s.watched {
		// When everything obeys, and not before, what is pending may happen.
		defer s.background.Go(s.watch)
		s.watched = true
	}
	running := s.Running()
	var problems Problems
	for i, sub := range s.subsystems {
		if s.obeyed[i] == running.Effective {
			continue
		}
		plan, err := sub.Prepare(ctx, Change{Prev: s.obeyed[i], Next: running.Effective, Revision: running.Number, Reason: ReasonStart})
		found := refusal(sub.Name, plan, err)
		problems = append(problems, found...)
		switch {
		case found.fatal():
			plans{plan}.abort()
			continue
		case plan != nil:
			plan.Apply()
		}
		s.obeyed[i] = running.Effective
	}
	return problems
}
