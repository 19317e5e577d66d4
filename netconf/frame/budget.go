package frame

import (
	"errors"
	"sync/atomic"
)

// ErrBusy refuses what would make large messages of all sessions together take
// more memory than there is for them. It passes.
var ErrBusy = errors.New("other sessions are sending too much at the moment; try again")

// Budget is the memory that the large messages of several sessions share. It is
// safe for concurrent use; a nil Budget has no bound.
type Budget struct{ left atomic.Int64 }

// NewBudget makes a budget of so many bytes.
func NewBudget(bytes int64) *Budget {
	b := &Budget{}
	b.left.Store(bytes)
	return b
}

// Loan is what one session has of a Budget. The zero Loan is of none. It is not
// safe for concurrent use.
type Loan struct {
	From *Budget
	held int64
}

// loanStep is how much is taken at a time, in bytes.
const loanStep = 256 << 10

// Hold makes the loan one of at least so many bytes. The error is ErrBusy, and
// then the loan is what it was.
func (l *Loan) Hold(bytes int) error {
	need := int64(bytes) - l.held
	if need <= 0 || l.From == nil {
		return nil
	}
	need = (need + loanStep - 1) / loanStep * loanStep
	if l.From.left.Add(-need) < 0 {
		l.From.left.Add(need)
		return ErrBusy
	}
	l.held += need
	return nil
}

// Return gives everything back.
func (l *Loan) Return() {
	if l.From != nil {
		l.From.left.Add(l.held)
	}
	l.held = 0
}
