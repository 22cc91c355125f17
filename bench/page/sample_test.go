package page

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// The sample is a run that went wrong in all ways in which a run can: it was ended early, requests failed, the generator was late, a target cannot be
// measured in some ways, another did not come to the largest size, a time line ended in the middle.

const (
	base  = "redis-server 7.0.15"
	other = "acme-kv 0.9"
	third = "elsewhere"
)

func sample() *result.Result {
	return &result.Result{
		Schema: result.Schema, Suite: "1.2", Seed: 7, Interrupted: true,
		Command: []string{"clusterspec", "bench", "--target", "redis-server", "--target", "exec:./acme-kv --port {port}", "--target", "addr:10.0.0.1:7000"},
		Started: time.Date(2026, 3, 9, 14, 30, 0, 0, time.UTC), Finished: time.Date(2026, 3, 9, 14, 35, 7, 0, time.UTC),
		Environment: result.Environment{
			OS: "linux/amd64", Kernel: "6.1.0", CPU: "a processor", Cores: 2, MaxProcs: 2, GoVersion: "go1.26.0", MemoryBytes: 8 << 30, LoadBefore: "0.10 0.20 0.30", StealShare: 0.07,
		},
		Targets: []result.Target{
			{Name: base, Spec: "redis-server", Kind: "exec", Server: "redis", Version: "7.0.15", Nodes: 1},
			{Name: other, Spec: "exec:./acme-kv --port {port}", Kind: "exec", Server: "acme-kv", Version: "0.9", Nodes: 1},
			{Name: third, Spec: "addr:10.0.0.1:7000", Kind: "addr", Server: "valkey", Version: "8.0.1", Nodes: 3},
		},
		Series:  []result.Series{closedSeries(), openSeries("get-p1-open", "", 50_000), openSeries("get-p1-at-10", "get-p1", 10_000), openSeries("get-p1-at-90", "get-p1", 90_000)},
		Figures: figures(),
		Gates: []result.Gate{
			{Name: "reads are faster", Measurement: "throughput of get-p16", Target: other, Verdict: result.GatePassed, Words: "passed: 2.470 times [2.300, 2.600]; asked for is at least 1.15 (less 3 %)"},
			{Name: "keys are light", Measurement: "footprint/key", Target: other, Verdict: result.GateFailed, Words: "failed: 190 B; asked for is at most 100"},
			{Name: "no pauses", Measurement: "p99 of get-p1", Verdict: result.GateInconclusive, Words: "inconclusive: the result has no series get-p1"},
		},
		Timelines: []result.Timeline{wholeTimeline(), endedTimeline()},
		Growths: []result.Growth{
			{ID: "nodes/bus-bytes", Title: "bytes a second that a node sends on the bus", X: "nodes", Unit: "bytes", Note: "an idle cluster", Lines: []result.Line{
				{Name: base, Points: []result.Point{{X: 3, Y: 5000}, {X: 10, Y: 16_000}, {X: 30, Y: 52_000}}},
				{Name: other, Points: []result.Point{{X: 3, Y: 4000}}, Stopped: "at 10 nodes: the cluster did not form"},
				{Name: third, Stopped: "at 3 nodes: it is no process of this machine"},
			}},
			{ID: "keys/memory", Title: "resident memory of a key", X: "keys", Unit: "bytes", Lines: []result.Line{
				{Name: base, Points: []result.Point{{X: 1000, Y: 190}}}, {Name: other, Points: []result.Point{{X: 1000, Y: 103}}},
			}},
		},
	}
}

func latency(scale int64) result.Percentiles {
	return result.Percentiles{Count: 50_000, P50: 100_000 * scale, P90: 200_000 * scale, P99: 900_000 * scale, P999: 2_000_000 * scale, P9999: 5_000_000 * scale, Max: 7_000_000 * scale}
}

func closedSeries() result.Series {
	return result.Series{
		ID: "get-p16", Operation: "GET", Loop: result.LoopClosed, Pipeline: 16, Connections: 50, Keys: 1000, Distribution: "uniform", ValueBytes: 64, Rounds: 40,
		Parties: []result.Party{
			{Name: base, PerSecond: 500_000, CPUNanos: 1700, Latency: latency(1)}, {Name: base + result.TwinSuffix, PerSecond: 501_000, CPUNanos: 1690, Latency: latency(1)},
			{Name: other, PerSecond: 1_234_567, CPUNanos: 596, Latency: latency(2)},
			{Name: third, PerSecond: 490_000, Latency: latency(3), Counts: load.Counts{Sent: 1000, OK: 990, Errors: map[string]uint64{"LOADING": 10}}},
		},
		Comparisons: []duet.Comparison{
			compared(base+result.TwinSuffix, duet.Throughput, 1.002, 0.99, 1.01, 0),
			compared(other, duet.Throughput, 2.47, 2.3, 2.6, 0.01), compared(other, duet.CPU, 0.35, 0.33, 0.36, 0.02), compared(other, duet.P99, 8, 7, 12, 0.2),
			{Base: base, Other: third, Metric: duet.Throughput, Interval: stats.Interval{Ratio: 0.98, Low: 0.97, High: 0.99}, Floor: 0.01, Verdict: stats.Inconclusive, Words: "inconclusive: 10 of 1000 requests to elsewhere failed"},
		},
	}
}

func compared(name string, m duet.Metric, ratio, low, high, floor float64) duet.Comparison {
	i := stats.Interval{Ratio: ratio, Low: low, High: high, Pairs: 40}
	return duet.Comparison{Base: base, Other: name, Metric: m, Interval: i, Floor: floor, Verdict: stats.Judge(i, floor, m.Direction()), Words: stats.Words(i, floor, m.Direction())}
}

func openSeries(id, curve string, rate float64) result.Series {
	return result.Series{
		ID: id, Curve: curve, Operation: "GET", Loop: result.LoopOpen, Arrivals: "poisson", RatePerSecond: rate, Pipeline: 1, Connections: 50, Keys: 1000, Distribution: "uniform", ValueBytes: 64, Rounds: 2,
		Parties: []result.Party{
			{Name: base, PerSecond: rate, Latency: latency(1), PercentileFile: "series/base.hgrm"}, {Name: base + result.TwinSuffix, PerSecond: rate, Latency: latency(1)},
			{Name: other, PerSecond: rate, Latency: latency(1), Generator: result.Generator{Invalid: "the generator used 97 % of a core"}},
		},
		Trouble: "2 pairs are too few for an interval",
	}
}

// percentileFile is the form of the files beside a result.
const percentileFile = `       Value     Percentile TotalCount 1/(1-Percentile)

       0.020       0.000000          1           1.00
       0.100       0.500000      25000           2.00
       0.900       0.990000      49500         100.00
       7.000       1.000000      50000            inf
#[Mean    =        0.120, StdDeviation   =        0.500]
#[Max     =        7.000, Total count    =        50000]
`

func figures() []result.Figure {
	figures := []result.Figure{
		{ID: "migration/migrate", Title: "keys moved by MIGRATE", Unit: "keys/s", MoreIsBetter: true, Floor: 10_000, FloorSource: "the plan's number"},
		{ID: "footprint/key", Title: "resident memory of a key", Unit: "bytes"},
	}
	noise := rand.New(rand.NewPCG(1, 1))
	for i, medians := range [][]float64{{14_000, 14_000, 7000}, {190, 190, 103}} {
		trials := []int{9, 1}[i]
		for j, name := range []string{base, base + result.TwinSuffix, other} {
			m := result.Measured{Name: name}
			for range trials {
				m.Add(medians[j] * (0.99 + 0.02*noise.Float64()))
			}
			figures[i].Parties = append(figures[i].Parties, m)
		}
		figures[i].Parties = append(figures[i].Parties, result.Measured{Name: third, Missing: "it is no process of this machine"})
		figures[i].Conclude(trials > 1, 1)
	}
	return figures
}

func wholeTimeline() result.Timeline {
	t := result.Timeline{
		ID: "change", Target: base, Primaries: 3, Replicas: 1, NodeTimeoutMillis: 2000, RatePerSecond: 2000, IntervalMillis: 500,
		Marks: []result.Mark{
			{AtMillis: 2000, What: "C is killed", Fault: true}, {AtMillis: 4000, What: "F is a primary"}, {AtMillis: 4010, What: "C is started again"}, {AtMillis: 4020, What: "C is a replica in order"},
		},
		Phases: []result.Phase{
			{Name: "steady", ToMillis: 2000, Latency: latency(1), Counts: load.Counts{Sent: 4000, OK: 4000}, WorstSecond: 1_000_000},
			{
				Name: "primary killed", FromMillis: 2000, ToMillis: 6000, Latency: latency(100), Counts: load.Counts{Sent: 8000, OK: 7000, Lost: 1000}, RedirectsPerRequest: 0.01, WorstSecond: 2e9,
				Facts: []result.Fact{{Name: "from the kill to the promotion, in node timeouts", Value: 1.5, Unit: "1"}},
			},
		},
		Outages: []result.Outage{{Slots: "10923-16383", FromMillis: 2000, ToMillis: 4100, Because: "connection refused"}, {Slots: "0-5460", FromMillis: 3500, ToMillis: 4000, Because: "CLUSTERDOWN"}},
	}
	for i := range 12 {
		in := result.Interval{Answered: 1000, P50: 100_000, P99: 1_000_000, Max: 2_000_000}
		if i >= 4 && i < 8 {
			in = result.Interval{Answered: 500, Failed: 500, P99: 1_500_000_000}
		}
		if i == 7 {
			in = result.Interval{Failed: 1000} // nobody was answered: there is no latency
		}
		t.Intervals = append(t.Intervals, in)
	}
	return t
}

func endedTimeline() result.Timeline {
	t := wholeTimeline()
	t.Target, t.Marks, t.Phases, t.Outages, t.Intervals = other, nil, t.Phases[:1], nil, t.Intervals[:3]
	t.Trouble = "slots moving: MIGRATE is unknown"
	return t
}

// hostile is a result whose texts try to leave their places.
func hostile() *result.Result {
	const attack = `</title><script>owned()</script><img src=x onerror=owned()>"'`
	r := sample()
	r.Targets[1].Name, r.Targets[1].Spec = attack, attack
	for i := range r.Series {
		for j := range r.Series[i].Parties {
			if p := &r.Series[i].Parties[j]; !strings.HasPrefix(p.Name, base) {
				p.Name, p.Generator.Invalid = attack, attack
			}
		}
	}
	r.Figures[0].Title, r.Timelines[0].Marks[0].What, r.Timelines[0].Outages[0].Because, r.Growths[0].Lines[1].Stopped = attack, attack, attack, attack
	return r
}
