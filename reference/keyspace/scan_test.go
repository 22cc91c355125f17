package keyspace

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// scan runs a whole Scan, calling between after each step, and returns how often each key was visited.
func scan(t *testing.T, db *DB, count func() int, between func()) map[string]int {
	visits := map[string]int{}
	for cursor, steps := uint64(0), 0; ; steps++ {
		next := db.Scan(cursor, count(), func(key []byte, _ Value) { visits[string(key)]++ })
		if next == 0 {
			return visits
		}
		if next <= cursor || next >= 1<<53 {
			t.Fatalf("the cursor %d comes after %d", next, cursor)
		}
		cursor = next
		between()
	}
}

func TestScanVisitsEachKeyOnce(t *testing.T) {
	for _, keys := range []int{0, 1, 2, 10, 3000} {
		for _, count := range []int{-1, 0, 1, 7, 100, 1 << 40} {
			db := New()
			for i := range keys {
				set(db, fmt.Sprintf("{%d}%d", i%keys%7, i), text("v"))
			}
			steps := 1
			visits := scan(t, db, func() int { return count }, func() { steps++ })
			if len(visits) != keys {
				t.Errorf("%d keys, count %d: visited %d", keys, count, len(visits))
			}
			for key, n := range visits {
				if n != 1 {
					t.Errorf("%q was visited %d times", key, n)
				}
			}
			if least := max(1, (keys+max(count, 1)-1)/max(count, 1)); steps > least {
				t.Errorf("%d keys, count %d: took %d steps, want no more than %d", keys, count, steps, least)
			}
		}
	}
}

// TestEqualTags has two keys that nothing but their bytes tells apart: a scan visits both or none.
func TestEqualTags(t *testing.T) {
	db, byTag := New(), map[uint64]string{}
	first, second := "", ""
	for i := 0; second == ""; i++ {
		key := fmt.Sprintf("{a}%d", i)
		tag := db.tag([]byte(key))
		if other, ok := byTag[tag]; ok {
			first, second = other, key
		}
		byTag[tag] = key
	}
	for _, key := range []string{first, second, "{a}third", "{a}fourth"} {
		set(db, key, text(key))
	}
	for _, key := range []string{first, second} {
		if v, ok := get(db, key); !ok || string(v.Str) != key {
			t.Errorf("%q holds %q", key, v.Str)
		}
	}
	steps := 1
	visits := scan(t, db, func() int { return 1 }, func() { steps++ })
	if len(visits) != 4 || visits[first] != 1 || visits[second] != 1 || steps != 3 {
		t.Errorf("visits %v in %d steps, want four keys in 3", visits, steps)
	}
	s := slot.OfString("{a}")
	if !db.Delete(s, []byte(second)) || db.Delete(s, []byte(second)) {
		t.Errorf("%q is not deleted, or twice", second)
	}
	if v, ok := get(db, first); !ok || string(v.Str) != first {
		t.Errorf("%q holds %q after the other is gone", first, v.Str)
	}
}

// TestScanGuarantee proves the promise of SCAN: what is there from the first call to the last is visited, here exactly
// once, while other keys of the same slots come and go in such numbers that tables grow and shrink many times over.
func TestScanGuarantee(t *testing.T) {
	resized := 0
	for round := range 20 {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 0))
		tags := 1 + r.IntN(1<<r.IntN(10))
		key := func(kind string, i int) string { return fmt.Sprintf("{%d}%s%d", i%tags, kind, i) }
		db := NewSeeded(seed)
		const present, passing = 200, 3000
		for i := range present {
			set(db, key("present", i), text("v"))
		}
		growing := round%2 == 0
		visits := scan(t, db, func() int { return 1 + r.IntN(20) }, func() {
			before := db.cellsOf(slot.OfString("{0}"))
			for range r.IntN(500) {
				k := key("passing", r.IntN(passing))
				if growing {
					set(db, k, Value{Kind: String, Str: make([]byte, r.IntN(300))})
				} else {
					db.Delete(slot.OfString(k), []byte(k))
				}
			}
			if r.IntN(5) == 0 {
				growing = !growing
			}
			if db.cellsOf(slot.OfString("{0}")) != before {
				resized++
			}
		})
		for i := range present {
			if n := visits[key("present", i)]; n != 1 {
				t.Fatalf("seed %#x: %q was visited %d times, want once", seed, key("present", i), n)
			}
		}
	}
	if resized < 50 {
		t.Errorf("a table was resized in %d of the pauses, too few to prove anything", resized)
	}
}

// cellsOf is how many cells the table of slot s has.
func (db *DB) cellsOf(s slot.Slot) int { return len(db.entries(s)) }

// FuzzScanCursor gives Scan cursors that clients made up.
func FuzzScanCursor(f *testing.F) {
	db := New()
	for i := range 1000 {
		set(db, fmt.Sprint(i), text("v"))
	}
	for _, cursor := range []uint64{0, 1, tagMask, 1 << tagBits, slot.Count<<tagBits - 1, slot.Count << tagBits, 1 << 63, ^uint64(0)} {
		f.Add(cursor, 10)
	}
	f.Fuzz(func(t *testing.T, cursor uint64, count int) {
		visited := 0
		next := db.Scan(cursor, count, func([]byte, Value) { visited++ })
		if next != 0 && next <= cursor || visited > max(count, 1) {
			t.Errorf("Scan(%d, %d) = %d after %d keys", cursor, count, next, visited)
		}
	})
}
