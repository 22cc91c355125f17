package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pairs draws n pairs as a shared machine gives them: weather that both halves of a pair see, noise of their own, and now and then a pair that is
// spoilt. The true ratio is other/base.
func pairs(r *rand.Rand, n int, ratio, noise float64) (base, other []float64) {
	for range n {
		weather := 1000 * math.Exp(0.5*r.NormFloat64())
		a, b := weather*math.Exp(noise*r.NormFloat64()), ratio*weather*math.Exp(noise*r.NormFloat64())
		switch r.IntN(40) { // either half is as likely to be hit
		case 0:
			a *= r.Float64()
		case 1:
			b *= r.Float64()
		}
		base, other = append(base, a), append(other, b)
	}
	return base, other
}

func compare(t *testing.T, base, other []float64, seed uint64) Interval {
	t.Helper()
	i, err := Compare(base, other, seed)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9*math.Max(math.Abs(a), math.Abs(b)) }

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 3, 2, 1}, 2.5}} {
		if got := Median(c.values); got != c.want {
			t.Errorf("median of %v is %v", c.values, got)
		}
	}
}

// Counting a draw finds the median that sorting it would find.
func TestMedianOfCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		sorted := make([]float64, 1+r.IntN(20))
		for i := range sorted {
			sorted[i] = r.Float64()
		}
		slices.Sort(sorted)
		counts, drawn := make([]int, len(sorted)), []float64{}
		for range sorted {
			i := r.IntN(len(sorted))
			counts[i]++
			drawn = append(drawn, sorted[i])
		}
		if got, want := medianOfCounts(sorted, counts), Median(drawn); !near(got, want) {
			t.Fatalf("median of %v is %v, want %v", drawn, got, want)
		}
	}
}

func TestCompareProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for n := MinPairs; n < 300; n += 47 {
		base, other := pairs(r, n, 0.5+r.Float64(), 0.2)
		i := compare(t, base, other, 5)
		if !(i.Low <= i.Ratio && i.Ratio <= i.High) || i.Pairs != n {
			t.Errorf("%d pairs: %+v is no interval", n, i)
		}
		if again := compare(t, base, other, 5); again != i {
			t.Errorf("the same seed gave %+v and %+v", i, again)
		}
		scaled := slices.Clone(other)
		for k := range scaled {
			scaled[k] *= 3
		}
		if s := compare(t, base, scaled, 5); !near(s.Ratio, 3*i.Ratio) || !near(s.Low, 3*i.Low) || !near(s.High, 3*i.High) || !near(s.Spread, i.Spread) {
			t.Errorf("three times as much is %+v instead of three times %+v", s, i)
		}
		if s := compare(t, other, base, 5); !near(s.Ratio, 1/i.Ratio) {
			t.Errorf("exchanged, %+v became %+v", i, s)
		}
		if s := compare(t, base, base, 5); s.Ratio != 1 || s.Low != 1 || s.High != 1 || s.Spread != 0 {
			t.Errorf("the same measurements differ from themselves: %+v", s)
		}
	}
}

// A 95 % interval has to hold the truth about 95 times in a hundred.
func TestCoverage(t *testing.T) {
	const trials, truth = 150, 1.1
	r := rand.New(rand.NewPCG(3, 3))
	held := 0
	for seed := range uint64(trials) {
		base, other := pairs(r, 40, truth, 0.2)
		if i := compare(t, base, other, seed); i.Low <= truth && truth <= i.High {
			held++
		}
	}
	if share := float64(held) / trials; share < 0.88 || share > 0.99 {
		t.Errorf("%.3f of the intervals hold the truth", share)
	}
}

func TestCompareRefuses(t *testing.T) {
	twelve := slices.Repeat([]float64{1}, MinPairs)
	for _, c := range []struct {
		base, other []float64
		want        string
	}{
		{twelve, twelve[1:], "pairs"},
		{twelve[1:], twelve[1:], "measure longer"},
		{twelve, append([]float64{0}, twelve[1:]...), "measure longer"},
		{twelve, append([]float64{math.NaN()}, twelve[1:]...), "measure longer"},
		{append([]float64{math.Inf(1)}, twelve[1:]...), twelve, "measure longer"},
		{append([]float64{-1}, twelve[1:]...), append([]float64{-1}, twelve[1:]...), "measure longer"},
	} {
		if _, err := Compare(c.base, c.other, 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v against %v: %v", c.base, c.other, err)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		low, ratio, high, floor float64
		want                    Verdict // where more is faster
		words                   string
	}{
		{1.08, 1.10, 1.12, 0.01, Faster, "faster: 1.10 times [1.08, 1.12]"},
		{0.88, 0.90, 0.92, 0.01, Slower, "slower: 0.90 times"},
		{1.01, 1.02, 1.029, 0.01, Equal, "equal: a difference of 3 % or more is ruled out"},
		{0.99, 1.00, 1.01, 0.00, Equal, "ruled out"},
		{0.99, 1.02, 1.05, 0.01, Inconclusive, "difference of 2.0 % is below 3.0 %, and one above it"},
		{1.02, 1.025, 1.04, 0.01, Inconclusive, "difference of 2.5 % is below 3.0 %"},
		{1.08, 1.10, 1.12, 0.15, Inconclusive, "difference of 10.0 % is below the noise floor of 15.0 %"},
		{0.99, 1.00, 1.01, 0.05, Inconclusive, "below the noise floor of 5.0 %"},
		{0.90, 1.10, 1.30, 0.01, Inconclusive, "contains 1; measure longer"},
		{0.70, 0.90, 1.05, 0.01, Inconclusive, "contains 1; measure longer"},
	} {
		i := Interval{Low: c.low, Ratio: c.ratio, High: c.high}
		if got := Judge(i, c.floor, MoreIsFaster); got != c.want {
			t.Errorf("%+v with a floor of %v is %s, want %s", i, c.floor, got, c.want)
		}
		if got := Words(i, c.floor, MoreIsFaster); !strings.Contains(got, c.words) || !strings.HasPrefix(got, string(c.want)) {
			t.Errorf("%+v with a floor of %v reads %q, want %q", i, c.floor, got, c.words)
		}
		opposite := map[Verdict]Verdict{Faster: Slower, Slower: Faster, Equal: Equal, Inconclusive: Inconclusive}
		if got := Judge(i, c.floor, LessIsFaster); got != opposite[c.want] {
			t.Errorf("%+v as a latency is %s", i, got)
		}
		mirrored := Interval{Low: 1 / c.high, Ratio: 1 / c.ratio, High: 1 / c.low}
		if got := Judge(mirrored, c.floor, MoreIsFaster); got != opposite[c.want] {
			t.Errorf("%+v exchanged is %s", i, got)
		}
	}
}

func TestFloor(t *testing.T) {
	for _, c := range []struct{ low, high, want float64 }{{1, 1, 0}, {0.99, 1.04, 0.04}, {0.8, 1.01, 0.25}, {1.01, 1.02, 0.02}} {
		if got := Floor(Interval{Low: c.low, High: c.high}); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("[%v, %v]: %v, want %v", c.low, c.high, got, c.want)
		}
	}
}

// What the statistic is for: with the noise of a shared machine and a few hundred pairs, a server 10 % slower is told from an equal one, and an
// equal one is not called anything else.
func TestTenPercentAreToldFromNothing(t *testing.T) {
	const trials = 10
	r := rand.New(rand.NewPCG(4, 4))
	found := map[float64]map[Verdict]int{1: {}, 0.9: {}}
	for seed := range uint64(trials) {
		for ratio, verdicts := range found {
			a, a2 := pairs(r, 200, 1, 0.15)
			base, other := pairs(r, 200, ratio, 0.15)
			verdicts[Judge(compare(t, base, other, seed), Floor(compare(t, a, a2, seed)), MoreIsFaster)]++
		}
	}
	if slower := found[0.9][Slower]; slower < trials*9/10 || found[0.9][Faster] > 0 || found[0.9][Equal] > 0 {
		t.Errorf("10 %% slower: %v", found[0.9])
	}
	if wrong := found[1][Slower] + found[1][Faster]; wrong > 1 {
		t.Errorf("equal: %v", found[1])
	}
}
