// Package diff says what changed between two benchmark results. Figures of two runs are not comparable, but their ratios to the base of the same run are:
// whatever the machine did to one, it did to the other. So only ratios are compared, each with the intervals of both.
package diff

import (
	"fmt"
	"math"
	"strings"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Diff is what changed from one result to another.
type Diff struct {
	Base     string   // text form of the base of both
	Warnings []string // why the results may not be alike
	Changes  []Change
	Missing  []string // what is in one of them only
}

// Change is a ratio to the base, before and after.
type Change struct {
	What          string // "throughput of get-p16"
	Target        string // text form
	Before, After stats.Interval
	// Ratio is after/before, with an interval that follows from both, which are independent.
	Ratio   stats.Interval
	Verdict stats.Verdict
	Words   string
}

// ratio is what a result says of one quantity of one target.
type ratio struct {
	what, target string
	stats.Interval
	floor     float64 // noise floor
	direction stats.Direction
	doubt     string
}

// key is what makes two ratios comparable.
func (r ratio) key() string { return r.what + " of " + r.target }

// Compare says what changed. Results with different bases have no ratios that could be compared.
func Compare(before, after *result.Result) (*Diff, error) {
	if len(before.Targets) == 0 || len(after.Targets) == 0 {
		return nil, fmt.Errorf("one of the results has no targets")
	}
	d := &Diff{Base: before.Targets[0].Spec}
	if other := after.Targets[0].Spec; other != d.Base {
		return nil, fmt.Errorf("the base of one result is %s, that of the other %s: ratios to different bases cannot be compared", d.Base, other)
	}
	d.warn(before, after)
	old := make(map[string]ratio)
	for _, r := range ratios(before) {
		old[r.key()] = r
	}
	for _, r := range ratios(after) {
		was, known := old[r.key()]
		delete(old, r.key())
		if !known {
			d.Missing = append(d.Missing, r.key()+" is in the second only")
			continue
		}
		d.Changes = append(d.Changes, change(was, r))
	}
	for _, r := range ratios(before) {
		if _, left := old[r.key()]; left {
			d.Missing = append(d.Missing, r.key()+" is in the first only")
		}
	}
	return d, nil
}

// warn says what else differs.
func (d *Diff) warn(before, after *result.Result) {
	a, b := before.Environment, after.Environment
	for _, fact := range []struct{ name, before, after string }{
		{"the version of the base", before.Targets[0].Version, after.Targets[0].Version},
		{"the processor", a.CPU, b.CPU},
		{"the number of cores", fmt.Sprint(a.Cores), fmt.Sprint(b.Cores)},
		{"the kernel", a.Kernel, b.Kernel},
	} {
		if fact.before != fact.after {
			d.Warnings = append(d.Warnings, fmt.Sprintf("%s differs: %s, then %s; a ratio may have changed because of that", fact.name, fact.before, fact.after))
		}
	}
	for i, r := range []*result.Result{before, after} {
		if r.Interrupted {
			d.Warnings = append(d.Warnings, fmt.Sprintf("the %s run was ended early", []string{"first", "second"}[i]))
		}
	}
}

// ratios are all that a result compares with its base, the base itself left out.
func ratios(r *result.Result) (all []ratio) {
	specs := make(map[string]string)
	for _, t := range r.Targets[1:] {
		specs[t.Name] = t.Spec
	}
	for i := range r.Series {
		s := &r.Series[i]
		for k := range s.Comparisons {
			c := &s.Comparisons[k]
			if spec, known := specs[c.Other]; known {
				all = append(all, ratio{fmt.Sprintf("%s of %s", c.Metric, s.ID), spec, c.Interval, c.Floor, c.Metric.Direction(), s.Spoilt(c)})
			}
		}
	}
	for i := range r.Figures {
		all = append(all, inFigure(&r.Figures[i], specs)...)
	}
	return append(append(all, inTimelines(r, specs)...), inGrowths(r, specs)...)
}

func inFigure(f *result.Figure, specs map[string]string) (all []ratio) {
	for i := range f.Parties {
		p := &f.Parties[i]
		spec, known := specs[p.Name]
		value := f.Ratio(p)
		if !known || value <= 0 {
			continue
		}
		r := ratio{what: f.ID, target: spec, Interval: stats.Interval{Ratio: value, Low: value, High: value}, direction: stats.Direction(f.MoreIsBetter)}
		if f.IsTiming() {
			r.doubt = "there are too few trials for an interval"
		}
		for _, c := range f.Comparisons {
			if c.Other == p.Name {
				r.Interval, r.floor, r.doubt = c.Interval, c.Floor, ""
			}
		}
		all = append(all, r)
	}
	return all
}

// change compares two ratios.
func change(before, after ratio) Change {
	c := Change{What: after.what, Target: after.target, Before: before.Interval, After: after.Interval, Ratio: quotient(before.Interval, after.Interval)}
	switch {
	case before.doubt != "":
		c.Verdict, c.Words = stats.Inconclusive, "inconclusive: before, "+before.doubt
	case after.doubt != "":
		c.Verdict, c.Words = stats.Inconclusive, "inconclusive: now, "+after.doubt
	default:
		floor := max(before.floor, after.floor)
		c.Verdict, c.Words = stats.Judge(c.Ratio, floor, after.direction), stats.Words(c.Ratio, floor, after.direction)
	}
	return c
}

// quotient is after/before. On the scale of logarithms the distances of the bounds are added as independent errors are: by their squares.
func quotient(before, after stats.Interval) stats.Interval {
	down := math.Hypot(math.Log(after.Ratio/after.Low), math.Log(before.High/before.Ratio))
	up := math.Hypot(math.Log(after.High/after.Ratio), math.Log(before.Ratio/before.Low))
	r := after.Ratio / before.Ratio
	return stats.Interval{Ratio: r, Low: r * math.Exp(-down), High: r * math.Exp(up), Pairs: min(before.Pairs, after.Pairs)}
}

// Cells of a change: what, of whom, before, after, and what to think of it.
func (c *Change) Cells() []string {
	what := c.What
	if metric, series, isSeries := strings.Cut(c.What, " of "); isSeries {
		what = series + " " + metric
	}
	return []string{what, c.Target, span(c.Before), span(c.After), fmt.Sprintf("%.3f", c.Ratio.Ratio), c.Words}
}

func span(i stats.Interval) string {
	if i.Low == i.High {
		return fmt.Sprintf("%.3f", i.Ratio)
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", i.Ratio, i.Low, i.High)
}
