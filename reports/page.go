package reports

import (
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
