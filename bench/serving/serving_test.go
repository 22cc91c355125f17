package serving

import (
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(2); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Options){
		"too short":          func(o *Options) { o.Duration = time.Second },
		"no pipeline":        func(o *Options) { o.Pipelines = nil },
		"pipeline of -1":     func(o *Options) { o.Pipelines = []int{1, -1} },
		"0 connections":      func(o *Options) { o.Connections = 0 },
		"0 keys":             func(o *Options) { o.Keys = 0 },
		"values of -1 bytes": func(o *Options) { o.ValueBytes = -1 },
		"unknown workload":   func(o *Options) { o.Workloads = []string{"get", "put"} },
		"distribution":       func(o *Options) { o.Distribution = "normal" },
	} {
		o := DefaultOptions()
		change(&o)
		if err := o.Validate(2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Closed loops come before the open ones that need their throughput; the names are those of files.
func TestPlan(t *testing.T) {
	o := DefaultOptions()
	var ids []string
	measured := make(map[string]bool)
	for _, p := range o.plan() {
		if p.share > 0 && !measured[p.closedID()] {
			t.Errorf("%s comes before %s", p.id(), p.closedID())
		}
		if measured[p.id()] {
			t.Errorf("%s is there twice", p.id())
		}
		measured[p.id()] = true
		ids = append(ids, p.id())
	}
	want := "get-p1 get-p16 get-p100 set-p1 set-p16 set-p100 mixed-p1 mget-p1 mset-p1 get-p1-open set-p1-open " +
		"get-p1-at-10 get-p1-at-25 get-p1-at-50 get-p1-at-70 get-p1-at-80 get-p1-at-90 get-p1-at-100 get-p1-at-110"
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("got %s", got)
	}
}

// twice are rounds of a base, its twin, and a server twice as fast.
func twice() []duet.Series {
	var series []duet.Series
	for i, name := range []string{"base", "base" + result.TwinSuffix, "other"} {
		speed := []float64{1, 1, 2}[i]
		s := duet.Series{Name: name, Total: load.NewSample(), Rounds: map[duet.Metric][]float64{}}
		for round := range 20 {
			weather := 1 + float64(round)/100
			s.Rounds[duet.Throughput] = append(s.Rounds[duet.Throughput], 1000*speed*weather)
			for _, m := range []duet.Metric{duet.CPU, duet.P50, duet.P99} {
				s.Rounds[m] = append(s.Rounds[m], 1000/speed/weather)
			}
		}
		s.Total.Sent, s.Total.OK, s.Total.Elapsed, s.Total.OwnCPU = 1000, 1000, time.Second, time.Second/2
		series = append(series, s)
	}
	return series
}

// What the generator or a failing server has spoilt is not called faster.
func TestSpoiltComparisons(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(*load.Sample)
		cpuToo bool
		words  string // empty: nothing is spoilt
	}{
		{"nothing", func(*load.Sample) {}, false, ""},
		{"the generator was the bottleneck", func(s *load.Sample) { s.OwnCPU = 950 * time.Millisecond }, false, "the generator spoilt the figures of"},
		{"requests failed", func(s *load.Sample) { s.OK, s.Errors = 990, map[string]uint64{"LOADING": 10} }, true, "10 of 1000 requests to"},
		{"surplus replies", func(s *load.Sample) { s.Surplus = 1 }, true, "0 of 1000 requests to"},
	} {
		for _, spoilt := range []int{0, 2} {
			played := twice()
			c.spoil(played[spoilt].Total)
			s := result.Series{}
			for _, p := range played {
				s.Parties = append(s.Parties, newParty(p))
			}
			compare(&s, played, duet.Metrics, 1)
			for _, comparison := range s.Comparisons {
				want := stats.Faster
				if c.words != "" && (comparison.Metric != duet.CPU || c.cpuToo) {
					want = stats.Inconclusive
				}
				if comparison.Other == "other" && (comparison.Verdict != want || want == stats.Inconclusive && !strings.Contains(comparison.Words, c.words)) {
					t.Errorf("%s, party %d: %s is %s: %s", c.name, spoilt, comparison.Metric, comparison.Verdict, comparison.Words)
				}
			}
		}
	}
}

func TestTooFewRounds(t *testing.T) {
	played := twice()
	for i := range played {
		for m := range played[i].Rounds {
			played[i].Rounds[m] = played[i].Rounds[m][:5]
		}
	}
	s := result.Series{}
	compare(&s, played, duet.Metrics, 1)
	if !strings.Contains(s.Trouble, "measure longer") || len(s.Comparisons) != 0 {
		t.Errorf("%+v", s)
	}
}
