package fleet

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/histogram"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
)

// Merge makes one result of the reports of all workers of a plan: counts and histograms added up, so that every percentile is that of all requests. A worker
// that spoilt its part spoils the whole, and the result says so. Reports that are not the parts of one run are an error. The files are those that
// belong beside the result, by name.
func Merge(reports []*Report) (_ *result.Result, files map[string][]byte, err error) {
	reports = slices.SortedFunc(slices.Values(reports), func(a, b *Report) int { return a.Index - b.Index })
	if err := belongTogether(reports); err != nil {
		return nil, nil, err
	}
	m := merged{total: load.NewSample()}
	for _, r := range reports {
		if err := m.add(r); err != nil {
			return nil, nil, err
		}
	}
	return m.result(reports)
}

// belongTogether finds out whether these are all parts of one run.
func belongTogether(reports []*Report) error {
	if len(reports) == 0 {
		return errors.New("there are no reports to merge")
	}
	plan := reports[0].Plan
	for i, r := range reports {
		switch {
		case !r.Plan.equal(plan):
			return fmt.Errorf("workers %d and %d had different plans, or a different start: they are no parts of one run", reports[0].Index, r.Index)
		case i > 0 && r.Index == reports[i-1].Index:
			return fmt.Errorf("there are two reports of worker %d", r.Index)
		case r.Index != i:
			return fmt.Errorf("the report of worker %d is missing: the plan has %d workers", i, plan.Workers)
		}
	}
	if len(reports) < plan.Workers {
		return fmt.Errorf("the report of worker %d is missing: the plan has %d workers", len(reports), plan.Workers)
	}
	return nil
}

// merged is what was added up.
type merged struct {
	total   *load.Sample
	rate    float64                   // requests answered a second: of workers that ran side by side, the sum
	seconds []*hdrhistogram.Histogram // latencies of all workers
	workers []result.Worker
	invalid []string
}

func (m *merged) add(r *Report) error {
	s, seconds, err := r.sample()
	if err != nil {
		return err
	}
	m.total.Merge(s)
	m.rate += s.Rate()
	for i, h := range seconds {
		if i == len(m.seconds) {
			m.seconds = append(m.seconds, h)
			continue
		}
		m.seconds[i].Merge(h)
		m.seconds[i].SetStartTimeMs(min(m.seconds[i].StartTimeMs(), h.StartTimeMs()))
		m.seconds[i].SetEndTimeMs(max(m.seconds[i].EndTimeMs(), h.EndTimeMs()))
	}
	w := result.Worker{
		Index: r.Index, Host: r.Host, Share: r.Plan.share(r.Index), PerSecond: s.Rate(), LateStart: r.lateStart(), Generator: result.GeneratorOf(s),
		StealShare: r.Environment.StealShare,
	}
	if why := r.spoilt(w.Generator.Invalid); why != "" {
		w.Generator.Invalid = why
		m.invalid = append(m.invalid, fmt.Sprintf("worker %d (%s) %s", r.Index, r.Host, why))
	}
	m.workers = append(m.workers, w)
	return nil
}

// lateStart is how long after the start of the plan the worker began.
func (r *Report) lateStart() time.Duration {
	if r.Plan.Start.IsZero() {
		return 0
	}
	return max(0, r.Began.Sub(r.Plan.Start))
}

// MaxLateStart is the share of its duration by which a worker may begin late: for that long the load was less than planned.
const MaxLateStart = 0.01

// spoilt says why a worker's part is not what was planned; empty if it is.
func (r *Report) spoilt(bottleneck string) string {
	var why []string
	if late := r.lateStart(); late > time.Duration(MaxLateStart*float64(r.Plan.Duration)) {
		why = append(why, fmt.Sprintf("began %v after the start, which is more than %.0f %% of the time", late.Round(time.Millisecond), 100*MaxLateStart))
	}
	if r.Interrupted {
		why = append(why, fmt.Sprintf("was ended after %v of %v", r.Elapsed.Round(100*time.Millisecond), r.Plan.Duration))
	}
	if bottleneck != "" {
		why = append(why, "spoilt its figures: "+strings.TrimPrefix(bottleneck, "invalid: "))
	}
	return strings.Join(why, ", and ")
}

func (m *merged) result(reports []*Report) (*result.Result, map[string][]byte, error) {
	first := reports[0]
	p := first.Plan
	r := &result.Result{
		Schema: result.Schema, Suite: first.Suite, Seed: p.Seed, Started: first.Began, Finished: first.Began, Environment: first.Environment,
		Targets: []result.Target{first.Target},
	}
	party := result.Party{Name: first.Target.Name, Counts: m.total.Counts, PerSecond: m.rate, Latency: result.PercentilesOf(m.total.Latency), Generator: result.GeneratorOf(m.total)}
	party.Generator.Invalid = ""
	if len(m.invalid) > 0 {
		party.Generator.Invalid = "invalid: " + strings.Join(m.invalid, "; ")
	}
	for i, report := range reports {
		r.Interrupted = r.Interrupted || report.Interrupted
		r.Environment.StealShare = max(r.Environment.StealShare, report.Environment.StealShare)
		if report.Began.Before(r.Started) {
			r.Started = report.Began
		}
		if end := report.Began.Add(report.Elapsed); end.After(r.Finished) {
			r.Finished = end
		}
		party.Generator.CPUShare = max(party.Generator.CPUShare, m.workers[i].Generator.CPUShare) // of the busiest, each having a core of its own
	}
	files, err := m.files(p, &party)
	if err != nil {
		return nil, nil, err
	}
	s := result.Series{
		ID: p.Name, Operation: p.config(0).Workload.String(), Loop: result.LoopClosed, Pipeline: p.Pipeline, Connections: p.Connections * p.Workers, Keys: p.Keys,
		Distribution: p.Distribution, ValueBytes: p.ValueBytes, SliceMillis: p.Duration.Milliseconds(), Rounds: 1, Parties: []result.Party{party}, Workers: m.workers,
	}
	if p.Rate > 0 {
		s.Loop, s.Arrivals, s.RatePerSecond = result.LoopOpen, arrivals, p.Rate
	}
	r.Series = []result.Series{s}
	return r, files, nil
}

// files are the histograms of all requests together.
func (m *merged) files(p Plan, party *result.Party) (map[string][]byte, error) {
	party.PercentileFile, party.IntervalFile = histogram.FileNames(p.Name, 0, party.Name)
	percentiles, err := histogram.Percentiles(m.total.Latency)
	if err != nil {
		return nil, err
	}
	var log histogram.Log
	for _, h := range m.seconds {
		log.Add(h, p.Name)
	}
	intervals, err := log.Text("Latencies in nanoseconds of all workers")
	return map[string][]byte{party.PercentileFile: percentiles, party.IntervalFile: intervals}, err
}
