package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/bench/stats"
)

// redisBenchmark has redis-benchmark, the program everybody knows, ask the servers in turn. At pipeline 1 it is slower than
// any of them.
func redisBenchmark(l *lab, o *options, report func(finding)) error {
	if !o.wants("redis-benchmark") {
		return nil
	}
	if _, err := exec.LookPath("redis-benchmark"); err != nil {
		return fmt.Errorf("redis-benchmark is not here: %w (--only leaves it out)", err)
	}
	servers, err := l.startAll(o.standalone(), o.clustered(), o.reference())
	if err != nil {
		return err
	}
	requests := map[int]int{1: 100_000, 16: 800_000, 100: 1_500_000}
	for _, pipeline := range pipelines {
		runs := make([][]map[string]benchmarked, len(servers))
		for range stats.MinPairs {
			for i, s := range servers {
				found, err := runBenchmark(l, s, pipeline, requests[pipeline])
				if err != nil {
					return err
				}
				runs[i] = append(runs[i], found)
			}
		}
		for _, operation := range []string{"GET", "SET"} {
			rate := func(of map[string]benchmarked) float64 { return of[operation].rate }
			p99 := func(of map[string]benchmarked) float64 { return of[operation].p99 }
			for i, s := range servers[1:] {
				what := fmt.Sprintf("redis-benchmark %s P=%d ", operation, pipeline)
				throughput, err := compare(what+"requests/s", s, servers[0], each(runs[i+1], rate), each(runs[0], rate), "/s", o.seed)
				if err != nil {
					return err
				}
				latency, err := compare(what+"p99", s, servers[0], each(runs[i+1], p99), each(runs[0], p99), "ms", o.seed)
				if err != nil {
					return err
				}
				if s.name == referenceName {
					throughput.goal, throughput.more = throughputGoals[pipeline], true
					latency.goal = latencyGoals[pipeline]
				}
				report(throughput)
				report(latency)
			}
		}
	}
	return nil
}

// benchmarked is what redis-benchmark says of one operation.
type benchmarked struct {
	rate float64 // requests a second
	p99  float64 // milliseconds
}

func each(runs []map[string]benchmarked, value func(map[string]benchmarked) float64) (values []float64) {
	for _, run := range runs {
		values = append(values, value(run))
	}
	return values
}

// runBenchmark runs it once and returns what it found by operation.
func runBenchmark(l *lab, s *server, pipeline, requests int) (map[string]benchmarked, error) {
	host, port, _ := net.SplitHostPort(s.addr)
	out, err := exec.CommandContext(l.ctx, "redis-benchmark", "-h", host, "-p", port, "-c", strconv.Itoa(connections), "-P", strconv.Itoa(pipeline),
		"-n", strconv.Itoa(requests), "-r", "100000", "-d", strconv.Itoa(valueBytes), "-t", "set,get", "--csv").Output()
	if err != nil {
		return nil, fmt.Errorf("redis-benchmark against %s: %w", s.name, err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(out))).ReadAll()
	if err != nil || len(rows) != 3 {
		return nil, fmt.Errorf("redis-benchmark against %s said %q (%v)", s.name, out, err)
	}
	found := map[string]benchmarked{}
	rate, p99 := slices.Index(rows[0], "rps"), slices.Index(rows[0], "p99_latency_ms")
	if rate < 0 || p99 < 0 {
		return nil, fmt.Errorf("redis-benchmark has the columns %q, want rps and p99_latency_ms: version 6.2 or later is needed", rows[0])
	}
	for _, row := range rows[1:] {
		var errs [2]error
		var b benchmarked
		b.rate, errs[0] = strconv.ParseFloat(row[rate], 64)
		b.p99, errs[1] = strconv.ParseFloat(row[p99], 64)
		if err := errors.Join(errs[:]...); err != nil {
			return nil, fmt.Errorf("redis-benchmark against %s said %q: %w", s.name, out, err)
		}
		found[row[0]] = b
	}
	return found, nil
}

// compare makes a line of the table of figures that were taken in turns.
func compare(what string, s, base *server, values, baseValues []float64, unit string, seed uint64) (finding, error) {
	interval, err := stats.Compare(baseValues, values, seed)
	if err != nil {
		return finding{}, fmt.Errorf("%s: %w", what, err)
	}
	return finding{what: what, subject: s.name, base: base.name, interval: interval,
		subjectValue: stats.Median(values), baseValue: stats.Median(baseValues), unit: unit}, nil
}
