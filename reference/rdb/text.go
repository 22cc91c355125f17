package rdb

import (
	"encoding/binary"
	"math"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// How a length begins (spec 9.5): the upper two bits of the first byte tell which form it has.
const (
	length6  = 0b00 << 6 // in the lower six bits
	length14 = 0b01 << 6 // in the lower six bits and the next byte
	length32 = 0b10 << 6 // in the next four bytes
	length64 = 0b10<<6 | 1
	encoded  = 0b11 << 6 // no length: the whole byte names the encoding of a text
)

// The encodings of a text.
const (
	encodedInt8  = encoded + iota // one byte
	encodedInt16                  // two bytes, little endian
	encodedInt32                  // four bytes, little endian
	encodedLZF                    // two lengths, compressed and not, then the compressed text
)

// appendLength appends n in the shortest form.
func appendLength(dst []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(dst, length6|byte(n))
	case n < 1<<14:
		return append(dst, length14|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, length32), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, length64), n)
}

// appendText appends a text as Redis does: as a number if it is one, of no more than 32 bits; packed if pack is set and
// that makes it shorter.
func appendText(dst, text []byte, pack *packer) []byte {
	n, ok := asInt32(text)
	switch {
	case !ok && pack != nil && len(text) > packedTextMin:
		return pack.appendText(dst, text)
	case !ok:
		return append(appendLength(dst, uint64(len(text))), text...)
	case n == int32(int8(n)):
		return append(dst, encodedInt8, byte(n))
	case n == int32(int16(n)):
		return binary.LittleEndian.AppendUint16(append(dst, encodedInt16), uint16(n))
	}
	return binary.LittleEndian.AppendUint32(append(dst, encodedInt32), uint32(n))
}

// asInt32 is the number that text is the decimal form of, if Redis would write it as one.
func asInt32(text []byte) (int32, bool) {
	const digitsMax = len("-2147483648")
	if len(text) > digitsMax {
		return 0, false
	}
	n, ok := resp.ParseInt(text)
	return int32(n), ok && n == int64(int32(n))
}
