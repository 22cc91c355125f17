package duet

import (
	"fmt"
	"time"

	"github.com/clusterspec/clusterspec/bench/stats"
)

// Metric is what parties are compared by.
type Metric string

// The metrics of a slice.
const (
	Throughput Metric = "throughput" // requests answered a second
	P50        Metric = "p50"        // latencies, in nanoseconds
	P99        Metric = "p99"
	CPU        Metric = "cpu" // processor time of the server for one request, in nanoseconds; 0 where it is not known
)

// Metrics are all of them, in the order of reports.
var Metrics = []Metric{Throughput, CPU, P50, P99}

// OpenLoopMetrics are those that an open loop leaves to the server: its throughput is the schedule's.
var OpenLoopMetrics = Metrics[1:]

// Direction says which way is faster.
func (m Metric) Direction() stats.Direction {
	if m == Throughput {
		return stats.MoreIsFaster
	}
	return stats.LessIsFaster
}

func (m Metric) of(s *slice) float64 {
	switch m {
	case Throughput:
		return s.sample.Rate()
	case P50:
		return float64(s.sample.Latency.ValueAtQuantile(50))
	case P99:
		return float64(s.sample.Latency.ValueAtQuantile(99))
	case CPU:
		if n := s.sample.Answered(); s.hasCPU && n > 0 {
			return float64(s.cpu) / float64(n)
		}
	}
	return 0
}

// Comparison is what was found about two parties.
type Comparison struct {
	Base   string `json:"base"`
	Other  string `json:"other"`
	Metric Metric `json:"metric"`
	// Interval is other/base.
	stats.Interval
	// Floor is the noise floor: what the base differs from itself by in the same rounds, as a fraction.
	Floor   float64       `json:"floor"`
	Verdict stats.Verdict `json:"verdict"` // of the other
	Words   string        `json:"words"`
}

// Compare compares all others with the first by some metrics. The first two series are of one server, the base and its noise floor. The noise is among
// the comparisons, without a floor of its own. Metrics that were not measured are left out.
func Compare(series []Series, metrics []Metric, seed uint64) ([]Comparison, error) {
	var all []Comparison
	for _, m := range metrics {
		found, err := CompareBy(series, m, m.Direction(), true, seed)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// CompareBy compares all others with the first by one metric of any kind. hasTwin says that the second is the first again: what the two differ by is the
// noise floor of the others.
func CompareBy(series []Series, m Metric, d stats.Direction, hasTwin bool, seed uint64) (all []Comparison, err error) {
	if isUnknown(series[0].Rounds[m]) {
		return nil, nil
	}
	floor := 0.0
	for i, other := range series[1:] {
		if isUnknown(other.Rounds[m]) {
			continue
		}
		found, err := stats.Compare(series[0].Rounds[m], other.Rounds[m], seed)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", m, other.Name, err)
		}
		c := Comparison{Base: series[0].Name, Other: other.Name, Metric: m, Interval: found, Floor: floor}
		c.Verdict, c.Words = stats.Judge(found, floor, d), stats.Words(found, floor, d)
		all = append(all, c)
		if i == 0 && hasTwin {
			floor = stats.Floor(found)
		}
	}
	return all, nil
}

func isUnknown(values []float64) bool {
	for _, v := range values {
		if v != 0 {
			return false
		}
	}
	return true
}

// Typical is the median of a metric over the rounds.
func (s Series) Typical(m Metric) float64 { return stats.Median(s.Rounds[m]) }

// TypicalDuration is Typical of a metric in nanoseconds.
func (s Series) TypicalDuration(m Metric) time.Duration { return time.Duration(s.Typical(m)) }
