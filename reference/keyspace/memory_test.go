package keyspace

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// payload is the bytes of all keys and values.
func payload(db *DB) (n int) {
	db.Each(func(_ slot.Slot, key []byte, v Value) bool {
		n += len(key) + len(v.Str)
		return true
	})
	return n
}

// TestMemoryPerKey holds the promise of the package comment: about 100 bytes for a key of 16 and a value of 64.
func TestMemoryPerKey(t *testing.T) {
	const keys = 500_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	db, key, value := New(), make([]byte, 0, 16), make([]byte, 64)
	for i := range keys {
		key = fmt.Appendf(key[:0], "key:%012d", i)
		db.Set(slot.Of(key), key, Value{Kind: String, Str: value})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	perKey := float64(db.Bytes()) / keys
	heapPerKey := float64(after.HeapAlloc-before.HeapAlloc) / keys
	t.Logf("%.1f bytes a key by Bytes, %.1f of heap", perKey, heapPerKey)
	if perKey > 104 || heapPerKey > 106 || heapPerKey < perKey*0.97 {
		t.Errorf("%.1f bytes a key by Bytes, %.1f of heap, want no more than 104 and 106, and about the same", perKey, heapPerKey)
	}
	db.Flush()
	if db.Bytes() != 0 || db.Len() != 0 {
		t.Errorf("a flushed DB holds %d bytes and %d keys", db.Bytes(), db.Len())
	}
}

// churn is a DB under random writes, and the limit its memory has to keep.
type churn struct {
	*DB
	t *testing.T
	r *rand.Rand
}

func newChurn(t *testing.T) churn { return churn{New(), t, rand.New(rand.NewPCG(7, 8))} }

func (c churn) key(i int) string { return fmt.Sprintf("key:%012d", i) }

// overwrite gives n keys, chosen among the first keys, values of up to valueMax bytes.
func (c churn) overwrite(n, keys, valueMax int) {
	for range n {
		set(c.DB, c.key(c.r.IntN(keys)), Value{Kind: String, Str: make([]byte, c.r.IntN(valueMax+1))})
	}
}

// holds checks that the memory is at most share of the payload and of 24 bytes for each key, plus what does not grow with
// the data.
func (c churn) holds(when string, share float64) {
	c.t.Helper()
	fixed := slot.Count/groupSlots*int(unsafe.Sizeof(group{})) + slack(&c.records) + slack(&c.arrays)
	limit := int(float64(payload(c.DB)+c.Len()*24)*share) + fixed
	c.t.Logf("%s: %d keys, payload %d, memory %d of %d", when, c.Len(), payload(c.DB), c.Bytes(), limit)
	if c.Bytes() > limit {
		c.t.Errorf("%s: too much memory", when)
	}
	checkInside(c.t, c.DB)
}

// slack is what an arena may hold whatever it has to store: a slab with room in each class, and the blocks that are always kept.
func slack[E byte | cell](a *arena[E]) int {
	slabs := blocksAlways
	for _, sh := range a.shelves {
		if sh.used > 0 {
			slabs++
		}
	}
	return slabs * slabBytesMax
}

// TestFragmentation overwrites at random with values that get larger and smaller again, and deletes at random: the
// memory stays in proportion to what is stored.
func TestFragmentation(t *testing.T) {
	const keys = 80_000
	c := newChurn(t)
	for _, valueMax := range []int{30, 100, 300, 1000, 200, 50} {
		c.overwrite(3*keys, keys, valueMax)
		c.holds(fmt.Sprintf("values up to %d", valueMax), 1.25)
	}
	for i := range keys {
		if c.r.IntN(10) != 0 {
			c.Delete(slot.OfString(c.key(i)), []byte(c.key(i)))
		}
	}
	c.holds("nine tenths deleted", 1.4)
	c.overwrite(3*keys, keys, 100)
	c.holds("filled again", 1.25)
	for i := range keys {
		c.Delete(slot.OfString(c.key(i)), []byte(c.key(i)))
	}
	c.holds("all deleted", 0)
}

// TestSlotsLeave takes away three slots of four, as resharding does: what stays is spread over all slabs, and has to be
// gathered without getting lost on the way.
func TestSlotsLeave(t *testing.T) {
	const keys = 400_000
	c := newChurn(t)
	value := func(i int) Value {
		v := text("a value of some length")
		if i%3 == 0 {
			v.ExpireAt = clock.Millis(i + 1)
		}
		return v
	}
	for i := range keys {
		set(c.DB, c.key(i), value(i))
	}
	before := c.arrays.bytes
	for s := range slot.Slot(slot.Count) {
		if s%4 != 0 {
			c.FlushSlot(s)
		}
	}
	c.holds("a quarter of the slots left", 1.4)
	if limit := before/3 + slack(&c.arrays); c.arrays.bytes > limit || limit > before*3/4 {
		t.Errorf("the cells take %d bytes, of %d before, want no more than %d", c.arrays.bytes, before, limit)
	}
	expiring := 0
	for i := range keys {
		v, ok := get(c.DB, c.key(i))
		if want := slot.OfString(c.key(i))%4 == 0; ok != want || ok && !same(v, value(i)) {
			t.Fatalf("%s: %v, %v", c.key(i), v, ok)
		}
		if v.ExpireAt != 0 {
			expiring++
		}
	}
	sampled := map[clock.Millis]bool{}
	c.SampleExpiring(nil, c.LenExpiring(), func(s slot.Slot, key []byte, at clock.Millis) {
		if string(key) != c.key(int(at-1)) || s != slot.Of(key) {
			t.Fatalf("slot %d, key %q, expiry %d", s, key, at)
		}
		sampled[at] = true
	})
	if len(sampled) != expiring || c.LenExpiring() != expiring {
		t.Errorf("%d of %d keys with an expiry are sampled, want %d", len(sampled), c.LenExpiring(), expiring)
	}
}

// TestCollidingTags fills a table with entries of one tag: it gets slow, not wrong, and its memory stays in proportion.
func TestCollidingTags(t *testing.T) {
	const entries = 600
	for _, tag := range []uint64{0, 1, tagMask / 2, tagMask} {
		db := New()
		tab := &db.group(5).tables[5]
		for i := range entries {
			db.insert(5, tab, makeCell(tag, ref(i+1)))
		}
		db.insert(5, tab, makeCell(tagMask/3, entries+1))
		checkSorted(t, tab)
		if n := len(tab.cells); n > 20*entries {
			t.Errorf("%d entries of tag %#x take %d cells", entries, tag, n)
		}
		for tab.used > 0 {
			i := firstEntry
			for tab.cells[i] == 0 {
				i++
			}
			tab.remove(i)
			db.shrink(5, tab)
			if tab.used%100 == 0 {
				checkSorted(t, tab)
			}
		}
		checkArena(t, &db.arrays, 0)
	}
}

func TestClasses(t *testing.T) {
	last := class(-1)
	for units := 1; units < 1<<20; units += 1 + units/1000 {
		c := classOf(units)
		if got := c.units(); got < units || got > units+units/(steps/2) || c > 0 && (c-1).units() >= units {
			t.Fatalf("%d units: class %d has %d, the one before %d", units, c, got, (c - 1).units())
		}
		if c < last {
			t.Fatalf("%d units: class %d comes after %d", units, c, last)
		}
		last = c
	}
}
