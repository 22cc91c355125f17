package bench

import (
	"fmt"
	"strings"
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
		fmt.Fprintf(&b, "- **%s**: %s %s, %s, `%s`; %s\n", t.Name, t.Server, t.Version, result.Plural(t.Nodes, "node"), t.Spec, role)
	}
	if len(r.Gates) > 0 {
		fmt.Fprintf(&b, "\n## Gates\n\n%s.\n\n| gate | measured | of | verdict |\n|---|---|---|---|\n", result.GatesInWords(r.Gates))
		for _, g := range r.Gates {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", g.Name, g.Measurement, g.Target, g.Words)
		}
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
	if len(s.Workers) > 0 {
		fmt.Fprintf(b, "\n| %s |\n|---%s|\n", strings.Join(result.WorkerHead, " | "), strings.Repeat("|---:", len(result.WorkerHead)-1))
		for i := range s.Workers {
			fmt.Fprintf(b, "| %s |\n", strings.Join(s.Workers[i].Cells(), " | "))
		}
	}
	if len(s.Comparisons) > 0 {
		fmt.Fprintf(b, "\n| compared | metric | ratio | 95 %% interval | noise floor | |\n|---|---|---:|---|---:|---|\n")
	}
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

func writeTimelineMarkdown(b *strings.Builder, t *result.Timeline) {
	fmt.Fprintf(b, "\n## %s\n\n| phase | requests | failed | redirects | p50 | p99 | worst second | max | |\n|---|---:|---:|---:|---:|---:|---:|---:|---|\n", timelineTitle(t))
	for i := range t.Phases {
		fmt.Fprintf(b, "| %s |\n", strings.Join(phaseCells(&t.Phases[i]), " | "))
	}
	for _, note := range t.Notes() {
		fmt.Fprintf(b, "\n%s\n", note)
	}
}
