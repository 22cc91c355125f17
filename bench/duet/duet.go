// Package duet measures several servers side by side: one generator at a time loads one of them for a short slice, then another, in an order that
// is drawn anew for every round, with everything answered in between. What disturbs a shared machine lasts longer than a slice, so it
// hits all parties of a round alike, and the ratios within rounds are far steadier than the figures themselves. Hundreds of rounds tell a few
// per cent apart where runs one after the other need ten times as long.
//
// The first party is the base. Whoever plays has the base play twice, under two names and on connections of its own: what that pair seems to
// differ by is the noise floor of the very same minutes.
package duet

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
)

// Loader puts load on a server and waits for the last answers. *load.Generator is one.
type Loader interface {
	Run(ctx context.Context, d time.Duration, p pace.Pacer, s *load.Sample)
}

// Party is one of those that are compared.
type Party struct {
	Name   string
	Loader Loader
	// CPU tells the processor time the server has used; nil where that cannot be known.
	CPU func() (time.Duration, error)
}

// Plan is how it is played.
type Plan struct {
	// Slice is how long one party is loaded at a time; DefaultSlice if 0.
	Slice time.Duration
	// Rounds is how often each party is loaded, and so how many pairs a comparison has.
	Rounds int
	// Seed draws the order within rounds.
	Seed uint64
	// Pacer gives the arrivals of a round, the same for all parties, in an open loop. Nil: closed loop.
	Pacer func(round int) pace.Pacer
	// Progress, if set, is called after each round, warm-up included.
	Progress func(done, total int)
	// Interval, if set, is called about once a second for each party with its latencies since the last call.
	Interval func(party int, h *hdrhistogram.Histogram)
}

const (
	// DefaultSlice is shorter than most disturbances and long enough for a p99.
	DefaultSlice = 50 * time.Millisecond
	// WarmUp rounds come first and do not count.
	WarmUp = 5
)

// RoundsIn is how many rounds fit into a time.
func RoundsIn(d time.Duration, parties int) int {
	return max(1, int(d/TimeFor(1-WarmUp, parties))-WarmUp)
}

// TimeFor is how long a number of rounds takes.
func TimeFor(rounds, parties int) time.Duration {
	return time.Duration(rounds+WarmUp) * time.Duration(parties) * DefaultSlice
}

// Series is what was measured of one party.
type Series struct {
	Name string
	// Total is all slices together.
	Total *load.Sample
	// By metric, one value a round.
	Rounds map[Metric][]float64
}

// Add adds the rounds of the same party in another game.
func (s *Series) Add(more Series) {
	s.Total.Merge(more.Total)
	for m, values := range more.Rounds {
		s.Rounds[m] = append(s.Rounds[m], values...)
	}
}

// Play plays all rounds, or those that were whole when ctx ended.
func Play(ctx context.Context, plan Plan, parties []Party) []Series {
	if plan.Slice == 0 {
		plan.Slice = DefaultSlice
	}
	table := newTable(plan, parties)
	order := rand.New(rand.NewPCG(plan.Seed, 2))
	for round := range WarmUp + plan.Rounds {
		var arrivals pace.Pacer
		if plan.Pacer != nil {
			arrivals = plan.Pacer(round)
		}
		if !table.playAll(ctx, arrivals, order.Perm(len(parties))) {
			break
		}
		if round >= WarmUp {
			table.keep()
		}
		if plan.Progress != nil {
			plan.Progress(round+1, WarmUp+plan.Rounds)
		}
	}
	table.flush()
	return table.series
}

// table is where a round is played and kept.
type table struct {
	plan    Plan
	parties []Party
	series  []Series
	slices  []slice // of the current round
	logs    []interval
}

// slice is one party's part of a round.
type slice struct {
	sample *load.Sample
	cpu    time.Duration // of the server
	hasCPU bool
	begun  time.Time
}

func newTable(plan Plan, parties []Party) *table {
	t := &table{plan: plan, parties: parties}
	for _, p := range parties {
		t.series = append(t.series, Series{Name: p.Name, Total: load.NewSample(), Rounds: make(map[Metric][]float64)})
		t.slices = append(t.slices, slice{sample: load.NewSample()})
		t.logs = append(t.logs, interval{h: load.NewHistogram()})
	}
	return t
}

// playAll plays a round. False: ctx has ended, and the round is not whole.
func (t *table) playAll(ctx context.Context, arrivals pace.Pacer, order []int) bool {
	for _, i := range order {
		if ctx.Err() != nil {
			return false
		}
		t.play(ctx, arrivals, i)
	}
	return ctx.Err() == nil
}

// play loads one party for a slice.
func (t *table) play(ctx context.Context, arrivals pace.Pacer, i int) {
	p, s := &t.parties[i], &t.slices[i]
	s.sample.Reset()
	var before, after time.Duration
	var err, err2 error
	if p.CPU != nil {
		before, err = p.CPU()
	}
	s.begun = time.Now()
	p.Loader.Run(ctx, t.plan.Slice, arrivals, s.sample)
	if p.CPU != nil {
		after, err2 = p.CPU()
	}
	s.cpu, s.hasCPU = after-before, p.CPU != nil && err == nil && err2 == nil
}

// keep adds a whole round to the series.
func (t *table) keep() {
	for i := range t.slices {
		s, to := &t.slices[i], &t.series[i]
		to.Total.Merge(s.sample)
		for _, m := range Metrics {
			to.Rounds[m] = append(to.Rounds[m], m.of(s))
		}
		if t.plan.Interval != nil && t.logs[i].add(s) {
			t.emit(i)
		}
	}
}

// flush hands out the intervals that are not full.
func (t *table) flush() {
	for i := range t.logs {
		if t.plan.Interval != nil && t.logs[i].h.TotalCount() > 0 {
			t.emit(i)
		}
	}
}

func (t *table) emit(i int) {
	t.plan.Interval(i, t.logs[i].h)
	t.logs[i].h.Reset()
}

// interval collects the latencies of about a second.
type interval struct {
	h *hdrhistogram.Histogram
}

// add adds a slice and reports whether the interval is full.
func (l *interval) add(s *slice) bool {
	const length = time.Second
	if l.h.TotalCount() == 0 {
		l.h.SetStartTimeMs(s.begun.UnixMilli())
	}
	l.h.Merge(s.sample.Latency)
	end := s.begun.Add(s.sample.Elapsed)
	l.h.SetEndTimeMs(end.UnixMilli())
	return end.UnixMilli()-l.h.StartTimeMs() >= length.Milliseconds()
}
