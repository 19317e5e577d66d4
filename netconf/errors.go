package netconf

import (
	"errors"
	"fmt"
	"strings"

	"loggia/configtree"
	"loggia/configtree/format"
	"loggia/configtree/store"
)

// rpcError is an <rpc-error> (RFC 6241, 4.3 and appendix A).
type rpcError struct {
	kind    string // error-type: transport, rpc, protocol, application; protocol when empty
	tag     string // error-tag; operation-failed when empty
	warning bool
	path    string // error-path: "[edit system]"
	bad     string // error-info/bad-element
	info    []info // what else error-info says
	message string
}

type info struct{ name, value string }

func (e *rpcError) Error() string { return e.message }

// malformed is the error about a message that is no XML (RFC 6241, appendix A).
func malformed(err error) *rpcError {
	return &rpcError{kind: "rpc", tag: "malformed-message", message: strings.TrimPrefix(err.Error(), "XML ")}
}

func missingElement(name string) *rpcError {
	return &rpcError{tag: "missing-element", bad: name, message: "missing mandatory element: " + name}
}

func badElement(name, why string) *rpcError {
	return &rpcError{tag: "bad-element", bad: name, message: why}
}

func badValue(name, why string) *rpcError {
	return &rpcError{kind: "application", tag: "invalid-value", bad: name, message: why}
}

func badAttribute(element, name, why string) *rpcError {
	return &rpcError{tag: "bad-attribute", bad: element, info: []info{{"bad-attribute", name}}, message: why}
}

// resourceDenied is the error about memory that there is not at the moment.
func resourceDenied(err error) *rpcError {
	return &rpcError{kind: "rpc", tag: "resource-denied", message: err.Error()}
}

func notSupported(why string) *rpcError {
	return &rpcError{tag: "operation-not-supported", message: why}
}

// accessDenied is the tag of what the class of the user does not permit.
const accessDenied = "access-denied"

// denied is what clients of Junos know the refusal by: the message exactly, and
// the name of the RPC.
func denied(operation string) *rpcError {
	return &rpcError{tag: accessDenied, bad: operation, message: "permission denied"}
}

// rpcErrors returns err as one <rpc-error> or more.
func rpcErrors(err error) []*rpcError {
	var one *rpcError
	var problems store.Problems
	var check *store.CheckError
	var conflict *store.ConflictError
	var locked *store.LockedError
	switch {
	case errors.As(err, &one):
		return []*rpcError{one}
	case errors.As(err, &check):
		return append(problemErrors(check.Problems), &rpcError{message: check.Error()})
	case errors.As(err, &conflict):
		return append(problemErrors(conflict.Problems()), &rpcError{message: conflict.Error()})
	case errors.As(err, &problems):
		return problemErrors(problems)
	case errors.As(err, &locked):
		return []*rpcError{lockDenied(locked.Holder)}
	}
	return []*rpcError{{message: err.Error()}}
}

// lockDenied names who has the lock, as Junos does, and its session, as RFC
// 6241 asks; 0 stands for a session that is none of NETCONF.
func lockDenied(h store.Holder) *rpcError {
	id := 0
	if h.By.Client == client {
		id = h.By.PID
	}
	where := "[edit]"
	if len(h.Path) > 0 {
		where = h.Path.MaskedBanner()
	}
	terminal := ""
	if h.By.TTY != "" {
		terminal = " terminal " + h.By.TTY
	}
	return &rpcError{tag: "lock-denied", info: []info{{"session-id", fmt.Sprint(id)}},
		message: fmt.Sprintf("\nconfiguration database locked by:\n  %s%s (pid %d) on since %s\n      exclusive %s\n",
			h.By.User, terminal, h.By.PID, h.Since.Format("2006-01-02 15:04:05 MST"), where)}
}

// problemErrors returns problems of the configuration as errors, each with its place.
func problemErrors(problems []configtree.Problem) []*rpcError {
	list := make([]*rpcError, 0, len(problems))
	for i := range problems {
		list = append(list, problemError(&problems[i]))
	}
	return list
}

func problemError(p *configtree.Problem) *rpcError {
	e := &rpcError{warning: p.Warning, path: "[edit]", bad: p.Token, message: p.Err.Error()}
	switch { // RFC 6241, appendix A
	case p.Kind == configtree.Exists:
		e.kind, e.tag = "application", "data-exists"
	case p.Kind == configtree.NotFound && !p.Warning:
		e.kind, e.tag = "application", "data-missing"
	}
	if len(p.Path) > 0 {
		e.path = p.Path.MaskedBanner()
	}
	var s *format.StatementError
	if errors.As(p.Err, &s) {
		e.message = s.Unwrap().Error()
		if s.Detail != "" {
			e.message += ": " + s.Detail
		}
		if e.bad == "" {
			e.bad = s.Statement
		}
	}
	return e
}
