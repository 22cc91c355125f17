package sim

import (
	"testing"
	"time"
)

// TestMeasureBus holds what the simulator counts against arithmetic: a node pings each other node at least once in half a
// node timeout unless others tell of it, every ping is answered, and a ping of a small cluster speaks of three nodes.
func TestMeasureBus(t *testing.T) {
	const nodes, timeout = 10, 4 * time.Second
	read := time.Duration(0)
	clock := func() time.Duration { read += 20 * time.Second; return read }
	cost, err := MeasureBus(nodes, timeout, 20*time.Second, clock)
	if err != nil {
		t.Fatal(err)
	}
	const header, entry, shard = 2256, 104, 48
	if size := cost.Bytes / cost.Frames; size < header+shard || size > header+shard+3*entry {
		t.Errorf("a frame has %.0f bytes", size)
	}
	most := 2 * ((nodes-1)/(timeout/2).Seconds() + 1) // pings and their answers, and one ping a second in any case
	if cost.Frames < 2 || cost.Frames > most {
		t.Errorf("a node sends %.2f frames a second, want 2 to %.2f", cost.Frames, most)
	}
	if want := time.Second / nodes; cost.CPU != want {
		t.Errorf("%v of processor time, the clock said %v", cost.CPU, want)
	}
	for _, bad := range []func() (BusCost, error){
		func() (BusCost, error) { return MeasureBus(0, timeout, timeout, clock) },
		func() (BusCost, error) { return MeasureBus(3, 0, timeout, clock) },
		func() (BusCost, error) { return MeasureBus(3, timeout, 0, clock) },
	} {
		if _, err := bad(); err == nil {
			t.Error("nonsense is measured")
		}
	}
}
