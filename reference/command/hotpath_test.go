package command

import (
	"fmt"
	"testing"
)

// TestHotPathDoesNotAllocate runs the requests that clients send most, in any letter case.
func TestHotPathDoesNotAllocate(t *testing.T) {
	for _, request := range [][]string{
		{"GET", "{b}key"}, {"gEt", "{b}key"}, {"GET", "{b}nosuch"}, {"SET", "{b}key", "another value"}, {"set", "{b}key", "x"},
		{"INCR", "{b}n"}, {"DEL", "{b}nosuch"}, {"EXISTS", "{b}key"}, {"MGET", "{b}key", "{b}nosuch"}, {"TTL", "{b}key"}, {"PING"},
		{"GET", "{foo}moved"}, {"SET", "{foo}moved", "x"}, {"GET", "{user}asked"}, {"ASKING"}, {"MGET", "{b}1", "{bar}1"},
	} {
		b := view{}.bench(t)
		s := b.client()
		b.do(s, "SET", "{b}key", "value")
		args := words(request...)
		allocs := testing.AllocsPerRun(200, func() {
			s.Reply.Buf = s.Reply.Buf[:0]
			b.Execute(s, args)
		})
		if allocs != 0 {
			t.Errorf("%v: %v allocations", request, allocs)
		}
	}
}

func BenchmarkExecute(b *testing.B) {
	for _, request := range [][]string{{"GET", "key:000000000001"}, {"SET", "key:000000000001", "0123456789012345678901234567890123456789012345678901234567890123"}, {"PING"}} {
		b.Run(request[0], func(b *testing.B) {
			e := newBench(b, testSetup{})
			s := e.client()
			for i := range 1000 {
				e.do(s, "SET", fmt.Sprintf("key:%012d", i), "0123456789012345678901234567890123456789012345678901234567890123")
			}
			args := words(request...)
			b.ReportAllocs()
			for b.Loop() {
				s.Reply.Buf = s.Reply.Buf[:0]
				e.Execute(s, args)
			}
		})
	}
	b.Run("MOVED", func(b *testing.B) {
		e := newBench(b, testSetup{file: view{}.file(b)})
		s := e.client()
		args := words("GET", "{foo}key")
		b.ReportAllocs()
		for b.Loop() {
			s.Reply.Buf = s.Reply.Buf[:0]
			e.Execute(s, args)
		}
	})
}
