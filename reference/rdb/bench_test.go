package rdb

import (
	"strings"
	"testing"
)

func BenchmarkAppendDump(b *testing.B) {
	v := text(strings.Repeat("v", 64))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendDump(buf[:0], v)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkParseDump(b *testing.B) {
	payload := AppendDump(nil, text(strings.Repeat("v", 64)))
	b.ReportAllocs()
	b.SetBytes(int64(len(payload)))
	for b.Loop() {
		if _, err := ParseDump(payload); err != nil {
			b.Fatal(err)
		}
	}
}
