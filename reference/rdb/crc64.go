package rdb

import "encoding/binary"

// crcTables[k][b] is the checksum of byte b followed by k zero bytes: eight bytes take eight independent look-ups
// ("slicing").
var crcTables = makeCRCTables()

func makeCRCTables() (t [8][256]uint64) {
	const reversed = 0x95ac9329ac4bc9b5 // the polynomial 0xad93d23594c935a9, lowest power first
	for b := range t[0] {
		crc := uint64(b)
		for range 8 {
			crc = crc>>1 ^ crc&1*reversed
		}
		t[0][b] = crc
	}
	for k := 1; k < len(t); k++ {
		for b, crc := range t[k-1] {
			t[k][b] = crc>>8 ^ t[0][byte(crc)]
		}
	}
	return t
}

// CRC64 continues the checksum crc, 0 to begin with, over b. It is CRC-64/Jones, with neither the start nor the result
// inverted: 0xe9c6d914c4b8d9ca for "123456789".
func CRC64(crc uint64, b []byte) uint64 {
	t := &crcTables
	for ; len(b) >= 8; b = b[8:] {
		crc ^= binary.LittleEndian.Uint64(b)
		crc = t[7][byte(crc)] ^ t[6][byte(crc>>8)] ^ t[5][byte(crc>>16)] ^ t[4][byte(crc>>24)] ^
			t[3][byte(crc>>32)] ^ t[2][byte(crc>>40)] ^ t[1][byte(crc>>48)] ^ t[0][crc>>56]
	}
	for _, c := range b {
		crc = crc>>8 ^ t[0][byte(crc)^c]
	}
	return crc
}
