package keyspace

import (
	"encoding/binary"
	"math"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// record is one key with its value, at the head of an allocation of the arena:
//
//	offset  bytes  content
//	     0      1  kind in bits 0-2, bit 3: has an expiry, bit 4: wide lengths
//	     1      1  key length, unless wide
//	     2      2  value length, unless wide
//	     4      2  slot
//	     6    8+8  key length, value length, if wide
//	     .    8+4  expiry, place in the index of expiring keys, if it has an expiry
//	     .         key, value: a string, or the place of an object (object.go)
//
// Numbers are little endian.
type record []byte

const (
	kindMask     = 1<<3 - 1
	flagExpiring = 1 << 3
	flagWide     = 1 << 4

	headBytes   = 6
	wideBytes   = 16
	expiryBytes = 12
)

// headOf is the first byte of the record of a key of keyLen bytes with the value v.
func headOf(keyLen int, v Value) byte {
	head := byte(v.Kind)
	if v.ExpireAt != 0 {
		head |= flagExpiring
	}
	if keyLen > math.MaxUint8 || len(v.Str) > math.MaxUint16 {
		head |= flagWide
	}
	return head
}

// headLen is how many bytes a record that begins with head has before its key.
func headLen(head byte) int {
	n := headBytes
	if head&flagWide != 0 {
		n += wideBytes
	}
	if head&flagExpiring != 0 {
		n += expiryBytes
	}
	return n
}

// fill writes a whole record, but for its place in the index of expiring keys.
func (r record) fill(s slot.Slot, key []byte, v Value) {
	r[0] = headOf(len(key), v)
	binary.LittleEndian.PutUint16(r[4:], uint16(s))
	if r[0]&flagWide != 0 {
		binary.LittleEndian.PutUint64(r[headBytes:], uint64(len(key)))
	} else {
		r[1] = byte(len(key))
	}
	copy(r[headLen(r[0]):], key)
	r.setValue(v)
}

// setValue writes a value whose head is the one the record has. v.Str may be part of the record.
func (r record) setValue(v Value) {
	if r[0]&flagWide != 0 {
		binary.LittleEndian.PutUint64(r[headBytes+8:], uint64(len(v.Str)))
	} else {
		binary.LittleEndian.PutUint16(r[2:], uint16(len(v.Str)))
	}
	if r.expiring() {
		r.setExpiry(v.ExpireAt)
	}
	_, end := r.keyBounds()
	copy(r[end:], v.Str)
}

// keyBounds is where the key begins and where it ends.
func (r record) keyBounds() (start, end int) {
	start = headLen(r[0])
	if r[0]&flagWide != 0 {
		return start, start + int(binary.LittleEndian.Uint64(r[headBytes:]))
	}
	return start, start + int(r[1])
}

func (r record) slot() slot.Slot { return slot.Slot(binary.LittleEndian.Uint16(r[4:])) }

func (r record) key() []byte {
	start, end := r.keyBounds()
	return r[start:end:end]
}

func (r record) value() Value {
	_, start := r.keyBounds()
	end := start + int(binary.LittleEndian.Uint16(r[2:]))
	if r[0]&flagWide != 0 {
		end = start + int(binary.LittleEndian.Uint64(r[headBytes+8:]))
	}
	return Value{Kind: Kind(r[0] & kindMask), Str: r[start:end:end], ExpireAt: r.expiry()}
}

// objectPlaceBytes is what the record of an object has for its value: where the object is in the list of them.
const objectPlaceBytes = 4

// objectPlace is where the object of the record is; ok says whether it has one.
func (r record) objectPlace() (place uint32, ok bool) {
	if Kind(r[0]&kindMask) == String {
		return 0, false
	}
	_, end := r.keyBounds()
	return binary.LittleEndian.Uint32(r[end:]), true
}

func (r record) expiring() bool { return r[0]&flagExpiring != 0 }

// expiry is 0 for a record without one.
func (r record) expiry() clock.Millis {
	if !r.expiring() {
		return 0
	}
	return clock.Millis(binary.LittleEndian.Uint64(r[headLen(r[0])-expiryBytes:]))
}

// setExpiry, place and setPlace need a record with an expiry.
func (r record) setExpiry(at clock.Millis) {
	binary.LittleEndian.PutUint64(r[headLen(r[0])-expiryBytes:], uint64(at))
}

func (r record) place() int { return int(binary.LittleEndian.Uint32(r[headLen(r[0])-4:])) }

func (r record) setPlace(place int) {
	binary.LittleEndian.PutUint32(r[headLen(r[0])-4:], uint32(place))
}

// recordClass is the class of the record of a key of keyLen bytes with the value v.
func recordClass(keyLen int, v Value) class {
	n := headLen(headOf(keyLen, v)) + keyLen + len(v.Str)
	return classOf((n + unitBytes - 1) / unitBytes)
}
