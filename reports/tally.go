package reports

// cell is the place of one result in the matrix.
type cell struct{ id, target string }

// grid returns the results by place. A joined target has an entry for every case: what it has no result for was not run.
func (r *Report) grid() map[cell]Result {
	grid := make(map[cell]Result, len(r.Cases)*len(r.Targets))
	for _, t := range r.Targets {
		if !t.Joined {
			continue
		}
		for _, c := range r.Cases {
			grid[cell{c.ID, t.Name}] = Result{Case: c.ID, Target: t.Name, Verdict: NotRun, Reason: "the run ended before it"}
		}
	}
	for _, x := range r.Results {
		grid[cell{x.Case, x.Target}] = x
	}
	return grid
}

// Counts returns how many results have each verdict, over all targets.
func (r *Report) Counts() map[Verdict]int {
	counts := map[Verdict]int{}
	for _, x := range r.grid() {
		counts[x.Verdict]++
	}
	return counts
}

// Unexpected returns the results that nobody declared, in the order of the report: failures that the baseline does not have either, and cases that are
// declared to deviate and do not.
func (r *Report) Unexpected() []Result { return r.having((*Result).unexpected) }

func (x *Result) unexpected() bool {
	return x.Verdict == Fail && !x.failedBefore() || x.isStale()
}

// isStale tells whether a declaration speaks of the result and no longer fits it.
func (x *Result) isStale() bool { return x.Declared != nil && x.Declared.Stale != "" }

// undecided tells whether the result leaves open what the case is about, and more so than the baseline did.
func (x *Result) undecided() bool {
	return (x.Verdict == Inconclusive || x.Verdict == Flaky || x.Verdict == NotRun) && !x.undecidedBefore()
}

// excused are failures that the baseline has as well.
func (x *Result) excused() bool { return x.Verdict == Fail && !x.unexpected() }

// having returns the results of which something is true, in the order of the report.
func (r *Report) having(what func(*Result) bool) []Result {
	var out []Result
	for i := range r.Results {
		if what(&r.Results[i]) {
			out = append(out, r.Results[i])
		}
	}
	return out
}

// open is how many cells are undecided, those without a result included.
func (r *Report) open() int {
	n := 0
	for _, x := range r.grid() {
		if x.undecided() {
			n++
		}
	}
	return n
}

// stale are the entries of the declaration that fit nothing any more.
func (r *Report) stale() []StaleEntry {
	if r.Declaration == nil {
		return nil
	}
	return r.Declaration.Stale
}

// Unsettled returns the results that were neither a pass nor known beforehand: what one wants to see again. A result that the run did not get to is among
// them.
func (r *Report) Unsettled() []Result {
	grid := r.grid()
	var out []Result
	for _, t := range r.Targets {
		for _, c := range r.Cases {
			x, ok := grid[cell{c.ID, t.Name}]
			if ok && (x.unexpected() || x.Verdict != Pass && x.Verdict != Deviation && x.Verdict != Unsupported) {
				out = append(out, x)
			}
		}
	}
	return out
}

// caseOf returns the case with this id, or nil.
func (r *Report) caseOf(id string) *Case {
	for i := range r.Cases {
		if r.Cases[i].ID == id {
			return &r.Cases[i]
		}
	}
	return nil
}

// Missing returns the required targets that did not join.
func (r *Report) Missing() []Target {
	var out []Target
	for _, t := range r.Targets {
		if t.Required && !t.Joined {
			out = append(out, t)
		}
	}
	return out
}

// Exit returns the exit code of the run. The strongest thing that is known wins: a failure stays a failure whatever else broke,
// and a run in which no case ran is never a success.
func (r *Report) Exit() int {
	counts := r.Counts()
	ran := 0
	for v, n := range counts {
		if v.ran() {
			ran += n
		}
	}
	switch {
	case len(r.Unexpected()) > 0 || len(r.stale()) > 0 || len(r.Missing()) > 0:
		return ExitUnexpected
	case counts[HarnessError] > 0:
		return ExitHarness
	case ran == 0:
		return ExitNothing
	case r.open() > 0:
		return ExitInconclusive
	}
	return ExitExpected
}

// tally is the table of counts: joined targets by those verdicts that occur.
type tally struct {
	verdicts []Verdict
	rows     []tallyRow
}

type tallyRow struct {
	target Target
	counts map[Verdict]int
}

func (r *Report) tally() tally {
	counts := map[string]map[Verdict]int{}
	for at, x := range r.grid() {
		if counts[at.target] == nil {
			counts[at.target] = map[Verdict]int{}
		}
		counts[at.target][x.Verdict]++
	}
	var out tally
	for _, t := range r.Targets {
		if counts[t.Name] != nil {
			out.rows = append(out.rows, tallyRow{t, counts[t.Name]})
		}
	}
	total := r.Counts()
	for _, v := range verdicts {
		if total[v] > 0 {
			out.verdicts = append(out.verdicts, v)
		}
	}
	return out
}
