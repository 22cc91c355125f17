package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/bench/result"
)

// sweep is latency as the rate grows.
type sweep struct {
	Name   string
	Charts []chart
	Ratios *ratioTable
}

func (v *view) sweeps(series []result.Series) (sweeps []sweep) {
	var order []string
	points := make(map[string][]*result.Series)
	for i := range series {
		if s := &series[i]; s.Curve != "" {
			if points[s.Curve] == nil {
				order = append(order, s.Curve)
			}
			points[s.Curve] = append(points[s.Curve], s)
		}
	}
	for _, name := range order {
		found := points[name]
		sweep := sweep{Name: fmt.Sprintf("%s, pipeline %d, %s", found[0].Operation, found[0].Pipeline, found[0].Setting()), Ratios: v.ratiosOfSeries(found)}
		for _, metric := range []struct {
			name string
			of   func(*result.Percentiles) int64
		}{
			{"p50", func(p *result.Percentiles) int64 { return p.P50 }},
			{"p99", func(p *result.Percentiles) int64 { return p.P99 }},
			{"p99.9", func(p *result.Percentiles) int64 { return p.P999 }},
		} {
			sweep.Charts = append(sweep.Charts, v.sweepChart(metric.name, found, metric.of))
		}
		sweeps = append(sweeps, sweep)
	}
	return sweeps
}

func (v *view) sweepChart(metric string, points []*result.Series, of func(*result.Percentiles) int64) chart {
	byName := make(map[string]*line)
	var order []string
	t := table{Head: []string{"asked for"}}
	for _, s := range points {
		row := []string{count(math.Round(s.RatePerSecond))}
		for i := range s.Parties {
			p := &s.Parties[i]
			if byName[p.Name] == nil {
				byName[p.Name] = &line{target: v.target(p.Name)}
				order = append(order, p.Name)
				t.Head = append(t.Head, p.Name)
			}
			l := byName[p.Name]
			l.path = append(l.path, result.Point{X: p.PerSecond, Y: float64(of(&p.Latency))})
			row = append(row, fmt.Sprintf("%s at %s/s", result.Format(float64(of(&p.Latency)), "ns"), count(math.Round(p.PerSecond))))
		}
		t.Rows = append(t.Rows, row)
	}
	var lines []line
	for _, name := range order {
		l := *byName[name]
		if !l.target.Twin {
			l.marked = l.path
		}
		lines = append(lines, l)
	}
	c := draw("Latency, "+metric, linearAxis("requests answered a second", values(lines, xOf), count), logAxis("latency, "+metric, values(lines, yOf), inUnit("ns")), lines)
	c.Table = t
	return c
}

// grown are the targets, and whoever else grew.
func (v *view) grown(growths []result.Growth) []*target {
	all := slices.Clone(v.Targets)
	for i := range growths {
		for _, l := range growths[i].Lines {
			if t := v.target(l.Name); !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all
}

// growth is a chart with a tick at each size.
func (v *view) growth(g *result.Growth) chart {
	var lines []line
	var stopped []string
	for _, l := range g.Lines {
		lines = append(lines, line{target: v.target(l.Name), path: l.Points, marked: l.Points})
		if l.Stopped != "" {
			stopped = append(stopped, l.Name+" stopped "+l.Stopped+".")
		}
	}
	x := sizeAxis(g.X, values(lines, xOf))
	c := draw(g.Title, x, linearAxis(g.Unit, values(lines, yOf), inUnit(g.Unit)), lines)
	if g.Note != "" {
		c.Note = g.Note + ". "
	}
	c.Note = strings.TrimSpace(c.Note + strings.Join(stopped, " "))
	c.Table.Head = append(c.Table.Head, g.X)
	for _, size := range x.ticks {
		c.Table.Head = append(c.Table.Head, count(size))
	}
	for _, l := range g.Lines {
		row := []string{l.Name}
		for _, size := range x.ticks {
			cell := "–"
			for _, p := range l.Points {
				if p.X == size {
					cell = result.Format(p.Y, g.Unit)
				}
			}
			row = append(row, cell)
		}
		c.Table.Rows = append(c.Table.Rows, row)
	}
	return c
}
