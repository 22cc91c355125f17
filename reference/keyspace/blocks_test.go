package keyspace

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// strictMemory spoils what is discarded, and knows what is mapped.
type strictMemory struct {
	t      *testing.T
	mapped map[*byte]int // bytes by address
}

func (m strictMemory) Map(n int) []byte {
	b := make([]byte, n)
	spoil(b)
	m.mapped[unsafe.SliceData(b)] = n
	return b
}

func (m strictMemory) Discard(b []byte) { spoil(b) }

func (m strictMemory) Unmap(b []byte) {
	if m.mapped[unsafe.SliceData(b)] != len(b) {
		m.t.Errorf("%d bytes are unmapped that were not mapped", len(b))
	}
	delete(m.mapped, unsafe.SliceData(b))
	spoil(b)
}

func spoil(b []byte) {
	for i := range b {
		b[i] = 0xee
	}
}

func (m strictMemory) bytes() (n int) {
	for _, size := range m.mapped {
		n += size
	}
	return n
}

// TestMemory fills, thins out, flushes and fills a DB whose slabs are not on the heap: nothing that is discarded is read again,
// mappings are used again, and all of them are given back in the end.
func TestMemory(t *testing.T) {
	const keys = 60_000
	memory := strictMemory{t, map[*byte]int{}}
	db := NewIn(memory, 5)
	key := func(i int) []byte { return fmt.Appendf(nil, "key:%d", i) }
	value := func(i int) string { return fmt.Sprintf("%0*d", i%200, i) }
	fill := func() {
		for i := range keys {
			db.Set(slot.Of(key(i)), key(i), Value{Kind: String, Str: []byte(value(i))})
		}
	}
	check := func(step int) {
		t.Helper()
		for i := 0; i < keys; i += step {
			if v, ok := db.Get(slot.Of(key(i)), key(i)); !ok || string(v.Str) != value(i) {
				t.Fatalf("%s is %q, %v", key(i), v.Str, ok)
			}
		}
		checkInside(t, db)
	}
	fill()
	check(1)
	filled := memory.bytes()
	if filled < db.Bytes()/2 || filled > 2*db.Bytes()+mappingBytesMin {
		t.Errorf("%d bytes are mapped for a DB of %d", filled, db.Bytes())
	}
	for i := range keys {
		if i%10 != 0 {
			db.Delete(slot.Of(key(i)), key(i))
		}
	}
	check(10)
	fill()
	check(1)
	before := memory.bytes()
	db.Flush()
	fill()
	check(1)
	if after := memory.bytes(); after != before {
		t.Errorf("%d bytes are mapped after a flush, %d before", after, before)
	}
	seen := 0
	snapshot := db.Snapshot(func(k []byte, v Value) {
		var i int
		fmt.Sscanf(string(k), "key:%d", &i)
		if seen++; string(v.Str) != value(i) {
			t.Fatalf("the snapshot has %q for %s", v.Str, k)
		}
	})
	db.Flush() // in the middle of a snapshot: that keeps what it reads
	fill()
	for !snapshot.Continue(func() bool { return true }) {
	}
	if after := memory.bytes(); seen != keys || after > before {
		t.Errorf("%d bytes are mapped after a snapshot of %d keys, %d before", after, seen, before)
	}
	check(1)
	db.Close()
	if len(memory.mapped) != 0 {
		t.Errorf("%d bytes are still mapped in the end", memory.bytes())
	}
}

// TestPrefetch looks for keys that are there and keys that are not; it has no effect.
func TestPrefetch(t *testing.T) {
	db := New()
	var places []Place
	for i := range 3 * PlacesMax {
		key := fmt.Appendf(nil, "key:%d", i)
		places = append(places, Place{slot.Of(key), key})
		if i%3 != 0 {
			set(db, string(key), text(string(make([]byte, i))))
		}
	}
	allocs := testing.AllocsPerRun(10, func() {
		for at := 0; at < len(places); at += PlacesMax {
			db.Prefetch(places[at : at+PlacesMax])
		}
	})
	if allocs != 0 || db.Len() != 2*PlacesMax {
		t.Errorf("%v allocations, %d keys", allocs, db.Len())
	}
	db.Prefetch(nil)
	checkInside(t, db)
}
