package result

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Figure is one quantity that was measured of all targets, in trials that took turns: keys moved a second, bytes a key, the time CLUSTER SLOTS takes.
type Figure struct {
	ID    string `json:"id"`    // "migration/migrate-keys"
	Title string `json:"title"` // "keys a second, MIGRATE with 1000 keys"
	Unit  string `json:"unit"`  // "ns", "keys/s", "bytes", "1" for pure numbers
	// MoreIsBetter says which way is good.
	MoreIsBetter bool `json:"moreIsBetter"`
	// Floor is the least that anybody should reach, in the unit, and FloorSource who says so. 0: none is set.
	Floor       float64           `json:"floor,omitempty"`
	FloorSource string            `json:"floorSource,omitempty"`
	Parties     []Measured        `json:"parties"`
	Comparisons []duet.Comparison `json:"comparisons,omitempty"`
	// Trouble says why there are no comparisons, or why they are not to be trusted.
	Trouble string `json:"trouble,omitempty"`
}

// Measured is a quantity of one party. The base is there twice where that is affordable.
type Measured struct {
	Name   string    `json:"name"`
	Trials []float64 `json:"trials,omitempty"`
	Median float64   `json:"median"`
	// Missing says why there is nothing: the target cannot do it, or it cannot be seen from outside.
	Missing string `json:"missing,omitempty"`
}

// notSeen is why a party has no value.
const notSeen = "it is no process of this machine, or cannot do what is measured, or needs less than can be told"

// Add adds a trial; NaN says that there is nothing to be seen.
func (m *Measured) Add(v float64) {
	if math.IsNaN(v) {
		m.Missing = notSeen
		return
	}
	m.Trials = append(m.Trials, v)
}

// Conclude fills in medians and comparisons with the first party. severalTrials says that there are enough
// of them for an interval; the second party is then the first again, and so the noise floor. What does not vary is measured once, and has a ratio only.
func (f *Figure) Conclude(severalTrials bool, seed uint64) {
	direction := stats.Direction(f.MoreIsBetter)
	var played []duet.Series
	for i := range f.Parties {
		p := &f.Parties[i]
		p.Median = stats.Median(p.Trials)
		if p.Missing == "" {
			played = append(played, duet.Series{Name: p.Name, Rounds: map[duet.Metric][]float64{f.metric(): p.Trials}})
		}
	}
	if !severalTrials || len(played) < 2 || f.Parties[0].Missing != "" {
		return
	}
	var err error
	if f.Comparisons, err = duet.CompareBy(played, f.metric(), direction, true, seed); err != nil {
		f.Trouble = err.Error()
	}
}

// Add adds the trials of another measurement of the same figure, and concludes again.
func (f *Figure) Add(more *Figure, seed uint64) {
	for i := range f.Parties {
		p, other := &f.Parties[i], &more.Parties[i]
		p.Trials = append(p.Trials, other.Trials...)
		p.Missing = cmp.Or(p.Missing, other.Missing)
	}
	f.Comparisons, f.Trouble = nil, ""
	f.Conclude(len(f.Parties[0].Trials) >= stats.MinPairs, seed)
}

// IsTiming says that the figure is a time, or an amount in a time, and so depends on the machine and its weather.
func (f *Figure) IsTiming() bool { return f.Unit == "ns" || strings.HasSuffix(f.Unit, "/s") }

// Ratio is the median of a party to that of the base; 0 if there is none.
func (f *Figure) Ratio(m *Measured) float64 {
	if base := &f.Parties[0]; base.Median > 0 && m.Missing == "" {
		return m.Median / base.Median
	}
	return 0
}

func (f *Figure) metric() duet.Metric { return duet.Metric(f.Unit) }

// ReachesFloor reports whether a party keeps the floor; true where none is set.
func (f *Figure) ReachesFloor(m *Measured) bool {
	switch {
	case f.Floor == 0 || m.Missing != "":
		return true
	case f.MoreIsBetter:
		return m.Median >= f.Floor
	}
	return m.Median <= f.Floor
}

// Format is a value of the figure with its unit, in three digits or so.
func (f *Figure) Format(v float64) string { return Format(v, f.Unit) }

// Format is a value with its unit, as people write it.
func Format(v float64, unit string) string {
	switch unit {
	case "ns":
		for _, scale := range []struct {
			least, of float64
			name      string
		}{{1e9, 1e9, "s"}, {1e6, 1e6, "ms"}, {1e3, 1e3, "us"}} {
			if v >= scale.least {
				return digits(v/scale.of) + " " + scale.name
			}
		}
		return digits(v) + " ns"
	case "bytes":
		for _, scale := range []struct {
			of   float64
			name string
		}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
			if v >= 10*scale.of {
				return digits(v/scale.of) + " " + scale.name
			}
		}
		return digits(v) + " B"
	case "1":
		return digits(v)
	}
	return digits(v) + " " + unit
}

func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
