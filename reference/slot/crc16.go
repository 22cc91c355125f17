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
	crc, _ := checksum(b, false)
	return crc
}

// checksum is the CRC-16 of b. With stopAtBrace it gives up, ok false, when it meets an opening brace.
//
// Leading zeros do not change a checksum that starts at 0. So the odd bytes of b come first, as the end of a block that begins
// with zeros, and no loop over single bytes is needed.
func checksum(b []byte, stopAtBrace bool) (crc uint16, ok bool) {
	if len(b) <= 8 {
		word := loadShort(b)
		return slice8(word), !stopAtBrace || !hasBrace(word)
	}
	head := (len(b)-1)%16 + 1
	high := binary.BigEndian.Uint64(b) >> (-8 * head & 63)
	if head <= 8 {
		if stopAtBrace && hasBrace(high) {
			return 0, false
		}
		crc = slice8(high)
	} else {
		low := binary.BigEndian.Uint64(b[head-8:])
		if stopAtBrace && (hasBrace(high) || hasBrace(low)) {
			return 0, false
		}
		crc = slice16(high) ^ slice8(low)
	}
	for b = b[head:]; len(b) >= 16; b = b[16:] {
		high, low := binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])
		if stopAtBrace && (hasBrace(high) || hasBrace(low)) {
			return 0, false
		}
		crc = slice16(high^uint64(crc)<<48) ^ slice8(low)
	}
	return crc, true
}

// loadShort reads at most 8 bytes as a big-endian number, by loads that overlap.
func loadShort(b []byte) uint64 {
	switch n := len(b); {
	case n == 8:
		return binary.BigEndian.Uint64(b)
	case n >= 4:
		return uint64(binary.BigEndian.Uint32(b))<<(8*(n-4)) | uint64(binary.BigEndian.Uint32(b[n-4:]))
	case n > 0:
		return uint64(b[0])<<(8*(n-1)) | uint64(b[n/2])<<(8*((n-1)/2)) | uint64(b[n-1])
	}
	return 0
}

// slice8 is the checksum of 8 bytes.
func slice8(w uint64) uint16 {
	return tables[7][w>>56] ^ tables[6][byte(w>>48)] ^ tables[5][byte(w>>40)] ^ tables[4][byte(w>>32)] ^
		tables[3][byte(w>>24)] ^ tables[2][byte(w>>16)] ^ tables[1][byte(w>>8)] ^ tables[0][byte(w)]
}

// slice16 is the checksum of 8 bytes and of 8 zero bytes after them.
func slice16(w uint64) uint16 {
	return tables[15][w>>56] ^ tables[14][byte(w>>48)] ^ tables[13][byte(w>>40)] ^ tables[12][byte(w>>32)] ^
		tables[11][byte(w>>24)] ^ tables[10][byte(w>>16)] ^ tables[9][byte(w>>8)] ^ tables[8][byte(w)]
}

// hasBrace reports whether a byte of w is '{': exclusive or turns such a byte into 0, and the subtraction sets a top bit that was
// clear only if there is a 0.
func hasBrace(w uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	x := w ^ '{'*ones
	return (x-ones)&^x&tops != 0
}
