package reports

import (
	"cmp"
	"slices"
	"strings"
)

// coverage is requirements by scenarios by the defects that these catch, gaps first.
type coverage struct {
	Rules []*ruleView
	// Gaps is how many rules have one.
	Gaps int
	// Table tells who catches what; nil if the report was written without it.
	Table   *DefectTable
	Defects []defectView
}

// ruleView is one requirement: a rule of a feature.
type ruleView struct {
	Area, Feature, Rule, Source string
	Cases                       []*caseView
	// Defects are the names of those that its scenarios catch.
	Defects []string
	// Gap says what is missing: nobody could be asked, or its scenarios catch nothing.
	Gap string
}

// defectView is a defect with the scenarios of this report that catch it, and how many others do.
type defectView struct {
	*DefectRow
	By     []*caseView
	Others int
}

// The gaps.
const (
	gapAsked  = "asked of nobody"
	gapCaught = "catches no defect"
)

func newCoverage(cases []*caseView, table *DefectTable) *coverage {
	v := &coverage{Table: table}
	caught := map[string][]string{}
	if table != nil {
		v.Defects = defectViews(table, cases)
		for i := range table.Defects {
			for _, id := range table.Defects[i].CaughtBy {
				caught[id] = append(caught[id], table.Defects[i].Name)
			}
		}
	}
	for _, c := range cases {
		v.rule(c).add(c, caught[c.ID])
	}
	for _, r := range v.Rules {
		switch {
		case !r.asked():
			r.Gap = gapAsked
		case table != nil && table.All && len(r.Defects) == 0:
			r.Gap = gapCaught
		}
		if r.Gap != "" {
			v.Gaps++
		}
	}
	slices.SortStableFunc(v.Rules, func(a, b *ruleView) int {
		return cmp.Compare(slices.Index(gapOrder, a.Gap), slices.Index(gapOrder, b.Gap))
	})
	return v
}

var gapOrder = []string{gapAsked, gapCaught, ""}

// rule finds the rule of a case. A scenario without a rule stands for itself.
func (v *coverage) rule(c *caseView) *ruleView {
	text := cmp.Or(c.Rule, c.Title)
	for _, r := range v.Rules {
		if r.Feature == c.Feature && r.Rule == text {
			return r
		}
	}
	r := &ruleView{Area: c.Area, Feature: c.Feature, Rule: text, Source: c.Source}
	v.Rules = append(v.Rules, r)
	return r
}

func (r *ruleView) add(c *caseView, defects []string) {
	r.Cases = append(r.Cases, c)
	for _, d := range defects {
		if !slices.Contains(r.Defects, d) {
			r.Defects = append(r.Defects, d)
		}
	}
}

// asked tells whether some target could be asked.
func (r *ruleView) asked() bool {
	return slices.ContainsFunc(r.Cases, func(c *caseView) bool {
		return slices.ContainsFunc(c.Outcomes, func(o *outcome) bool { return o.Verdict.ran() })
	})
}

// Tail is what is left of a case's id behind what the rule's first case is called: "4/2" of "redirection/moved/4/2".
func (r *ruleView) Tail(c *caseView) string {
	parts := strings.SplitN(c.ID, "/", 3)
	return parts[len(parts)-1]
}

// Stem is the common beginning of the ids.
func (r *ruleView) Stem() string { return strings.TrimSuffix(r.Cases[0].ID, r.Tail(r.Cases[0])) }

// defectViews lists the defects, those that nobody catches first.
func defectViews(table *DefectTable, cases []*caseView) []defectView {
	byID := map[string]*caseView{}
	for _, c := range cases {
		byID[c.ID] = c
	}
	var list []defectView
	for i := range table.Defects {
		d := defectView{DefectRow: &table.Defects[i]}
		for _, id := range d.CaughtBy {
			if c := byID[id]; c != nil && len(d.By) < maxCatchers {
				d.By = append(d.By, c)
			} else {
				d.Others++
			}
		}
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b defectView) int {
		return cmp.Compare(min(1, len(a.CaughtBy)), min(1, len(b.CaughtBy)))
	})
	return list
}

// maxCatchers is how many scenarios are named that catch a defect.
const maxCatchers = 4
