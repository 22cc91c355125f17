package keyspace

import (
	"bytes"
	"hash/maphash"
	"math/rand/v2"
	"slices"
)

// dict is the elements of a set, a hash or a sorted set under their names. They stand side by side in one array, so
// that going through all of them is quick and any of them can be chosen at random.
//
// A dict begins compact: its entries are in the order in which they came, and are looked for one after the other. With
// an index, entries are found in constant time, and the last one takes the place of one that is removed. There is no
// way back, as there is none in Redis, where the same line divides the encodings that OBJECT ENCODING tells apart.
type dict[V any] struct {
	entries []entry[V]
	indexed bool
	index   table // of places in entries, counted from 1
}

type entry[V any] struct {
	key   []byte
	value V
}

// dictHasher is shared by all dicts. Its secret keeps clients from choosing names that collide.
var dictHasher = newHasher(maphash.String(maphash.MakeSeed(), "keyspace"))

func dictTag(key []byte) uint64 { return dictHasher.hash(key) >> refBits }

// find returns the place of key in entries, -1 if it is not there.
func (d *dict[V]) find(key []byte) int {
	if !d.indexed {
		for i := range d.entries {
			if bytes.Equal(d.entries[i].key, key) {
				return i
			}
		}
		return -1
	}
	place, _ := d.search(key, dictTag(key))
	return place
}

// search returns the place of key in entries and in the cells of the index, -1 if it is not there.
func (d *dict[V]) search(key []byte, tag uint64) (place, at int) {
	for at = d.index.home(tag); at < len(d.index.cells); at++ {
		c := d.index.cells[at]
		if c == 0 || c.tag() > tag {
			break
		}
		if place = int(c.ref()) - 1; c.tag() == tag && bytes.Equal(d.entries[place].key, key) {
			return place, at
		}
	}
	return -1, -1
}

// add appends an entry, which must not be there already. The dict keeps key.
func (d *dict[V]) add(key []byte, value V) {
	d.entries = append(d.entries, entry[V]{key, value})
	if d.indexed {
		d.enter(key, len(d.entries)-1)
	}
}

// insert puts an entry at a place of a compact dict. The dict keeps key.
func (d *dict[V]) insert(place int, key []byte, value V) {
	d.entries = slices.Insert(d.entries, place, entry[V]{key, value})
}

// remove removes the entry at place.
func (d *dict[V]) remove(place int) {
	if !d.indexed {
		d.entries = slices.Delete(d.entries, place, place+1)
		return
	}
	last := len(d.entries) - 1
	_, at := d.search(d.entries[place].key, dictTag(d.entries[place].key))
	d.index.remove(at)
	if place != last {
		tag := dictTag(d.entries[last].key)
		_, at := d.search(d.entries[last].key, tag)
		d.index.cells[at] = makeCell(tag, ref(place+1))
		d.entries[place] = d.entries[last]
	}
	d.entries[last] = entry[V]{}
	d.entries = d.entries[:last]
	if int(d.index.used) <= len(d.index.cells)/4 {
		d.resize(cellsFor(last))
	}
	if last < cap(d.entries)/4 {
		d.entries = slices.Clone(d.entries)
	}
}

// addIndex makes a compact dict one with an index.
func (d *dict[V]) addIndex() {
	if d.indexed {
		return
	}
	d.indexed = true
	d.resize(cellsFor(len(d.entries)))
	for place := range d.entries {
		d.enter(d.entries[place].key, place)
	}
}

// enter puts a place into the index.
func (d *dict[V]) enter(key []byte, place int) {
	c := makeCell(dictTag(key), ref(place+1))
	for d.index.full() || !d.index.insert(c) {
		n := len(d.index.cells) // if there is room, but not where it is wanted
		d.resize(max(cellsFor(int(d.index.used)+1), n+n/16+1))
	}
}

// resize gives the index at least n cells.
func (d *dict[V]) resize(n int) {
	for !d.index.fits(n) {
		n++
	}
	if n != len(d.index.cells) {
		d.index.moveTo(make([]cell, n))
	}
}

// scan visits about count entries and returns the cursor to go on from; 0 begins and 0 ends. It promises what DB.Scan
// promises, in the same way, but for this: a compact dict is visited as a whole.
func (d *dict[V]) scan(cursor uint64, count int, visit func(e *entry[V])) (next uint64) {
	if !d.indexed {
		for i := range d.entries {
			visit(&d.entries[i])
		}
		return 0
	}
	if cursor > tagMask {
		return 0
	}
	last := cursor // the tag visited last
	for _, c := range d.index.cells[d.index.home(cursor):] {
		if c == 0 || c.tag() < cursor {
			continue
		}
		if count <= 0 && c.tag() != last {
			return c.tag()
		}
		visit(&d.entries[c.ref()-1])
		last = c.tag()
		count--
	}
	return 0
}

// random is any entry of a dict that has some, each as likely as any other.
func (d *dict[V]) random(r *rand.Rand) *entry[V] { return &d.entries[r.IntN(len(d.entries))] }

// clone returns a copy; copyValue copies a value.
func (d *dict[V]) clone(copyValue func(V) V) dict[V] {
	c := dict[V]{entries: slices.Clone(d.entries), indexed: d.indexed, index: d.index}
	c.index.cells = slices.Clone(d.index.cells)
	for i := range c.entries {
		c.entries[i].value = copyValue(c.entries[i].value)
	}
	return c
}

// entryBytes is what an entry takes beside its bytes: two slices and a cell, rounded up.
const entryBytes = 64
