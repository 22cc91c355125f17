package resp

import (
	"bytes"
	"strconv"
	"testing"
)

// BenchmarkNext parses pipelines of 16 requests; one operation is one request.
func BenchmarkNext(b *testing.B) {
	key, value := []byte("key:000000012345"), bytes.Repeat([]byte{'x'}, 64)
	for _, bench := range []struct {
		name    string
		request []byte
	}{
		{"PING", AppendCommandStrings(nil, "PING")},
		{"GET", AppendCommand(nil, []byte("GET"), key)},
		{"SET", AppendCommand(nil, []byte("SET"), key, value)},
		{"inline", []byte("GET key:000000012345\r\n")},
	} {
		b.Run(bench.name, func(b *testing.B) {
			const pipeline = 16
			buf := bytes.Repeat(bench.request, pipeline)
			p := Parser{Limits: DefaultLimits()}
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.request)))
			for i := 0; i < b.N; i += pipeline {
				for rest := buf; len(rest) > 0; {
					_, n, err := p.Next(rest)
					if n == 0 {
						b.Fatal(err)
					}
					rest = rest[n:]
				}
			}
		})
	}
}

// BenchmarkNextLong parses one request of many arguments that arrives in pieces; its cost an argument must not grow with it.
func BenchmarkNextLong(b *testing.B) {
	for _, count := range []int{1_000, 100_000} {
		b.Run(strconv.Itoa(count), func(b *testing.B) {
			args := make([]string, count)
			for i := range args {
				args[i] = "argument"
			}
			buf := AppendCommandStrings(nil, args...)
			p := Parser{Limits: DefaultLimits()}
			for b.Loop() {
				const pieceBytes = 4 << 10
				for end := pieceBytes; ; end += pieceBytes {
					if _, n, _ := p.Next(buf[:min(end, len(buf))]); n > 0 {
						break
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/arg")
		})
	}
}

func BenchmarkWriter(b *testing.B) {
	value := bytes.Repeat([]byte{'x'}, 64)
	w := Writer{Buf: make([]byte, 0, 4096)}
	for _, bench := range []struct {
		name  string
		write func()
	}{
		{"Simple", func() { w.Simple("OK") }},
		{"Bulk", func() { w.Bulk(value) }},
		{"Int", func() { w.Int(123456) }},
		{"Error", func() { w.Error("MOVED 12182 127.0.0.1:30001") }},
		{"Double", func() { w.Double(3.25) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.Buf = w.Buf[:0]
				bench.write()
			}
		})
	}
}
