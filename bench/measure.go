package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Listener is told how a run goes on. Either may be nil.
type Listener struct {
	// Starting is called before each series, with the time all that is left will take.
	Starting func(id string, number, of int, left time.Duration)
	// Measured is called after each.
	Measured func(r *Result, s *Series)
}

// twinSuffix marks the base when it is measured the second time.
const twinSuffix = " (again)"

// Run starts the targets, measures all series, and stops the targets. When ctx ends, it returns what was measured until then and no error. The files
// are those that belong beside the result, by name.
func Run(ctx context.Context, o Options, listen Listener) (_ *Result, files map[string][]byte, err error) {
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	r := &Result{
		Schema: Schema, Suite: o.Suite, Command: o.Command, Seed: o.Seed, Started: time.Now().UTC(), Environment: newEnvironment(),
	}
	servers, stop, err := startAll(ctx, o)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return nil, nil, err
	}
	for _, s := range servers {
		r.Targets = append(r.Targets, s.Target)
	}
	m := &measurement{options: o, servers: servers, files: make(map[string][]byte)}
	err = m.all(ctx, r, listen)
	r.Interrupted = ctx.Err() != nil
	r.Environment.finish()
	r.Finished = time.Now().UTC()
	return r, m.files, err
}

// startAll starts all targets and fills them with the keys that will be asked for. The function it returns stops them.
func startAll(ctx context.Context, o Options) (servers []*server, stop func() error, err error) {
	stop = func() (err error) {
		for _, s := range servers {
			err = errors.Join(err, s.cluster.Close())
		}
		return err
	}
	names := make(map[string]int)
	for _, spec := range o.Targets {
		s, err := start(ctx, spec, o.Destructive)
		if err != nil {
			return servers, stop, err
		}
		servers = append(servers, s)
		if names[s.Name]++; names[s.Name] > 1 {
			s.Name += fmt.Sprintf(" #%d", names[s.Name])
		}
		if err := fill(ctx, o, s); err != nil {
			return servers, stop, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return servers, stop, nil
}

// fill writes all keys, in batches.
func fill(ctx context.Context, o Options, s *server) error {
	const pipeline = 50
	g, err := load.Open(ctx, plan{"SET", pipeline, false, &o}.config(s.addrs, o.Seed))
	if err != nil {
		return err
	}
	defer g.Close()
	return g.Fill(ctx)
}

// measurement is what a run works on.
type measurement struct {
	options Options
	servers []*server
	files   map[string][]byte
}

// all measures one series after the other.
func (m *measurement) all(ctx context.Context, r *Result, listen Listener) error {
	plans := m.options.plan()
	for i, p := range plans {
		if ctx.Err() != nil {
			return nil
		}
		if listen.Starting != nil {
			listen.Starting(p.id(), i+1, len(plans), time.Duration(len(plans)-i)*m.options.Duration)
		}
		s, err := m.series(ctx, p, r)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("measuring %s: %w", p.id(), err)
		}
		if err != nil || s.Rounds == 0 {
			return nil // interrupted before there was anything
		}
		r.Series = append(r.Series, *s)
		if listen.Measured != nil {
			listen.Measured(r, s)
		}
	}
	return nil
}

// series measures one workload on all targets. What was measured before decides the rate of an open loop.
func (m *measurement) series(ctx context.Context, p plan, before *Result) (_ *Series, err error) {
	s := m.describe(p)
	game := duet.Plan{Rounds: m.options.rounds(), Seed: m.options.Seed}
	metrics := duet.Metrics
	if p.open {
		s.Loop, s.Arrivals, s.RatePerSecond = LoopOpen, "poisson", OpenLoopShare*slowest(before, p)
		if _, err := pace.New(s.Arrivals, s.RatePerSecond, 0); err != nil {
			return nil, fmt.Errorf("choosing a rate all targets can keep: %w", err)
		}
		game.Pacer = func(round int) pace.Pacer {
			return pace.Poisson{PerSecond: s.RatePerSecond / float64(p.pipeline), Seed: m.options.Seed<<32 + uint64(round)}
		}
		metrics = duet.OpenLoopMetrics
	}
	parties, closeAll, err := m.parties(ctx, p)
	defer func() { err = errors.Join(err, closeAll()) }()
	if err != nil {
		return nil, err
	}
	logs := make([]intervalLog, len(parties))
	game.Interval = func(i int, h *hdrhistogram.Histogram) { logs[i].add(h, p.id()) }
	played := duet.Play(ctx, game, parties)
	s.Rounds = len(played[0].Rounds[duet.Throughput])
	for i, one := range played {
		party := newParty(one)
		party.PercentileFile, party.IntervalFile = fileNames(p.id(), i, one.Name)
		if m.files[party.PercentileFile], err = percentileText(one.Total.Latency); err != nil {
			return nil, err
		}
		if m.files[party.IntervalFile], err = logs[i].text(); err != nil {
			return nil, err
		}
		s.Parties = append(s.Parties, party)
	}
	s.compare(played, metrics, m.options.Seed)
	return s, nil
}

// describe is the series before anything is measured.
func (m *measurement) describe(p plan) *Series {
	return &Series{
		ID: p.id(), Operation: p.operation, Loop: LoopClosed, Pipeline: p.pipeline, Connections: m.options.Connections, Keys: m.options.Keys,
		Distribution: load.DistributionUniform, ValueBytes: m.options.ValueBytes, SliceMillis: duet.DefaultSlice.Milliseconds(),
	}
}

// slowest is the least throughput of a party in the closed loop that belongs to an open one.
func slowest(before *Result, p plan) float64 {
	p.open = false
	rate := math.Inf(1)
	for _, s := range before.Series {
		for _, party := range s.Parties {
			if s.ID == p.id() {
				rate = min(rate, party.PerSecond)
			}
		}
	}
	return rate
}

// parties are the targets with generators of their own, the base twice and first.
func (m *measurement) parties(ctx context.Context, p plan) (parties []duet.Party, closeAll func() error, err error) {
	closeAll = func() (err error) {
		for _, party := range parties {
			err = errors.Join(err, party.Loader.(*load.Generator).Close())
		}
		return err
	}
	base := m.servers[0]
	for i, s := range append([]*server{base}, m.servers...) {
		name := s.Name
		if i == 1 {
			name += twinSuffix
		}
		g, err := load.Open(ctx, p.config(s.addrs, m.options.Seed+uint64(i)))
		if err != nil {
			return parties, closeAll, fmt.Errorf("%s: %w", s.Name, err)
		}
		parties = append(parties, duet.Party{Name: name, Loader: g, CPU: s.cpu()})
	}
	return parties, closeAll, nil
}

func newParty(s duet.Series) Party {
	return Party{
		Name: s.Name, Counts: s.Total.Counts, PerSecond: s.Typical(duet.Throughput), CPUNanos: s.Typical(duet.CPU),
		Latency: percentiles(s.Total.Latency), Generator: generator(s.Total),
	}
}

// compare draws the conclusions. What the generator or a failing server has spoilt is inconclusive.
func (s *Series) compare(played []duet.Series, metrics []duet.Metric, seed uint64) {
	var err error
	if s.Comparisons, err = duet.Compare(played, metrics, seed); err != nil {
		s.Trouble = err.Error()
		return
	}
	for i := range s.Comparisons {
		c := &s.Comparisons[i]
		if why := cmp.Or(s.spoiltBy(c.Base, c.Metric), s.spoiltBy(c.Other, c.Metric)); why != "" {
			c.Verdict, c.Words = stats.Inconclusive, "inconclusive: "+why
		}
	}
}

// spoiltBy says why a metric of a party cannot be compared; empty if it can. The server's processor time is its own, however busy the generator was.
func (s *Series) spoiltBy(name string, m duet.Metric) string {
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
