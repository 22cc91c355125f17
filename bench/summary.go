package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
)

// Summary is the result as Markdown.
func Summary(r *result.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Benchmark\n\n")
	if r.Interrupted {
		fmt.Fprintf(&b, "**The run was ended early; this is what was measured until then.**\n\n")
	}
	for i, t := range r.Targets {
		role := "compared with it"
		if i == 0 {
			role = "the base of all ratios"
		}
		fmt.Fprintf(&b, "- **%s**: %s %s, %d %s, `%s`; %s\n", t.Name, t.Server, t.Version, t.Nodes, plural(t.Nodes, "node", "nodes"), t.Spec, role)
	}
	for i := range r.Series {
		writeSeriesMarkdown(&b, &r.Series[i])
	}
	if len(r.Figures) > 0 {
		fmt.Fprintf(&b, "\n## Figures\n\n| | %s |\n|---|---|%s\n", "target | median | ratio | 95 % interval | |", "---:|---:|---|---|")
		for i := range r.Figures {
			for _, cells := range figureRows(&r.Figures[i]) {
				fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
			}
		}
	}
	for i := range r.Timelines {
		writeTimelineMarkdown(&b, &r.Timelines[i])
	}
	for i := range r.Growths {
		g := &r.Growths[i]
		fmt.Fprintf(&b, "\n## As %s grow: %s\n\n", g.X, g.Title)
		rows := growthRows(g)
		fmt.Fprintf(&b, "| %s |\n|---|%s\n", strings.Join(rows[0], " | "), strings.Repeat("---:|", len(rows[0])-1))
		for _, cells := range rows[1:] {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
		if g.Note != "" {
			fmt.Fprintf(&b, "\n%s.\n", g.Note)
		}
	}
	writeMethod(&b, r)
	return b.String()
}

func writeSeriesMarkdown(b *strings.Builder, s *result.Series) {
	fmt.Fprintf(b, "\n## %s\n\n", title(s))
	fmt.Fprintf(b, "| | requests/s | CPU/request | p50 | p99 | p99.9 | max | generator |\n|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, p := range s.Parties {
		fmt.Fprintf(b, "| %s |\n", strings.Join(partyCells(&p), " | "))
	}
	fmt.Fprintf(b, "\n| compared | metric | ratio | 95 %% interval | noise floor | |\n|---|---|---:|---|---:|---|\n")
	for _, c := range s.Comparisons {
		fmt.Fprintf(b, "| %s |\n", strings.Join(comparisonCells(&c), " | "))
	}
	for _, note := range s.Notes() {
		fmt.Fprintf(b, "\n%s\n", note)
	}
}

func writeMethod(b *strings.Builder, r *result.Result) {
	e := r.Environment
	fmt.Fprintf(b, "\n## How\n\n")
	fmt.Fprintf(b, "- One generator loads the targets in turn, in slices of %d ms in random order, with everything answered in between. "+
		"The ratio is the median of the rounds' ratios, the interval a bootstrap over rounds. The base is measured twice in the same rounds; what it differs "+
		"from itself by is the noise floor. A difference below that, or below 3 %%, is inconclusive.\n", duet.DefaultSlice.Milliseconds())
	fmt.Fprintf(b, "- Closed loop: each connection sends its next batch when the one before is answered; that finds the throughput at saturation. "+
		"Open loop: requests are due by a schedule, whatever the server does, and latency counts from the due time, queueing included.\n"+
		"- Rates and processor times are medians over slices, percentiles are of all requests. The generator's share is of one core.\n")
	fmt.Fprintf(b, "- %s, %d cores, %s, kernel %s, %s, GOMAXPROCS %d; load average %s before and %s after; %.1f %% of the processors' time stolen.\n",
		orUnknown(e.CPU), e.Cores, e.OS, orUnknown(e.Kernel), e.GoVersion, e.MaxProcs, orUnknown(e.LoadBefore), orUnknown(e.LoadAfter), 100*e.StealShare)
	fmt.Fprintf(b, "- clusterspec %s, seed %d, %s to %s: `%s`\n", orUnknown(r.Suite), r.Seed,
		r.Started.Format(time.RFC3339), r.Finished.Format(time.RFC3339), strings.Join(r.Command, " "))
}

// WriteSeries writes a series as text for a terminal.
func WriteSeries(w io.Writer, s *result.Series) error {
	const padding = 2
	fmt.Fprintf(w, "\n%s\n", title(s))
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	fmt.Fprintln(table, "  \trequests/s\tCPU/request\tp50\tp99\tp99.9\tmax\tgenerator")
	for _, p := range s.Parties {
		fmt.Fprintln(table, "  "+strings.Join(partyCells(&p), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	table = tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	for _, c := range s.Comparisons {
		fmt.Fprintln(table, "  "+strings.Join(comparisonCells(&c), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range s.Notes() {
		fmt.Fprintln(w, "  "+note)
	}
	return nil
}

// WriteFigures writes figures as text for a terminal.
func WriteFigures(w io.Writer, figures []result.Figure) error {
	const padding = 2
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	for i := range figures {
		for _, cells := range figureRows(&figures[i]) {
			fmt.Fprintln(table, strings.Join(cells, "\t"))
		}
	}
	return table.Flush()
}

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

func writeTimelineMarkdown(b *strings.Builder, t *result.Timeline) {
	fmt.Fprintf(b, "\n## %s\n\n| phase | requests | failed | redirects | p50 | p99 | worst second | max | |\n|---|---:|---:|---:|---:|---:|---:|---:|---|\n", timelineTitle(t))
	for i := range t.Phases {
		fmt.Fprintf(b, "| %s |\n", strings.Join(phaseCells(&t.Phases[i]), " | "))
	}
	for _, note := range t.Notes() {
		fmt.Fprintf(b, "\n%s\n", note)
	}
}

// WriteTimeline writes a time line as text for a terminal.
func WriteTimeline(w io.Writer, t *result.Timeline) error {
	const padding = 2
	fmt.Fprintf(w, "\n%s\n", timelineTitle(t))
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	fmt.Fprintln(table, "  phase\trequests\tfailed\tredirects\tp50\tp99\tworst second\tmax\t")
	for i := range t.Phases {
		fmt.Fprintln(table, "  "+strings.Join(phaseCells(&t.Phases[i]), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range t.Notes() {
		fmt.Fprintln(w, "  "+note)
	}
	return nil
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

// WriteGrowths writes costs of growth as text for a terminal.
func WriteGrowths(w io.Writer, growths []result.Growth) error {
	const padding = 2
	for i := range growths {
		fmt.Fprintf(w, "\n%s\n", growths[i].Title)
		table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
		for _, cells := range growthRows(&growths[i]) {
			fmt.Fprintln(table, "  "+strings.Join(cells, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// growthRows is a cost as a table: sizes across, a line for each target.
func growthRows(g *result.Growth) (rows [][]string) {
	head := []string{g.X}
	for _, line := range g.Lines {
		for i, p := range line.Points {
			if i+1 == len(head) {
				head = append(head, fmt.Sprintf("%.0f", p.X))
			}
		}
	}
	rows = append(rows, head)
	for _, line := range g.Lines {
		row := []string{line.Name}
		for _, p := range line.Points {
			row = append(row, result.Format(p.Y, g.Unit))
		}
		for len(row) < len(head) {
			row = append(row, "-")
		}
		if line.Stopped != "" {
			row[0] += " (stopped " + line.Stopped + ")"
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
func millis(nanos int64) string   { return fmt.Sprintf("%.2f ms", float64(nanos)/1e6) }

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
