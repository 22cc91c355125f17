package command

import (
	"fmt"
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

// rangeArg reads an argument as an integer from least to most. It replies with problem when it is none, or, when problem
// is empty, with what is wrong.
func (c *Call) rangeArg(i int, least, most int64, problem string) (int64, bool) {
	n, ok := resp.ParseInt(c.Args[i])
	switch {
	case ok && least <= n && n <= most:
		return n, true
	case problem != "":
		c.Error(problem)
	case !ok:
		c.Error(errNotInteger)
	default:
		c.Error(fmt.Sprintf("ERR value is out of range, value must between %d and %d", least, most))
	}
	return 0, false
}

// countArg reads an argument as how many elements a command is about: 0 or more.
func (c *Call) countArg(i int) (int64, bool) {
	return c.rangeArg(i, 0, math.MaxInt64, "ERR value is out of range, must be positive")
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
