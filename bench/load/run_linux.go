package load

import (
	"context"
	"fmt"
	"time"

	"github.com/clusterspec/clusterspec/bench/pace"
)

// Run loads for as long as told, waits for the last answers, and adds what it measured to the sample. With a pacer it is an open loop, in which
// the pacer spaces batches of Config.Pipeline requests; without one a closed loop. When ctx ends, it stops as if the time were over.
func (g *Generator) Run(ctx context.Context, d time.Duration, p pace.Pacer, s *Sample) {
	if p != nil {
		g.schedule = pace.NewSchedule(p)
	}
	g.loop(ctx, d, s)
	g.schedule = nil
}

// RunIntervals runs as Run does, and keeps a sample for each interval of the time, to which the requests belong that were due in it, or begun. Their times
// add up: what was waited for the last answers is the last interval's, and processor time is divided evenly.
func (g *Generator) RunIntervals(ctx context.Context, d, every time.Duration, p pace.Pacer) []*Sample {
	g.every = every
	total := NewSample()
	g.Run(ctx, d, p, total)
	intervals := g.intervals
	g.every, g.intervals = 0, nil
	for i, s := range intervals {
		s.Elapsed, s.OwnCPU = every, total.OwnCPU/time.Duration(len(intervals))
		if i+1 == len(intervals) {
			s.Elapsed = max(0, total.Elapsed-time.Duration(i)*every)
		}
	}
	return intervals
}

// at is the sample that a request belongs to which was due, or begun, at a time of the generator's clock.
func (g *Generator) at(due int64) *Sample {
	if g.every == 0 {
		return g.sample
	}
	i := max(0, int((due-g.begun)/int64(g.every)))
	for len(g.intervals) <= i {
		g.intervals = append(g.intervals, NewSample())
	}
	return g.intervals[i]
}

// Fill writes every key once, so that reads find what they should. It fails if not every write was accepted.
func (g *Generator) Fill(ctx context.Context) error {
	const limit = time.Hour // by far enough: it ends with the tapes
	g.assign(g.config.Workload.drawFill(), true)
	pure := g.expect.pure
	g.expect.pure = true
	s := NewSample()
	g.loop(ctx, limit, s)
	g.expect.pure = pure
	g.assign(g.tape, false)
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.OK != uint64(g.config.Workload.Keys) {
		return fmt.Errorf("filling %d keys: %d were accepted: %s", g.config.Workload.Keys, s.OK, s.FailedInWords())
	}
	return nil
}
