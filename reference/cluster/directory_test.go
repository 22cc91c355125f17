package cluster

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
)

// TestDirectory holds a directory against a map, through thousands of peers that come and go. Half of the ids differ only in their
// last characters, as those that people make up do.
func TestDirectory(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var d directory
	known := make(map[bus.NodeID]*Peer)
	idOf := func(n int) (id bus.NodeID) {
		if n%2 == 0 {
			copy(id[:], fmt.Sprintf("%040x", n))
		} else {
			copy(id[:], fmt.Sprintf("%016x%024d", uint64(n)*0x9e3779b97f4a7c15, 0))
		}
		return id
	}
	if id := idOf(1); d.find(&id) != nil {
		t.Fatal("an empty directory finds somebody")
	}
	for step := range 50_000 {
		id := idOf(dice.IntN(600))
		switch p := known[id]; {
		case d.find(&id) != p:
			t.Fatalf("step %d: finds %v, want %v", step, d.find(&id), p)
		case p == nil:
			p = &Peer{ID: id}
			known[id] = p
			d.add(p)
		default:
			delete(known, id)
			d.remove(id)
		}
		if d.used != len(known) {
			t.Fatalf("step %d: %d peers, want %d", step, d.used, len(known))
		}
	}
	for n := range 600 {
		if id := idOf(n); d.find(&id) != known[id] {
			t.Errorf("finds %v in the end, want %v", d.find(&id), known[id])
		}
	}
}
