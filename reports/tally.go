package reports

// The exit codes of `clusterspec run`.
const (
	ExitExpected     = 0 // the results are what was declared
	ExitUnexpected   = 1 // a failure, or a required target that did not join
	ExitInconclusive = 2 // nothing failed, but not all was decided: inconclusive, flaky or not-run results
	ExitHarness      = 3 // nothing failed, but the suite or a target broke
	ExitUsage        = 4 // the command line is wrong
	ExitNothing      = 5 // no case ran
)

// all returns the results of the report and a not-run one for each case that a joined target has no result for.
func (r *Report) all() []Result {
	type cell struct{ id, target string }
	have := make(map[cell]bool, len(r.Results))
	for _, x := range r.Results {
		have[cell{x.Case, x.Target}] = true
	}
	out := append([]Result(nil), r.Results...)
	for _, t := range r.Targets {
		if !t.Joined {
			continue
		}
		for _, c := range r.Cases {
			if !have[cell{c.ID, t.Name}] {
				out = append(out, Result{Case: c.ID, Target: t.Name, Verdict: NotRun, Reason: "the run ended before it"})
			}
		}
	}
	return out
}

// Counts returns how many results have each verdict, over all targets.
func (r *Report) Counts() map[Verdict]int {
	counts := map[Verdict]int{}
	for _, x := range r.all() {
		counts[x.Verdict]++
	}
	return counts
}

// Unexpected returns the results that nobody declared: the failures, in the order of the report.
func (r *Report) Unexpected() []Result {
	var out []Result
	for _, x := range r.Results {
		if x.Verdict == Fail {
			out = append(out, x)
		}
	}
	return out
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
	case counts[Fail] > 0 || len(r.Missing()) > 0:
		return ExitUnexpected
	case counts[HarnessError] > 0:
		return ExitHarness
	case ran == 0:
		return ExitNothing
	case counts[Inconclusive]+counts[Flaky]+counts[NotRun] > 0:
		return ExitInconclusive
	}
	return ExitExpected
}
