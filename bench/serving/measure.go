package serving

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Measure fills the servers, and measures one series after the other. Each is handed to done as soon as it is there, with the files that belong beside the
// result, by name. When ctx ends, the series under way is kept as far as its rounds are whole, and there is no error. The first server is the base.
func Measure(ctx context.Context, o Options, servers []*rig.Server, starting func(id string), done func(*result.Series, map[string][]byte)) error {
	for _, s := range servers {
		if err := fill(ctx, o, s); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	rates := make(map[string]float64) // of the slowest in closed loops, by id
	for _, p := range o.plan() {
		if ctx.Err() != nil {
			return nil
		}
		starting(p.id())
		s, files, err := measure(ctx, p, servers, rates[p.closedID()])
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("measuring %s: %w", p.id(), err)
		}
		if err != nil || s.Rounds == 0 {
			return nil // interrupted before there was anything
		}
		if p.share == 0 {
			rates[p.id()] = slowest(s)
		}
		done(s, files)
	}
	return nil
}

// fill writes all keys that will be asked for, in batches.
func fill(ctx context.Context, o Options, s *rig.Server) error {
	const pipeline = 50
	filled := make(map[int]bool) // by keys per request: these have keys of their own
	for _, w := range workloads {
		if !slices.Contains(o.Workloads, w.name) || filled[w.keysPerRequest] {
			continue
		}
		filled[w.keysPerRequest] = true
		w.reads = 0
		g, err := load.Open(ctx, plan{workload: w, pipeline: pipeline, Options: &o}.config(s.Addrs, o.Seed))
		if err != nil {
			return err
		}
		if err := errors.Join(g.Fill(ctx), g.Close()); err != nil {
			return err
		}
	}
	return nil
}

// measure puts one workload on all servers. The rate is what an open loop is a share of.
func measure(ctx context.Context, p plan, servers []*rig.Server, rate float64) (_ *result.Series, files map[string][]byte, err error) {
	s := describe(p)
	game := duet.Plan{Rounds: duet.RoundsIn(p.Duration, len(servers)+1), Seed: p.Seed}
	metrics := duet.Metrics
	if p.share > 0 {
		s.Loop, s.Arrivals, s.RatePerSecond = result.LoopOpen, "poisson", p.share*rate
		if _, err := pace.New(s.Arrivals, s.RatePerSecond, 0); err != nil {
			return nil, nil, fmt.Errorf("choosing a rate: %w", err)
		}
		game.Pacer = func(round int) pace.Pacer {
			return pace.Poisson{PerSecond: s.RatePerSecond / float64(p.pipeline), Seed: p.Seed<<32 + uint64(round)}
		}
		metrics = duet.OpenLoopMetrics
	}
	parties, closeAll, err := open(ctx, p, servers)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return nil, nil, err
	}
	logs := make([]intervalLog, len(parties))
	game.Interval = func(i int, h *hdrhistogram.Histogram) { logs[i].add(h, p.id()) }
	played := duet.Play(ctx, game, parties)
	s.Rounds = len(played[0].Rounds[duet.Throughput])
	files = make(map[string][]byte)
	for i, one := range played {
		party := newParty(one)
		party.PercentileFile, party.IntervalFile = fileNames(p.id(), i, one.Name)
		if files[party.PercentileFile], err = percentileText(one.Total.Latency); err != nil {
			return nil, nil, err
		}
		if files[party.IntervalFile], err = logs[i].text(); err != nil {
			return nil, nil, err
		}
		s.Parties = append(s.Parties, party)
	}
	compare(s, played, metrics, p.Seed)
	return s, files, nil
}

// describe is the series before anything is measured.
func describe(p plan) *result.Series {
	return &result.Series{
		ID: p.id(), Curve: p.curve, Operation: p.operation, Loop: result.LoopClosed, Pipeline: p.pipeline, Connections: p.Connections, Keys: p.Keys,
		Distribution: p.Distribution, ValueBytes: p.ValueBytes, SliceMillis: duet.DefaultSlice.Milliseconds(),
	}
}

// slowest is the least throughput of a party.
func slowest(s *result.Series) float64 {
	rate := math.Inf(1)
	for _, party := range s.Parties {
		rate = min(rate, party.PerSecond)
	}
	return rate
}

// open gives each server a generator of its own, the base twice and first.
func open(ctx context.Context, p plan, servers []*rig.Server) (parties []duet.Party, closeAll func() error, err error) {
	closeAll = func() (err error) {
		for _, party := range parties {
			err = errors.Join(err, party.Loader.(*load.Generator).Close())
		}
		return err
	}
	for i, s := range append([]*rig.Server{servers[0]}, servers...) {
		name := s.Name
		if i == 1 {
			name += result.TwinSuffix
		}
		g, err := load.Open(ctx, p.config(s.Addrs, p.Seed+uint64(i)))
		if err != nil {
			return parties, closeAll, fmt.Errorf("%s: %w", s.Name, err)
		}
		parties = append(parties, duet.Party{Name: name, Loader: g, CPU: s.CPU()})
	}
	return parties, closeAll, nil
}

func newParty(s duet.Series) result.Party {
	return result.Party{
		Name: s.Name, Counts: s.Total.Counts, PerSecond: s.Typical(duet.Throughput), CPUNanos: s.Typical(duet.CPU),
		Latency: result.PercentilesOf(s.Total.Latency), Generator: result.GeneratorOf(s.Total),
	}
}

// compare draws the conclusions. What the generator or a failing server has spoilt is inconclusive.
func compare(s *result.Series, played []duet.Series, metrics []duet.Metric, seed uint64) {
	var err error
	if s.Comparisons, err = duet.Compare(played, metrics, seed); err != nil {
		s.Trouble = err.Error()
		return
	}
	for i := range s.Comparisons {
		c := &s.Comparisons[i]
		if why := cmp.Or(spoiltBy(s, c.Base, c.Metric), spoiltBy(s, c.Other, c.Metric)); why != "" {
			c.Verdict, c.Words = stats.Inconclusive, "inconclusive: "+why
		}
	}
}

// spoiltBy says why a metric of a party cannot be compared; empty if it can. The server's processor time is its own, however busy the generator was.
func spoiltBy(s *result.Series, name string, m duet.Metric) string {
	for i := range s.Parties {
		p := &s.Parties[i]
		switch {
		case p.Name != name:
		case p.Counts.Failed() > 0 || p.Counts.Surplus > 0:
			return fmt.Sprintf("%d of %d requests to %s failed", p.Counts.Failed(), p.Counts.Sent, name)
		case p.Generator.Invalid != "" && m != duet.CPU:
			return "the generator spoilt the figures of " + name
		}
	}
	return ""
}
