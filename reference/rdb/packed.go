package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// This file reads the texts that contain many elements one behind the other, as Redis keeps small values in memory and
// writes them to files. What each of them claims about its own size must be true.

// errPacked is for packed elements that are not sound.
var errPacked = errors.New("packed elements are damaged")

// packedEnd is behind the last element of a listpack, ziplist or zipmap.
const packedEnd = 0xff

// bytesLeft is the unread rest of packed elements. What is not there reads as nothing, and makes it short.
type bytesLeft struct {
	b     []byte
	short bool
}

// take returns the next n bytes.
func (l *bytesLeft) take(n int) []byte {
	if n < 0 || n > len(l.b) {
		l.short, l.b = true, nil
		return nil
	}
	taken := l.b[:n:n]
	l.b = l.b[n:]
	return taken
}

// oneByte returns the next byte.
func (l *bytesLeft) oneByte() byte {
	if b := l.take(1); b != nil {
		return b[0]
	}
	return 0
}

// little returns the next n bytes, at most 8, as a number with its lowest byte first.
func (l *bytesLeft) little(n int) uint64 {
	var word [8]byte
	copy(word[:], l.take(n))
	return binary.LittleEndian.Uint64(word[:])
}

// integer returns the next n bytes as a signed number with its lowest byte first.
func (l *bytesLeft) integer(n int) int64 {
	unused := 64 - 8*n
	return int64(l.little(n)<<unused) >> unused
}

// decimal is integer in its decimal form.
func (l *bytesLeft) decimal(n int) []byte { return strconv.AppendInt(nil, l.integer(n), 10) }

// long returns the next n bytes; n may be more than any number of bytes.
func (l *bytesLeft) long(n uint64) []byte { return l.take(int(min(n, math.MaxInt32))) }

// unpackListpack reads a listpack: its size, the number of elements, the elements, the end mark. Each element has its
// own size behind it, for reading backwards.
func unpackListpack(b []byte, to sink) error {
	const countUnknown = math.MaxUint16
	left := bytesLeft{b: b}
	size, count := left.little(4), left.little(2)
	n := uint64(0)
	for len(left.b) > 1 && left.b[0] != packedEnd {
		before := len(left.b)
		e, err := listpackElement(&left)
		if err != nil {
			return err
		}
		var back [5]byte
		want := appendBackLength(back[:0], before-len(left.b))
		if string(left.take(len(want))) != string(want) {
			return errPacked
		}
		if err := to.add(e); err != nil {
			return err
		}
		n++
	}
	return packedIsSound(&left, size == uint64(len(b)) && (count == n || count == countUnknown))
}

// packedIsSound ends the reading of packed elements: nothing but the end mark may be left.
func packedIsSound(left *bytesLeft, sound bool) error {
	if !sound || left.short || len(left.b) != 1 || left.b[0] != packedEnd {
		return errPacked
	}
	return nil
}

// listpackElement reads one element without what is behind it.
func listpackElement(left *bytesLeft) (e []byte, err error) {
	first := left.oneByte()
	switch {
	case first < 0x80:
		e = strconv.AppendUint(nil, uint64(first), 10)
	case first < 0xc0:
		e = left.take(int(first & 0x3f))
	case first < 0xe0: // 13 bits, signed
		n := int64(first&0x1f)<<8 | int64(left.oneByte())
		e = strconv.AppendInt(nil, n<<51>>51, 10)
	case first < 0xf0:
		n := int(first&0x0f)<<8 | int(left.oneByte())
		e = left.take(n)
	case first == 0xf0:
		e = left.long(left.little(4))
	case first <= 0xf3:
		e = left.decimal(int(first - 0xf1 + 2)) // 2, 3 or 4 bytes
	case first == 0xf4:
		e = left.decimal(8)
	default:
		return nil, fmt.Errorf("an element in the unknown encoding %#x", first)
	}
	if left.short {
		return nil, errPacked
	}
	return e, nil
}

// appendBackLength appends the size of an element as it stands behind it: seven bits a byte, the highest first, and the
// top bit of all but the first set.
func appendBackLength(dst []byte, n int) []byte {
	length := 1
	for _, limit := range [...]int{1<<7 - 1, 1<<14 - 2, 1<<21 - 2, 1<<28 - 2} {
		if n > limit {
			length++
		}
	}
	for i := length - 1; i >= 0; i-- {
		b := byte(n>>(7*i)) & 0x7f
		if i < length-1 {
			b |= 0x80
		}
		dst = append(dst, b)
	}
	return dst
}

// unpackZiplist reads a ziplist: its size, where the last element is, the number of elements, the elements, the end
// mark. Each element begins with the size of the one before it.
func unpackZiplist(b []byte, to sink) error {
	const (
		countUnknown = math.MaxUint16
		bigSize      = 0xfe
	)
	left := bytesLeft{b: b}
	size, tail, count := left.little(4), left.little(4), left.little(2)
	n, last, lastSize := uint64(0), len(b)-len(left.b), 0
	for len(left.b) > 1 && left.b[0] != packedEnd {
		start := len(b) - len(left.b)
		previous := uint64(left.oneByte())
		if previous == bigSize {
			previous = left.little(4)
		}
		if previous != uint64(lastSize) {
			return errPacked
		}
		e, err := ziplistElement(&left)
		if err != nil {
			return err
		}
		if err := to.add(e); err != nil {
			return err
		}
		last, lastSize = start, len(b)-len(left.b)-start
		n++
	}
	return packedIsSound(&left, size == uint64(len(b)) && tail == uint64(last) && (count == n || count == countUnknown))
}

// ziplistElement reads one element without what is before it.
func ziplistElement(left *bytesLeft) (e []byte, err error) {
	first := left.oneByte()
	switch {
	case first < 0x40:
		e = left.take(int(first))
	case first < 0x80:
		n := int(first&0x3f)<<8 | int(left.oneByte())
		e = left.take(n)
	case first == 0x80:
		if size := left.take(4); size != nil {
			e = left.long(uint64(binary.BigEndian.Uint32(size)))
		}
	case first == 0xc0:
		e = left.decimal(2)
	case first == 0xd0:
		e = left.decimal(4)
	case first == 0xe0:
		e = left.decimal(8)
	case first == 0xf0:
		e = left.decimal(3)
	case first == 0xfe:
		e = left.decimal(1)
	case first > 0xf0 && first < 0xfe: // the number itself, from 0 to 12
		e = strconv.AppendUint(nil, uint64(first-0xf1), 10)
	default:
		return nil, fmt.Errorf("an element in the unknown encoding %#x", first)
	}
	if left.short {
		return nil, errPacked
	}
	return e, nil
}

// unpackIntset reads an intset: how many bytes a number has, how many numbers there are, the numbers in ascending order.
func unpackIntset(b []byte, to sink) error {
	left := bytesLeft{b: b}
	width, count := left.little(4), left.little(4)
	if width != 2 && width != 4 && width != 8 || uint64(len(left.b)) != count*width {
		return errPacked
	}
	last := int64(math.MinInt64)
	for i := range count {
		n := left.integer(int(width))
		if i > 0 && n <= last {
			return errPacked
		}
		last = n
		if err := to.add(strconv.AppendInt(nil, n, 10)); err != nil {
			return err
		}
	}
	return nil
}

// unpackZipmap reads a zipmap: the number of pairs, the pairs, the end mark. A value has a byte in front that tells how
// many unused ones it has behind it.
func unpackZipmap(b []byte, to sink) error {
	const countUnknown = 0xfe
	left := bytesLeft{b: b}
	count := left.oneByte()
	n := 0
	for len(left.b) > 1 && left.b[0] != packedEnd {
		field := left.long(zipmapLength(&left))
		size := zipmapLength(&left)
		unused := left.oneByte()
		value := left.long(size)
		left.take(int(unused))
		if left.short {
			return errPacked
		}
		if err := errors.Join(to.add(field), to.add(value)); err != nil {
			return err
		}
		n++
	}
	return packedIsSound(&left, int(count) == n || count >= countUnknown)
}

// zipmapLength reads a length.
func zipmapLength(left *bytesLeft) uint64 {
	const big = 0xfe
	n := uint64(left.oneByte())
	switch n {
	case big:
		return left.little(4)
	case packedEnd:
		left.short = true
	}
	return n
}
