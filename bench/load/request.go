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

// renderer renders requests by copying a template and patching the digits of the keys.
type renderer struct {
	templates [operations][]byte
	patchAt   [operations][]int
}

func newRenderer(w Workload) *renderer {
	key, value := fmt.Sprintf(keyFormat, 0), strings.Repeat(valueFiller, w.ValueBytes)
	reads, writes := []string{"GET", key}, []string{"SET", key, value}
	if w.isMulti() {
		reads, writes = []string{"MGET"}, []string{"MSET"}
		for i := range w.KeysPerRequest {
			tagged := fmt.Sprintf("{%s}:%d", key, i)
			reads, writes = append(reads, tagged), append(writes, tagged, value)
		}
	}
	r := &renderer{}
	for op, args := range [operations][]string{get: reads, set: writes, asking: {"ASKING"}} {
		r.templates[op] = appendRequest(nil, args...)
		r.patchAt[op] = places(string(r.templates[op]), key)
	}
	return r
}

// places are where in the template the digits of a key begin.
func places(template, key string) (at []int) {
	for from := 0; ; {
		i := strings.Index(template[from:], key)
		if i < 0 {
			return at
		}
		at = append(at, from+i+keyPatchAt)
		from += i + len(key)
	}
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
		begin := len(dst)
		dst = append(dst, r.templates[op]...)
		number := digits(e.key())
		for _, at := range r.patchAt[op] {
			binary.LittleEndian.PutUint64(dst[begin+at:], number)
		}
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
	key := fmt.Appendf(nil, keyFormat, 0) // the whole key is hashed: it has no braces, or stands in them
	slots := make([]uint16, n)
	for i := range slots {
		binary.LittleEndian.PutUint64(key[keyPatchAt:], digits(uint32(i)))
		slots[i] = wire.CRC16(key) % wire.Slots
	}
	return slots
}
