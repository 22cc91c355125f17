package slot

import "encoding/binary"

// polynomial of CRC-16/XMODEM: initial value 0, nothing reflected, nothing inverted at the end.
const polynomial = 0x1021

// tables[k][b] is the checksum of byte b followed by k zero bytes. The checksum is linear, so that sixteen bytes take sixteen
// independent look-ups in place of sixteen that wait for one another ("slicing"). 8 KiB: a quarter of a first-level cache.
var tables = makeTables()

func makeTables() (t [16][256]uint16) {
	for b := range t[0] {
		crc := uint16(b) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*polynomial
		}
		t[0][b] = crc
	}
	for k := 1; k < len(t); k++ {
		for b, crc := range t[k-1] {
			t[k][b] = crc<<8 ^ t[0][crc>>8]
		}
	}
	return t
}

// CRC16 is the CRC-16/XMODEM of b: 0x31C3 for "123456789".
func CRC16(b []byte) uint16 {
	head := b[:len(b)%16]
	high, low := loadHead(head)
	crc := update16(0, high, low)
	for b = b[len(head):]; len(b) >= 16; b = b[16:] {
		crc = update16(crc, binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]))
	}
	return crc
}

// loadHead reads fewer than 16 bytes as the end of a 16-byte block that begins with zeros. Leading zeros do not change a
// checksum that starts at 0, so the odd bytes of a key need no loop of their own if they come first.
func loadHead(b []byte) (high, low uint64) {
	if n := len(b); n > 8 {
		return load(b[:n-8]), binary.BigEndian.Uint64(b[n-8:])
	}
	return 0, load(b)
}

// load reads at most 8 bytes as a big-endian number, with two loads that overlap.
func load(b []byte) uint64 {
	switch n := len(b); {
	case n == 8:
		return binary.BigEndian.Uint64(b)
	case n >= 4:
		first, last := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[n-4:])
		return uint64(first)<<(8*(n-4)) | uint64(last)
	case n >= 2:
		first, last := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[n-2:])
		return uint64(first)<<(8*(n-2)) | uint64(last)
	case n == 1:
		return uint64(b[0])
	}
	return 0
}

// update16 adds a block of 16 bytes to a checksum.
func update16(crc uint16, high, low uint64) uint16 {
	return update8(crc, high, 8) ^ update8(0, low, 0)
}

// update8 adds 8 bytes to a checksum, and then as many zero bytes as follow says.
func update8(crc uint16, word uint64, follow int) uint16 {
	word ^= uint64(crc) << 48
	t := (*[8][256]uint16)(tables[follow:])
	return t[7][byte(word>>56)] ^ t[6][byte(word>>48)] ^ t[5][byte(word>>40)] ^ t[4][byte(word>>32)] ^
		t[3][byte(word>>24)] ^ t[2][byte(word>>16)] ^ t[1][byte(word>>8)] ^ t[0][byte(word)]
}

// hasBrace reports whether a byte of word is '{': xor turns such a byte to zero, and only a zero byte borrows into its top bit.
func hasBrace(word uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	x := word ^ '{'*ones
	return (x-ones)&^x&tops != 0
}
