// Package slot maps keys to the 16384 hash slots of a Redis Cluster and keeps sets of slots.
//
// Of says which slot a key belongs to, hash tags included; Set is what a node owns, as one bit a slot in the order the cluster
// bus and nodes.conf list them.
package slot

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// Count is the number of slots of every cluster. It is part of the bus format (a 2048-byte bitmap), not a setting.
const Count = 16384

// Slot is a hash slot, 0 to Count-1.
type Slot uint16

// Of is the slot of a key: CRC-16 of its hash tag, or of the whole key when it has none, modulo Count.
//
// One pass does both: each word that goes into the checksum is also tested for an opening brace, so that the many keys without
// a tag pay nothing for the rule, and a key that starts with its tag is given up after the first word.
func Of(key []byte) Slot {
	head := key[:len(key)%16]
	high, low := loadHead(head)
	if hasBrace(high) || hasBrace(low) {
		return Slot(CRC16(HashTag(key)) % Count)
	}
	crc := update16(0, high, low)
	for rest := key[len(head):]; len(rest) >= 16; rest = rest[16:] {
		high, low = binary.BigEndian.Uint64(rest), binary.BigEndian.Uint64(rest[8:])
		if hasBrace(high) || hasBrace(low) {
			return Slot(CRC16(HashTag(key)) % Count)
		}
		crc = update16(crc, high, low)
	}
	return Slot(crc % Count)
}

// OfString is Of for a key held in a string.
func OfString(key string) Slot {
	return Of(unsafe.Slice(unsafe.StringData(key), len(key))) // Of only reads
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
