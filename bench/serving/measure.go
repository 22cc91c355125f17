package serving

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/histogram"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Measure fills the servers, and measures one series after the other. Each is handed to done as soon as it is there, with the files that belong beside the
// result, by name. When ctx ends, the series under way is kept as far as its rounds are whole, and there is no error. The first server is the base.
func Measure(ctx context.Context, o Options, servers []*rig.Server, starting func(id string), done func(*result.Series, map[string][]byte)) error {
	session, err := Open(ctx, o, servers)
	if err != nil {
		return err
	}
	for _, id := range o.IDs() {
		if ctx.Err() != nil {
			return nil
		}
		starting(id)
		s, files, err := session.Measure(ctx, id)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err != nil || s.Rounds == 0 {
			return nil // interrupted before there was anything
		}
		done(s, files)
	}
	return nil
}

// Session is servers that are filled with keys, and what was measured of them. Each series can be measured again: the rounds add up.
type Session struct {
	options Options
	servers []*rig.Server // the first is the base
	under   map[string]*contest
}

// contest is a series that is being measured.
type contest struct {
	plan
	rate   float64 // of an open loop, requests a second
	times  int     // it was measured
	played []duet.Series
	logs   []histogram.Log
}

// Open fills the servers.
func Open(ctx context.Context, o Options, servers []*rig.Server) (*Session, error) {
	for _, s := range servers {
		if err := fill(ctx, o, s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return &Session{o, servers, make(map[string]*contest)}, nil
}

// Measure measures a series for the time that the options name, and returns it with all rounds that there are of it by now. An open loop
// needs to know what the slowest server can do: if that was not measured yet, it is first.
func (s *Session) Measure(ctx context.Context, id string) (*result.Series, map[string][]byte, error) {
	c, err := s.contest(ctx, id)
	if err == nil {
		err = c.play(ctx, s.servers)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("measuring %s: %w", id, err)
	}
	return c.series()
}

// contest is the one of that name, made if it is new.
func (s *Session) contest(ctx context.Context, id string) (*contest, error) {
	if c := s.under[id]; c != nil {
		return c, nil
	}
	p, err := s.options.planOf(id)
	if err != nil {
		return nil, err
	}
	c := &contest{plan: p, logs: make([]histogram.Log, len(s.servers)+1)}
	if p.share > 0 {
		closed := s.under[p.closedID()]
		if closed == nil {
			if _, _, err := s.Measure(ctx, p.closedID()); err != nil {
				return nil, err
			}
			closed = s.under[p.closedID()]
		}
		c.rate = p.share * closed.slowest()
		if _, err := pace.New(arrivals, c.rate, 0); err != nil {
			return nil, fmt.Errorf("choosing a rate: %w", err)
		}
	}
	s.under[id] = c
	return c, nil
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

// arrivals of open loops.
const arrivals = "poisson"

// play puts the workload on all servers and adds the rounds to those that were played before.
func (c *contest) play(ctx context.Context, servers []*rig.Server) (err error) {
	seed := c.Seed + uint64(c.times)<<16 // another time, another order and other arrivals
	c.times++
	game := duet.Plan{Rounds: duet.RoundsIn(c.Duration, len(servers)+1), Seed: seed}
	game.Interval = func(i int, h *hdrhistogram.Histogram) { c.logs[i].Add(h, c.id()) }
	if c.share > 0 {
		game.Pacer = func(round int) pace.Pacer {
			return pace.Poisson{PerSecond: c.rate / float64(c.pipeline), Seed: seed<<32 + uint64(round)}
		}
	}
	parties, closeAll, err := open(ctx, c.plan, servers)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return err
	}
	played := duet.Play(ctx, game, parties)
	if c.played == nil {
		c.played = played
		return nil
	}
	for i := range c.played {
		c.played[i].Add(played[i])
	}
	return nil
}

// slowest is the least throughput of a party.
func (c *contest) slowest() float64 {
	rate := math.Inf(1)
	for _, one := range c.played {
		rate = min(rate, one.Typical(duet.Throughput))
	}
	return rate
}

// series is what was measured until now, with its files.
func (c *contest) series() (_ *result.Series, files map[string][]byte, err error) {
	s, metrics := describe(c.plan), duet.Metrics
	if c.share > 0 {
		s.Loop, s.Arrivals, s.RatePerSecond = result.LoopOpen, arrivals, c.rate
		metrics = duet.OpenLoopMetrics
	}
	s.Rounds = len(c.played[0].Rounds[duet.Throughput])
	files = make(map[string][]byte)
	for i, one := range c.played {
		party := newParty(one)
		party.PercentileFile, party.IntervalFile = histogram.FileNames(c.id(), i, one.Name)
		if files[party.PercentileFile], err = histogram.Percentiles(one.Total.Latency); err != nil {
			return nil, nil, err
		}
		if files[party.IntervalFile], err = c.logs[i].Text("Latencies in nanoseconds; only the slices of one party of a duet"); err != nil {
			return nil, nil, err
		}
		s.Parties = append(s.Parties, party)
	}
	compare(s, c.played, metrics, c.Seed)
	return s, files, nil
}

// describe is the series before anything is measured.
func describe(p plan) *result.Series {
	return &result.Series{
		ID: p.id(), Curve: p.curve, Operation: p.config(nil, 0).Workload.String(), Loop: result.LoopClosed, Pipeline: p.pipeline, Connections: p.Connections, Keys: p.Keys,
		Distribution: p.Distribution, ValueBytes: p.ValueBytes, SliceMillis: duet.DefaultSlice.Milliseconds(),
	}
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
		if why := s.Spoilt(c); why != "" {
			c.Verdict, c.Words = stats.Inconclusive, "inconclusive: "+why
		}
	}
}
