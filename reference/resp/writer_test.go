package resp

import (
	"bytes"
	"math"
	"testing"
)

func TestWriter(t *testing.T) {
	for _, c := range []struct {
		name         string
		write        func(w *Writer)
		resp2, resp3 string
	}{
		{"simple", func(w *Writer) { w.Simple("OK") }, "+OK\r\n", "+OK\r\n"},
		{"error", func(w *Writer) { w.Error("ERR no such key") }, "-ERR no such key\r\n", "-ERR no such key\r\n"},
		{"error with line breaks", func(w *Writer) { w.Error("\nERR a\r\n+b\n\r\n") }, "-ERR a  +b\r\n", "-ERR a  +b\r\n"},
		{"integer", func(w *Writer) { w.Int(-12) }, ":-12\r\n", ":-12\r\n"},
		{"lowest integer", func(w *Writer) { w.Int(math.MinInt64) }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n"},
		{"bulk", func(w *Writer) { w.Bulk([]byte("a\r\nb")) }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
		{"bulk of two digits", func(w *Writer) { w.BulkString("0123456789") }, "$10\r\n0123456789\r\n", "$10\r\n0123456789\r\n"},
		{"empty bulk", func(w *Writer) { w.Bulk(nil) }, "$0\r\n\r\n", "$0\r\n\r\n"},
		{"null", func(w *Writer) { w.Null() }, "$-1\r\n", "_\r\n"},
		{"null array", func(w *Writer) { w.NullArray() }, "*-1\r\n", "_\r\n"},
		{"array", func(w *Writer) { w.Array(3) }, "*3\r\n", "*3\r\n"},
		{"map", func(w *Writer) { w.Map(7) }, "*14\r\n", "%7\r\n"},
		{"set", func(w *Writer) { w.Set(0) }, "*0\r\n", "~0\r\n"},
		{"push", func(w *Writer) { w.Push(3) }, "*3\r\n", ">3\r\n"},
		{"true", func(w *Writer) { w.Bool(true) }, ":1\r\n", "#t\r\n"},
		{"false", func(w *Writer) { w.Bool(false) }, ":0\r\n", "#f\r\n"},
		{"verbatim", func(w *Writer) { w.Verbatim("txt", []byte("hi")) }, "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"},
		{"double", func(w *Writer) { w.Double(3.1) }, "$18\r\n3.1000000000000001\r\n", ",3.1000000000000001\r\n"},
		{"whole double", func(w *Writer) { w.Double(100) }, "$3\r\n100\r\n", ",100\r\n"},
		{"large double", func(w *Writer) { w.Double(1e17) }, "$5\r\n1e+17\r\n", ",1e+17\r\n"},
		{"small double", func(w *Writer) { w.Double(-2.5e-5) }, "$23\r\n-2.5000000000000001e-05\r\n", ",-2.5000000000000001e-05\r\n"},
		{"negative zero", func(w *Writer) { w.Double(math.Copysign(0, -1)) }, "$2\r\n-0\r\n", ",-0\r\n"},
		{"infinity", func(w *Writer) { w.Double(math.Inf(1)) }, "$3\r\ninf\r\n", ",inf\r\n"},
		{"negative infinity", func(w *Writer) { w.Double(math.Inf(-1)) }, "$4\r\n-inf\r\n", ",-inf\r\n"},
		{"not a number", func(w *Writer) { w.Double(math.NaN()) }, "$3\r\nnan\r\n", ",nan\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for proto, want := range []string{c.resp2, c.resp2, c.resp2, c.resp3} {
				w := Writer{Proto: proto, Buf: []byte("before")}
				if c.write(&w); string(w.Buf) != "before"+want {
					t.Errorf("version %d: %q, want %q", proto, w.Buf, want)
				}
			}
		})
	}
}

func TestAppendCommand(t *testing.T) {
	const want = "before*3\r\n$3\r\nSET\r\n$0\r\n\r\n$2\r\n\r\n\r\n"
	if got := AppendCommand([]byte("before"), []byte("SET"), nil, []byte("\r\n")); string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := AppendCommandStrings([]byte("before"), "SET", "", "\r\n"); string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := AppendCommand(nil); string(got) != "*0\r\n" {
		t.Errorf("no arguments: %q", got)
	}
}

func TestWriterDoesNotAllocate(t *testing.T) {
	value, key := bytes.Repeat([]byte("v"), 100), "key"
	for _, proto := range []int{2, 3} {
		w := Writer{Proto: proto, Buf: make([]byte, 0, 4096)}
		allocations := testing.AllocsPerRun(100, func() {
			w.Buf = w.Buf[:0]
			w.Simple("OK")
			w.Error("MOVED 1 127.0.0.1:1")
			w.Error("ERR a\nb")
			w.Int(math.MinInt64)
			w.Bulk(value)
			w.BulkString(key)
			w.Null()
			w.NullArray()
			w.Array(100)
			w.Map(100)
			w.Set(100)
			w.Push(100)
			w.Double(1.1)
			w.Double(-math.MaxFloat64)
			w.Bool(true)
			w.Verbatim("txt", value)
			w.Buf = AppendCommand(w.Buf, value, value)
			w.Buf = AppendCommandStrings(w.Buf, key, key)
		})
		if allocations != 0 {
			t.Errorf("version %d: %v allocations a run, want none", proto, allocations)
		}
	}
}
