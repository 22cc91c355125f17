package wire

import "strings"

// Slots is the number of hash slots of a cluster.
const Slots = 16384

// SlotOf is the hash slot of a key (cluster specification, "Key distribution model"): CRC16 of the key, or of what stands between its
// first "{" and the first "}" after it when that is not empty.
func SlotOf(key string) int {
	if _, rest, found := strings.Cut(key, "{"); found {
		if tag, _, found := strings.Cut(rest, "}"); found && tag != "" {
			key = tag
		}
	}
	return int(CRC16([]byte(key))) % Slots
}

// CRC16 is the CRC-16/XMODEM of b, computed bit by bit from its definition: polynomial 0x1021, initial value 0, nothing reflected.
func CRC16(b []byte) uint16 {
	var crc uint16
	for _, octet := range b {
		crc ^= uint16(octet) << 8
		for range 8 {
			carry := crc&0x8000 != 0
			crc <<= 1
			if carry {
				crc ^= 0x1021
			}
		}
	}
	return crc
}
