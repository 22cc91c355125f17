package diff

import (
	"math"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

func interval(low, ratio, high float64) stats.Interval {
	return stats.Interval{Low: low, Ratio: ratio, High: high, Pairs: 100}
}

// run is a result with one series and one figure. The name of a target has its version in it, which differs between runs.
func run(version string, throughput, p99 stats.Interval, bytes float64) *result.Result {
	name := "other " + version
	return &result.Result{
		Targets: []result.Target{{Name: "base 7", Spec: "base", Version: "7"}, {Name: name, Spec: "other", Version: version}},
		Series: []result.Series{{ID: "get-p1", Parties: []result.Party{{Name: "base 7"}, {Name: name}}, Comparisons: []duet.Comparison{
			{Base: "base 7", Other: "base 7" + result.TwinSuffix, Metric: duet.Throughput, Interval: interval(0.99, 1, 1.01)},
			{Base: "base 7", Other: name, Metric: duet.Throughput, Interval: throughput, Floor: 0.01},
			{Base: "base 7", Other: name, Metric: duet.P99, Interval: p99, Floor: 0.01},
		}}},
		Figures: []result.Figure{{ID: "footprint/key", Unit: "bytes", Parties: []result.Measured{
			{Name: "base 7", Trials: []float64{200}, Median: 200}, {Name: name, Trials: []float64{bytes}, Median: bytes},
		}}},
	}
}

// What is compared are ratios: faster is more throughput, less latency, fewer bytes.
func TestCompare(t *testing.T) {
	before := run("1", interval(1.9, 2, 2.1), interval(0.45, 0.5, 0.55), 100)
	after := run("2", interval(1.52, 1.6, 1.68), interval(0.36, 0.4, 0.44), 150)
	d, err := Compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Changes) != 3 || len(d.Missing) != 0 || len(d.Warnings) != 0 {
		t.Fatalf("%+v", d)
	}
	for i, want := range []struct {
		what    string
		ratio   float64
		verdict stats.Verdict
	}{{"throughput of get-p1", 0.8, stats.Slower}, {"p99 of get-p1", 0.8, stats.Faster}, {"footprint/key", 1.5, stats.Slower}} {
		c := d.Changes[i]
		if c.What != want.what || c.Target != "other" || math.Abs(c.Ratio.Ratio-want.ratio) > 1e-9 || c.Verdict != want.verdict {
			t.Errorf("%+v, want %+v", c, want)
		}
	}
	var text, markdown strings.Builder
	if err := d.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if err := d.WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"get-p1 throughput", "2.000 [1.900, 2.100]", "1.600 [1.520, 1.680]", "slower: 0.80 times", "faster: 0.80 times", "Against base, of 3 ratios: 1 faster, 2 slower, 0 equal, 0 inconclusive."} {
		if !strings.Contains(text.String(), want) || !strings.Contains(markdown.String(), want) {
			t.Errorf("%q is missing in\n%s\n%s", want, text.String(), markdown.String())
		}
	}
}

// The interval of a quotient is wider than either, and a result does not differ from itself.
func TestQuotient(t *testing.T) {
	a, b := interval(0.9, 1, 1.1), interval(1.8, 2, 2.2)
	q := quotient(a, b)
	if q.Ratio != 2 || q.Low >= 1.8 || q.High <= 2.2 || q.Low < 1.7 || q.High > 2.35 {
		t.Errorf("%+v", q)
	}
	same := run("1", interval(1.9, 2, 2.1), interval(0.45, 0.5, 0.55), 100)
	d, err := Compare(same, same)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.Changes {
		if c.Verdict == stats.Faster || c.Verdict == stats.Slower {
			t.Errorf("%+v", c)
		}
	}
}

// Time lines and growth are compared with the base of their own run, size by size and phase by phase; without intervals, nothing is called a change.
func TestTimelinesAndGrowth(t *testing.T) {
	of := func(worst, bytes float64) *result.Result {
		r := run("1", interval(1, 1, 1), interval(1, 1, 1), 100)
		for i, scale := range []float64{1, worst} {
			name := r.Targets[i].Name
			r.Timelines = append(r.Timelines, result.Timeline{
				ID: "change", Target: name, Phases: []result.Phase{{Name: "slots moving", Latency: result.Percentiles{P99: 1000}, WorstSecond: int64(5000 * scale)}},
				Outages: []result.Outage{{FromMillis: 0, ToMillis: 2000}, {FromMillis: 100, ToMillis: int64(100 + 1000*scale)}},
			})
		}
		r.Growths = []result.Growth{{ID: "keys/memory", Unit: "bytes", Lines: []result.Line{
			{Name: r.Targets[0].Name, Points: []result.Point{{X: 10, Y: 200}, {X: 100, Y: 190}}},
			{Name: r.Targets[1].Name, Points: []result.Point{{X: 10, Y: bytes}}},
			{Name: "somebody else", Points: []result.Point{{X: 10, Y: 1}}},
		}}}
		return r
	}
	d, err := Compare(of(2, 100), of(4, 150))
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, c := range d.Changes[3:] {
		got[c.What] = c.Ratio.Ratio
		if c.Verdict != stats.Inconclusive || !strings.Contains(c.Words, once) {
			t.Errorf("%+v", c)
		}
	}
	want := map[string]float64{"change: p99 while slots moving": 1, "change: worst second while slots moving": 2, "change: time without writes": 6. / 4, "keys/memory at 10": 1.5}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for what, ratio := range want {
		if math.Abs(got[what]-ratio) > 1e-9 {
			t.Errorf("%s: %v, want %v", what, got[what], ratio)
		}
	}
}

// What is not alike is said: other bases are refused, the rest is warned of; what failed is not compared.
func TestWhatIsNotAlike(t *testing.T) {
	good := func() *result.Result { return run("1", interval(1.9, 2, 2.1), interval(0.45, 0.5, 0.55), 100) }
	other := good()
	other.Targets[0].Spec = "another"
	if _, err := Compare(good(), other); err == nil || !strings.Contains(err.Error(), "the base of one result is base, that of the other another") {
		t.Errorf("%v", err)
	}
	if _, err := Compare(good(), &result.Result{}); err == nil {
		t.Error("a result without targets is compared")
	}
	after := good()
	after.Targets[0].Version, after.Interrupted, after.Environment.CPU = "8", true, "another"
	after.Figures[0].ID = "footprint/other"
	after.Series[0].Parties[1].Counts.Lost = 1
	d, err := Compare(good(), after)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Warnings) != 3 || len(d.Missing) != 2 || len(d.Changes) != 2 {
		t.Errorf("%q, %q, %+v", d.Warnings, d.Missing, d.Changes)
	}
	for _, c := range d.Changes {
		if c.Verdict != stats.Inconclusive || !strings.Contains(c.Words, "now, 1 of 0 requests to other 1 failed") {
			t.Errorf("%+v", c)
		}
	}
}
