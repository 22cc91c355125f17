package keyspace

import "github.com/clusterspec/clusterspec/reference/slot"

// Place is a key and the slot it is in.
type Place struct {
	Slot slot.Slot
	Key  []byte
}

// PlacesMax is how many places Prefetch takes at a time.
const PlacesMax = 64

// Prefetch reads what Get and Set will read of each place, at most PlacesMax of them. A look-up waits for memory four times, each time
// for an address that the read before it gave: the table, its cell, the slab, the record. Here all places take the first step before
// any of them takes the second, so the processor waits for all of them together.
func (db *DB) Prefetch(places []Place) {
	var tags [PlacesMax]uint64
	var refs [PlacesMax]ref // 0: there is no such key
	var read int            // what was read has to go somewhere
	for i := range places {
		tags[i] = db.tag(places[i].Key)
		if t := db.table(places[i].Slot); t != nil {
			read += int(t.homes)
		}
	}
	for i := range places {
		if t := db.table(places[i].Slot); t != nil {
			refs[i] = t.firstOf(tags[i])
		}
	}
	for i := range places {
		read += db.records.slabs[refs[i]>>positionBits].size
	}
	for i := range places {
		if refs[i] != 0 {
			read += readLines(db.records.at(refs[i]))
		}
	}
	db.prefetched = read
}

// firstOf is the ref of the first entry with a tag, 0 if there is none.
func (t *table) firstOf(tag uint64) ref {
	for i := t.home(tag); i < len(t.cells); i++ {
		if c := t.cells[i]; c == 0 || c.tag() >= tag {
			if c.tag() == tag {
				return c.ref()
			}
			break
		}
	}
	return 0
}

// readLines reads a byte of each of the first cache lines of b, and its last one.
func readLines(b []byte) (read int) {
	const line, lines = 64, 4
	for at := 0; at < min(len(b), lines*line); at += line {
		read += int(b[at])
	}
	return read + int(b[len(b)-1])
}
