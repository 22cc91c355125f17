package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/histogram"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/compose/target"
)

// interval is what a histogram of a report covers.
const interval = time.Second

// Work is one worker's part of a plan, its index counting from 0: it connects, waits for the plan's start, loads, and reports. The first worker fills the keys
// before the start. When ctx ends, what was measured until then is reported as interrupted. It tells through say what it is about.
func Work(ctx context.Context, p Plan, index int, say func(what string)) (_ *Report, err error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if index < 0 || index >= p.Workers {
		return nil, fmt.Errorf("worker %d of %d: they are counted from 0", index, p.Workers)
	}
	r := &Report{Schema: Schema, Plan: p, Index: index, Environment: result.NewEnvironment()}
	r.Host, _ = os.Hostname() // without, the index has to do
	if r.Target, err = describe(ctx, p.Addrs); err != nil {
		return nil, err
	}
	g, err := load.Open(ctx, p.config(index))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	if index == 0 {
		say(fmt.Sprintf("filling %d keys", p.Keys))
		if err := g.Fill(ctx); err != nil {
			return nil, err
		}
	}
	if left := time.Until(p.Start); left > 0 {
		say(fmt.Sprintf("waiting %v for the start", left.Round(time.Millisecond)))
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the start: %w", context.Cause(ctx))
		case <-time.After(left):
		}
	}
	say(fmt.Sprintf("loading for %v", p.Duration))
	r.Began = time.Now().UTC()
	samples := g.RunIntervals(ctx, p.Duration, interval, p.pacer(index))
	r.Interrupted = ctx.Err() != nil
	r.Environment.Finish()
	return r, r.take(samples)
}

// describe finds out what the cluster is, from the first node that says so.
func describe(ctx context.Context, addrs []string) (t result.Target, err error) {
	for _, addr := range addrs {
		d, failure := target.DescribeNode(ctx, addr)
		if failure == nil {
			name := strings.TrimSpace(d.Server + " " + d.Version)
			return result.Target{Name: name, Spec: "addr:" + strings.Join(addrs, ","), Kind: "addr", Server: d.Server, Version: d.Version, Nodes: len(addrs)}, nil
		}
		err = errors.Join(err, failure)
	}
	return t, fmt.Errorf("asking the target what it is: %w", err)
}

// take puts what was measured into the report.
func (r *Report) take(samples []*load.Sample) error {
	var latency, lateness histogram.Log
	total := load.NewSample()
	at := r.Began
	for _, s := range samples {
		for _, one := range []struct {
			log *histogram.Log
			h   *hdrhistogram.Histogram
		}{{&latency, s.Latency}, {&lateness, s.Lateness}} {
			one.h.SetStartTimeMs(at.UnixMilli())
			one.h.SetEndTimeMs(at.Add(s.Elapsed).UnixMilli())
			one.log.Add(one.h, r.Plan.Name)
		}
		at = at.Add(s.Elapsed)
		total.Merge(s)
	}
	r.Counts, r.Elapsed, r.OwnCPU = total.Counts, total.Elapsed, total.OwnCPU
	latencies, err := latency.Text(fmt.Sprintf("Latencies in nanoseconds of worker %d", r.Index))
	latenesses, err2 := lateness.Text(fmt.Sprintf("Nanoseconds after the due time at which worker %d sent", r.Index))
	r.Latency, r.Lateness = string(latencies), string(latenesses)
	return errors.Join(err, err2)
}
