package load

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// keyFormat is redis-benchmark's, so that the two tools can use each other's data.
const (
	keyFormat   = "key:%012d"
	keyBytes    = 16
	patchBytes  = 8 // the digits at the end that differ
	keyPatchAt  = keyBytes - patchBytes
	valueFiller = "x"
)

// renderer renders requests by copying a template and patching the digits of the key.
type renderer struct {
	templates [operations][]byte
	patchAt   [operations]int
}

func newRenderer(valueBytes int) *renderer {
	key := fmt.Sprintf(keyFormat, 0)
	r := &renderer{}
	r.templates[get] = appendRequest(nil, "GET", key)
	r.templates[set] = appendRequest(nil, "SET", key, strings.Repeat(valueFiller, valueBytes))
	r.templates[asking] = appendRequest(nil, "ASKING")
	for op := range r.templates {
		r.patchAt[op] = strings.Index(string(r.templates[op]), key) + keyPatchAt
	}
	return r
}

func appendRequest(dst []byte, args ...string) []byte {
	dst = fmt.Appendf(dst, "*%d\r\n", len(args))
	for _, arg := range args {
		dst = fmt.Appendf(dst, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return dst
}

// append renders requests.
func (r *renderer) append(dst []byte, entries []entry) []byte {
	for _, e := range entries {
		op := e.operation()
		at := len(dst) + r.patchAt[op]
		dst = append(dst, r.templates[op]...)
		binary.LittleEndian.PutUint64(dst[at:], digits(e.key()))
	}
	return dst
}

// appendAsking renders what lets the next request in at an importing node.
func (r *renderer) appendAsking(dst []byte) []byte { return append(dst, r.templates[asking]...) }

// digits are the eight decimal digits of n in reading order, n < 10^8: halves, then quarters, then digits, all at once in one word. The factors are
// 1/100 and 1/10 as fractions of powers of two, exact for what they are applied to.
func digits(n uint32) uint64 {
	halves := uint64(n/10000) | uint64(n%10000)<<32
	hundreds := halves * 10486 >> 20 & 0x0000007f_0000007f
	pairs := hundreds | (halves-hundreds*100)<<16
	tens := pairs * 103 >> 10 & 0x000f_000f_000f_000f
	return tens | (pairs-tens*10)<<8 | 0x30303030_30303030
}

// slotsOfKeys are the slots of the first n keys.
func slotsOfKeys(n int) []uint16 {
	key := fmt.Appendf(nil, keyFormat, 0) // no braces: the whole key is hashed
	slots := make([]uint16, n)
	for i := range slots {
		binary.LittleEndian.PutUint64(key[keyPatchAt:], digits(uint32(i)))
		slots[i] = wire.CRC16(key) % wire.Slots
	}
	return slots
}
