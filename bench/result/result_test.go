package result

import (
	"math"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/stats"
)

func TestReadJSONRefusesAnotherSchema(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": "clusterspec.bench/2"}`: `"clusterspec.bench/2", this program reads "clusterspec.bench/1"`,
		`{}`:                                `its schema is ""`,
		`{`:                                 "reading a benchmark result",
	} {
		if r, err := ReadJSON(strings.NewReader(text)); r != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSteal(t *testing.T) {
	before := parseTicks("cpu  100 0 100 700 50 0 25 25 10 0\ncpu0 1 1 1 1 1 1 1 1 1 1")
	after := parseTicks("cpu  200 0 200 1300 50 0 100 150 10 0")
	if before != (ticks{1000, 25}) || after != (ticks{2000, 150}) {
		t.Fatalf("%+v, %+v", before, after)
	}
	if got := after.stealSince(before); got != 0.125 {
		t.Errorf("%v was stolen", got)
	}
	for _, text := range []string{"", "cpu", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8 9"} {
		if got := parseTicks(text); got != (ticks{}) || got.stealSince(got) != 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// A figure says how its parties compare, and who misses its floor.
func TestFigure(t *testing.T) {
	f := Figure{ID: "migration/x", Unit: "keys/s", MoreIsBetter: true, Floor: 1000, Parties: []Measured{
		{Name: "base", Trials: []float64{900, 1000, 950, 980, 940, 960}},
		{Name: "base" + TwinSuffix, Trials: []float64{900, 1000, 950, 980, 940, 960}},
		{Name: "other", Trials: []float64{1800, 2000, 1900, 1960, 1880, 1920}},
		{Name: "blind"},
	}}
	f.Parties[3].Add(math.NaN())
	f.Conclude(true, 1)
	if f.Trouble != "" || len(f.Comparisons) != 2 || f.Comparisons[1].Ratio != 2 || f.Comparisons[1].Verdict != "faster" {
		t.Errorf("%q, %+v", f.Trouble, f.Comparisons)
	}
	if f.ReachesFloor(&f.Parties[0]) || !f.ReachesFloor(&f.Parties[2]) || f.Ratio(&f.Parties[2]) != 2 || f.Ratio(&f.Parties[3]) != 0 {
		t.Errorf("%+v", f.Parties)
	}
	once := Figure{Unit: "bytes", Parties: []Measured{{Name: "base", Trials: []float64{100}}, {Name: "other", Trials: []float64{50}}}}
	if once.Conclude(false, 1); len(once.Comparisons) != 0 || once.Trouble != "" || once.Ratio(&once.Parties[1]) != 0.5 {
		t.Errorf("%+v", once)
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{{1234, "ns", "1.23 us"}, {12.34e6, "ns", "12.3 ms"}, {2e9, "ns", "2.00 s"}, {3, "ns", "3.00 ns"}, {192, "bytes", "192 B"}, {20 << 10, "bytes", "20.0 KiB"}, {14322.9, "keys/s", "14323 keys/s"}, {0.5, "1", "0.50"}} {
		if got := Format(c.v, c.unit); got != c.want {
			t.Errorf("%v %s: %s", c.v, c.unit, got)
		}
	}
}

// A pause that hits few slices is not in the median of slices. A comparison of p99 that has nothing of it is not believed.
func TestHiddenPauses(t *testing.T) {
	s := Series{Parties: []Party{{Name: "base"}, {Name: "other"}}}
	c := duet.Comparison{Base: "base", Other: "other", Metric: duet.P99, Interval: stats.Interval{Low: 0.9, Ratio: 1, High: 1.1}}
	s.Parties[0].Latency.P99 = 1e6
	for p99, hidden := range map[int64]bool{1e6: false, 2e6: false, 3e6: true, 40e6: true, 5e5: false, 1e5: true} {
		s.Parties[1].Latency.P99 = p99
		if why := s.Spoilt(&c); (why != "") != hidden {
			t.Errorf("a p99 of %d and %d in all: %q", p99, int64(1e6), why)
		}
	}
	c.Metric = duet.P50
	if why := s.Spoilt(&c); why != "" {
		t.Errorf("the median: %q", why)
	}
}
