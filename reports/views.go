package reports

import (
	"fmt"
	"html/template"
)

// viewLink leads to one part of the page. N is the number behind its name; Alarm sets it off.
type viewLink struct {
	ID, Title string
	N         int
	Alarm     bool
}

// Anchor is the part's element id, and Link the fragment that leads there.
func (l viewLink) Anchor() string     { return "view=" + l.ID }
func (l viewLink) Link() template.URL { return template.URL("#view=" + l.ID) }

// declaredView is an entry of the declaration that spoke of a case on a target.
type declaredView struct {
	*Declared
	Case    *caseView
	Column  *column
	Verdict Verdict
}

// arrangeViews fills the parts of the page besides the matrix and lists those that have something to show.
func (v *runView) arrangeViews(defects *DefectTable) {
	v.Show = v.opensWith()
	v.Causes = causesOf(v.Cases)
	v.Declared, v.Stale = declaredOf(v.Cases), v.Report.stale()
	v.Climb = newClimbView(v.Report, v)
	v.Timing = newTiming(v.Cases, v.Columns)
	v.Coverage = newCoverage(v.Cases, defects)
	v.Views = []viewLink{{ID: "scenarios", Title: "Scenarios", N: len(v.Cases)}}
	add := func(there bool, l viewLink) {
		if there {
			v.Views = append(v.Views, l)
		}
	}
	add(len(v.Causes) > 0, viewLink{"causes", "Causes", len(v.Causes), true})
	add(len(v.Declared)+len(v.Stale) > 0, viewLink{"declared", "Declared", len(v.Declared) + len(v.Stale), v.staleEntries() > 0})
	if b := v.Report.Baseline; b != nil && b.Report != nil {
		v.Changes = newChangesView(b.Report, v)
		add(true, viewLink{"changes", "Changes", v.Changes.N, len(v.Changes.NewlyFailing) > 0})
	}
	add(v.Climb != nil, viewLink{ID: "ladder", Title: "Ladder"})
	add(v.Timing != nil, viewLink{ID: "waits", Title: "Waits"})
	add(len(v.Coverage.Rules) > 0, viewLink{ID: "coverage", Title: "Coverage", N: len(v.Coverage.Rules)})
	add(len(v.Coverage.Defects) > 0, viewLink{ID: "defects", Title: "Defects", N: len(v.Coverage.Defects)})
}

// staleEntries is how many entries of the declaration no longer fit.
func (v *runView) staleEntries() int {
	n := len(v.Stale)
	for _, d := range v.Declared {
		if d.Stale != "" {
			n++
		}
	}
	return n
}

// opensWith is the narrowest filter of the matrix that leaves a row: what the columns disagree on, what does not pass, everything.
func (v *runView) opensWith() string {
	switch {
	case v.Differing > 0:
		return "differ"
	case v.Notable > 0:
		return "notable"
	}
	return "all"
}

func declaredOf(cases []*caseView) []declaredView {
	var list []declaredView
	for _, c := range cases {
		for _, o := range c.Outcomes {
			if o.Declared != nil {
				list = append(list, declaredView{o.Declared, c, o.Column, o.Verdict})
			}
		}
	}
	return list
}

// changesView is what changed since an earlier run.
type changesView struct {
	Changes
	Sections []changeSection
	// N is how many cells changed.
	N            int
	Since, Suite string
}

type changeSection struct {
	Title, Note string
	Rows        []changeRow
}

// Short sections stand open.
func (s changeSection) Short() bool { return len(s.Rows) <= maxOpenRows }

const maxOpenRows = 30

// changeRow is one cell. A case that is gone has no page.
type changeRow struct {
	Change
	Page *caseView
	Key  int
	// Before and After are verdicts, empty where there was no such case.
	Was, Is Verdict
	Why     string
}

// changeNotes say what a reader may not take for granted.
var changeNotes = map[string]string{
	"Changed": "another verdict, or a failure at another step",
	"Added":   "scenarios that the earlier run did not have",
	"Gone":    "scenarios that this run does not have: no regression, the suite or the selection is another one",
}

func newChangesView(base *Report, v *runView) *changesView {
	view := &changesView{Changes: Diff(base, v.Report), Suite: base.Suite}
	if !base.Started.IsZero() {
		view.Since = base.Started.UTC().Format("2 January 2006, 15:04 UTC")
	}
	for _, g := range view.Groups() {
		section := changeSection{Title: g.Title, Note: changeNotes[g.Title]}
		for i := range g.Changes {
			section.Rows = append(section.Rows, v.changeRow(&g.Changes[i]))
		}
		view.N += len(g.Changes)
		if len(section.Rows) > 0 {
			view.Sections = append(view.Sections, section)
		}
	}
	return view
}

func (v *runView) changeRow(c *Change) changeRow {
	row := changeRow{Change: *c, Page: v.caseView(c.Case.ID)}
	for _, column := range v.Columns {
		if column.Name == c.Target {
			row.Key = column.Key
		}
	}
	if c.Before != nil {
		row.Was = c.Before.Verdict
	}
	if c.Now != nil {
		row.Is = c.Now.Verdict
		if row.Is != Pass {
			row.Why = c.Now.summary()
		}
	}
	return row
}

// Pace says in words how the time of a target's cases compares with before.
func (d Drift) Pace() string {
	switch {
	case d.Cases == 0:
		return "no scenario passed both times"
	case d.Ratio > 0.95 && d.Ratio < 1.05:
		return "as fast as before"
	case d.Ratio < 1:
		return fmt.Sprintf("%.2f times the time it took before", d.Ratio)
	}
	return fmt.Sprintf("%.2f times as long as before", d.Ratio)
}
