package main

import (
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/stats"
)

const (
	connections = 50
	valueBytes  = 64
)

// goal is what is asked of a figure, as a ratio to redis-server.
type goal struct{ least, aim float64 }

// The goals of the closed loops, by pipeline.
var (
	pipelines       = []int{1, 16, 100}
	throughputGoals = map[int]goal{1: {1, 1.25}, 16: {1.5, 2.5}, 100: {2.2, 4}}
	latencyGoals    = map[int]goal{1: {1, 0.8}, 16: {1, 0.6}, 100: {1, 0.4}}
)

// throughput compares GET and SET in closed loops on 50 connections.
func throughput(l *lab, o *options, report func(finding)) error {
	if !o.wantsThroughput() {
		return nil
	}
	keys := o.keys
	kinds := append([]kind{o.standalone(), o.clustered(), o.reference()}, o.others()...)
	servers, err := l.startAll(kinds...)
	if err != nil {
		return err
	}
	for _, s := range servers {
		if err := fill(l, s, keys); err != nil {
			return err
		}
	}
	for _, operation := range []string{"GET", "SET"} {
		for _, pipeline := range pipelines {
			if !o.wants(throughputRow(operation, pipeline)) {
				continue
			}
			if err := closedLoop(l, o, servers, operation, pipeline, keys, report); err != nil {
				return err
			}
		}
	}
	return nil
}

func throughputRow(operation string, pipeline int) string {
	return fmt.Sprintf("%s P=%d", operation, pipeline)
}

// wantsThroughput says whether servers have to be filled for any of these rows.
func (o *options) wantsThroughput() bool {
	return slices.ContainsFunc(pipelines, func(p int) bool { return o.wants(throughputRow("GET", p)) || o.wants(throughputRow("SET", p)) })
}

// closedLoop compares all servers with the first.
func closedLoop(l *lab, o *options, servers []*server, operation string, pipeline, keys int, report func(finding)) error {
	played, err := o.play(l, servers, workload(operation, pipeline, keys))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%s P=%d", operation, pipeline)
	for _, metric := range []struct {
		duet.Metric
		name string
		goal goal
	}{
		{duet.Throughput, "requests/s", throughputGoals[pipeline]},
		{duet.P99, "p99", latencyGoals[pipeline]},
		{duet.CPU, "server CPU a request", goal{}},
	} {
		for i, s := range played[1:] {
			interval, err := stats.Compare(played[0].Rounds[metric.Metric], s.Rounds[metric.Metric], o.seed)
			if err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			f := finding{what: what + " " + metric.name, subject: s.Name, base: played[0].Name, interval: interval,
				subjectValue: s.Typical(metric.Metric), baseValue: played[0].Typical(metric.Metric), unit: units[metric.Metric]}
			if servers[i+1].name == referenceName {
				f.goal, f.more = metric.goal, metric.Direction() == stats.MoreIsFaster
			}
			report(f)
		}
	}
	return nil
}

var units = map[duet.Metric]string{duet.Throughput: "/s", duet.P99: "ns", duet.P50: "ns", duet.CPU: "ns"}

// workload is how the generator is set up.
func workload(operation string, pipeline, keys int) load.Config {
	reads := 0.0
	if operation == "GET" {
		reads = 1
	}
	return load.Config{Connections: connections, Pipeline: pipeline,
		Workload: load.Workload{ReadShare: reads, Keys: keys, ValueBytes: valueBytes, Distribution: load.DistributionUniform}}
}

// play loads all servers in turn.
func (o *options) play(l *lab, servers []*server, config load.Config) ([]duet.Series, error) {
	var parties []duet.Party
	for i, s := range servers {
		config.Addrs, config.Seed = []string{s.addr}, o.seed+uint64(i)
		g, err := load.Open(l.ctx, config)
		if err != nil {
			return nil, fmt.Errorf("loading %s: %w", s.name, err)
		}
		defer g.Close()
		parties = append(parties, duet.Party{Name: s.name, Loader: g, CPU: s.cpu})
	}
	played := duet.Play(l.ctx, duet.Plan{Rounds: duet.RoundsIn(o.duration, len(parties)), Seed: o.seed}, parties)
	for _, s := range played {
		if s.Total.Failed() > 0 {
			return nil, fmt.Errorf("%s failed %d of %d requests: %v", s.Name, s.Total.Failed(), s.Total.Sent, s.Total.Errors)
		}
	}
	return played, nil
}

// fill writes all keys.
func fill(l *lab, s *server, keys int) error {
	config := workload("SET", 50, keys)
	config.Addrs = []string{s.addr}
	g, err := load.Open(l.ctx, config)
	if err != nil {
		return fmt.Errorf("filling %s: %w", s.name, err)
	}
	defer g.Close()
	if err := g.Fill(l.ctx); err != nil {
		return fmt.Errorf("filling %s: %w", s.name, err)
	}
	return nil
}

// memory compares what a million keys take.
func memory(l *lab, o *options, report func(finding)) error {
	const keys = 1_000_000
	if !o.wants("memory") {
		return nil
	}
	var perKey []float64
	kinds := append([]kind{o.clustered(), o.reference()}, o.others()...)
	for _, k := range kinds {
		servers, err := l.startAll(k)
		if err != nil {
			return err
		}
		empty, err := servers[0].residentBytes()
		if err != nil {
			return err
		}
		if err := fill(l, servers[0], keys); err != nil {
			return err
		}
		full, err := servers[0].residentBytes()
		if err != nil {
			return err
		}
		l.stop(servers[0])
		perKey = append(perKey, (full-empty)/keys)
	}
	for i, k := range kinds[1:] {
		f := finding{what: "memory a key, 1 million", subject: k.name, base: kinds[0].name, interval: exactly(perKey[i+1] / perKey[0]),
			subjectValue: perKey[i+1], baseValue: perKey[0], unit: "B"}
		if k.name == referenceName {
			f.goal = goal{0.8, 0.55}
		}
		report(f)
	}
	return nil
}

// exactly is a ratio without a spread.
func exactly(ratio float64) stats.Interval {
	return stats.Interval{Ratio: ratio, Low: ratio, High: ratio, Pairs: 1}
}
