package command

import (
	"math"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// is says whether two words are the same in any letter case.
func is(word []byte, option string) bool {
	if len(word) != len(option) {
		return false
	}
	for i, b := range word {
		if toLower(b) != toLower(option[i]) {
			return false
		}
	}
	return true
}

// toLower is the small letter of an ASCII capital, and any other byte itself.
func toLower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// intArg reads an argument as a 64-bit integer, or replies that it is none.
func (c *Call) intArg(i int) (int64, bool) { return c.intArgOr(i, errNotInteger) }

// intArgOr is intArg with an error of its own.
func (c *Call) intArgOr(i int, problem string) (int64, bool) {
	n, ok := resp.ParseInt(c.Args[i])
	if !ok {
		c.Error(problem)
	}
	return n, ok
}

// timeoutArg reads an argument as a time in milliseconds from now and returns when it is over (mono); 0 stays 0.
func (c *Call) timeoutArg(i int) (clock.Millis, bool) {
	n, ok := c.intArgOr(i, "ERR timeout is not an integer or out of range")
	switch {
	case !ok:
		return 0, false
	case n == 0:
		return 0, true
	case n < 0:
		c.Error("ERR timeout is negative")
		return 0, false
	case n > math.MaxInt64-int64(c.Now.Mono):
		c.Error("ERR timeout is out of range")
		return 0, false
	}
	return c.Now.Mono + clock.Millis(n), true
}
