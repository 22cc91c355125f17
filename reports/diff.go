package reports

import "slices"

// Changes is how a run differs from an earlier one of the same suite, cell by cell. Only targets that took part in both are compared.
type Changes struct {
	// NewlyFailing fail now and did not before; NewlyPassing pass now and did not before. Changed have another verdict that is neither, or fail at another step.
	NewlyFailing []Change `json:"newlyFailing"`
	NewlyPassing []Change `json:"newlyPassing"`
	Changed      []Change `json:"changed"`
	// Added are cells of cases that the earlier run did not have; Gone those of cases that this run does not have, which is no regression: the suite
	// or the selection is another one.
	Added []Change `json:"added"`
	Gone  []Change `json:"gone"`
	// Drift tells of each target whether it became slower.
	Drift []Drift `json:"drift"`
	// TargetsAdded and TargetsGone took part in one of the two runs only.
	TargetsAdded []string `json:"targetsAdded,omitempty"`
	TargetsGone  []string `json:"targetsGone,omitempty"`
}

// Change is one cell of two runs. Before is nil if the case is new, and Now if it is gone.
type Change struct {
	Case   Case    `json:"case"`
	Target string  `json:"target"`
	Before *Result `json:"before,omitempty"`
	Now    *Result `json:"now,omitempty"`
}

// Drift compares how long the cases took that passed both times.
type Drift struct {
	Target string `json:"target"`
	// Cases is how many were compared, and Ratio the median of now to before: machines differ, and this is by how much. 0 if there were none.
	Cases int     `json:"cases"`
	Ratio float64 `json:"ratio"`
	// Slower and Faster are cases that went their own way: their ratio is far from the median, and by a time that a person notices.
	Slower []Change `json:"slower,omitempty"`
	Faster []Change `json:"faster,omitempty"`
}

// A case drifts when its time changed by this factor beyond its target's median, and by at least this long.
const (
	driftFactor = 2
	driftMillis = 1000
)

// Diff compares a run with an earlier one. Targets are the same if they have the same name, or else the same spec; two runs of a single target each are
// compared whatever its name, which is what one wants to know before an upgrade. Names in the result are those of the later run.
func Diff(base, now *Report) Changes {
	d := differ{base: base, now: now, before: base.grid(), after: now.grid()}
	var c Changes
	pairs, added, gone := pairTargets(base, now)
	c.TargetsAdded, c.TargetsGone = added, gone
	for _, p := range pairs {
		d.compare(&c, p)
	}
	return c
}

// Empty tells that nothing changed but, perhaps, the time it took.
func (c Changes) Empty() bool {
	for _, g := range c.Groups() {
		if len(g.Changes) > 0 {
			return false
		}
	}
	return len(c.TargetsAdded)+len(c.TargetsGone) == 0
}

// ChangeGroup is one kind of change with its title.
type ChangeGroup struct {
	Title   string
	Changes []Change
}

// Groups are the changes of verdicts in the order in which they matter to a reader; empty groups included.
func (c Changes) Groups() []ChangeGroup {
	return []ChangeGroup{
		{"Newly failing", c.NewlyFailing},
		{"Newly passing", c.NewlyPassing},
		{"Changed", c.Changed},
		{"Added", c.Added},
		{"Gone", c.Gone},
	}
}

// targetPair is one target under its two names.
type targetPair struct{ before, now string }

// pairTargets finds the targets that took part in both runs.
func pairTargets(base, now *Report) (pairs []targetPair, added, gone []string) {
	before, after := joined(base), joined(now)
	match := func(same func(a, b Target) bool) {
		for i := 0; i < len(after); i++ {
			at := slices.IndexFunc(before, func(t Target) bool { return same(t, after[i]) })
			if at < 0 {
				continue
			}
			pairs = append(pairs, targetPair{before[at].Name, after[i].Name})
			before, after = slices.Delete(before, at, at+1), slices.Delete(after, i, i+1)
			i--
		}
	}
	lone := len(before) == 1 && len(after) == 1
	match(func(a, b Target) bool { return a.Name == b.Name })
	match(func(a, b Target) bool { return a.Spec != "" && a.Spec == b.Spec })
	match(func(a, b Target) bool { return lone })
	slices.SortFunc(pairs, func(a, b targetPair) int { return now.column(a.now) - now.column(b.now) })
	for _, t := range after {
		added = append(added, t.Name)
	}
	for _, t := range before {
		gone = append(gone, t.Name)
	}
	return pairs, added, gone
}

func joined(r *Report) []Target {
	return slices.DeleteFunc(slices.Clone(r.Targets), func(t Target) bool { return !t.Joined })
}

// column is the place of the target with this name.
func (r *Report) column(name string) int {
	return slices.IndexFunc(r.Targets, func(t Target) bool { return t.Name == name })
}

// differ holds both runs by place.
type differ struct {
	base, now     *Report
	before, after map[cell]Result
}

// compare adds what changed on one target.
func (d *differ) compare(c *Changes, p targetPair) {
	drift := driftOf{Drift: Drift{Target: p.now}}
	for _, scenario := range d.now.Cases {
		now := d.after[cell{scenario.ID, p.now}]
		change := Change{Case: scenario, Target: p.now, Now: &now}
		before, ok := d.before[cell{scenario.ID, p.before}]
		if !ok {
			c.Added = append(c.Added, change)
			continue
		}
		change.Before = &before
		switch {
		case now.Verdict == Fail && before.Verdict != Fail && before.Verdict != Deviation:
			c.NewlyFailing = append(c.NewlyFailing, change)
		case now.Verdict == Pass && before.Verdict != Pass:
			c.NewlyPassing = append(c.NewlyPassing, change)
		case now.Verdict != before.Verdict, now.Verdict == Fail && now.failedStep() != before.failedStep():
			c.Changed = append(c.Changed, change)
		case now.Verdict == Pass && before.DurationMillis > 0 && now.DurationMillis > 0:
			drift.both = append(drift.both, change)
		}
	}
	for _, scenario := range d.base.Cases {
		if _, ok := d.after[cell{scenario.ID, p.now}]; !ok {
			before := d.before[cell{scenario.ID, p.before}]
			c.Gone = append(c.Gone, Change{Case: scenario, Target: p.now, Before: &before})
		}
	}
	c.Drift = append(c.Drift, drift.settle())
}

// failedStep is the line at which the result failed. Its text is the scenario's, so that it does not change with ports and times.
func (x *Result) failedStep() string {
	for _, s := range x.Steps {
		if s.Verdict == Fail {
			return s.Text
		}
	}
	if x.Failure != nil {
		return x.Failure.Step
	}
	return ""
}

// driftOf is a Drift in the making: the cases that passed both times.
type driftOf struct {
	Drift
	both []Change
}

func (c Change) ratio() float64 {
	return float64(c.Now.DurationMillis) / float64(c.Before.DurationMillis)
}

func (d driftOf) settle() Drift {
	d.Cases = len(d.both)
	if d.Cases == 0 {
		return d.Drift
	}
	ratios := make([]float64, len(d.both))
	for i, c := range d.both {
		ratios[i] = c.ratio()
	}
	slices.Sort(ratios)
	d.Ratio = ratios[len(ratios)/2]
	for _, c := range d.both {
		expected := d.Ratio * float64(c.Before.DurationMillis)
		off := float64(c.Now.DurationMillis) - expected
		switch {
		case off >= driftMillis && c.ratio() >= driftFactor*d.Ratio:
			d.Slower = append(d.Slower, c)
		case off <= -driftMillis && c.ratio()*driftFactor <= d.Ratio:
			d.Faster = append(d.Faster, c)
		}
	}
	return d.Drift
}

// AddedFailing is how many of the added results are failures: nothing says that they are old.
func (c Changes) AddedFailing() (n int) {
	for _, change := range c.Added {
		if change.Now.Verdict == Fail {
			n++
		}
	}
	return n
}
