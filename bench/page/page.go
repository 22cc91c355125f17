// Package page is the result of a benchmark as one page that needs no network and no script, in the frame of all our pages. Pictures are SVG in the
// page, coloured by its stylesheet; whatever is drawn stands in a table as well.
package page

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/reports/frame"
)

var (
	//go:embed web
	web embed.FS
	//go:embed web/bench.css
	style string

	body = template.Must(template.New("body.html").ParseFS(web, "web/*.html"))
)

// Write writes the page of a result. The files are those that lie beside it, by name: percentile curves are drawn from them, or from the few
// percentiles that the result itself has.
func Write(w io.Writer, r *result.Result, files map[string][]byte) error {
	v := newView(r, files)
	var text bytes.Buffer
	if err := body.Execute(&text, v); err != nil {
		return fmt.Errorf("writing the benchmark as HTML: %w", err)
	}
	return frame.Write(w, frame.Page{Title: "clusterspec bench: " + v.Headline, Icon: frame.IconMeasure, Style: template.CSS(style), Body: template.HTML(text.String())})
}

// view is what the template shows: the result's values, arranged. Nothing is decided in the template.
type view struct {
	Result                                 *result.Result
	Headline, Lede, Started, Took, Command string
	Targets                                []*target
	// Others were measured in some places, and are no targets of the run: a library, a simulator.
	Others  []*target
	Machine []fact
	// NotMeasured are the parts that the run was not asked for, or did not come to.
	NotMeasured string
	Gates       string // how many passed, failed, and could not be told; empty: there are none
	Workers     *table // the generators, where there were several
	Serving     *ratioTable
	Figures     *ratioTable
	Floors      []floorRow
	Percentiles []chart // in open loops
	Saturated   []chart // in closed loops
	Sweeps      []sweep
	Timelines   []timelineView
	Growths     []chart
	// Grown are those that the charts of growth are of.
	Grown []*target
}

// target is one of those that were measured, with the number that stands for it and decides its colour, dash and marker.
type target struct {
	result.Target
	Key, Look int
	Twin      bool // the base, measured the second time
	Base      bool
	Verdicts  []verdictCount
}

type verdictCount struct {
	Verdict stats.Verdict
	N       int
}

// looks is how many colours, dashes and markers there are.
const looks = 5

func (t *target) count(v stats.Verdict) {
	for i := range t.Verdicts {
		if t.Verdicts[i].Verdict == v {
			t.Verdicts[i].N++
		}
	}
}

// fact is a line about the machine or the run. Bad ones are why the figures may not be what they seem.
type fact struct {
	Name, Text string
	Bad        bool
}

func newView(r *result.Result, files map[string][]byte) *view {
	v := &view{Result: r, Command: reports.CommandLine(r.Command), Machine: machine(&r.Environment)}
	if !r.Started.IsZero() {
		v.Started = r.Started.UTC().Format("2 January 2006, 15:04 UTC")
		v.Took = r.Finished.Sub(r.Started).Round(time.Second).String()
	}
	for _, t := range r.Targets {
		v.Targets = append(v.Targets, newTarget(t, len(v.Targets)))
	}
	var alone, closed, open []*result.Series
	for i := range r.Series {
		switch s := &r.Series[i]; {
		case s.Curve != "":
			open = append(open, s)
		case s.Loop == result.LoopOpen:
			alone, open = append(alone, s), append(open, s)
		default:
			alone, closed = append(alone, s), append(closed, s)
		}
	}
	v.Serving, v.Figures, v.Floors = v.ratiosOfSeries(alone), v.ratiosOfFigures(r.Figures), v.floors(r.Figures)
	for _, s := range open {
		v.Percentiles = append(v.Percentiles, v.percentileChart(s, files))
	}
	for _, s := range closed {
		v.Saturated = append(v.Saturated, v.percentileChart(s, files))
	}
	v.Sweeps, v.Workers = v.sweeps(r.Series), workers(r.Series)
	if len(r.Gates) > 0 {
		v.Gates = result.GatesInWords(r.Gates)
	}
	shared := newClock(r.Timelines)
	for i := range r.Timelines {
		v.Timelines = append(v.Timelines, v.timeline(&r.Timelines[i], shared))
	}
	for i := range r.Growths {
		v.Growths = append(v.Growths, v.growth(&r.Growths[i]))
	}
	v.Grown = v.grown(r.Growths)
	v.Headline, v.Lede, v.NotMeasured = v.headline(), v.lede(), v.notMeasured()
	return v
}

// workers are the generators of load that came from several.
func workers(series []result.Series) (t *table) {
	for i := range series {
		for j := range series[i].Workers {
			if t == nil {
				t = &table{Head: result.WorkerHead}
			}
			t.Rows = append(t.Rows, series[i].Workers[j].Cells())
		}
	}
	return t
}

func newTarget(t result.Target, place int) *target {
	made := &target{Target: t, Key: place + 1, Look: place%looks + 1, Base: place == 0}
	for _, verdict := range []stats.Verdict{stats.Faster, stats.Slower, stats.Equal, stats.Inconclusive} {
		made.Verdicts = append(made.Verdicts, verdictCount{verdict, 0})
	}
	return made
}

// target finds a target by the name it has in a measurement: its own, or the text form it was asked for by.
func (v *view) target(name string) *target {
	plain, twin := strings.CutSuffix(name, result.TwinSuffix)
	all := slices.Concat(v.Targets, v.Others)
	i := slices.IndexFunc(all, func(t *target) bool { return t.Name == plain })
	if i < 0 {
		i = slices.IndexFunc(all, func(t *target) bool { return t.Spec == plain })
	}
	if i < 0 {
		v.Others = append(v.Others, newTarget(result.Target{Name: plain}, len(all)))
		return v.target(name)
	}
	if !twin {
		return all[i]
	}
	again := *all[i]
	again.Name, again.Twin = name, true
	return &again
}

// Identity is what a target says of itself where its name doesn't.
func (t *target) Identity() string {
	if text := strings.TrimSpace(t.Server + " " + t.Version); text != t.Name {
		return text
	}
	return ""
}

func (v *view) headline() string {
	var names []string
	for _, t := range v.Targets {
		names = append(names, t.Name)
	}
	switch len(names) {
	case 0:
		return "Nothing was measured"
	case 1:
		return names[0] + ", measured"
	}
	return strings.Join(names[1:], ", ") + " beside " + names[0]
}

// lede counts what was found.
func (v *view) lede() string {
	total := make(map[stats.Verdict]int)
	n := 0
	for _, t := range v.Targets {
		for _, c := range t.Verdicts {
			total[c.Verdict] += c.N
			n += c.N
		}
	}
	if n == 0 {
		return "Nothing was compared."
	}
	return fmt.Sprintf("Of %d comparisons, %d came out faster or leaner, %d slower or costlier, %d equal and %d inconclusive.",
		n, total[stats.Faster], total[stats.Slower], total[stats.Equal], total[stats.Inconclusive])
}

func (v *view) notMeasured() string {
	r := v.Result
	var missing []string
	for _, part := range []struct {
		name string
		n    int
	}{{"serving", len(r.Series)}, {"figures", len(r.Figures)}, {"change", len(r.Timelines)}, {"growth", len(r.Growths)}} {
		if part.n == 0 {
			missing = append(missing, part.name)
		}
	}
	return strings.Join(missing, ", ")
}

// maxSteal is the share of stolen time beyond which figures are not to be quoted.
const maxSteal = 0.05

func machine(e *result.Environment) []fact {
	known := func(text string) string { return cmp.Or(text, "unknown") }
	memory := "unknown memory"
	if e.MemoryBytes > 0 {
		memory = result.Format(float64(e.MemoryBytes), "bytes") + " of memory"
	}
	steal := fmt.Sprintf("%.1f %% of the processors' time", 100*e.StealShare)
	if e.StealShare > maxSteal {
		steal += ": too much to quote these figures; the machine below took it away"
	}
	return []fact{
		{"Machine", fmt.Sprintf("%s, %d cores, %s", known(e.CPU), e.Cores, memory), false},
		{"System", fmt.Sprintf("%s, kernel %s, clock governor %s, %s open files", e.OS, known(e.Kernel), known(e.Governor), known(e.OpenFiles)), false},
		{"Generator", fmt.Sprintf("%s, GOMAXPROCS %d", e.GoVersion, e.MaxProcs), false},
		{"Load average", fmt.Sprintf("%s before, %s after", known(e.LoadBefore), known(e.LoadAfter)), false},
		{"Stolen", steal, e.StealShare > maxSteal},
	}
}
