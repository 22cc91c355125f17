package keyspace

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// model is a DB as simple as can be.
type model map[slot.Slot]map[string]Value

func (m model) set(s slot.Slot, key string, v Value) {
	if m[s] == nil {
		m[s] = map[string]Value{}
	}
	v.Str = bytes.Clone(v.Str)
	m[s][key] = v
}

func (m model) len() (keys, expiring int) {
	for _, t := range m {
		keys += len(t)
		for _, v := range t {
			if v.ExpireAt != 0 {
				expiring++
			}
		}
	}
	return keys, expiring
}

// check compares everything a DB can tell with the model.
func (m model) check(t *testing.T, db *DB) {
	t.Helper()
	keys, withExpiry := m.len()
	if db.Len() != keys || db.LenExpiring() != withExpiry {
		t.Fatalf("Len, LenExpiring = %d, %d, want %d, %d", db.Len(), db.LenExpiring(), keys, withExpiry)
	}
	for s := range slot.Slot(slot.Count) {
		if got := db.LenSlot(s); got != len(m[s]) {
			t.Fatalf("LenSlot(%d) = %d, want %d", s, got, len(m[s]))
		}
		if got := db.AppendKeysInSlot(nil, s, 1<<30); len(got) != len(m[s]) {
			t.Fatalf("slot %d lists %d keys, want %d", s, len(got), len(m[s]))
		}
		for k, want := range m[s] {
			got, ok := db.Get(s, []byte(k))
			if !ok || !same(got, want) {
				t.Fatalf("Get(%d, %q) = %v, %v, want %v", s, k, got, ok, want)
			}
		}
	}
	visited := 0
	db.Each(func(s slot.Slot, key []byte, v Value) bool {
		if want, ok := m[s][string(key)]; !ok || !same(v, want) {
			t.Fatalf("Each shows %d %q = %v, want %v", s, key, v, want)
		}
		visited++
		return true
	})
	if visited != keys {
		t.Fatalf("Each visits %d keys, want %d", visited, keys)
	}
	seen := map[string]bool{} // by slot and key
	db.SampleExpiring(nil, withExpiry, func(s slot.Slot, key []byte, at clock.Millis) {
		if want := m[s][string(key)]; at == 0 || want.ExpireAt != at {
			t.Fatalf("SampleExpiring shows %d %q %d, want %v", s, key, at, want)
		}
		seen[fmt.Sprint(s, " ", string(key))] = true
	})
	if len(seen) != withExpiry {
		t.Fatalf("SampleExpiring visits %d keys, want %d", len(seen), withExpiry)
	}
	checkInside(t, db)
}

func same(a, b Value) bool {
	return a.Kind == b.Kind && a.ExpireAt == b.ExpireAt && bytes.Equal(a.Str, b.Str)
}

// workload draws random operations: how large a set of keys, how large their values, and how much is deleted differ
// from one to the next.
type workload struct {
	keys, tags, valueMax int
	deletes              int // in percent
	flushes              int // slots flushed, in a thousand
	steps                int // between two comparisons of everything, 5000 by default
}

func (w workload) key(r *rand.Rand) string {
	return fmt.Sprintf("{%d}%0*d", r.IntN(w.tags), r.IntN(2)*r.IntN(300), r.IntN(w.keys))
}

func (w workload) value(r *rand.Rand) Value {
	b := make([]byte, int(float64(w.valueMax)*r.Float64()*r.Float64()*r.Float64()))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return Value{Kind: String, Str: b, ExpireAt: clock.Millis(max(0, r.Int64N(2000)-1000))}
}

func (w workload) step(t *testing.T, r *rand.Rand, db *DB, m model) {
	key := w.key(r)
	s := slot.OfString(key) ^ slot.Slot(r.IntN(2)) // one key in two slots is two keys
	_, exists := m[s][key]
	switch p := r.IntN(1000); {
	case p < w.flushes:
		if got := db.FlushSlot(s); got != len(m[s]) {
			t.Fatalf("FlushSlot(%d) = %d, want %d", s, got, len(m[s]))
		}
		delete(m, s)
	case p < w.flushes+2:
		w.deleteSome(t, r, db, m, s)
	case p == 999 && r.IntN(100) == 0:
		db.Flush()
		clear(m)
	case p < w.deletes*10:
		if got := db.Delete(s, []byte(key)); got != exists {
			t.Fatalf("Delete(%q) = %v", key, got)
		}
		delete(m[s], key)
	case p < w.deletes*10+100:
		at := clock.Millis(max(0, r.Int64N(2000)-1000))
		if got := db.SetExpiry(s, []byte(key), at); got != exists {
			t.Fatalf("SetExpiry(%q) = %v", key, got)
		}
		if exists {
			m.set(s, key, Value{Kind: String, Str: m[s][key].Str, ExpireAt: at})
		}
	case p < w.deletes*10+200:
		if got, ok := db.Get(s, []byte(key)); ok != exists || !same(got, m[s][key]) {
			t.Fatalf("Get(%q) = %v, %v, want %v", key, got, ok, m[s][key])
		}
	case p < w.deletes*10+250: // from a view into the DB
		from := w.key(r)
		v, _ := db.Get(slot.OfString(from), []byte(from))
		v.Kind = String
		m.set(s, key, v)
		db.Set(s, []byte(key), v)
	default:
		v := w.value(r)
		db.Set(s, []byte(key), v)
		m.set(s, key, v)
	}
}

// deleteSome deletes many keys of a slot together, among them one that is not there and one that is given twice.
func (w workload) deleteSome(t *testing.T, r *rand.Rand, db *DB, m model, s slot.Slot) {
	keys := [][]byte{[]byte("none")}
	share := r.Float64()
	for _, key := range db.AppendKeysInSlot(nil, s, 1<<30) {
		if r.Float64() < share {
			keys = append(keys, bytes.Clone(key))
		}
	}
	keys = append(keys, keys[r.IntN(len(keys))])
	db.DeleteAll(s, keys, func(key []byte) {
		if _, there := m[s][string(key)]; !there {
			t.Fatalf("DeleteAll says that %q was there", key)
		}
		delete(m[s], string(key))
	})
	for _, key := range keys {
		if _, left := m[s][string(key)]; left {
			t.Fatalf("DeleteAll did not say that %q was there", key)
		}
	}
}

// TestModel runs random operations on a DB and on a map of maps and compares all they can tell.
func TestModel(t *testing.T) {
	workloads := map[string]workload{
		"few keys":         {keys: 20, tags: 3, valueMax: 100, deletes: 45, flushes: 2},
		"one slot":         {keys: 20000, tags: 1, valueMax: 100, deletes: 20},
		"many slots":       {keys: 4, tags: 20000, valueMax: 300, deletes: 30, flushes: 20},
		"large values":     {keys: 30, tags: 30, valueMax: 200_000, deletes: 30, flushes: 5, steps: 300},
		"grow and vanish":  {keys: 500, tags: 50, valueMax: 2000, deletes: 40, flushes: 1},
		"mostly deletions": {keys: 100, tags: 100, valueMax: 2000, deletes: 70, flushes: 1},
	}
	for name, w := range workloads {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			defer func() {
				if t.Failed() {
					t.Logf("seed %#x", seed)
				}
			}()
			r := rand.New(rand.NewPCG(seed, 0))
			db, m := NewSeeded(seed), model{}
			for range 10 {
				for range cmp.Or(w.steps, 5000) {
					w.step(t, r, db, m)
				}
				m.check(t, db)
			}
		})
	}
}
