package bench

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
)

// What the Markdown summary and the terminal say alike: measurements as cells of tables.

// figureRows is a figure as a table: a line for each party, the twin of the base left to the noise floor.
func figureRows(f *result.Figure) (rows [][]string) {
	title := f.Title
	for i := range f.Parties {
		m := &f.Parties[i]
		if strings.HasSuffix(m.Name, result.TwinSuffix) {
			continue
		}
		row := []string{title, m.Name, f.Format(m.Median), "", "", ""}
		if m.Missing != "" {
			row[2], row[5] = "-", m.Missing
		}
		if ratio := f.Ratio(m); i > 0 && ratio > 0 {
			row[3] = fmt.Sprintf("%.3f", ratio)
		}
		for _, c := range f.Comparisons {
			if c.Other == m.Name {
				row[3], row[4], row[5] = fmt.Sprintf("%.3f", c.Ratio), fmt.Sprintf("[%.3f, %.3f]", c.Low, c.High), c.Words
			}
		}
		if !f.ReachesFloor(m) {
			row[5] += fmt.Sprintf(" MISSES %s of %s", f.FloorSource, f.Format(f.Floor))
		}
		rows = append(rows, row)
		title = ""
	}
	return rows
}

func timelineTitle(t *result.Timeline) string {
	return t.Target + " under change: " + t.Setting()
}

func phaseCells(p *result.Phase) []string {
	var facts []string
	for _, f := range p.Facts {
		facts = append(facts, f.Name+": "+result.Format(f.Value, f.Unit))
	}
	return []string{
		p.Name, fmt.Sprint(p.Counts.Sent), fmt.Sprint(p.Counts.Failed()), fmt.Sprintf("%.3f", p.RedirectsPerRequest),
		millis(p.Latency.P50), millis(p.Latency.P99), millis(p.WorstSecond), millis(p.Latency.Max), strings.Join(facts, "; "),
	}
}

// growthRows is a cost as a table: sizes across, a line for each target.
func growthRows(g *result.Growth) (rows [][]string) {
	var sizes []float64
	for _, line := range g.Lines {
		for _, p := range line.Points {
			sizes = append(sizes, p.X)
		}
	}
	slices.Sort(sizes)
	sizes = slices.Compact(sizes)
	head := []string{g.X}
	for _, size := range sizes {
		head = append(head, fmt.Sprintf("%.0f", size))
	}
	rows = append(rows, head)
	for _, line := range g.Lines {
		row := []string{line.Name}
		if line.Stopped != "" {
			row[0] += " (stopped " + line.Stopped + ")"
		}
		for _, size := range sizes {
			row = append(row, "-")
			for _, p := range line.Points {
				if p.X == size {
					row[len(row)-1] = result.Format(p.Y, g.Unit)
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func title(s *result.Series) string { return s.Name() + ", " + s.Setting() }

func partyCells(p *result.Party) []string {
	cpu := "-"
	if p.CPUNanos > 0 {
		cpu = micros(p.CPUNanos)
	}
	own := fmt.Sprintf("%.0f %%", 100*p.Generator.CPUShare)
	if late := p.Generator.Lateness; late != nil {
		own += fmt.Sprintf(", p99 %s late", millis(late.P99))
	}
	return []string{
		p.Name, fmt.Sprintf("%.0f", p.PerSecond), cpu,
		millis(p.Latency.P50), millis(p.Latency.P99), millis(p.Latency.P999), millis(p.Latency.Max),
		own,
	}
}

func comparisonCells(c *duet.Comparison) []string {
	floor, words := fmt.Sprintf("%.1f %%", 100*c.Floor), c.Words
	if strings.HasSuffix(c.Other, result.TwinSuffix) {
		floor, words = "-", "the noise floor"
	}
	return []string{
		c.Other + " / " + c.Base, string(c.Metric), fmt.Sprintf("%.3f", c.Ratio), fmt.Sprintf("[%.3f, %.3f]", c.Low, c.High), floor, words,
	}
}

func micros(nanos float64) string { return fmt.Sprintf("%.2f us", nanos/1e3) }

func millis(nanos int64) string { return fmt.Sprintf("%.2f ms", float64(nanos)/1e6) }

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
