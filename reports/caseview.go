package reports

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

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
	// OtherTags are those that nothing else on the page tells.
	OtherTags []string
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
	v.Versions, v.Rung, v.OtherTags = versionsOf(c), r.rungOf(c), otherTags(c)
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

// toldTags begin the tags whose meaning has a place of its own.
var toldTags = []string{"@id:", "@area:", "@needs:", "@since:", "@until:", "@phase:", "@must", "@should", "@may"}

func otherTags(c *Case) []string {
	return slices.DeleteFunc(slices.Clone(c.Tags), func(tag string) bool {
		return slices.ContainsFunc(toldTags, func(told string) bool { return strings.HasPrefix(tag, told) })
	})
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
