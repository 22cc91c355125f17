package reports

// climbView is the ladder with a column for each target.
type climbView struct {
	Climbers []climbing
	Rungs    []rungRow
}

// climbing is one target's place.
type climbing struct {
	*column
	Climb
	// Todo is the page of the case that holds it up; nil at the top.
	Todo *caseView
}

type rungRow struct {
	Rung
	// Cases is how many must-cases stand on the rung.
	Cases int
	Cells []rungCell
}

// rungCell is a target on a rung: how many of the must-cases that ran passed. State is reached, next, ahead or unasked.
type rungCell struct {
	State       string
	Passed, Ran int
	Percent     int
}

// newClimbView arranges the ladder; nil if no target is on it.
func newClimbView(r *Report, v *runView) *climbView {
	view := &climbView{}
	for i := range v.Columns {
		c, climbed := r.Climb(v.Columns[i].Name)
		if !climbed {
			continue
		}
		up := climbing{column: &v.Columns[i], Climb: c}
		if c.First != nil {
			up.Todo = v.caseView(c.First.ID)
		}
		view.Climbers = append(view.Climbers, up)
	}
	if len(view.Climbers) == 0 {
		return nil
	}
	for _, rung := range r.Ladder {
		row := rungRow{Rung: rung}
		for i := range r.Cases {
			if r.Cases[i].Phase == rung.Number && r.Cases[i].Level == Must {
				row.Cases++
			}
		}
		for _, up := range view.Climbers {
			row.Cells = append(row.Cells, up.on(r, rung))
		}
		if row.Cases > 0 {
			view.Rungs = append(view.Rungs, row)
		}
	}
	return view
}

func (up *climbing) on(r *Report, rung Rung) rungCell {
	at := r.standing(rung, r.verdictsOn(up.Name))
	c := rungCell{State: "ahead", Passed: at.Passed, Ran: at.Cases}
	if at.Cases > 0 {
		c.Percent = 100 * at.Passed / at.Cases
	}
	switch {
	case at.Cases == 0:
		c.State = "unasked"
	case rung.Number <= up.Reached.Number:
		c.State = "reached"
	case up.Todo != nil && rung.Number == up.Next.Number:
		c.State = "next"
	}
	return c
}

// caseView is the page of the case with this id.
func (v *runView) caseView(id string) *caseView {
	for _, c := range v.Cases {
		if c.ID == id {
			return c
		}
	}
	return nil
}
