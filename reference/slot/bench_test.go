package slot

import (
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkOf measures Of against the usual way: a search for the braces, then one table and one byte at a time, as clients and
// redis-server itself do it. BenchmarkAgainstGoRedis asks go-redis itself.
func BenchmarkOf(b *testing.B) {
	for _, length := range []int{8, 16, 32, 64, 256} {
		keys := benchmarkKeys(length)
		for _, f := range []struct {
			name string
			slot func([]byte) Slot
		}{{"slicing", Of}, {"naive", ofNaive}} {
			b.Run(fmt.Sprintf("%dB/%s", length, f.name), func(b *testing.B) {
				b.ReportAllocs()
				var sink Slot
				for i := range b.N {
					sink += f.slot(keys[i%len(keys)])
				}
				_ = sink
			})
		}
	}
	b.Run("tagged/slicing", func(b *testing.B) {
		key := []byte("user:{1000}:following")
		for b.Loop() {
			Of(key)
		}
	})
	b.Run("tagged/naive", func(b *testing.B) {
		key := []byte("user:{1000}:following")
		for b.Loop() {
			ofNaive(key)
		}
	})
}

// benchmarkKeys are 64 keys of one length, so that the look-ups are not the same each time.
func benchmarkKeys(length int) [64][]byte {
	var keys [64][]byte
	for i := range keys {
		keys[i] = fmt.Appendf(bytes.Repeat([]byte{'k'}, length-3), ":%02d", i)
	}
	return keys
}

func ofNaive(key []byte) Slot {
	if open := bytes.IndexByte(key, '{'); open >= 0 {
		if length := bytes.IndexByte(key[open+1:], '}'); length > 0 {
			key = key[open+1 : open+1+length]
		}
	}
	var crc uint16
	for _, c := range key {
		crc = crc<<8 ^ tables[0][byte(crc>>8)^c]
	}
	return Slot(crc % Count)
}
