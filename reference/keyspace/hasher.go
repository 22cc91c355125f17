package keyspace

import (
	"encoding/binary"
	"math/bits"
)

// hasher turns keys into numbers that look random to whoever does not know its two secrets.
type hasher struct{ a, b uint64 }

// newHasher derives the secrets from seed.
func newHasher(seed uint64) hasher {
	const odd1, odd2 = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03 // fractions of the golden ratio and of its like in two dimensions
	a := mix(seed^odd1, odd2)
	return hasher{a: a, b: mix(a^odd2, seed+odd1)}
}

// hash reads sixteen bytes at a time; the last ones of a key may be read twice.
func (h hasher) hash(key []byte) uint64 {
	n := len(key)
	state := h.b ^ uint64(n)
	for ; len(key) > 16; key = key[16:] {
		state = mix(binary.LittleEndian.Uint64(key)^h.a, binary.LittleEndian.Uint64(key[8:])^state)
	}
	var low, high uint64
	switch n := len(key); {
	case n >= 8:
		low, high = binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[n-8:])
	case n >= 4:
		low, high = uint64(binary.LittleEndian.Uint32(key)), uint64(binary.LittleEndian.Uint32(key[n-4:]))
	case n > 0:
		low = uint64(key[0])<<16 | uint64(key[n/2])<<8 | uint64(key[n-1])
	}
	return mix(mix(low^h.a, high^state), h.b|1)
}

// mix folds the product of two words: every bit of the result depends on all bits of both.
func mix(x, y uint64) uint64 {
	high, low := bits.Mul64(x, y)
	return high ^ low
}
