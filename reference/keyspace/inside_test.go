package keyspace

import (
	"math/bits"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// checkInside proves that the accounts of a DB agree with what they count.
func checkInside(t *testing.T, db *DB) {
	t.Helper()
	tables := 0
	for s := range slot.Slot(slot.Count) {
		tab := db.table(s)
		if tab == nil || tab.cells == nil {
			continue
		}
		tables++
		if o := tab.cells[owner]; slot.Slot(o.tag()) != s || &db.arrays.at(o.ref())[0] != &tab.cells[0] {
			t.Fatalf("slot %d: the cells belong to %d", s, o.tag())
		}
		checkSorted(t, tab)
	}
	checkArena(t, &db.records, db.Len())
	checkArena(t, &db.arrays, tables)
}

// checkSorted proves what find, insert and remove rely on: cells are sorted, none is before its home, and there is no
// gap between a home and its cell.
func checkSorted(t *testing.T, tab *table) {
	t.Helper()
	last, gap, used := uint64(0), owner, 0
	for i := firstEntry; i < len(tab.cells); i++ {
		c := tab.cells[i]
		if c == 0 {
			gap = i
			continue
		}
		used++
		if home := tab.home(c.tag()); c.tag() < last || home > i || home <= gap {
			t.Fatalf("tag %#x with home %d is at %d, behind tag %#x and a gap at %d", c.tag(), home, i, last, gap)
		}
		last = c.tag()
	}
	if used != int(tab.used) {
		t.Fatalf("a table counts %d keys, has %d", tab.used, used)
	}
}

// checkArena proves that the accounts of an arena agree with its slabs.
func checkArena[E byte | cell](t *testing.T, a *arena[E], used int) {
	t.Helper()
	shelves := make([]shelf, len(a.shelves))
	total := len(a.blocks) * slabBytesMax
	for id, s := range a.slabs {
		if s.data == nil {
			continue
		}
		inUse := -(len(s.live)*64 - s.count) // bits that are set behind the last allocation
		for _, word := range s.live {
			inUse += bits.OnesCount64(word)
		}
		if inUse != s.used {
			t.Fatalf("slab %d counts %d in use, has %d", id, s.used, inUse)
		}
		total += cap(s.data) * unitBytes / a.unitElems
		sh := &shelves[s.class]
		sh.used += s.used
		sh.room += s.count - s.used
		if level := s.used * levels / s.count; level != s.level && a.shelves[s.class].draining != uint32(id) {
			t.Fatalf("slab %d with %d of %d in use is in list %d", id, s.used, s.count, s.level)
		}
		used -= s.used
	}
	for c := range shelves {
		if got := a.shelves[c]; got.used != shelves[c].used || got.room != shelves[c].room {
			t.Fatalf("class %d counts %d used and %d free, has %d and %d", c, got.used, got.room, shelves[c].used, shelves[c].room)
		}
	}
	if total != a.bytes || used != 0 {
		t.Fatalf("arena counts %d bytes, has %d; %d allocations are lost", a.bytes, total, used)
	}
}
