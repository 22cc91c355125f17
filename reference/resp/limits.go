package resp

import (
	"errors"
	"math"
)

// Limits bound what a client may ask the parser to hold. Their zero value refuses nearly everything: start from DefaultLimits.
type Limits struct {
	InlineBytes    int  // longest line: an inline request, or a length in a multibulk request
	MultibulkCount int  // most arguments of a request
	BulkBytes      int  // longest argument of a multibulk request (proto-max-bulk-len)
	QueryBytes     int  // most bytes of an unfinished request (client-query-buffer-limit)
	Authenticated  bool // false: small limits hold as well, until the client has authenticated
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

// What a client may send that has still to authenticate (Redis: processMultibulkBuffer).
const (
	unauthenticatedCountMax     = 10
	unauthenticatedBulkBytesMax = 16384
)

// ErrQueryBytes says that a request is still unfinished at Limits.QueryBytes. Redis closes such a connection without a reply.
var ErrQueryBytes = errors.New("unfinished request exceeds client-query-buffer-limit: close the connection without a reply")

// ProtocolError is a request that cannot be read, after which the rest of the stream has no meaning: reply "-ERR " and the
// text, then close the connection.
type ProtocolError struct{ Text string }

// Error is the text as Redis sends it, beginning with "Protocol error: ".
func (e *ProtocolError) Error() string { return e.Text }

// The protocol errors of Redis 7.0 (processInlineBuffer, processMultibulkBuffer); one more quotes the byte it met.
var (
	errInlineBytes           = &ProtocolError{"Protocol error: too big inline request"}
	errQuotes                = &ProtocolError{"Protocol error: unbalanced quotes in request"}
	errCountBytes            = &ProtocolError{"Protocol error: too big mbulk count string"}
	errCount                 = &ProtocolError{"Protocol error: invalid multibulk length"}
	errCountUnauthenticated  = &ProtocolError{"Protocol error: unauthenticated multibulk length"}
	errLengthBytes           = &ProtocolError{"Protocol error: too big bulk count string"}
	errLength                = &ProtocolError{"Protocol error: invalid bulk length"}
	errLengthUnauthenticated = &ProtocolError{"Protocol error: unauthenticated bulk length"}
)

func errExpectedBulk(got byte) *ProtocolError {
	if got == '\r' || got == '\n' {
		got = ' ' // a line break would end the error reply
	}
	return &ProtocolError{"Protocol error: expected '$', got '" + string([]byte{got}) + "'"}
}
