// Package bench measures how fast servers are, side by side, and writes down what it found together with all that is needed to doubt it.
//
// It joins the parts below it: load asks and times, duet has several servers asked in turn, stats says what the difference is worth. What comes
// out is a Result; the console, the Markdown summary and the files for plotting are made from it.
package bench

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
	// Targets are the text forms of those to compare. The first is the base of all ratios, and is measured twice to find the noise floor.
	Targets []string
	// Duration is the measuring time of each series, shared by all targets.
	Duration time.Duration
	// Seed decides the order of slices, the keys, and the resampling.
	Seed uint64
	// Pipelines has one GET and one SET series for each, in the closed loop. The smallest has one of each in the open loop as well.
	Pipelines   []int
	Connections int
	Keys        int
	ValueBytes  int
	// Destructive allows to write into a cluster that was there before.
	Destructive bool
	// Suite and Command go into the result: the version of this program, and its command line.
	Suite   string
	Command []string
}

// DefaultOptions are those of `clusterspec bench`, and of the figures of redis-benchmark that people know: 50 connections, small values.
func DefaultOptions() Options {
	return Options{
		Targets:  []string{"reference", "redis-server"},
		Duration: 30 * time.Second,
		Seed:     1, Pipelines: []int{1, 16, 100}, Connections: 50, Keys: 100_000, ValueBytes: 64,
	}
}

// Validate says what is wrong with the options, as far as that can be known without starting anything.
func (o Options) Validate() error {
	if len(o.Targets) == 0 {
		return errors.New("no target is named; --target reference --target redis-server compares these two")
	}
	if least := duet.TimeFor(stats.MinPairs, len(o.Targets)+1); o.Duration < least {
		return fmt.Errorf("a duration of %v is too short to compare %d targets: %v at least", o.Duration, len(o.Targets), least)
	}
	if len(o.Pipelines) == 0 {
		return errors.New("no pipeline depth is named; 1 means none")
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
	operation string // "GET" or "SET"
	pipeline  int
	open      bool // an open loop, at OpenLoopShare of what the slowest target does in the closed loop of the same operation and pipeline
	options   *Options
}

// OpenLoopShare of the slowest target's throughput is the rate of open loops: one that all targets can keep, and that makes them work.
const OpenLoopShare = 0.5

// plan lists all series: the closed loops, reads first, and then open loops at the smallest pipeline depth.
func (o *Options) plan() (plans []plan) {
	operations := []string{"GET", "SET"}
	for _, operation := range operations {
		for _, pipeline := range o.Pipelines {
			plans = append(plans, plan{operation, pipeline, false, o})
		}
	}
	for _, operation := range operations {
		plans = append(plans, plan{operation, slices.Min(o.Pipelines), true, o})
	}
	return plans
}

// id is the name of the series in files and results: "get-p16", "get-p1-open".
func (p plan) id() string {
	id := fmt.Sprintf("%s-p%d", strings.ToLower(p.operation), p.pipeline)
	if p.open {
		id += "-open"
	}
	return id
}

// config is how the generator is set up for it.
func (p plan) config(addrs []string, seed uint64) load.Config {
	reads := 0.0
	if p.operation == "GET" {
		reads = 1
	}
	return load.Config{
		Addrs: addrs, Connections: p.options.Connections, Pipeline: p.pipeline, Seed: seed,
		Workload: load.Workload{ReadShare: reads, Keys: p.options.Keys, ValueBytes: p.options.ValueBytes, Distribution: load.DistributionUniform},
	}
}

// rounds is how many rounds the duration allows: the base plays twice.
func (o *Options) rounds() int { return duet.RoundsIn(o.Duration, len(o.Targets)+1) }
