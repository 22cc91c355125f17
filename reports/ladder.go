package reports

import (
	"fmt"
	"strings"
)

// Rung is one step of the ladder: what somebody who builds a server has right before the next.
type Rung struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

// Climb is how far up the ladder a target is.
type Climb struct {
	// Reached is the highest rung on which, and below which, every must-case that ran passed; its Number is 0 if there is none.
	Reached Rung
	// Next is the rung above that: Passed of its Cases must-cases passed, and First is the first that did not. First is nil at the top.
	Next          Rung
	Passed, Cases int
	First         *Case
}

// Climb tells how far up a target is. Only must-cases that ran count: what a target cannot do holds nobody up, and proves nothing.
// The second result is false if no rung had a case that ran.
func (r *Report) Climb(target string) (c Climb, climbed bool) {
	verdicts := r.verdictsOn(target)
	for _, rung := range r.Ladder {
		at := r.standing(rung, verdicts)
		if at.Cases == 0 {
			continue
		}
		if climbed = true; at.First != nil {
			at.Reached = c.Reached
			return at, true
		}
		c.Reached = rung
	}
	return c, climbed
}

// verdictsOn are a target's verdicts by case.
func (r *Report) verdictsOn(target string) map[string]Verdict {
	verdicts := map[string]Verdict{}
	for _, x := range r.Results {
		if x.Target == target {
			verdicts[x.Case] = x.Verdict
		}
	}
	return verdicts
}

// standing counts the must-cases of a rung that ran.
func (r *Report) standing(rung Rung, verdicts map[string]Verdict) Climb {
	c := Climb{Next: rung}
	for i := range r.Cases {
		k := &r.Cases[i]
		v := verdicts[k.ID]
		if k.Phase != rung.Number || k.Level != Must || v == "" || v == Unsupported || v == NotRun {
			continue
		}
		c.Cases++
		if v == Pass {
			c.Passed++
		} else if c.First == nil {
			c.First = k
		}
	}
	return c
}

// ladder writes how far up each target is.
func (c *Console) ladder(b *strings.Builder, r *Report) {
	title := "\n" + c.strong("ladder") + "\n"
	for _, t := range r.Targets {
		climb, climbed := r.Climb(t.Name)
		if !climbed {
			continue
		}
		fmt.Fprintf(b, "%s  %s: %s\n", title, oneLine(t.Name, 0), oneLine(climb.words(), 0))
		title = ""
	}
}

func (c Climb) words() string {
	reached := "on no rung yet"
	if c.Reached.Number != 0 {
		reached = fmt.Sprintf("up to %d %s", c.Reached.Number, c.Reached.Name)
	}
	if c.First == nil {
		return reached + ", all that ran"
	}
	return fmt.Sprintf("%s; %d %s: %d of %d; next: %s · %s", reached, c.Next.Number, c.Next.Name, c.Passed, c.Cases, c.First.ID, c.First.Title)
}
