// Package slot maps keys to the 16384 hash slots of a Redis Cluster and keeps sets of slots.
//
// Of says which slot a key belongs to, hash tags included; Set is what a node owns, as one bit a slot in the order the cluster
// bus and nodes.conf list them.
package slot

import (
	"bytes"
	"unsafe"
)

// Count is the number of slots of every cluster. It is part of the bus format (a 2048-byte bitmap), not a setting.
const Count = 16384

// Slot is a hash slot, 0 to Count-1. Whoever makes one from bytes of the outside checks that (see Parse): a Set panics on more.
type Slot uint16

// Of is the slot of a key: CRC-16 of its hash tag, or of the whole key when it has none, modulo Count.
//
// The pass that computes the checksum also looks for a brace, so that keys without a tag pay nothing for the rule.
func Of(key []byte) Slot {
	return of(unsafe.Pointer(unsafe.SliceData(key)), len(key))
}

// ofSlow is Of for all keys and all processors.
//
//lint:ignore U1000 the assembly calls it
func ofSlow(start unsafe.Pointer, length int) Slot {
	key := unsafe.Slice((*byte)(start), length)
	crc, ok := checksum(key, true)
	if !ok {
		crc = CRC16(HashTag(key))
	}
	return Slot(crc % Count)
}

// OfString is Of for a key held in a string.
func OfString(key string) Slot {
	return of(unsafe.Pointer(unsafe.StringData(key)), len(key))
}

// HashTag is the part of key that is hashed: what stands between the first opening brace and the first closing brace after it,
// or the whole key when either is missing or nothing is between them (Redis: keyHashSlot).
func HashTag(key []byte) []byte {
	open := bytes.IndexByte(key, '{')
	if open < 0 {
		return key
	}
	length := bytes.IndexByte(key[open+1:], '}')
	if length <= 0 {
		return key
	}
	return key[open+1 : open+1+length]
}

// Parse reads a slot as clients write it: decimal, without sign, blanks or leading zeros. It refuses what is not below Count.
func Parse(text []byte) (Slot, bool) {
	const digitsMax = 5
	if len(text) == 0 || len(text) > digitsMax || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return Slot(n), n < Count
}
