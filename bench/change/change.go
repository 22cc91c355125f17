// Package change measures what clients see while a cluster changes: an open loop of reads and writes goes on, and slots move, a primary is killed, its
// replica takes over, it comes back, and all nodes are restarted one by one. Latency, errors and outages lie on one clock with what was done.
package change

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
)

// Options say what is measured.
type Options struct {
	Targets []string
	Seed    uint64
	// RatePerSecond of the requests, nine reads for each write.
	RatePerSecond float64
	// NodeTimeout is cluster-node-timeout, which decides how long a failure goes unnoticed.
	NodeTimeout time.Duration
	// Steady is how long the cluster is left alone between changes.
	Steady time.Duration
}

// DefaultOptions are a modest load: this is about pauses, not about throughput.
func DefaultOptions() Options {
	return Options{Seed: 1, RatePerSecond: 2000, NodeTimeout: 2 * time.Second, Steady: 3 * time.Second}
}

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	if _, err := pace.New("poisson", o.RatePerSecond, o.Seed); err != nil {
		return err
	}
	if o.NodeTimeout < minNodeTimeout || o.Steady < time.Second {
		return fmt.Errorf("a node timeout of %v and %v between changes: choose %v and 1s at least", o.NodeTimeout, o.Steady, minNodeTimeout)
	}
	return nil
}

const minNodeTimeout = 200 * time.Millisecond

// Estimate is about how long it takes.
func (o Options) Estimate() time.Duration {
	const forming, rolling = 6 * time.Second, 15 * time.Second
	return time.Duration(len(o.Targets)) * (forming + rolling + 7*o.Steady + 4*o.NodeTimeout)
}

const (
	primaries   = 3
	replicas    = 1
	keys        = 100_000
	valueBytes  = 64
	connections = 30
	interval    = 250 * time.Millisecond
	// untilStopped is by far enough: the load ends with the last phase.
	untilStopped = 24 * time.Hour
)

// Measure takes one target after the other through all changes, and hands each time line over when it is whole. When ctx ends, the time line under way
// is handed over as far as it goes, and there is no error.
func Measure(ctx context.Context, o Options, starting func(name string), done func(result.Timeline)) error {
	for _, spec := range o.Targets {
		if ctx.Err() != nil {
			return nil
		}
		starting("change of " + spec)
		t, err := measure(ctx, o, spec)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("measuring how %s changes: %w", spec, err)
		}
		if t != nil {
			done(*t)
		}
	}
	return nil
}

func measure(ctx context.Context, o Options, spec string) (_ *result.Timeline, err error) {
	s, err := rig.StartCluster(ctx, spec, rig.Shape{Primaries: primaries, Replicas: replicas, NodeTimeout: o.NodeTimeout})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	g, err := load.Open(ctx, load.Config{
		Addrs: s.Addrs, Connections: connections, Pipeline: 1, Seed: o.Seed,
		Workload: load.Workload{ReadShare: 0.9, Keys: keys, ValueBytes: valueBytes, Distribution: load.DistributionUniform},
	})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	if err := g.Fill(ctx); err != nil {
		return nil, err
	}
	// What was lost is settled before the clock starts: a snapshot under way would be measured with the steady phase.
	loading, stop := context.WithCancel(ctx)
	defer stop()
	begun := time.Now()
	outages := watch(loading, s, begun)
	samples := make(chan []*load.Sample, 1)
	go func() {
		samples <- g.RunIntervals(loading, untilStopped, interval, pace.Poisson{PerSecond: o.RatePerSecond, Seed: o.Seed})
	}()
	d := &director{server: s, options: o, begun: begun}
	trouble := d.play(ctx)
	stop()
	t := &result.Timeline{
		ID: "change", Target: s.Name, Primaries: primaries, Replicas: replicas, NodeTimeoutMillis: o.NodeTimeout.Milliseconds(),
		RatePerSecond: o.RatePerSecond, IntervalMillis: interval.Milliseconds(), Marks: d.marks, Phases: d.phases,
	}
	if trouble != nil {
		t.Trouble = trouble.Error()
	}
	fillIn(t, <-samples, outages())
	return t, nil
}

// fillIn adds up what belongs to each interval, phase and outage.
func fillIn(t *result.Timeline, samples []*load.Sample, outages []result.Outage) {
	for _, s := range samples {
		t.Intervals = append(t.Intervals, result.Interval{
			Answered: s.Answered(), Failed: s.Failed(), Moved: s.Moved, Ask: s.Ask,
			P50: s.Latency.ValueAtQuantile(50), P99: s.Latency.ValueAtQuantile(99), Max: s.Latency.Max(),
		})
	}
	t.Outages = outages
	for i := range t.Phases {
		p := &t.Phases[i]
		total := load.NewSample()
		from := min(int(p.FromMillis/t.IntervalMillis), len(samples))
		to := max(from, min(int(p.ToMillis/t.IntervalMillis), len(samples)))
		for _, s := range samples[from:to] {
			total.Merge(s)
		}
		p.Latency, p.Counts = result.PercentilesOf(total.Latency), total.Counts
		if p.Counts.Sent > 0 {
			p.RedirectsPerRequest = float64(p.Counts.Moved+p.Counts.Ask) / float64(p.Counts.Sent)
		}
		p.WorstSecond = worstSecond(samples[from:to])
	}
}

// worstSecond is the highest p99 of any second.
func worstSecond(samples []*load.Sample) (worst int64) {
	const perSecond = int(time.Second / interval)
	for second := range slices.Chunk(samples, perSecond) {
		h := load.NewHistogram()
		for _, s := range second {
			h.Merge(s.Latency)
		}
		worst = max(worst, p99(h))
	}
	return worst
}

func p99(h *hdrhistogram.Histogram) int64 {
	if h.TotalCount() == 0 {
		return 0
	}
	return h.ValueAtQuantile(99)
}

// inTimeouts is a time as a number of node timeouts, in hundredths.
func inTimeouts(d, timeout time.Duration) float64 {
	return math.Round(100*float64(d)/float64(timeout)) / 100
}
