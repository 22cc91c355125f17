package keyspace

import (
	"math"
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// expiring lists the records that have an expiry, in no order; each of them knows its place. So a sample is as cheap
// among millions of keys with three expiries as among three keys, and every such key is as likely as any other.
type expiring struct {
	chunks []*[refsPerChunk]ref
	n      int
}

// refsPerChunk keeps the list growing, and shrinking, by 4 KiB at a time.
const refsPerChunk = 512

func (e *expiring) at(place int) *ref { return &e.chunks[place/refsPerChunk][place%refsPerChunk] }

// add appends r and returns its place.
func (e *expiring) add(r ref) int {
	if e.n == math.MaxUint32 {
		panic("keyspace: more than 4294967295 keys with an expiry")
	}
	if e.n == len(e.chunks)*refsPerChunk {
		e.chunks = append(e.chunks, new([refsPerChunk]ref))
	}
	*e.at(e.n) = r
	e.n++
	return e.n - 1
}

// removeLast drops the last place. One empty chunk is kept, until all are empty.
func (e *expiring) removeLast() {
	e.n--
	keep := e.n/refsPerChunk + 2
	if e.n == 0 {
		keep = 0
	}
	if len(e.chunks) > keep {
		clear(e.chunks[keep:])
		e.chunks = e.chunks[:keep]
	}
}

// track puts a record with an expiry into the list.
func (db *DB) track(r ref, rec record) { rec.setPlace(db.expiring.add(r)) }

// untrack takes a record out of the list: the last one gets its place.
func (db *DB) untrack(rec record) {
	last := *db.expiring.at(db.expiring.n - 1)
	*db.expiring.at(rec.place()) = last
	record(db.records.at(last)).setPlace(rec.place())
	db.expiring.removeLast()
}

// LenExpiring is the number of keys that have an expiry.
func (db *DB) LenExpiring() int { return db.expiring.n }

// SampleExpiring visits keys that have an expiry: all of them if they are no more than n, else n chosen independently,
// each key as likely as any other. visit may delete the key it is shown, and must not write to the DB otherwise.
func (db *DB) SampleExpiring(r *rand.Rand, n int, visit func(s slot.Slot, key []byte, at clock.Millis)) {
	if db.expiring.n <= n {
		for place := db.expiring.n - 1; place >= 0; place-- { // backwards: what a deletion puts here has been visited
			db.visitExpiring(place, visit)
		}
		return
	}
	for ; n > 0 && db.expiring.n > 0; n-- {
		db.visitExpiring(r.IntN(db.expiring.n), visit)
	}
}

func (db *DB) visitExpiring(place int, visit func(s slot.Slot, key []byte, at clock.Millis)) {
	rec := record(db.records.at(*db.expiring.at(place)))
	visit(rec.slot(), rec.key(), rec.expiry())
}
