// Package hyperloglog counts distinct elements in strings of Redis's format (src/hyperloglog.c): what a node of ours writes
// a redis-server reads, and the other way round.
//
// A string has a header of 16 bytes ("HYLL", the encoding, three bytes without use, and the count as it was computed last)
// and 16384 registers: all of them, six bits each (dense), or as runs (sparse) while that is shorter.
package hyperloglog

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

const (
	indexBits  = 14 // of an element's hash that choose the register
	registers  = 1 << indexBits
	patternMax = 64 - indexBits // bits of the hash in which the first 1 is looked for

	headerBytes = 16
	encodingAt  = 4
	countAt     = 8
	staleAt     = 15 // its highest bit says that the count has to be computed anew
	stale       = 0x80

	denseBytes = headerBytes + registers*6/8
)

// The encodings.
const (
	dense  = 0
	sparse = 1
)

// ErrForeign says that a string is no HyperLogLog, ErrCorrupt that it is one whose registers cannot be read.
var (
	ErrForeign = errors.New("the string is no HyperLogLog")
	ErrCorrupt = errors.New("the HyperLogLog's registers cannot be read")
)

// Counter is the registers of one HyperLogLog, or of several that were merged.
type Counter struct {
	values [registers]byte
	dense  bool
	count  uint64 // as the header has it
	valid  bool   // and nothing has changed since
}

// New is the counter of no elements.
func New() *Counter { return new(Counter) }

// Parse reads a string.
func Parse(s []byte) (*Counter, error) {
	if len(s) < headerBytes || string(s[:encodingAt]) != "HYLL" || s[encodingAt] > sparse || s[encodingAt] == dense && len(s) != denseBytes {
		return nil, ErrForeign
	}
	c := &Counter{dense: s[encodingAt] == dense, count: binary.LittleEndian.Uint64(s[countAt:]), valid: s[staleAt]&stale == 0}
	if c.dense {
		for i := range c.values {
			c.values[i] = denseValue(s[headerBytes:], i)
		}
		return c, nil
	}
	return c, c.parseRuns(s[headerBytes:])
}

// denseValue reads a register of six bits; they begin at the lowest bit of each byte.
func denseValue(s []byte, i int) byte {
	bit := i * 6
	low := uint16(s[bit/8])
	if bit/8+1 < len(s) {
		low |= uint16(s[bit/8+1]) << 8
	}
	return byte(low>>(bit%8)) & 63
}

// parseRuns reads the sparse encoding: 00nnnnnn is n+1 zeros, 01nnnnnn nnnnnnnn likewise, 1vvvvvnn is n+1 times v+1.
func (c *Counter) parseRuns(s []byte) error {
	at := 0
	for len(s) > 0 {
		value, length := byte(0), 0
		switch op := s[0]; {
		case op&0x80 != 0:
			value, length = op>>2&31+1, int(op&3)+1
		case op&0x40 == 0:
			length = int(op&63) + 1
		case len(s) < 2:
			return ErrCorrupt
		default:
			length = int(op&63)<<8 + int(s[1]) + 1
			s = s[1:]
		}
		s = s[1:]
		if at+length > registers {
			return ErrCorrupt
		}
		for range length {
			c.values[at] = value
			at++
		}
	}
	if at != registers {
		return ErrCorrupt
	}
	return nil
}

// Append writes the string: sparse if it was, no register is too large for that, and the runs take sparseMax bytes at most.
func (c *Counter) Append(dst []byte, sparseMax int) []byte {
	start := len(dst)
	dst = append(dst, "HYLL"...)
	dst = append(dst, sparse, 0, 0, 0)
	dst = binary.LittleEndian.AppendUint64(dst, c.count)
	if !c.valid {
		dst[start+staleAt] |= stale
	}
	if !c.dense {
		if withRuns, ok := c.appendRuns(dst, start+headerBytes+sparseMax); ok {
			return withRuns
		}
	}
	c.dense = true
	dst[start+encodingAt] = dense
	packed := make([]byte, denseBytes-headerBytes+1)
	for i, value := range c.values {
		bit := i * 6
		packed[bit/8] |= value << (bit % 8)
		packed[bit/8+1] |= byte(uint16(value) << (bit % 8) >> 8)
	}
	return append(dst[:start+headerBytes], packed[:denseBytes-headerBytes]...)
}

// appendRuns writes the sparse encoding unless dst becomes longer than most.
func (c *Counter) appendRuns(dst []byte, most int) ([]byte, bool) {
	const shortZeros, valueMax, valueRun = 64, 32, 4
	for at := 0; at < registers; {
		value, end := c.values[at], at+1
		for end < registers && c.values[end] == value {
			end++
		}
		length := end - at
		switch {
		case value > valueMax:
			return nil, false
		case value > 0:
			length = min(length, valueRun)
			dst = append(dst, 0x80|(value-1)<<2|byte(length-1))
		case length <= shortZeros:
			dst = append(dst, byte(length-1))
		default:
			dst = append(dst, 0x40|byte((length-1)>>8), byte(length-1))
		}
		at += length
	}
	return dst, len(dst) <= most
}

// Add counts an element and says whether that changed anything.
func (c *Counter) Add(element []byte) bool {
	hash := murmur64(element)
	register := hash & (registers - 1)
	pattern := byte(bits.TrailingZeros64(hash>>indexBits|1<<patternMax)) + 1
	if c.values[register] >= pattern {
		return false
	}
	c.values[register] = pattern
	c.valid = false
	return true
}

// Merge counts what other counts. The result is dense if one of them is.
func (c *Counter) Merge(other *Counter) {
	for i, value := range other.values {
		c.values[i] = max(c.values[i], value)
	}
	c.dense = c.dense || other.dense
	c.valid = false
}

// Count estimates the number of elements, and says whether it had to be computed (Otmar Ertl, arXiv:1702.01284).
func (c *Counter) Count() (n uint64, computed bool) {
	if c.valid {
		return c.count, false
	}
	const m = float64(registers)
	alpha := 0.5 / math.Ln2
	var histogram [64]float64
	for _, value := range c.values {
		histogram[value]++
	}
	z := m * tau((m-histogram[patternMax+1])/m)
	for i := patternMax; i >= 1; i-- {
		z = (z + histogram[i]) * 0.5
	}
	z += m * sigma(histogram[0]/m)
	c.count, c.valid = uint64(math.Round(alpha*m*m/z)), true
	return c.count, true
}

func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		before := z
		z += x * y
		y += y
		if z == before {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		before := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == before {
			return z / 3
		}
	}
}

// murmur64 is MurmurHash64A with Redis's seed.
func murmur64(data []byte) uint64 {
	const m, r, seed = 0xc6a4a7935bd1e995, 47, 0xadc83b19
	h := seed ^ uint64(len(data))*m
	for ; len(data) >= 8; data = data[8:] {
		k := binary.LittleEndian.Uint64(data) * m
		k ^= k >> r
		h = (h ^ k*m) * m
	}
	if len(data) > 0 {
		var last [8]byte
		copy(last[:], data)
		h = (h ^ binary.LittleEndian.Uint64(last[:])) * m
	}
	h ^= h >> r
	h *= m
	return h ^ h>>r
}
