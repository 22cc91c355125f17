package nodesconf

import (
	"bytes"
	"math"
)

// Redis reads the numbers of nodes.conf with the C library: blanks and a sign may lead, whatever follows the digits is
// ignored, and no digit at all means 0. Nothing of this is an error.

// atoi truncates to 32 bits what strtol reads, as glibc does.
func atoi(text []byte) int32 { return int32(strtol(text)) }

// strtol clamps to what 64 bits can hold.
func strtol(text []byte) int64 {
	negative, n, overflow := digits(text)
	switch {
	case negative && (overflow || n > -math.MinInt64):
		return math.MinInt64
	case negative:
		return -int64(n)
	case overflow || n > math.MaxInt64:
		return math.MaxInt64
	}
	return int64(n)
}

// strtoull takes a minus sign for modular arithmetic, but clamps what is too large.
func strtoull(text []byte) uint64 {
	negative, n, overflow := digits(text)
	switch {
	case overflow:
		return math.MaxUint64
	case negative:
		return -n
	}
	return n
}

// digits reads the longest decimal at the head of text.
func digits(text []byte) (negative bool, n uint64, overflow bool) {
	text = bytes.TrimLeft(text, " \t\n\v\f\r")
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			break
		}
		digit := uint64(c - '0')
		if n > (math.MaxUint64-digit)/10 {
			return negative, 0, true
		}
		n = n*10 + digit
	}
	return negative, n, false
}

// untilNUL is the text as a C string.
func untilNUL(text []byte) []byte {
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return text[:i]
	}
	return text
}
