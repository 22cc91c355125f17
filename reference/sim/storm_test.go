package sim

import (
	"flag"
	"testing"
)

var (
	firstSeed = flag.Uint64("sim.seed", 1, "the first seed of TestStorms")
	seeds     = flag.Uint64("sim.seeds", 200, "how many seeds TestStorms runs")
)

// TestStorms runs clusters through random faults. Safety must hold all the time, and afterwards the nodes must agree.
func TestStorms(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		storm := NewStorm(seed)
		if w, err := storm.Run(); err != nil {
			t.Errorf("%v\n%s\n%v\nrepeat with: go test ./reference/sim -run TestStorms -sim.seed=%d -sim.seeds=1",
				storm, w.Trace(), err, seed)
			return
		}
	}
}
