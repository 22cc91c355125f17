package pace

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func take(p Pacer, n int) []int64 {
	schedule := NewSchedule(p)
	times := make([]int64, n)
	for i := range times {
		times[i] = schedule.Due()
		schedule.Advance()
	}
	return times
}

func TestUniform(t *testing.T) {
	for _, c := range []struct {
		rate float64
		want []int64
	}{
		{1, []int64{0, 1e9, 2e9, 3e9}},
		{1000, []int64{0, 1e6, 2e6, 3e6}},
		{3, []int64{0, 333333333, 666666666, 1e9}},
		{0.5, []int64{0, 2e9, 4e9, 6e9}},
		{2.5e9, []int64{0, 0, 0, 1}}, // more than one a nanosecond
	} {
		if got := take(Uniform{c.rate}, len(c.want)); !slices.Equal(got, c.want) {
			t.Errorf("%v a second: %v, want %v", c.rate, got, c.want)
		}
	}
}

// After a hundred seconds at an awkward rate the schedule has not drifted by a microsecond.
func TestUniformDoesNotDrift(t *testing.T) {
	const rate, seconds = 30011, 100
	times := take(Uniform{rate}, rate*seconds+1)
	if got := times[rate*seconds]; math.Abs(float64(got)-seconds*1e9) > 1000 {
		t.Errorf("arrival %d is due at %d ns", rate*seconds, got)
	}
}

// A Poisson process is known by its gaps: their mean is 1/rate, so is their standard deviation, none is negative, and they do not
// remember each other.
func TestPoisson(t *testing.T) {
	const n = 200_000
	for _, rate := range []float64{10, 25_000, 1e6} {
		p := Poisson{rate, 7}
		var sum, squares, lagged float64
		mean := nanosPerSecond / rate
		for i := range uint64(n) {
			gap := p.Gap(i)
			if gap < 0 || math.IsInf(gap, 0) || math.IsNaN(gap) {
				t.Fatalf("gap %d is %v", i, gap)
			}
			sum += gap
			squares += (gap - mean) * (gap - mean)
			lagged += (gap - mean) * (p.Gap(i+1) - mean)
		}
		if got := sum / n / mean; math.Abs(got-1) > 0.01 {
			t.Errorf("rate %v: mean gap is %v of 1/rate", rate, got)
		}
		if got := math.Sqrt(squares/n) / mean; math.Abs(got-1) > 0.02 {
			t.Errorf("rate %v: standard deviation is %v of 1/rate", rate, got)
		}
		if got := lagged / squares; math.Abs(got) > 0.01 {
			t.Errorf("rate %v: neighbouring gaps correlate by %v", rate, got)
		}
	}
}

func TestPoissonIsRepeatable(t *testing.T) {
	a, again, other := take(Poisson{1000, 1}, 100), take(Poisson{1000, 1}, 100), take(Poisson{1000, 2}, 100)
	if !slices.Equal(a, again) {
		t.Error("the same seed gave another schedule")
	}
	if slices.Equal(a, other) {
		t.Error("another seed gave the same schedule")
	}
	if !slices.IsSorted(a) {
		t.Errorf("time runs backwards: %v", a)
	}
}

func TestNew(t *testing.T) {
	for _, c := range []struct {
		name string
		rate float64
		want string // in the error; empty: none
	}{
		{"uniform", 10, ""},
		{"poisson", 0.1, ""},
		{"poisson", 0, "positive"},
		{"uniform", -1, "positive"},
		{"uniform", math.NaN(), "positive"},
		{"uniform", math.Inf(1), "positive"},
		{"bursty", 10, "unknown arrivals"},
	} {
		_, err := New(c.name, c.rate, 0)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s at %v: %v", c.name, c.rate, err)
		}
	}
}
