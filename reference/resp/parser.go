package resp

import (
	"bytes"
	"math"
)

// Limits bound what a client may ask the parser to hold.
type Limits struct {
	InlineBytes    int  // longest inline request, and longest line of a multibulk request
	MultibulkCount int  // most arguments of a request
	BulkBytes      int  // longest argument (proto-max-bulk-len)
	QueryBytes     int  // most bytes of an unfinished request (client-query-buffer-limit)
	Authenticated  bool // false: small limits hold until the client has authenticated
}

// DefaultLimits are those of a Redis 7.0 that asks for no password.
func DefaultLimits() Limits {
	return Limits{
		InlineBytes:    64 << 10,
		MultibulkCount: math.MaxInt32,
		BulkBytes:      512 << 20,
		QueryBytes:     1 << 30,
		Authenticated:  true,
	}
}

// Limits of a client that has still to authenticate (Redis: processMultibulkBuffer, since 6.2.6).
const (
	unauthenticatedCountMax     = 10
	unauthenticatedBulkBytesMax = 16384
)

// ProtocolError is a request that cannot be read, after which the rest of the stream has no meaning: the caller replies
// "-ERR " and the text, and closes the connection.
type ProtocolError struct{ Text string }

// Error is the text as Redis sends it, beginning with "Protocol error: ".
func (e *ProtocolError) Error() string { return e.Text }

// Parser takes the requests of one client out of a read buffer, as arrays of bulks (multibulk) or as lines of words (inline).
type Parser struct {
	Limits Limits

	args    [][]byte
	scratch []byte
}

// Next parses the request at the head of buf; n is how many bytes it used. 0 means that the request is incomplete: call again
// with the same bytes and more behind them. Progress is kept, so a long request is scanned once.
//
// The arguments alias buf and memory of the parser, until the next call. A request without any (a blank line, *0, *-1) is
// n > 0 and no arguments; Redis passes over it in silence. An error is a *ProtocolError.
func (p *Parser) Next(buf []byte) (args [][]byte, n int, err error) {
	newline := bytes.IndexByte(buf, '\n')
	if newline < 0 {
		return nil, 0, nil
	}
	words, ok := SplitArgs(buf[:newline])
	if !ok {
		return nil, 0, &ProtocolError{"Protocol error: unbalanced quotes in request"}
	}
	p.args = words
	return words, newline + 1, nil
}
