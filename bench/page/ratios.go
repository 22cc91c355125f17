package page

import (
	"fmt"
	"math"
	"strings"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// ratioTable is a table of comparisons with the base, all drawn on one scale: to the right is better, whatever the quantity.
type ratioTable struct {
	Ticks  []tick
	Groups []ratioGroup
	// Many: more than one target is compared with the base, so each row names its own.
	Many bool

	scale forestScale
}

// ratioGroup is what belongs together: a workload, a kind of figure.
type ratioGroup struct {
	Name, Setting string
	Rows          []ratioRow
	Notes         []string
}

// ratioRow is one quantity of one target.
type ratioRow struct {
	What   string
	Target *target
	// Base and Value are what was measured of the two; Ratio, Interval and Noise are empty where there is nothing to compare.
	Base, Value, Ratio, Interval, Noise string
	Verdict                             stats.Verdict // empty: Word says why
	Word, Why                           string
	Plot                                forest

	drawn *drawn
}

// drawn is what a row's picture is made from, better being more.
type drawn struct{ ratio, low, high, band float64 }

// forest is the picture of a row: the noise band around 1, the interval, the ratio.
type forest struct {
	Drawn               bool
	BandFrom, BandWidth px
	At                  px
	Interval            string // a path; empty where there is none
	// OffLeft and OffRight: the ratio lies beyond the scale.
	OffLeft, OffRight bool
}

// The size of a row's picture.
const (
	forestWidth  = 220
	forestMargin = 12
)

// forestScale is logarithmic and symmetric around 1, up to limit times better and worse.
type forestScale struct{ limit, inner float64 }

var forestScales = []forestScale{{1.25, 1.1}, {1.5, 1.2}, {2, 1.5}, {4, 2}, {6, 2}, {10, 3}}

func (s forestScale) at(ratio float64) px {
	share := math.Log(ratio) / math.Log(s.limit)
	return px(forestWidth/2 + min(1, max(-1, share))*(forestWidth/2-forestMargin))
}

func (s forestScale) ticks() (ticks []tick) {
	for _, t := range []float64{s.limit, s.inner} {
		ticks = append(ticks, tick{s.at(1 / t), trim(fmt.Sprintf("%.2f", t)) + "×"})
	}
	ticks = append(ticks, tick{s.at(1), "="})
	for _, t := range []float64{s.inner, s.limit} {
		ticks = append(ticks, tick{s.at(t), trim(fmt.Sprintf("%.2f", t)) + "×"})
	}
	return ticks
}

func (s forestScale) draw(d *drawn) forest {
	f := forest{Drawn: true, At: s.at(d.ratio), OffLeft: d.ratio < 1/s.limit, OffRight: d.ratio > s.limit}
	f.BandFrom = s.at(1 / d.band)
	f.BandWidth = s.at(d.band) - f.BandFrom
	if d.low > 0 {
		f.Interval = fmt.Sprintf("M%v 9H%v", s.at(d.low), s.at(d.high))
		for _, end := range []float64{d.low, d.high} {
			if end >= 1/s.limit && end <= s.limit { // it ends here, and does not go on beyond the scale
				f.Interval += fmt.Sprintf("M%v 5.5v7", s.at(end))
			}
		}
	}
	return f
}

// finish chooses the scale on which all ratios find room, and draws them. Intervals and noise may go on beyond it.
func (t *ratioTable) finish() *ratioTable {
	if len(t.Groups) == 0 {
		return nil
	}
	furthest := 0.0
	t.eachRow(func(r *ratioRow) {
		furthest = max(furthest, math.Abs(math.Log(r.drawn.ratio)))
	})
	for _, t.scale = range forestScales {
		if math.Log(t.scale.limit) >= furthest {
			break
		}
	}
	t.Ticks = t.scale.ticks()
	t.eachRow(func(r *ratioRow) { r.Plot = t.scale.draw(r.drawn) })
	return t
}

func (t *ratioTable) eachRow(do func(*ratioRow)) {
	for i := range t.Groups {
		for j := range t.Groups[i].Rows {
			if r := &t.Groups[i].Rows[j]; r.drawn != nil {
				do(r)
			}
		}
	}
}

// compared fills a row with a comparison.
func (r *ratioRow) compared(c *duet.Comparison, d stats.Direction) {
	r.Ratio, r.Interval = fmt.Sprintf("%.3f", c.Ratio), fmt.Sprintf("%.3f to %.3f", c.Low, c.High)
	r.Noise = fmt.Sprintf("%.1f %%", 100*c.Floor)
	r.Verdict, r.Word = c.Verdict, string(c.Verdict)
	if _, why, found := strings.Cut(c.Words, ": "); found && c.Verdict == stats.Inconclusive {
		r.Why = why
	}
	r.drawn = &drawn{c.Ratio, c.Low, c.High, 1 + max(stats.Tolerance, c.Floor)}
	if d == stats.LessIsFaster {
		r.drawn.ratio, r.drawn.low, r.drawn.high = 1/c.Ratio, 1/c.High, 1/c.Low
	}
}

// ratiosOfSeries are the comparisons of workloads.
func (v *view) ratiosOfSeries(series []*result.Series) *ratioTable {
	t := &ratioTable{Many: len(v.Targets) > 2}
	for _, s := range series {
		g := ratioGroup{Name: s.Name(), Setting: s.Setting(), Notes: s.Notes()}
		for i := range s.Comparisons {
			c := &s.Comparisons[i]
			other := v.target(c.Other)
			if other.Twin {
				continue
			}
			r := ratioRow{What: metricWords[c.Metric], Target: other, Base: valueOf(s, c.Base, c.Metric), Value: valueOf(s, c.Other, c.Metric)}
			r.compared(c, c.Metric.Direction())
			other.count(c.Verdict)
			g.Rows = append(g.Rows, r)
		}
		t.Groups = append(t.Groups, g)
	}
	return t.finish()
}

var metricWords = map[duet.Metric]string{
	duet.Throughput: "requests a second", duet.CPU: "processor time a request", duet.P50: "latency, p50", duet.P99: "latency, p99",
}

// valueOf is what was measured of a party.
func valueOf(s *result.Series, name string, m duet.Metric) string {
	for i := range s.Parties {
		p := &s.Parties[i]
		if p.Name != name {
			continue
		}
		switch m {
		case duet.Throughput:
			return count(math.Round(p.PerSecond))
		case duet.CPU:
			return result.Format(p.CPUNanos, "ns")
		case duet.P50:
			return result.Format(float64(p.Latency.P50), "ns")
		case duet.P99:
			return result.Format(float64(p.Latency.P99), "ns")
		}
	}
	return ""
}

// ratiosOfFigures are the comparisons of single quantities, by the first word of their ids.
func (v *view) ratiosOfFigures(figures []result.Figure) *ratioTable {
	t := &ratioTable{Many: len(v.Targets) > 2}
	for i := range figures {
		f := &figures[i]
		kind, _, _ := strings.Cut(f.ID, "/")
		if n := len(t.Groups); n == 0 || t.Groups[n-1].Name != kind {
			made := ratioGroup{Name: kind}
			if base := v.target(f.Parties[0].Name); !base.Base {
				made.Setting = "the base is " + base.Name
			}
			t.Groups = append(t.Groups, made)
		}
		g := &t.Groups[len(t.Groups)-1]
		if f.Trouble != "" {
			g.Notes = append(g.Notes, f.Title+": "+f.Trouble+".")
		}
		for j := range f.Parties {
			if m := &f.Parties[j]; j > 0 && !v.target(m.Name).Twin {
				g.Rows = append(g.Rows, v.figureRow(f, m))
			}
		}
		if len(f.Parties) == 1 {
			g.Rows = append(g.Rows, v.figureRow(f, &f.Parties[0]))
		}
	}
	return t.finish()
}

func (v *view) figureRow(f *result.Figure, m *result.Measured) ratioRow {
	r := ratioRow{What: f.Title, Target: v.target(m.Name), Base: measured(f, &f.Parties[0]), Value: measured(f, m), Word: "not compared", Why: m.Missing}
	if base := &f.Parties[0]; base.Missing != "" && base != m {
		r.Why = base.Name + ": " + base.Missing
	}
	for k := range f.Comparisons {
		if c := &f.Comparisons[k]; c.Other == m.Name {
			r.compared(c, stats.Direction(f.MoreIsBetter))
			r.Target.count(c.Verdict)
			return r
		}
	}
	if ratio := f.Ratio(m); ratio > 0 && m != &f.Parties[0] {
		r.Ratio, r.Word = fmt.Sprintf("%.3f", ratio), "no interval"
		if !f.MoreIsBetter {
			ratio = 1 / ratio
		}
		r.drawn = &drawn{ratio: ratio, band: 1 + stats.Tolerance}
	}
	return r
}

// measured is a value, or a dash.
func measured(f *result.Figure, m *result.Measured) string {
	if m.Missing != "" || len(m.Trials) == 0 {
		return "–"
	}
	return f.Format(m.Median)
}

// floorRow is a floor, and who keeps it, target by target.
type floorRow struct {
	What, Floor, Source string
	Cells               []floorCell
}

type floorCell struct {
	Target      *target
	Value       string
	Known, Kept bool
}

func (v *view) floors(figures []result.Figure) (rows []floorRow) {
	for i := range figures {
		f := &figures[i]
		if f.Floor == 0 {
			continue
		}
		bound := "at most "
		if f.MoreIsBetter {
			bound = "at least "
		}
		row := floorRow{What: f.Title, Floor: bound + f.Format(f.Floor), Source: f.FloorSource}
		for _, t := range v.Targets {
			cell := floorCell{Target: t, Value: "–"}
			for j := range f.Parties {
				if m := &f.Parties[j]; v.target(m.Name) == t {
					cell.Value = measured(f, m)
					cell.Known, cell.Kept = cell.Value != "–", f.ReachesFloor(m)
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		rows = append(rows, row)
	}
	return rows
}
