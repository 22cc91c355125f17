package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// When timing is not judged, whatever it says.
const (
	// MaxSteal is the share of the processors' time that the machine below may take away.
	MaxSteal = 0.05
	// MaxNoise is how wide, to either side, the interval of the base's ratio to itself may be.
	MaxNoise = 0.05
)

// found is what a result says of a gate's measurement and one target.
type found struct {
	target    string
	low, high float64
	text      string // the finding in words
	doubt     string // why it must not be believed
	isTiming  bool
}

// Judge judges a result. A gate that asks for something that the result does not have is inconclusive: nothing is green that was not looked at.
func Judge(gates []Gate, r *result.Result) (outcomes []result.Gate) {
	for _, g := range gates {
		outcomes = append(outcomes, g.judge(r)...)
	}
	return outcomes
}

func (g Gate) judge(r *result.Result) (outcomes []result.Gate) {
	all, missing := g.look(r)
	if len(all) == 0 {
		return []result.Gate{{Name: g.Name, Measurement: g.Measurement(), Verdict: result.GateInconclusive, Words: "inconclusive: " + missing}}
	}
	for _, f := range all {
		outcomes = append(outcomes, g.weigh(f, r))
	}
	return outcomes
}

// weigh judges one finding.
func (g Gate) weigh(f found, r *result.Result) result.Gate {
	o := result.Gate{Name: g.Name, Measurement: g.Measurement(), Target: f.target, Verdict: result.GateInconclusive}
	if steal := r.Environment.StealShare; f.doubt == "" && f.isTiming && steal > MaxSteal {
		f.doubt = fmt.Sprintf("the machine below took away %.1f %% of the processors' time, and more than %.0f %% spoils timing", 100*steal, 100*MaxSteal)
	}
	if f.doubt != "" {
		o.Words = "inconclusive: " + f.doubt
		return o
	}
	widened := slack
	if !g.IsRatio {
		widened = 0
	}
	o.Verdict = g.Bound.judge(f.low, f.high, widened)
	asked := g.Bound.String()
	if g.IsRatio {
		asked += fmt.Sprintf(" (less %.0f %%)", 100*slack)
		if g.Bound.Kind == AtMost {
			asked = strings.Replace(asked, "less", "and", 1)
		}
	}
	o.Words = fmt.Sprintf("%s: %s; asked for is %s", o.Verdict, f.text, asked)
	return o
}

// look finds in a result what the gate is about: one finding for each target it judges, or why there is none.
func (g Gate) look(r *result.Result) (all []found, missing string) {
	if g.Figure != "" {
		for i := range r.Figures {
			if r.Figures[i].ID == g.Figure {
				return g.inFigure(r, &r.Figures[i]), "the figure has none of its targets"
			}
		}
		return nil, "the result has no figure " + g.Figure
	}
	for i := range r.Series {
		if r.Series[i].ID == g.Series {
			return g.inSeries(r, &r.Series[i]), "the series has none of its targets"
		}
	}
	return nil, "the result has no series " + g.Series
}

// targets are those the gate judges.
func (g Gate) targets(r *result.Result) (names []string) {
	for i, t := range r.Targets {
		if g.Of == t.Spec || g.Of == "" && !(g.IsRatio && i == 0) {
			names = append(names, t.Name)
		}
	}
	return names
}

func (g Gate) inSeries(r *result.Result, s *result.Series) (all []found) {
	for _, name := range g.targets(r) {
		f := found{target: name, isTiming: true, doubt: "it was not compared"}
		if s.Trouble != "" {
			f.doubt = s.Trouble
		}
		for i := range s.Comparisons {
			c := &s.Comparisons[i]
			if c.Other == name && c.Metric == g.Metric {
				f.low, f.high, f.text, f.doubt = c.Low, c.High, times(c.Interval), s.Spoilt(c)
			}
		}
		if noise := halfWidth(twin(s.Comparisons, g.Metric)); f.doubt == "" && noise > MaxNoise {
			f.doubt = tooNoisy(noise)
		}
		all = append(all, f)
	}
	return all
}

func (g Gate) inFigure(r *result.Result, figure *result.Figure) (all []found) {
	for _, name := range g.targets(r) {
		for i := range figure.Parties {
			p := &figure.Parties[i]
			if p.Name != name {
				continue
			}
			f := found{target: name, isTiming: figure.IsTiming()}
			switch {
			case p.Missing != "":
				f.doubt = p.Missing
			case len(p.Trials) == 0:
				f.doubt = "it was not measured"
			case g.IsRatio:
				f.ratio(figure, p)
			default:
				f.low, f.high = slices.Min(p.Trials), slices.Max(p.Trials)
				f.text = figure.Format(f.low)
				if to := figure.Format(f.high); to != f.text {
					f.text += " to " + to
				}
			}
			all = append(all, f)
		}
	}
	return all
}

// ratio is that of a party to the base. What is counted and not timed needs no interval.
func (f *found) ratio(figure *result.Figure, p *result.Measured) {
	for _, c := range figure.Comparisons {
		if c.Other == p.Name {
			f.low, f.high, f.text = c.Low, c.High, times(c.Interval)
			if noise := halfWidth(twin(figure.Comparisons, c.Metric)); f.isTiming && noise > MaxNoise {
				f.doubt = tooNoisy(noise)
			}
			return
		}
	}
	ratio := figure.Ratio(p)
	switch {
	case ratio <= 0:
		f.doubt = "the base has no value that a ratio could be made of"
	case f.isTiming && figure.Trouble != "":
		f.doubt = figure.Trouble
	case f.isTiming:
		f.doubt = "there are too few trials for an interval"
	}
	f.low, f.high, f.text = ratio, ratio, fmt.Sprintf("%.3f times", ratio)
}

func times(i stats.Interval) string {
	return fmt.Sprintf("%.3f times [%.3f, %.3f] in %d pairs", i.Ratio, i.Low, i.High, i.Pairs)
}

// twin is the comparison of the base with itself.
func twin(comparisons []duet.Comparison, m duet.Metric) stats.Interval {
	for _, c := range comparisons {
		if c.Metric == m && strings.HasSuffix(c.Other, result.TwinSuffix) {
			return c.Interval
		}
	}
	return stats.Interval{Low: 1, High: 1}
}

// halfWidth of an interval, as a fraction.
func halfWidth(i stats.Interval) float64 { return math.Sqrt(i.High/i.Low) - 1 }

func tooNoisy(noise float64) string {
	return fmt.Sprintf("the base differs from itself by an interval of ±%.1f %%, and more than ±%.0f %% is too noisy to judge timing", 100*noise, 100*MaxNoise)
}

// Worst is the verdict on all: a failure is one whatever else could not be told.
func Worst(outcomes []result.Gate) result.GateVerdict {
	worst := result.GatePassed
	for _, o := range outcomes {
		switch {
		case o.Verdict == result.GateFailed:
			return result.GateFailed
		case o.Verdict == result.GateInconclusive:
			worst = result.GateInconclusive
		}
	}
	return worst
}
