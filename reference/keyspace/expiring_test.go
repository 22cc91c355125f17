package keyspace

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// withExpiry returns a DB of n keys with an expiry, which is their number plus one, among others that have none.
func withExpiry(n, others int) *DB {
	db := New()
	for i := range others {
		set(db, fmt.Sprintf("forever%d", i), text("v"))
	}
	for i := range n {
		set(db, fmt.Sprint(i), Value{Kind: String, ExpireAt: clock.Millis(i + 1)})
	}
	return db
}

func TestSampleIsUniform(t *testing.T) {
	const keys = 700
	db, counts, r := withExpiry(keys, 5000), make([]int, keys), rand.New(rand.NewPCG(3, 4))
	for range 5 * keys {
		visited := 0
		db.SampleExpiring(r, 20, func(s slot.Slot, key []byte, at clock.Millis) {
			if want := fmt.Sprint(at - 1); string(key) != want || s != slot.Of(key) {
				t.Fatalf("slot %d, key %q, expiry %d", s, key, at)
			}
			counts[at-1]++
			visited++
		})
		if visited != 20 {
			t.Fatalf("visited %d keys, want 20", visited)
		}
	}
	if err := uniform(counts); err != nil {
		t.Error(err)
	}
}

// TestSampleWhileDeleting is what the active expiry cycle does: half of what it is shown is deleted on the spot.
func TestSampleWhileDeleting(t *testing.T) {
	const keys = 3000
	db, r := withExpiry(keys, 100), rand.New(rand.NewPCG(5, 6))
	for db.LenExpiring() > keys/2 {
		db.SampleExpiring(r, 20, func(s slot.Slot, key []byte, at clock.Millis) {
			if at%2 == 0 && !db.Delete(s, key) {
				t.Fatalf("%q is shown and not there", key)
			}
		})
	}
	seen := map[clock.Millis]int{}
	db.SampleExpiring(r, keys, func(s slot.Slot, key []byte, at clock.Millis) {
		seen[at]++
		db.Delete(s, key)
	})
	if len(seen) != keys/2 || db.LenExpiring() != 0 || db.Len() != 100 {
		t.Errorf("%d keys were left, then %d of %d, want %d, then 0 of 100", len(seen), db.LenExpiring(), db.Len(), keys/2)
	}
	for at, n := range seen {
		if at%2 == 0 || n != 1 {
			t.Errorf("the key with expiry %d was seen %d times at the end", at, n)
		}
	}
	if len(db.expiring.chunks) != 0 {
		t.Errorf("%d chunks are left of an empty list", len(db.expiring.chunks))
	}
}
