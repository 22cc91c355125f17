// Package serving measures how targets serve requests: throughput at saturation in closed loops, latency at fixed rates in open loops, and how one
// grows with the other. All targets are loaded in turn, in the short slices of a duet.
package serving

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Options say what is measured.
type Options struct {
	// Duration is the measuring time of each series, shared by all targets.
	Duration time.Duration
	// Seed decides the order of slices, the keys, and the resampling.
	Seed uint64
	// Workloads are names from Workloads.
	Workloads []string
	// Pipelines has one closed loop of GET and one of SET for each; everything else runs at the smallest.
	Pipelines    []int
	Connections  int
	Keys         int
	ValueBytes   int
	Distribution string // of keys: load.DistributionUniform or load.DistributionZipfian
	// Sweep measures latency at a row of rates, from idle to beyond what the slowest target can do.
	Sweep bool
}

// DefaultOptions are those of the figures of redis-benchmark that people know: 50 connections, small values.
func DefaultOptions() Options {
	return Options{
		Duration: 10 * time.Second, Seed: 1, Workloads: []string{"get", "set", "mixed", "mget", "mset"}, Pipelines: []int{1, 16, 100},
		Connections: 50, Keys: 100_000, ValueBytes: 64, Distribution: load.DistributionUniform, Sweep: true,
	}
}

// workload is a kind of request.
type workload struct {
	name           string
	reads          float64
	keysPerRequest int
	deep           bool // measured at all pipeline depths, and in the open loop
}

var workloads = []workload{
	{"get", 1, 1, true},
	{"set", 0, 1, true},
	{"mixed", 0.9, 1, false},
	{"mget", 1, 10, false},
	{"mset", 0, 10, false},
}

// Workloads are the names there are.
func Workloads() (names []string) {
	for _, w := range workloads {
		names = append(names, w.name)
	}
	return names
}

// Validate says what is wrong with the options for a number of targets, as far as that can be known without starting anything.
func (o Options) Validate(targets int) error {
	if least := duet.TimeFor(stats.BootstrapPairs, targets+1); o.Duration < least {
		return fmt.Errorf("a duration of %v is too short to compare %d targets: %v at least", o.Duration, targets, least)
	}
	if len(o.Pipelines) == 0 {
		return errors.New("no pipeline depth is named; 1 means none")
	}
	for _, name := range o.Workloads {
		if !slices.Contains(Workloads(), name) {
			return fmt.Errorf("unknown workload %q (known: %s)", name, strings.Join(Workloads(), ", "))
		}
	}
	for _, p := range o.plan() {
		if err := p.config(nil, 0).Validate(); err != nil {
			return err
		}
	}
	return nil
}

// plan is one series to be measured.
type plan struct {
	workload
	pipeline int
	// share of the slowest target's throughput in the closed loop of the same workload and pipeline is the rate of an open loop; 0: a closed loop.
	share float64
	curve string // the sweep it is a point of
	*Options
}

// OpenLoopShare is what open loops ask for that stand alone: a rate that all targets can keep, and that makes them work.
const OpenLoopShare = 0.5

// sweepShares go from near idleness over the knee.
var sweepShares = []float64{0.1, 0.25, 0.5, 0.7, 0.8, 0.9, 1, 1.1}

// plan lists all series: the closed loops first, for the open ones need their throughput.
func (o *Options) plan() (plans []plan) {
	least := slices.Min(o.Pipelines)
	var open []plan
	for _, w := range workloads {
		if !slices.Contains(o.Workloads, w.name) {
			continue
		}
		if !w.deep {
			plans = append(plans, plan{workload: w, pipeline: least, Options: o})
			continue
		}
		for _, pipeline := range o.Pipelines {
			plans = append(plans, plan{workload: w, pipeline: pipeline, Options: o})
		}
		open = append(open, plan{workload: w, pipeline: least, share: OpenLoopShare, Options: o})
	}
	if o.Sweep && len(open) > 0 {
		sweep := open[0] // the reads, if they are measured
		sweep.curve = fmt.Sprintf("%s-p%d", sweep.name, sweep.pipeline)
		for _, sweep.share = range sweepShares {
			open = append(open, sweep)
		}
	}
	return append(plans, open...)
}

// IDs are the names of all series, in the order they are measured in.
func (o Options) IDs() (ids []string) {
	for _, p := range o.plan() {
		ids = append(ids, p.id())
	}
	return ids
}

// planOf is the series of a name.
func (o *Options) planOf(id string) (plan, error) {
	for _, p := range o.plan() {
		if p.id() == id {
			return p, nil
		}
	}
	return plan{}, fmt.Errorf("unknown series %q (known: %s)", id, strings.Join(o.IDs(), ", "))
}

// Estimate is how long all of it takes to measure.
func (o Options) Estimate() time.Duration { return time.Duration(len(o.plan())) * o.Duration }

// id is the name of the series in files and results: "get-p16", "get-p1-open", "get-p1-at-90".
func (p plan) id() string {
	id := p.closedID()
	switch {
	case p.curve != "":
		return fmt.Sprintf("%s-at-%.0f", id, 100*p.share)
	case p.share > 0:
		return id + "-open"
	}
	return id
}

func (p plan) closedID() string { return fmt.Sprintf("%s-p%d", p.name, p.pipeline) }

// config is how the generator is set up for it.
func (p plan) config(addrs []string, seed uint64) load.Config {
	return load.Config{
		Addrs: addrs, Connections: p.Connections, Pipeline: p.pipeline, Seed: seed,
		Workload: load.Workload{
			ReadShare: p.reads, Keys: p.Keys, ValueBytes: p.ValueBytes, Distribution: p.Distribution, KeysPerRequest: p.keysPerRequest,
		},
	}
}
