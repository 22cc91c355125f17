package keyspace

import (
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// Each visits every key, slot by slot, until visit returns false. visit must not write to the DB.
func (db *DB) Each(visit func(s slot.Slot, key []byte, v Value) bool) {
	for s := range slot.Slot(slot.Count) {
		for _, c := range db.entries(s) {
			if c == 0 {
				continue
			}
			if rec := db.record(c); !visit(s, rec.key(), db.value(rec)) {
				return
			}
		}
	}
}

// AppendKeysInSlot appends copies of at most max keys of slot s to dst.
func (db *DB) AppendKeysInSlot(dst [][]byte, s slot.Slot, max int) [][]byte {
	first := len(dst)
	total := 0
	for _, c := range db.entries(s) {
		if c == 0 {
			continue
		}
		if len(dst)-first >= max {
			break
		}
		key := db.record(c).key()
		dst = append(dst, key)
		total += len(key)
	}
	copies := make([]byte, 0, total) // one allocation for all of them
	for i, key := range dst[first:] {
		n := len(copies)
		copies = append(copies, key...)
		dst[first+i] = copies[n:len(copies):len(copies)]
	}
	return dst
}

// Scan visits about count keys, at least one if there are any, and returns the cursor to go on from; 0 begins and 0
// ends. A key that is there from the first call to the last is visited exactly once, whatever comes and goes in
// between. visit must not write to the DB.
//
// The order is by slot and then by the tag of the key, which no change of the table touches; the cursor is the slot and
// tag that come next. Keys of one slot and tag, which are rare, are visited together. A cursor has 38 bits: it survives
// clients that keep it in a floating-point number.
func (db *DB) Scan(cursor uint64, count int, visit func(key []byte, v Value)) (next uint64) {
	last := uint64(0) // the position visited last
	count = max(count, 1)
	for s := cursor >> tagBits; s < slot.Count; s++ {
		t := db.table(slot.Slot(s))
		if t == nil || t.used == 0 {
			continue
		}
		from := uint64(0)
		if s == cursor>>tagBits {
			from = cursor & tagMask
		}
		for _, c := range t.cells[t.home(from):] {
			if c == 0 || c.tag() < from {
				continue
			}
			position := s<<tagBits | c.tag()
			if count <= 0 && position != last {
				return position
			}
			rec := db.record(c)
			visit(rec.key(), db.value(rec))
			last = position
			count--
		}
	}
	return 0
}

// RandomKey returns a view of a key, each as likely as any other, and false when there is none.
func (db *DB) RandomKey(r *rand.Rand) (key []byte, ok bool) {
	if db.keys == 0 {
		return nil, false
	}
	rank := r.IntN(db.keys)
	for _, g := range db.groups {
		if g == nil {
			continue
		}
		if rank >= g.keys {
			rank -= g.keys
			continue
		}
		for i := range g.tables {
			t := &g.tables[i]
			if rank < int(t.used) {
				return db.record(t.random(r)).key(), true
			}
			rank -= int(t.used)
		}
	}
	panic("keyspace: fewer keys than were counted")
}

// random is an entry of a table that has some.
func (t *table) random(r *rand.Rand) cell {
	for {
		if c := t.cells[firstEntry+r.IntN(len(t.cells)-firstEntry)]; c != 0 {
			return c
		}
	}
}
