// Package stats compares two series of measurements that were taken in pairs: what the ratio is, how sure that is, and what may be said
// about it in words.
//
// The statistic is the median of the logarithms of the pairs' ratios: pairs share the weather of their moment, so most of the noise of a shared
// machine cancels within a pair, the median shrugs off the pairs it does not cancel in, and logarithms make "twice" and "half" the
// same distance from "equal". The interval is a percentile bootstrap over pairs.
package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is an estimated ratio with its confidence interval.
type Interval struct {
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"low"` // bounds of the 95 % interval
	High  float64 `json:"high"`
	Pairs int     `json:"pairs"`
	// Spread is the standard deviation of the logarithms of the pairs' ratios: how noisy a single pair is.
	Spread float64 `json:"spread"`
}

const (
	confidence = 0.95
	resamples  = 2000 // the bounds then move by less than a tenth of the interval's width from seed to seed
	// MinPairs is how many pairs an interval needs: of fewer, not even the smallest and the largest together hold the median 95 times in a hundred.
	MinPairs = 6
	// BootstrapPairs is how many the bootstrap needs; with fewer it promises more than it keeps, and the interval is made from ranks.
	BootstrapPairs = 12
)

// Compare estimates other/base. The two series are paired by index; pairs in which a value is not positive and finite are left out, for they have
// no ratio. Fewer than MinPairs usable pairs are an error. The same seed gives the same interval.
func Compare(base, other []float64, seed uint64) (Interval, error) {
	if len(base) != len(other) {
		return Interval{}, fmt.Errorf("comparing %d measurements with %d: they have to come in pairs", len(base), len(other))
	}
	logs := make([]float64, 0, len(base))
	for i := range base {
		if log := math.Log(other[i] / base[i]); base[i] > 0 && other[i] > 0 && !math.IsInf(log, 0) && !math.IsNaN(log) {
			logs = append(logs, log)
		}
	}
	if len(logs) < MinPairs {
		return Interval{}, fmt.Errorf("comparing on %d pairs: at least %d are needed; measure longer", len(logs), MinPairs)
	}
	slices.Sort(logs)
	low, high := ranked(logs)
	if len(logs) >= BootstrapPairs {
		low, high = bootstrap(logs, rand.New(rand.NewPCG(seed, uint64(len(logs)))))
	}
	return Interval{
		Ratio: math.Exp(medianOfSorted(logs)), Low: math.Exp(low), High: math.Exp(high),
		Pairs: len(logs), Spread: deviation(logs),
	}, nil
}

// Median is the middle of the values, or the mean of the two in the middle; 0 for none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return medianOfSorted(sorted)
}

func medianOfSorted(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// bootstrap draws as many values as there are, with repetition, takes their median, and does so again and again: the middle 95 % of these
// medians are the interval. The values are sorted, so a draw need only be counted, not sorted again.
func bootstrap(sorted []float64, r *rand.Rand) (low, high float64) {
	medians := make([]float64, resamples)
	counts := make([]int, len(sorted))
	for i := range medians {
		clear(counts)
		for range sorted {
			counts[r.IntN(len(sorted))]++
		}
		medians[i] = medianOfCounts(sorted, counts)
	}
	slices.Sort(medians)
	const tail = (1 - confidence) / 2
	cut := int(tail * resamples)
	return medians[cut], medians[resamples-1-cut]
}

// ranked is the narrowest pair of values, equally far from both ends, that holds the median of whatever the values were drawn from in 95 % of
// cases: a value is on either side of that median like a coin, so the chance that the k-th from an end is beyond it is a binomial tail.
func ranked(sorted []float64) (low, high float64) {
	n := len(sorted)
	ways, tail, k := 1.0, 0.0, 0
	for ; k < n/2; k++ {
		if tail += ways / math.Exp2(float64(n)); tail > (1-confidence)/2 {
			break
		}
		ways *= float64(n-k) / float64(k+1)
	}
	k = max(k-1, 0)
	return sorted[k], sorted[n-1-k]
}

func medianOfCounts(sorted []float64, counts []int) float64 {
	lower, upper := (len(sorted)-1)/2, len(sorted)/2 // the ranks in the middle
	var sum float64
	seen := 0
	for i, count := range counts {
		if seen <= lower && lower < seen+count {
			sum += sorted[i]
		}
		if seen <= upper && upper < seen+count {
			return (sum + sorted[i]) / 2
		}
		seen += count
	}
	panic("stats: the counts do not add up to the number of values")
}

func deviation(values []float64) float64 {
	var mean, squares float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(values)-1))
}
