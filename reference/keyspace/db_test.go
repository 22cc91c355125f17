package keyspace

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

func set(db *DB, key string, v Value) { db.Set(slot.OfString(key), []byte(key), v) }

func get(db *DB, key string) (Value, bool) { return db.Get(slot.OfString(key), []byte(key)) }

func text(s string) Value { return Value{Kind: String, Str: []byte(s)} }

func TestRecordForms(t *testing.T) {
	for _, keyLen := range []int{0, 1, 255, 256, 70_000} {
		for _, valueLen := range []int{0, 1, 65_535, 65_536, 300_000} {
			for _, at := range []clock.Millis{0, 1, -1, 1<<63 - 1} {
				db, key := New(), bytes.Repeat([]byte("k"), keyLen)
				want := Value{Kind: String, Str: bytes.Repeat([]byte("v"), valueLen), ExpireAt: at}
				db.Set(slot.Of(key), key, want)
				if got, ok := db.Get(slot.Of(key), key); !ok || !same(got, want) {
					t.Errorf("key of %d bytes, value of %d, expiry %d: got %d bytes, expiry %d", keyLen, valueLen, at, len(got.Str), got.ExpireAt)
				}
			}
		}
	}
}

// TestOverwriteFromItself sets keys to parts of their own values, whatever that does to the form of the record.
func TestOverwriteFromItself(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789"), 10_000)
	for _, n := range []int{1, 50, 90, 100, 65_535, 65_536, len(long)} {
		for _, m := range []int{0, 1, n / 2, n - 1, n} {
			for _, at := range []clock.Millis{0, 7} {
				db := New()
				set(db, "k", Value{Kind: String, Str: long[:n], ExpireAt: 7 - at})
				v, _ := get(db, "k")
				set(db, "k", Value{Kind: String, Str: v.Str[m:], ExpireAt: at})
				if got, _ := get(db, "k"); !bytes.Equal(got.Str, long[m:n]) || got.ExpireAt != at {
					t.Errorf("bytes %d to %d of a value, set as its new one: got %d bytes", m, n, len(got.Str))
				}
			}
		}
	}
}

func TestSetOfOtherKindsPanics(t *testing.T) {
	for kind, name := range map[Kind]string{None: "none", ListKind: "list", ZSetKind: "zset", 99: "unknown"} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "kind "+name) {
					t.Errorf("panic: %s", got)
				}
			}()
			set(New(), "k", Value{Kind: kind})
		})
	}
}

func TestEachStops(t *testing.T) {
	db, visited := New(), 0
	for i := range 100 {
		set(db, fmt.Sprint(i), text("v"))
	}
	db.Each(func(slot.Slot, []byte, Value) bool {
		visited++
		return visited < 10
	})
	if visited != 10 {
		t.Errorf("visited %d keys, want 10", visited)
	}
}

func TestFlushOfAnEmptySlot(t *testing.T) {
	db := New()
	set(db, "{a}1", text("v"))
	before := db.Bytes()
	s := slot.OfString("{a}")
	for _, empty := range []slot.Slot{s ^ 1, (s + slot.Count/2) % slot.Count} { // beside the key, and far from it
		if n := db.FlushSlot(empty); n != 0 || db.Bytes() != before {
			t.Errorf("removed %d keys, and %d bytes are held, %d before", n, db.Bytes(), before)
		}
	}
}

func TestKeysInSlotAreCopies(t *testing.T) {
	db := New()
	s := slot.OfString("{a}")
	for i := range 50 {
		set(db, fmt.Sprintf("{a}%d", i), text("v"))
	}
	first := []byte("first")
	keys := db.AppendKeysInSlot([][]byte{first}, s, 20)
	if len(keys) != 21 || &keys[0][0] != &first[0] {
		t.Fatalf("got %d keys, want 20 behind the one there was", len(keys))
	}
	distinct := map[string]bool{}
	db.Flush()
	for i, key := range keys[1:] {
		distinct[string(append(key, fmt.Sprint(i)...)[:len(key)])] = true
	}
	if len(distinct) != 20 {
		t.Errorf("got %d different keys, want 20", len(distinct))
	}
	if keys := db.AppendKeysInSlot(nil, s, 20); len(keys) != 0 {
		t.Errorf("an empty slot has keys %q", keys)
	}
}

func TestNoAllocations(t *testing.T) {
	db := New()
	key, expiring := []byte("key:000000000001"), []byte("key:000000000002")
	s, se := slot.Of(key), slot.Of(expiring)
	values := []Value{text(strings.Repeat("a", 64)), text(strings.Repeat("b", 61)), text(strings.Repeat("c", 200))}
	db.Set(s, key, values[0])
	db.Set(se, expiring, Value{Kind: String, Str: make([]byte, 64), ExpireAt: 1})
	for i := range 10 {
		set(db, fmt.Sprintf("key:%012d", i+100), values[0])
		set(db, fmt.Sprintf("key:%012d", i+200), values[2])
	}
	i := 0
	for name, f := range map[string]func(){
		"Get":                       func() { db.Get(s, key) },
		"Get of a missing key":      func() { db.Get(s, expiring) },
		"Set of an existing key":    func() { i++; db.Set(s, key, values[i%2]) },
		"SetExpiry of an expiry":    func() { i++; db.SetExpiry(se, expiring, clock.Millis(i)) },
		"Delete of a missing key":   func() { db.Delete(s, expiring) },
		"Scan":                      func() { db.Scan(0, 10, func([]byte, Value) {}) },
		"SampleExpiring":            func() { db.SampleExpiring(nil, 1, func(slot.Slot, []byte, clock.Millis) {}) },
		"Len, LenSlot, LenExpiring": func() { i += db.Len() + db.LenSlot(s) + db.LenExpiring() },
		"Set of another size class": func() { i++; db.Set(s, key, values[i%3]) },
	} {
		f()
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

// TestEmptyIsSmall keeps the simulator's thousand nodes affordable.
func TestEmptyIsSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	dbs := make([]*DB, 100)
	for i := range dbs {
		dbs[i] = New()
		set(dbs[i], "a", text("1"))
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / uint64(len(dbs)); got > 12_000 {
		t.Errorf("a DB of one key costs %d bytes, want no more than 12000", got)
	}
	runtime.KeepAlive(dbs)
}

func TestSeedsDiffer(t *testing.T) {
	order := func(db *DB) (keys string) {
		for i := range 20 {
			set(db, fmt.Sprintf("{a}%d", i), text("v"))
		}
		db.Scan(0, 20, func(key []byte, _ Value) { keys += string(key) })
		return keys
	}
	if first, second := order(New()), order(New()); first != second {
		t.Error("two new DBs have their keys in different orders")
	}
	if order(NewSeeded(1)) == order(NewSeeded(2)) {
		t.Error("two seeds give the same order")
	}
}

// uniform reports whether counts, all expected to be equal, are as far apart as chance makes them: it compares
// chi-square with its mean and six standard deviations.
func uniform(counts []int) error {
	total := 0
	for _, n := range counts {
		total += n
	}
	expected := float64(total) / float64(len(counts))
	chi := 0.0
	for _, n := range counts {
		chi += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	freedom := float64(len(counts) - 1)
	if limit := freedom + 6*math.Sqrt2*math.Sqrt(freedom); chi > limit {
		return fmt.Errorf("chi-square %.0f with %.0f degrees of freedom, want less than %.0f", chi, freedom, limit)
	}
	return nil
}

func TestRandomKeyIsUniform(t *testing.T) {
	db, index := New(), map[string]int{}
	for i := range 300 {
		for _, key := range []string{fmt.Sprintf("{one}%d", i), fmt.Sprintf("%d", i)} {
			index[key] = len(index)
			set(db, key, text("v"))
		}
	}
	counts, r := make([]int, len(index)), rand.New(rand.NewPCG(1, 2))
	for range 100 * len(index) {
		key, ok := db.RandomKey(r)
		if !ok {
			t.Fatal("no key")
		}
		counts[index[string(key)]]++
	}
	if err := uniform(counts); err != nil {
		t.Error(err)
	}
	db.Flush()
	if key, ok := db.RandomKey(r); ok {
		t.Errorf("an empty DB has the key %q", key)
	}
}

func TestTagsAreUniform(t *testing.T) {
	forms := map[string]string{"short": "%d", "nine": "%09d", "long": "user:1000:profile:%d:name", "end": "%d:aaaaaaaaaaaaaaaaaaaaaaaaaa"}
	for name, form := range forms {
		for seed := range uint64(3) {
			db, counts := NewSeeded(seed), make([]int, 1024)
			for i := range 20 * len(counts) {
				counts[db.tag(fmt.Appendf(nil, form, i))>>(tagBits-10)]++
			}
			if err := uniform(counts); err != nil {
				t.Errorf("%s keys, seed %d: %v", name, seed, err)
			}
		}
	}
}
