package bench

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
)

// console tells how a run goes on.
type console struct{ text, progress io.Writer }

func (c *console) Starting(name string, elapsed, estimate time.Duration) {
	left := max(estimate-elapsed, time.Second).Round(time.Second)
	fmt.Fprintf(c.progress, "%s (%v passed, about %v left)\n", name, elapsed.Round(time.Second), left)
}

func (c *console) Series(s *result.Series)     { WriteSeries(c.text, s) }
func (c *console) Figures(f []result.Figure)   { WriteFigures(c.text, f) }
func (c *console) Timeline(t *result.Timeline) { WriteTimeline(c.text, t) }
func (c *console) Growths(g []result.Growth)   { WriteGrowths(c.text, g) }

// WriteSeries writes a series as text for a terminal.
func WriteSeries(w io.Writer, s *result.Series) error {
	fmt.Fprintf(w, "\n%s\n", title(s))
	parties := [][]string{{"", "requests/s", "CPU/request", "p50", "p99", "p99.9", "max", "generator"}}
	for _, p := range s.Parties {
		parties = append(parties, partyCells(&p))
	}
	var workers, compared [][]string
	if len(s.Workers) > 0 {
		workers = append(workers, result.WorkerHead)
	}
	for i := range s.Workers {
		workers = append(workers, s.Workers[i].Cells())
	}
	for _, c := range s.Comparisons {
		compared = append(compared, comparisonCells(&c))
	}
	if err := errors.Join(align(w, "  ", parties), align(w, "  ", workers), align(w, "  ", compared)); err != nil {
		return err
	}
	for _, note := range s.Notes() {
		fmt.Fprintln(w, "  "+note)
	}
	return nil
}

// WriteFigures writes figures as text for a terminal.
func WriteFigures(w io.Writer, figures []result.Figure) error {
	fmt.Fprintln(w)
	var rows [][]string
	for i := range figures {
		rows = append(rows, figureRows(&figures[i])...)
	}
	return align(w, "", rows)
}

// WriteTimeline writes a time line as text for a terminal.
func WriteTimeline(w io.Writer, t *result.Timeline) error {
	fmt.Fprintf(w, "\n%s\n", timelineTitle(t))
	rows := [][]string{{"phase", "requests", "failed", "redirects", "p50", "p99", "worst second", "max", ""}}
	for i := range t.Phases {
		rows = append(rows, phaseCells(&t.Phases[i]))
	}
	if err := align(w, "  ", rows); err != nil {
		return err
	}
	for _, note := range t.Notes() {
		fmt.Fprintln(w, "  "+note)
	}
	return nil
}

// WriteGrowths writes costs of growth as text for a terminal.
func WriteGrowths(w io.Writer, growths []result.Growth) error {
	for i := range growths {
		fmt.Fprintf(w, "\n%s\n", growths[i].Title)
		if err := align(w, "  ", growthRows(&growths[i])); err != nil {
			return err
		}
	}
	return nil
}

// align writes rows as columns.
func align(w io.Writer, indent string, rows [][]string) error {
	const padding = 2
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	for _, cells := range rows {
		fmt.Fprintln(table, indent+strings.Join(cells, "\t"))
	}
	return table.Flush()
}
