package sim

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/defect"
)

var (
	firstSeed = flag.Uint64("sim.seed", 1, "the first seed of TestStorms")
	seeds     = flag.Uint64("sim.seeds", 80, "how many seeds TestStorms runs")
)

// TestStorms runs clusters through random faults. Safety must hold all the time, and afterwards the nodes must agree.
func TestStorms(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { t.Parallel(); weather(t, seed) })
	}
}

// TestStormsOfThePast are seeds that once found something.
func TestStormsOfThePast(t *testing.T) {
	for seed, found := range map[uint64]string{
		100438: "a link to a host that was off for a moment was taken for alive for ever",
	} {
		t.Run(found, func(t *testing.T) { t.Parallel(); weather(t, seed) })
	}
}

func weather(t *testing.T, seed uint64) {
	storm := NewStorm(seed)
	if w, err := storm.Run(); err != nil {
		t.Errorf("%s\n%v\n%v\nrepeat with: go test ./reference/sim -run TestStorms -sim.seed=%d -sim.seeds=1",
			w.Trace(), storm, err, seed)
	}
}

// TestStormsFindDefects shows that the checkers can fail: each broken promise is noticed within a few storms.
func TestStormsFindDefects(t *testing.T) {
	for _, c := range []struct {
		broken string
		apply  func(*Options)
		faults []string // those that lead there soon
		says   string
	}{
		{"a voter votes twice in an epoch", defects("vote-twice-in-epoch"), []string{"kill-primary", "failover-force", "start"}, "votes a second time"},
		{"a disk forgets what was synced", func(o *Options) { o.ForgetfulDisks = true }, []string{"failover", "restart"}, "lastVoteEpoch fell"},
		{"one vote is enough", defects("minority-elects"), []string{"partition", "failover-force", "failover-force", "heal"}, "owns slot"},
		{"failed nodes stay failed", defects("fail-never-cleared"), []string{"kill", "start"}, "has failed"},
		{"slots are not saved", defects("nodes-conf-without-slots"), []string{"restart"}, "cluster is down"},
	} {
		t.Run(c.broken, func(t *testing.T) {
			t.Parallel()
			const patience = 60
			for seed := uint64(1); seed <= patience; seed++ {
				storm := NewStorm(seed)
				storm.Primaries, storm.Replicas, storm.Options.Nodes = 3, 2, 9
				storm.faults = faultsNamed(c.faults)
				c.apply(&storm.Options)
				if _, err := storm.Run(); err != nil {
					t.Logf("seed %d: %v", seed, err)
					if strings.Contains(err.Error(), c.says) {
						return
					}
				}
			}
			t.Errorf("%d storms passed without an error that says %q", patience, c.says)
		})
	}
}

func defects(list string) func(*Options) {
	set, err := defect.Parse(list)
	if err != nil {
		panic(err)
	}
	return func(o *Options) { o.Defects = set }
}

func faultsNamed(names []string) []fault {
	var faults []fault
	for _, name := range names {
		faults = append(faults, allFaults[slices.IndexFunc(allFaults, func(f fault) bool { return f.name == name })])
	}
	return faults
}
