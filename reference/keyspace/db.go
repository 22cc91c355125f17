// Package keyspace is where a node keeps its keys: one table per slot, so that counting, listing, moving and dropping a
// slot cost what that slot holds.
//
// Keys and strings are records in slabs (arena.go, record.go) that the garbage collector does not look into; a table
// (table.go) is an array of 8-byte cells, a tag and a reference each. A million keys of 16 bytes with values of 64
// bytes take about 100 bytes each.
//
// Lists, sets, hashes and sorted sets are objects outside the slabs (object.go), which their records name. They are
// changed in place by those who have got them from the DB.
//
// A DB knows no clock and has no policy: what counts as expired and who may delete it is decided by package command. It
// belongs to one goroutine. Which slot a key is in is up to the caller: the same key in two slots is two keys.
package keyspace

import (
	"bytes"
	"fmt"
	"unsafe"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// DB is the data set of one node.
type DB struct {
	hasher   hasher
	groups   [slot.Count / groupSlots]*group // nil until a slot of it has had a key
	keys     int
	expiring expiring
	objects  *objects
	limits   Limits
	blocks   *blocks
	records  arena[byte]
	arrays   arena[cell] // the cells of the tables

	snapshots  []*Snapshot // that are not complete
	flushed    bool        // snapshots alone still read this
	prefetched int         // of no meaning: without it, reads for their own sake would be left out by the compiler
}

// group is the tables of neighbouring slots. A DB with few keys has few of them.
type group struct {
	tables [groupSlots]table
	keys   int
}

const groupSlots = 64

// New returns an empty DB. Every DB made by New has its keys in the same order.
func New() *DB { return NewSeeded(0) }

// NewSeeded returns an empty DB whose order of keys depends on seed. Who does not know the seed cannot choose keys that
// collide.
func NewSeeded(seed uint64) *DB { return NewIn(nil, seed) }

// NewIn is NewSeeded with the slabs in memory, or on the heap if that is nil.
func NewIn(memory Memory, seed uint64) *DB {
	db := &DB{hasher: newHasher(seed), limits: usual, blocks: &blocks{memory: memory}}
	db.Flush()
	return db
}

// Close gives back the Memory. The DB, and what was read from it, must not be used any more.
func (db *DB) Close() { db.blocks.close() }

// Flush removes every key and lets go of the memory.
func (db *DB) Flush() {
	db.leaveToSnapshots()
	db.groups = [len(db.groups)]*group{}
	db.keys = 0
	db.expiring = expiring{}
	db.objects = &objects{limits: &db.limits} // another one: what was in the old one is no longer on account
	db.blocks.reset()
	db.records = newArena(db.blocks, unitBytes, db.recordMoved)
	db.arrays = newArena(db.blocks, 1, db.cellsMoved)
}

// Get returns the value of key, expired or not. Nothing is allocated.
func (db *DB) Get(s slot.Slot, key []byte) (Value, bool) {
	if t := db.table(s); t != nil {
		if _, rec := db.find(t, db.tag(key), key); rec != nil {
			return db.value(rec), true
		}
	}
	return Value{}, false
}

// Set inserts or replaces key, its value and its expiry. Both key and string are copied; they may be views into this DB.
// A replaced string of about the same length is overwritten in place. An object is held as it is.
func (db *DB) Set(s slot.Slot, key []byte, v Value) {
	if v.Kind != String && (v.Object == nil || v.Object.Kind() != v.Kind) {
		panic(fmt.Sprintf("keyspace: a value of kind %v cannot be stored", v.Kind))
	}
	db.Changing(s)
	g := db.group(s)
	t, tag := &g.tables[s%groupSlots], db.tag(key)
	i, old := db.find(t, tag, key)
	if v.Kind != String {
		v.Str = db.objects.add(v.Object)
	}
	if old != nil {
		if p, ok := old.objectPlace(); ok {
			db.objects.remove(p)
		}
		db.replace(t, i, old, key, v)
		return
	}
	r, rec := db.records.alloc(recordClass(len(key), v))
	record(rec).fill(s, key, v)
	if v.ExpireAt != 0 {
		db.track(r, rec)
	}
	db.insert(s, t, makeCell(tag, r))
	g.keys++
	db.keys++
}

// SetExpiry changes when key expires, 0 for never, and reports whether the key exists.
func (db *DB) SetExpiry(s slot.Slot, key []byte, at clock.Millis) bool {
	t := db.table(s)
	if t == nil {
		return false
	}
	i, old := db.find(t, db.tag(key), key)
	if old == nil {
		return false
	}
	db.Changing(s)
	v := old.value()
	v.ExpireAt = at
	db.replace(t, i, old, key, v)
	return true
}

// Delete removes key and reports whether it was there.
func (db *DB) Delete(s slot.Slot, key []byte) bool {
	g := db.groups[s/groupSlots]
	if g == nil {
		return false
	}
	t := &g.tables[s%groupSlots]
	i, old := db.find(t, db.tag(key), key)
	if old == nil {
		return false
	}
	db.Changing(s)
	db.forget(old)
	r := t.cells[i].ref()
	t.remove(i)
	g.keys--
	db.keys--
	db.shrink(s, t)
	db.records.free(r)
	return true
}

// DeleteAll removes keys of one slot, in less time than Delete takes for each. gone is called for those that were there.
func (db *DB) DeleteAll(s slot.Slot, keys [][]byte, gone func(key []byte)) {
	g := db.groups[s/groupSlots]
	if g == nil {
		return
	}
	t := &g.tables[s%groupSlots]
	db.Changing(s)
	for _, key := range keys {
		i, old := db.find(t, db.tag(key), key)
		if old == nil {
			continue
		}
		db.forget(old)
		r := t.cells[i].ref()
		t.remove(i)
		g.keys--
		db.keys--
		db.records.freeLater(r)
		gone(key)
	}
	if t.cells != nil {
		db.shrink(s, t)
	}
	db.records.drainAll() // last: it may move any record
}

// FlushSlot removes every key of slot s and returns how many there were.
func (db *DB) FlushSlot(s slot.Slot) int {
	n := db.LenSlot(s)
	if n == 0 {
		return 0
	}
	db.Changing(s)
	g := db.groups[s/groupSlots]
	t := &g.tables[s%groupSlots]
	for i := len(t.cells) - 1; i >= firstEntry; i-- { // from the end, so that the entries before can be found all the time
		c := t.cells[i]
		if c == 0 {
			continue
		}
		db.forget(db.record(c))
		t.cells[i] = 0
		t.used--
		db.records.free(c.ref())
	}
	g.keys -= n
	db.keys -= n
	db.shrink(s, t)
	return n
}

// Len is the number of keys.
func (db *DB) Len() int { return db.keys }

// LenSlot is the number of keys in slot s.
func (db *DB) LenSlot(s slot.Slot) int {
	if t := db.table(s); t != nil {
		return int(t.used)
	}
	return 0
}

// Bytes is the memory held for keys, values and tables, used or kept for reuse. Objects count with the bytes of their
// elements and a fixed share for what points at each.
func (db *DB) Bytes() int {
	n := db.records.bytes + db.arrays.bytes + db.objects.bytes + len(db.expiring.chunks)*refsPerChunk*8
	for _, g := range db.groups {
		if g != nil {
			n += int(unsafe.Sizeof(*g))
		}
	}
	return n
}

// KeyBytes is the memory held for one key and its value, as Bytes counts it; 0 if there is no such key.
func (db *DB) KeyBytes(s slot.Slot, key []byte) int {
	t := db.table(s)
	if t == nil {
		return 0
	}
	_, rec := db.find(t, db.tag(key), key)
	if rec == nil {
		return 0
	}
	n := len(rec) + int(unsafe.Sizeof(cell(0)))
	if o := db.value(rec).Object; o != nil {
		n += o.account().bytes + objectBytes
	}
	return n
}

// table is the table of slot s, nil if neither it nor its neighbours ever had a key.
func (db *DB) table(s slot.Slot) *table {
	if g := db.groups[s/groupSlots]; g != nil {
		return &g.tables[s%groupSlots]
	}
	return nil
}

// group is the group of slot s, which is made if need be.
func (db *DB) group(s slot.Slot) *group {
	g := db.groups[s/groupSlots]
	if g == nil {
		g = new(group)
		db.groups[s/groupSlots] = g
	}
	return g
}

// entries is the cells of slot s, empty ones included.
func (db *DB) entries(s slot.Slot) []cell {
	if t := db.table(s); t != nil {
		return t.entries()
	}
	return nil
}

func (db *DB) tag(key []byte) uint64 { return db.hasher.hash(key) >> refBits }

func (db *DB) record(c cell) record { return db.records.at(c.ref()) }

// value is what a record holds.
func (db *DB) value(rec record) Value {
	v := rec.value()
	if v.Kind != String {
		place, _ := rec.objectPlace()
		v.Object, v.Str = db.objects.all[place], nil
	}
	return v
}

// forget takes a record out of the lists of those with an expiry and with an object.
func (db *DB) forget(rec record) {
	if rec.expiring() {
		db.untrack(rec)
	}
	if place, ok := rec.objectPlace(); ok {
		db.objects.remove(place)
	}
}

// find returns the record of key and the index of its cell in t; the record is nil if there is none.
func (db *DB) find(t *table, tag uint64, key []byte) (int, record) {
	for i := t.home(tag); i < len(t.cells); i++ {
		c := t.cells[i]
		if c == 0 || c.tag() > tag {
			break
		}
		if c.tag() < tag {
			continue
		}
		if rec := db.record(c); bytes.Equal(rec.key(), key) {
			return i, rec
		}
	}
	return 0, nil
}

// replace gives the key at index i of t another value: in place if the record keeps its form and its class, or else in
// a new record.
func (db *DB) replace(t *table, i int, old record, key []byte, v Value) {
	c := recordClass(len(key), v)
	if old[0] == headOf(len(key), v) && len(old) == c.units()*unitBytes {
		old.setValue(v)
		return
	}
	r, rec := db.records.alloc(c)
	record(rec).fill(old.slot(), key, v)
	switch had, has := old.expiring(), v.ExpireAt != 0; {
	case had && has:
		record(rec).setPlace(old.place())
		*db.expiring.at(old.place()) = r
	case has:
		db.track(r, rec)
	case had:
		db.untrack(old)
	}
	oldRef := t.cells[i].ref()
	t.cells[i] = makeCell(t.cells[i].tag(), r)
	db.records.free(oldRef) // last: it may move any record
}

// insert adds an entry to the table of slot s, which grows if need be.
func (db *DB) insert(s slot.Slot, t *table, c cell) {
	for t.full() || !t.insert(c) {
		db.resize(s, t, max(cellsFor(int(t.used)+1), len(t.cells)+1))
	}
}

// shrink gives up the cells of an empty table and most of those of a sparse one. Keys deleted in the order of their tags,
// as a migration does, leave entries that fit no smaller table, so a large one tries only as often as its keys halve.
func (db *DB) shrink(s slot.Slot, t *table) {
	switch {
	case t.used == 0:
		r := t.cells[owner].ref()
		*t = table{}
		db.arrays.free(r)
	case int(t.used) <= len(t.cells)/4 && (len(t.cells) <= 8*packedMax || t.used&(t.used-1) == 0):
		db.resize(s, t, cellsFor(int(t.used)))
	}
}

// resize moves the entries of t into another array of at least n cells.
func (db *DB) resize(s slot.Slot, t *table, n int) {
	c := db.arrays.classFor(n)
	for !t.fits(c.units()) {
		c++
	}
	if c.units() == len(t.cells) {
		return
	}
	old := t.cells
	r, cells := db.arrays.alloc(c)
	t.moveTo(cells)
	t.cells[owner] = makeCell(uint64(s), r)
	if old != nil {
		db.arrays.free(old[owner].ref()) // last: it may move any array
	}
}

// recordMoved lets everything that knows the record by its old ref know it by its new one.
func (db *DB) recordMoved(from, to ref, content []byte) {
	rec := record(content)
	tag := db.tag(rec.key())
	t := db.table(rec.slot())
	i := t.home(tag)
	for t.cells[i] != makeCell(tag, from) {
		i++
	}
	t.cells[i] = makeCell(tag, to)
	if rec.expiring() {
		*db.expiring.at(rec.place()) = to
	}
}

// cellsMoved lets the table know where its cells are now.
func (db *DB) cellsMoved(_, to ref, content []cell) {
	s := slot.Slot(content[owner].tag())
	content[owner] = makeCell(uint64(s), to)
	db.table(s).cells = content
}
