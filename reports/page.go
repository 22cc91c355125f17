package reports

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"unicode/utf8"
)

// runView is what the templates show of a report: the report's values, arranged. Nothing is decided in the templates.
type runView struct {
	Report   *Report
	Headline string
	Started  string
	Took     string
	Command  string
	// Columns are the targets that joined; Absent those that did not.
	Columns []column
	Absent  []Target
	Areas   []areaView
	Cases   []*caseView
	// Counts are over the whole run, and are also the list of verdicts that occur.
	Counts []count
	// Notable and Differing count the cases that the two narrower filters show.
	Notable, Differing int
	// Many columns are narrow ones: numbers for names, shapes for words. Dense ticks stand without gaps.
	Many, Dense bool
	Schema      string
	// Show is the filter the matrix opens with: differ, notable or all.
	Show string
	// Views are the parts of the page that a reader chooses from; the first one is the matrix.
	Views    []viewLink
	Causes   []*cause
	Declared []declaredView
	Stale    []StaleEntry
	Changes  *changesView
	Climb    *climbView
	Timing   *timing
	Coverage *coverage
}

// What fits on a desktop page: columns with names, and ticks with gaps between them.
const (
	maxWideColumns = 5
	maxSpacedTicks = 120
)

// NothingNotable is what the matrix says when the filter for what did not pass leaves no row. A run of nothing must not read as a success.
func (v *runView) NothingNotable() string {
	if len(v.Cases) == 0 || len(v.Columns) == 0 {
		return "No scenario ran."
	}
	return "Every scenario passed on every target."
}

// count is how often a verdict occurred.
type count struct {
	Verdict Verdict
	N       int
}

// column is a target that joined.
type column struct {
	Target
	// Key is its number, which stands for the name where there is no room.
	Key      int
	Identity string
	Counts   []count
	// Ticks are its verdicts in the order of the cases: the run at a glance.
	Ticks []tick
}

type tick struct {
	Case    *caseView
	Verdict Verdict
}

// areaView is a group of rows, with the counts of each column.
type areaView struct {
	Name   string
	Cases  []*caseView
	Counts [][]count
}

// caseView is a row of the matrix and a page of its own.
type caseView struct {
	*Case
	// Anchor is the page's element id and Link the fragment that leads there.
	Anchor string
	Link   template.URL
	// Notable: not a pass everywhere. Differs: the columns don't agree.
	Notable, Differs bool
	// Verdicts lists those that occur in the row, for the filter; Search is the text the search looks at.
	Verdicts string
	Search   string
	// Outcomes follow the columns.
	Outcomes []*outcome
	// Story says what happened, a clause for each thing that did; Partings who differs from whom.
	Story    []clause
	Partings []parting
	Steps    []stepRow
	// Diverges is the first step on which the targets part, or nil.
	Diverges *stepRow
	// Compared are the outcomes in which something was expected and something else came.
	Compared []comparison
	// Versions says for which versions the sentence holds, and Rung is what the case stands on; empty if nothing is said.
	Versions, Rung string
}

// outcome is a result with its column and everything its page shows.
type outcome struct {
	Result
	Column   *column
	Expected []diffText
	Got      []span
	Waits    []waitView
	Course   sequence
	Beliefs  beliefs
	Rerun    string
	// Open tells whether its evidence is shown unasked.
	Open bool
	// Used says how much of its time the tightest wait used: "1.2 / 2" node timeouts.
	Used string
}

// waitView is a wait as a bar: how much of what it was allowed it used.
type waitView struct {
	Wait
	// Percent is 0 to 100; Over tells that the time ran out.
	Percent  int64
	Over     bool
	Timeouts string
}

// newRunPage arranges a report for the templates.
func newRunPage(r *Report, defects *DefectTable) *runView {
	v := &runView{
		Report:   r,
		Headline: capital(r.Headline()),
		Took:     duration(r.Finished.Sub(r.Started).Milliseconds()),
		Command:  CommandLine(r.Command),
		Counts:   countList(r.Counts()),
		Dense:    len(r.Cases) > maxSpacedTicks,
		Schema:   Schema,
	}
	if !r.Started.IsZero() {
		v.Started = r.Started.UTC().Format("2 January 2006, 15:04 UTC")
	}
	for _, t := range r.Targets {
		if t.Joined {
			v.Columns = append(v.Columns, column{Target: t, Key: len(v.Columns) + 1, Identity: t.identity()})
		} else {
			v.Absent = append(v.Absent, t)
		}
	}
	v.Many = len(v.Columns) > maxWideColumns
	grid := r.grid()
	for i := range r.Cases {
		c := newCaseView(r, &r.Cases[i], v.Columns, grid)
		v.Cases = append(v.Cases, c)
		if c.Notable {
			v.Notable++
		}
		if c.Differs {
			v.Differing++
		}
	}
	for i := range v.Columns {
		counts := map[Verdict]int{}
		for _, c := range v.Cases {
			verdict := c.Outcomes[i].Verdict
			counts[verdict]++
			v.Columns[i].Ticks = append(v.Columns[i].Ticks, tick{c, verdict})
		}
		v.Columns[i].Counts = countList(counts)
	}
	v.Areas = groupByArea(v.Cases, len(v.Columns))
	v.arrangeViews(defects)
	return v
}

// newCaseView arranges one case and its outcomes, one for each column.
func newCaseView(r *Report, c *Case, columns []column, grid map[cell]Result) *caseView {
	v := &caseView{Case: c, Anchor: "case=" + fragment(c.ID), Link: caseLink(c.ID)}
	var seen []string
	for i := range columns {
		x := grid[cell{c.ID, columns[i].Name}]
		v.Outcomes = append(v.Outcomes, newOutcome(r, x, &columns[i]))
		v.Notable = v.Notable || x.Verdict != Pass || x.isStale()
		v.Differs = v.Differs || x.Verdict != v.Outcomes[0].Verdict
		if !slices.Contains(seen, string(x.Verdict)) {
			seen = append(seen, string(x.Verdict))
		}
	}
	v.Verdicts = strings.Join(seen, " ")
	v.Story, v.Partings, v.Compared = tellStory(v.Outcomes), partings(v.Outcomes), compareAll(v.Outcomes)
	v.Search = searched(v)
	v.Steps = alignSteps(c, v.Outcomes)
	for i := range v.Steps {
		if v.Steps[i].First != "" && v.Differs {
			v.Diverges = &v.Steps[i]
		}
	}
	v.Versions, v.Rung = versionsOf(c), r.rungOf(c)
	return v
}

// searched is the text that the search looks at.
func searched(v *caseView) string {
	words := []string{v.ID, v.Title, v.Rule, v.Source, strings.Join(v.Tags, " ")}
	for _, p := range v.Partings {
		words = append(words, p.Short)
	}
	return strings.ToLower(strings.Join(words, " "))
}

// versionsOf says for which versions a case holds, by its tags.
func versionsOf(c *Case) string {
	var words []string
	for _, tag := range c.Tags {
		for _, kind := range []string{"since", "until"} {
			if version, ok := strings.CutPrefix(tag, "@"+kind+":"); ok {
				words = append(words, kind+" "+version)
			}
		}
	}
	return strings.Join(words, ", ")
}

// rungOf names the rung of the ladder that a case stands on.
func (r *Report) rungOf(c *Case) string {
	for _, rung := range r.Ladder {
		if rung.Number == c.Phase {
			return fmt.Sprintf("%d %s", rung.Number, rung.Name)
		}
	}
	return ""
}

func newOutcome(r *Report, x Result, c *column) *outcome {
	o := &outcome{Result: x, Column: c, Rerun: r.RerunCommand(c.Spec, x.Case), Beliefs: readBeliefs(x.Nodes)}
	o.Open = x.Verdict != Pass && x.Verdict.reached()
	rows := maxRowsPassed
	if o.Open {
		rows = maxRowsOpen
	}
	o.Course = newSequence(x.Timeline, x.Failure, rows)
	if f := x.Failure; f != nil {
		if o.Reason == f.Message {
			o.Reason = "" // the failure says it, with its place
		}
		o.Expected, o.Got = compareTexts(f.Expected, f.Got)
	}
	tightest := -1.0
	for _, w := range x.Waits {
		o.Waits = append(o.Waits, newWaitView(w))
		if share := w.NodeTimeouts / w.Allowed; w.Allowed > 0 && share > tightest {
			tightest, o.Used = share, fmt.Sprintf("%.1f / %.4g", w.NodeTimeouts, w.Allowed)
		}
	}
	return o
}

func newWaitView(w Wait) waitView {
	v := waitView{Wait: w, Over: w.UsedMillis >= w.AllowedMillis}
	if w.AllowedMillis > 0 {
		v.Percent = max(0, min(100, 100*w.UsedMillis/w.AllowedMillis))
	}
	if w.Allowed > 0 {
		v.Timeouts = fmt.Sprintf("%.1f of %.4g node timeouts", w.NodeTimeouts, w.Allowed)
	}
	if n := len(w.RunsMillis); n > 1 {
		sorted := slices.Sorted(slices.Values(w.RunsMillis))
		v.Timeouts += fmt.Sprintf(", the slowest of %d runs; the median is %d ms, the fastest %d ms", n, sorted[n/2], sorted[0])
	}
	return v
}

// groupByArea puts cases of the same area together, areas and cases in the order in which they first appear.
func groupByArea(cases []*caseView, columns int) []areaView {
	var areas []areaView
	for _, c := range cases {
		at := slices.IndexFunc(areas, func(a areaView) bool { return a.Name == c.Area })
		if at < 0 {
			at = len(areas)
			areas = append(areas, areaView{Name: c.Area})
		}
		areas[at].Cases = append(areas[at].Cases, c)
	}
	for i := range areas {
		for column := range columns {
			counts := map[Verdict]int{}
			for _, c := range areas[i].Cases {
				counts[c.Outcomes[column].Verdict]++
			}
			areas[i].Counts = append(areas[i].Counts, countList(counts))
		}
	}
	return areas
}

func countList(counts map[Verdict]int) []count {
	var list []count
	for _, v := range verdicts {
		if counts[v] > 0 {
			list = append(list, count{v, counts[v]})
		}
	}
	return list
}

// caseLink leads to the page of a case.
func caseLink(id string) template.URL { return template.URL("#case=" + fragment(id)) }

// fragment escapes an id for a URL's fragment, leaving slashes readable.
func fragment(id string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,"
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(id) {
		if strings.IndexByte(plain, id[i]) >= 0 {
			b.WriteByte(id[i])
		} else {
			b.Write([]byte{'%', hex[id[i]>>4], hex[id[i]&15]})
		}
	}
	return b.String()
}

// CommandLine is a command as a shell reads it.
func CommandLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellQuote(w)
	}
	return strings.Join(quoted, " ")
}

func capital(text string) string {
	_, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:size]) + text[size:]
}
