package rdb

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// input is what is being read. Every method looks how much is there before it takes or allocates anything; its errors
// name the offset.
type input struct {
	b  []byte
	at int
}

// unpackedBytesMax is the longest text that is unpacked: what Redis allows by default (proto-max-bulk-len).
const unpackedBytesMax = 512 << 20

// errorf returns an error about what was read last.
func (in *input) errorf(format string, args ...any) error {
	return fmt.Errorf("serialized data, offset %d: %s", in.at, fmt.Sprintf(format, args...))
}

// take returns the next n bytes.
func (in *input) take(n uint64) ([]byte, error) {
	if left := uint64(len(in.b) - in.at); n > left {
		return nil, in.errorf("%d bytes should follow, %d are left", n, left)
	}
	start := in.at
	in.at += int(n)
	return in.b[start:in.at:in.at], nil
}

// oneByte returns the next byte.
func (in *input) oneByte() (byte, error) {
	if in.at == len(in.b) {
		return 0, in.errorf("more should follow")
	}
	in.at++
	return in.b[in.at-1], nil
}

// head reads a length, or else the encoding of the text that follows.
func (in *input) head() (n uint64, isEncoding bool, err error) {
	first, err := in.oneByte()
	if err != nil {
		return 0, false, err
	}
	low := uint64(first &^ encoded)
	switch form := first & encoded; {
	case form == encoded:
		return uint64(first), true, nil
	case form == length6:
		return low, false, nil
	case form == length14:
		second, err := in.oneByte()
		return low<<8 | uint64(second), false, err
	case first == length32:
		b, err := in.take(4)
		if err != nil {
			return 0, false, err
		}
		return uint64(binary.BigEndian.Uint32(b)), false, nil
	case first == length64:
		b, err := in.take(8)
		if err != nil {
			return 0, false, err
		}
		return binary.BigEndian.Uint64(b), false, nil
	}
	return 0, false, in.errorf("%#x begins no length", first)
}

// number reads a length that is not that of a text.
func (in *input) number() (uint64, error) {
	n, isEncoding, err := in.head()
	if err == nil && isEncoding {
		err = in.errorf("the encoding of a text where a number should be")
	}
	return n, err
}

// text reads a text. It is part of the input unless it was encoded.
func (in *input) text() ([]byte, error) {
	n, isEncoding, err := in.head()
	switch {
	case err != nil:
		return nil, err
	case !isEncoding:
		return in.take(n)
	case n == encodedLZF:
		return in.packedText()
	case n > encodedLZF:
		return nil, in.errorf("a text in the unknown encoding %#x", n)
	}
	b, err := in.take(1 << (n - encodedInt8)) // 1, 2 or 4 bytes
	if err != nil {
		return nil, err
	}
	var value int64
	switch n {
	case encodedInt8:
		value = int64(int8(b[0]))
	case encodedInt16:
		value = int64(int16(binary.LittleEndian.Uint16(b)))
	case encodedInt32:
		value = int64(int32(binary.LittleEndian.Uint32(b)))
	}
	return strconv.AppendInt(nil, value, 10), nil
}

// packedText reads a text compressed with LZF: the two lengths, then the data.
func (in *input) packedText() ([]byte, error) {
	packedLen, err := in.number()
	if err != nil {
		return nil, err
	}
	textLen, err := in.number()
	if err != nil {
		return nil, err
	}
	packed, err := in.take(packedLen)
	if err != nil {
		return nil, err
	}
	if textLen > packedLen*lzfGainMax || textLen > unpackedBytesMax {
		return nil, in.errorf("%d compressed bytes said to be %d", packedLen, textLen)
	}
	text := make([]byte, textLen)
	if !unpackLZF(text, packed) {
		return nil, in.errorf("%d compressed bytes are damaged", packedLen)
	}
	return text, nil
}
