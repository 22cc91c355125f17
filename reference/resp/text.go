package resp

import (
	"bytes"
	"math"
)

// ReplyLine takes one line off the head of buf, which ends with CRLF or with LF alone: the handshake of replication and the
// replies to MIGRATE are read with it. The line comes without its end; n counts the end as well and is 0 while there is none.
func ReplyLine(buf []byte) (line []byte, n int) {
	newline := bytes.IndexByte(buf, '\n')
	if newline < 0 {
		return nil, 0
	}
	return bytes.TrimSuffix(buf[:newline], []byte{'\r'}), newline + 1
}

// ParseInt reads a decimal as Redis does (string2ll): digits after an optional minus, and no other sign, blank or leading zero;
// "-0" is refused as well.
func ParseInt(b []byte) (int64, bool) {
	const digitsMax = len("9223372036854775808")
	digits, negative := b, false
	if len(b) > 1 && b[0] == '-' {
		digits, negative = b[1:], true
	}
	if len(digits) == 0 || len(digits) > digitsMax {
		return 0, false
	}
	if digits[0] == '0' {
		return 0, len(b) == 1
	}
	var n uint64 // 19 digits cannot overflow it
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if negative {
		return -int64(n), n <= -math.MinInt64
	}
	return int64(n), n <= math.MaxInt64
}
