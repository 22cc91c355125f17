package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// tailSlice is how long one server is loaded at a time: a p99.9 needs longer slices than a median.
const tailSlice = 500 * time.Millisecond

// tail compares p99.9: with two million keys under SETs at pipeline 16, when whatever a server does about its memory shows; and of
// requests that come one by one at half the rate that redis-server can do, where a rare pause shows that no busy loop would.
func tail(l *lab, o *options, report func(finding)) error {
	const manyKeys = 2_000_000
	goals := goal{1, 0.5}
	if what := "SET P=16 p99.9, 2 million keys"; o.wants(what) {
		if err := compareTails(l, o, what, workload("SET", 16, manyKeys), goals, nil, report); err != nil {
			return err
		}
	}
	if what := "GET P=1 p99.9, at half of redis-server's rate"; o.wants(what) {
		return compareTails(l, o, what, workload("GET", 1, o.keys), goal{1, 0.8}, halfOf, report)
	}
	return nil
}

// halfOf gives the arrivals of an open loop at half the rate that a loader reaches in a closed one.
func halfOf(l *lab, g *load.Generator, seed uint64) pace.Pacer {
	sample := load.NewSample()
	g.Run(l.ctx, tailSlice, nil, sample)
	return pace.Poisson{PerSecond: sample.Rate() / 2, Seed: seed}
}

// compareTails loads standalone redis-server and the reference in turn, in random order. Without arrivals the loops are closed.
func compareTails(l *lab, o *options, what string, config load.Config, goals goal, arrivals func(*lab, *load.Generator, uint64) pace.Pacer, report func(finding)) error {
	servers, err := l.startAll(append([]kind{o.standalone(), o.reference()}, o.others()...)...)
	if err != nil {
		return err
	}
	generators := make([]*load.Generator, len(servers))
	for i, s := range servers {
		if err := fill(l, s, config.Workload.Keys); err != nil {
			return err
		}
		config.Addrs, config.Seed = []string{s.addr}, o.seed+uint64(i)
		if generators[i], err = load.Open(l.ctx, config); err != nil {
			return fmt.Errorf("loading %s: %w", s.name, err)
		}
		defer generators[i].Close()
	}
	values := make([][]float64, len(servers))
	order := rand.New(rand.NewPCG(o.seed, 3))
	for round := range max(stats.MinPairs, int(2*o.duration/tailSlice)/len(servers)) {
		var pacer pace.Pacer
		if arrivals != nil {
			pacer = arrivals(l, generators[0], o.seed+uint64(round))
		}
		for _, i := range order.Perm(len(servers)) {
			sample := load.NewSample()
			generators[i].Run(l.ctx, tailSlice, pacer, sample)
			if sample.Failed() > 0 {
				return fmt.Errorf("%s: %s failed %d requests: %v", what, servers[i].name, sample.Failed(), sample.Errors)
			}
			values[i] = append(values[i], float64(sample.Latency.ValueAtQuantile(99.9)))
		}
	}
	for i, s := range servers[1:] {
		f, err := compare(what, s, servers[0], values[i+1], values[0], "ns", o.seed)
		if err != nil {
			return err
		}
		if s.name == referenceName {
			f.goal = goals
		}
		report(f)
	}
	for _, s := range servers {
		l.stop(s)
	}
	return nil
}
