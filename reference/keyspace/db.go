// Package keyspace is where a node keeps its keys: one table per slot, so that counting, listing, moving and dropping a slot
// cost what that slot holds.
//
// A DB knows no clock and has no policy: what is expired and who may delete it is decided by package command. It belongs to one
// goroutine. Wherever a method takes a slot together with a key, the slot must be slot.Of(key).
package keyspace

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// DB is the data set of one node.
type DB struct{ tables [slot.Count]map[string]Value }

// New returns an empty DB.
func New() *DB { return &DB{} }

// Get returns the value of key, expired or not. Nothing is allocated.
func (db *DB) Get(s slot.Slot, key []byte) (Value, bool) {
	v, ok := db.tables[s][string(key)]
	return v, ok
}

// Set inserts or replaces key, its value and its expiry. Both key and value are copied; they may be views into this DB.
func (db *DB) Set(s slot.Slot, key []byte, v Value) {
	if db.tables[s] == nil {
		db.tables[s] = map[string]Value{}
	}
	v.Str = bytes.Clone(v.Str)
	db.tables[s][string(key)] = v
}

// SetExpiry changes when key expires, 0 for never, and reports whether the key exists.
func (db *DB) SetExpiry(s slot.Slot, key []byte, at clock.Millis) bool {
	v, ok := db.tables[s][string(key)]
	if ok {
		v.ExpireAt = at
		db.tables[s][string(key)] = v
	}
	return ok
}

// Delete removes key and reports whether it was there.
func (db *DB) Delete(s slot.Slot, key []byte) bool {
	_, ok := db.tables[s][string(key)]
	delete(db.tables[s], string(key))
	return ok
}

// Len is the number of keys.
func (db *DB) Len() (n int) {
	for s := range db.tables {
		n += len(db.tables[s])
	}
	return n
}

// LenSlot is the number of keys in slot s.
func (db *DB) LenSlot(s slot.Slot) int { return len(db.tables[s]) }

// LenExpiring is the number of keys that have an expiry.
func (db *DB) LenExpiring() (n int) {
	db.Each(func(_ slot.Slot, _ []byte, v Value) bool {
		if v.ExpireAt != 0 {
			n++
		}
		return true
	})
	return n
}

// AppendKeysInSlot appends copies of at most max keys of slot s to dst.
func (db *DB) AppendKeysInSlot(dst [][]byte, s slot.Slot, max int) [][]byte {
	for _, k := range db.sorted(s) {
		if max--; max < 0 {
			break
		}
		dst = append(dst, []byte(k))
	}
	return dst
}

func (db *DB) sorted(s slot.Slot) []string { return slices.Sorted(maps.Keys(db.tables[s])) }

// Scan visits some keys, about count, and returns the cursor to go on with; 0 starts and ends. A key that is present from the first call to the
// last is visited, whatever else comes and goes. visit must not write to the DB.
func (db *DB) Scan(cursor uint64, count int, visit func(key []byte, v Value)) (next uint64) {
	for s := slot.Slot(cursor); s < slot.Count; s++ {
		for _, k := range db.sorted(s) {
			visit([]byte(k), db.tables[s][k])
			count--
		}
		if count <= 0 && s+1 < slot.Count {
			return uint64(s) + 1
		}
	}
	return 0
}

// Each visits every key, slot by slot, until visit returns false. visit must not write to the DB.
func (db *DB) Each(visit func(s slot.Slot, key []byte, v Value) bool) {
	for s := range slot.Slot(slot.Count) {
		for _, k := range db.sorted(s) {
			if !visit(s, []byte(k), db.tables[s][k]) {
				return
			}
		}
	}
}

// RandomKey returns a view of a key, each as likely as any other, and false when there is none.
func (db *DB) RandomKey(r *rand.Rand) (key []byte, ok bool) {
	n := db.Len()
	if n == 0 {
		return nil, false
	}
	i := r.IntN(n)
	db.Each(func(_ slot.Slot, k []byte, _ Value) bool {
		key = k
		i--
		return i >= 0
	})
	return key, true
}

// SampleExpiring visits n keys that have an expiry, chosen at random, or all of them if they are no more than n. visit may delete the key it is
// shown.
func (db *DB) SampleExpiring(r *rand.Rand, n int, visit func(s slot.Slot, key []byte, at clock.Millis)) {
	db.Each(func(s slot.Slot, k []byte, v Value) bool {
		if v.ExpireAt != 0 && n > 0 {
			visit(s, k, v.ExpireAt)
			n--
		}
		return n > 0
	})
}

// FlushSlot removes every key of slot s and returns how many there were.
func (db *DB) FlushSlot(s slot.Slot) int {
	n := len(db.tables[s])
	db.tables[s] = nil
	return n
}

// Flush removes every key.
func (db *DB) Flush() { db.tables = [slot.Count]map[string]Value{} }

// Bytes is the memory held for keys, values and tables, used or kept for reuse.
func (db *DB) Bytes() (n int) {
	db.Each(func(_ slot.Slot, k []byte, v Value) bool {
		n += len(k) + len(v.Str)
		return true
	})
	return n
}
