package keyspace

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// benchKeys is how many keys the benchmarks work on: too many for the processor's caches.
const benchKeys = 1_000_000

type benchKey struct {
	slot slot.Slot
	key  []byte
}

// fillBench returns a DB of benchKeys keys of 16 bytes with values of 64 bytes, and the keys in random order.
func fillBench() (*DB, []benchKey) {
	db, keys := New(), make([]benchKey, benchKeys)
	value := make([]byte, 64)
	for i := range keys {
		key := fmt.Appendf(nil, "key:%012d", i)
		keys[i] = benchKey{slot.Of(key), key}
		db.Set(keys[i].slot, key, Value{Kind: String, Str: value})
	}
	rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return db, keys
}

func BenchmarkGet(b *testing.B) {
	db, keys := fillBench()
	b.ReportAllocs()
	b.ReportMetric(float64(db.Bytes())/benchKeys, "bytes/key")
	i := 0
	for b.Loop() {
		k := &keys[i%benchKeys]
		if _, ok := db.Get(k.slot, k.key); !ok {
			b.Fatal("lost")
		}
		i++
	}
}

func BenchmarkOverwrite(b *testing.B) {
	db, keys := fillBench()
	value := make([]byte, 64)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		k := &keys[i%benchKeys]
		db.Set(k.slot, k.key, Value{Kind: String, Str: value})
		i++
	}
}

func BenchmarkDeleteAndInsert(b *testing.B) {
	db, keys := fillBench()
	value := make([]byte, 64)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		k := &keys[i%benchKeys]
		db.Delete(k.slot, k.key)
		k = &keys[(i+benchKeys/2)%benchKeys]
		db.Set(k.slot, k.key, Value{Kind: String, Str: value})
		i++
	}
}

func BenchmarkFill(b *testing.B) {
	value := make([]byte, 64)
	key := []byte("key:............")
	b.ReportAllocs()
	db, i := New(), 0
	for b.Loop() {
		if i%benchKeys == 0 {
			db.Flush()
		}
		key = fmt.Appendf(key[:4], "%012d", i)
		db.Set(slot.Of(key), key, Value{Kind: String, Str: value})
		i++
	}
}

func BenchmarkMap(b *testing.B) {
	m := map[string][]byte{}
	_, keys := fillBench()
	for _, k := range keys {
		m[string(k.key)] = make([]byte, 64)
	}
	i := 0
	for b.Loop() {
		k := &keys[i%benchKeys]
		if _, ok := m[string(k.key)]; !ok {
			b.Fatal("lost")
		}
		i++
	}
}

func BenchmarkSetAdd(b *testing.B) {
	s := NewSet()
	var member []byte
	for i := 0; b.Loop(); i++ {
		member = fmt.Appendf(member[:0], "member %d", i)
		s.Add(member)
	}
}

func BenchmarkZSetSet(b *testing.B) {
	z := NewZSet()
	var member []byte
	for i := 0; b.Loop(); i++ {
		member = fmt.Appendf(member[:0], "member %d", i)
		z.Set(member, float64(i*7919%1000003))
	}
}
