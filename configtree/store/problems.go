package store

import (
	"errors"
	"fmt"

	"loggia/configtree"
)

// Problems are several problems as one error. A Subsystem may return them; all
// that holds warnings alone does not stop a commit.
type Problems []configtree.Problem

// Error returns the first problem and how many follow.
func (p Problems) Error() string {
	switch len(p) {
	case 0:
		return "no problem"
	case 1:
		return p[0].Error()
	}
	return fmt.Sprintf("%s (and %d more)", p[0].Error(), len(p)-1)
}

// Unwrap returns the problems one by one.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i := range p {
		errs[i] = &p[i]
	}
	return errs
}

// FirstProblems keeps the first MaxProblems errors, and as many warnings, of a text.
type FirstProblems struct {
	List  Problems
	count [2]int // of errors, of warnings
}

// Add keeps p while there is room for its kind: no error is left out for a warning, so that
// a text with one is never taken for one without.
func (f *FirstProblems) Add(p *configtree.Problem) {
	kind := 0
	if p.Warning {
		kind = 1
	}
	if f.count[kind] < MaxProblems {
		f.count[kind]++
		f.List = append(f.List, *p)
	}
}

// Most returns at most n of the problems, in their order, and how many errors and
// warnings that leaves out. No error is left out for a warning.
func (p Problems) Most(n int) (most Problems, errs, warnings int) {
	for i := range p {
		if p[i].Warning {
			warnings++
		} else {
			errs++
		}
	}
	room := [2]int{min(n, errs), 0} // of errors, of warnings
	room[1] = min(n-room[0], warnings)
	errs, warnings = errs-room[0], warnings-room[1]
	for i := range p {
		kind := 0
		if p[i].Warning {
			kind = 1
		}
		if room[kind] > 0 {
			room[kind]--
			most = append(most, p[i])
		}
	}
	return most, errs, warnings
}

// fatal reports whether p holds more than warnings.
func (p Problems) fatal() bool {
	for i := range p {
		if !p[i].Warning {
			return true
		}
	}
	return false
}

// has reports whether one of p, warnings aside, is of kind k.
func (p Problems) has(k configtree.ProblemKind) bool {
	for i := range p {
		if p[i].Kind == k && !p[i].Warning {
			return true
		}
	}
	return false
}

// CheckError is why a commit was refused: the problems of the configuration and
// of every subsystem that could not take it over, warnings among them. Nothing
// changed and the candidate is as it was.
type CheckError struct{ Problems []configtree.Problem }

// Error returns the last line that the user sees, without "error: ".
func (e *CheckError) Error() string {
	switch p := Problems(e.Problems); {
	case p.has(configtree.MissingMandatory):
		return "configuration check-out failed: (missing mandatory statements)"
	case p.has(configtree.Constraint):
		return "configuration check-out failed: (statements constraint check failed)"
	}
	return "configuration check-out failed"
}

// Unwrap returns the problems one by one.
func (e *CheckError) Unwrap() []error { return Problems(e.Problems).Unwrap() }

// asProblem returns err as one problem; nil stays nil.
func asProblem(err error) *configtree.Problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*configtree.Problem](err); ok {
		return p
	}
	return &configtree.Problem{Err: err, Kind: configtree.Environment}
}

// problemsOf takes what a subsystem returned apart: a problem, Problems, errors
// joined, or a plain error, which concerns the machine and no statement.
func problemsOf(err error) Problems {
	switch e := err.(type) {
	case nil:
		return nil
	case Problems:
		return e
	case *configtree.Problem:
		return Problems{*e}
	case interface{ Unwrap() []error }:
		var all Problems
		for _, one := range e.Unwrap() {
			all = append(all, problemsOf(one)...)
		}
		return all
	}
	if all, ok := errors.AsType[Problems](err); ok {
		return all
	}
	return Problems{*asProblem(err)}
}
