package script

import (
	"errors"
	"time"
)

// budget ends a script that runs too long. The interpreter asks its context before every instruction whether it is over, and
// budget is a context that counts how often it was asked: so a script ends at the same instruction every time, without a clock.
type budget struct {
	left int
	open chan struct{} // never closed
}

// over is closed: it is Done of a context that has ended.
var over = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// errOverBudget is what a script ends with.
var errOverBudget = errors.New("the script was ended: it took too many steps (busy-reply-threshold)")

// charge takes the cost of something that is more work than an instruction.
func (b *budget) charge(instructions int) { b.left -= instructions }

// Done counts one instruction.
func (b *budget) Done() <-chan struct{} {
	if b.left--; b.left < 0 {
		return over
	}
	return b.open
}

// Err says why the script ended.
func (b *budget) Err() error {
	if b.left < 0 {
		return errOverBudget
	}
	return nil
}

// Deadline is part of being a context: there is none.
func (b *budget) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value is part of being a context: there is none.
func (b *budget) Value(any) any { return nil }
