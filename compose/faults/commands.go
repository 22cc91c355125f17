package faults

import (
	"strconv"
)

// Limits of what is kept of a command.
const (
	keptArgs  = 3
	keptBytes = 64   // of one argument
	lineBytes = 1024 // of a length, far above what one needs
)

// commands follows a stream of requests and gives the first arguments of each, however the stream is cut into pieces. What is no array of
// bulks, an inline command for instance, ends its understanding: from there on it is blind, and the stream passes as it is.
type commands struct {
	blind bool
	line  []byte   // a length being read
	args  int      // of the command, still to come
	skip  int      // bytes of the argument and its line end, still to come
	arg   []byte   // what is kept of the argument
	kept  []string // arguments so far
}

// scan takes the next piece of the stream.
func (c *commands) scan(piece []byte, seen func(args []string)) {
	for len(piece) > 0 && !c.blind {
		if c.skip > 0 {
			piece = c.take(piece, seen)
			continue
		}
		b := piece[0]
		piece = piece[1:]
		if c.line = append(c.line, b); len(c.line) > lineBytes {
			c.blind = true
		}
		if b == '\n' {
			c.length(seen)
		}
	}
}

// take takes bytes of an argument.
func (c *commands) take(piece []byte, seen func([]string)) []byte {
	n := min(c.skip, len(piece))
	if room := keptBytes - len(c.arg); len(c.kept) < keptArgs && room > 0 {
		c.arg = append(c.arg, piece[:min(n, room)]...)
	}
	if c.skip -= n; c.skip == 0 {
		c.endArg(seen)
	}
	return piece[n:]
}

// length reads a line "*3" or "$5".
func (c *commands) length(seen func([]string)) {
	const lineEnd = 2
	line := c.line
	c.line = c.line[:0]
	if len(line) < 2+lineEnd {
		c.blind = true
		return
	}
	n, err := strconv.Atoi(string(line[1 : len(line)-lineEnd]))
	switch {
	case err != nil || n < 0:
		c.blind = true
	case line[0] == '*' && c.args == 0:
		c.args, c.kept = n, nil
	case line[0] == '$' && c.args > 0 && n <= maxBulk:
		c.skip = n + lineEnd
	default:
		c.blind = true
	}
}

// maxBulk is the longest argument servers take.
const maxBulk = 512 << 20

func (c *commands) endArg(seen func([]string)) {
	const lineEnd = "\r\n"
	if len(c.kept) < keptArgs {
		arg := string(c.arg)
		if len(arg) >= len(lineEnd) && arg[len(arg)-len(lineEnd):] == lineEnd {
			arg = arg[:len(arg)-len(lineEnd)]
		}
		c.kept = append(c.kept, arg)
	}
	c.arg = c.arg[:0]
	if c.args--; c.args == 0 {
		seen(c.kept)
	}
}
