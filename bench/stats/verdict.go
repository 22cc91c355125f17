package stats

import (
	"fmt"
	"math"
)

// Verdict is what may be said of a comparison.
type Verdict string

// The verdicts. Equal is a finding, not the lack of one: a difference of Tolerance or more is ruled out.
const (
	Equal        Verdict = "equal"
	Faster       Verdict = "faster"
	Slower       Verdict = "slower"
	Inconclusive Verdict = "inconclusive"
)

// Tolerance is the difference below which nothing is ever called faster or slower, whatever the interval says: a server compared with itself has
// been seen 2 % off with an interval that excluded 1.
const Tolerance = 0.03

// Direction says which way is faster.
type Direction bool

// More of a rate is faster, less of a latency or of a cost is.
const (
	MoreIsFaster Direction = true
	LessIsFaster Direction = false
)

// Floor is the noise floor that follows from a comparison of a target with itself: the largest difference that its interval does not rule out,
// as a fraction. Whatever is smaller could be found between two equal things as well.
func Floor(itself Interval) float64 {
	return math.Expm1(max(math.Abs(math.Log(itself.Low)), math.Abs(math.Log(itself.High))))
}

// Judge says what an interval means, given the noise floor of the same run.
//
//   - faster or slower: the interval excludes 1, and the ratio is further from 1 than Tolerance and than the noise floor;
//   - equal: the interval is within Tolerance of 1, and so is the noise floor;
//   - inconclusive: everything else.
func Judge(i Interval, floor float64, d Direction) Verdict {
	band := math.Log1p(max(Tolerance, floor))
	excludesOne := i.Low > 1 || i.High < 1
	switch {
	case excludesOne && math.Abs(math.Log(i.Ratio)) > band:
		if (i.Ratio > 1) == bool(d) {
			return Faster
		}
		return Slower
	case floor <= Tolerance && math.Log(i.Low) >= -math.Log1p(Tolerance) && math.Log(i.High) <= math.Log1p(Tolerance):
		return Equal
	}
	return Inconclusive
}

// Words is the verdict and its reason as a sentence.
func Words(i Interval, floor float64, d Direction) string {
	difference := distance(i.Ratio)
	bound := fmt.Sprintf("%.1f %%", 100*max(Tolerance, floor))
	switch v := Judge(i, floor, d); v {
	case Equal:
		return fmt.Sprintf("equal: a difference of %.0f %% or more is ruled out", 100*Tolerance)
	case Inconclusive:
		if difference > max(Tolerance, floor) {
			return fmt.Sprintf("inconclusive: the interval [%.3f, %.3f] contains 1; measure longer", i.Low, i.High)
		}
		if floor > Tolerance {
			return fmt.Sprintf("inconclusive: the difference of %.1f %% is below the noise floor of %s, found by comparing a target with itself", 100*difference, bound)
		}
		return fmt.Sprintf("inconclusive: the difference of %.1f %% is below %s, and one above it is not ruled out", 100*difference, bound)
	default:
		return fmt.Sprintf("%s: %.2f times [%.2f, %.2f]", v, i.Ratio, i.Low, i.High)
	}
}

// distance is how far a ratio is from 1, as a fraction, the same for a ratio and its reciprocal.
func distance(ratio float64) float64 { return math.Expm1(math.Abs(math.Log(ratio))) }
