package main

import (
	"encoding/csv"
	"fmt"
	"net"
	"os/exec"
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
		rates := make([]map[string][]float64, len(servers))
		for range stats.MinPairs {
			for i, s := range servers {
				found, err := runBenchmark(l, s, pipeline, requests[pipeline])
				if err != nil {
					return err
				}
				if rates[i] == nil {
					rates[i] = map[string][]float64{}
				}
				for operation, rate := range found {
					rates[i][operation] = append(rates[i][operation], rate)
				}
			}
		}
		for _, operation := range []string{"GET", "SET"} {
			for i, s := range servers[1:] {
				f, err := compare(fmt.Sprintf("redis-benchmark %s P=%d", operation, pipeline), s, servers[0], rates[i+1][operation], rates[0][operation], "/s", o.seed)
				if err != nil {
					return err
				}
				if s.name == referenceName {
					f.goal, f.more = throughputGoals[pipeline], true
				}
				report(f)
			}
		}
	}
	return nil
}

// runBenchmark runs it once and returns the rates by operation.
func runBenchmark(l *lab, s *server, pipeline, requests int) (map[string]float64, error) {
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
	rates := map[string]float64{}
	for _, row := range rows[1:] {
		if rates[row[0]], err = strconv.ParseFloat(row[1], 64); err != nil {
			return nil, fmt.Errorf("redis-benchmark against %s said %q: %w", s.name, out, err)
		}
	}
	return rates, nil
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
