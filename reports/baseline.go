package reports

import "time"

// Baseline is the earlier run a report is held against.
type Baseline struct {
	// File is its report as it was given, Suite the version of the suite that made it, and Started when that was.
	File    string    `json:"file"`
	Suite   string    `json:"suite"`
	Started time.Time `json:"started"`

	// Report is the run itself. It is there in the program that compared the two, and not in what was written.
	Report *Report `json:"-"`
}

// HoldAgainst makes an earlier run the baseline of this one: what failed there as well is no longer unexpected here. Each result learns its earlier
// verdict; what the earlier run did not have has none, and nothing excuses it.
func (r *Report) HoldAgainst(base *Report, file string) {
	r.Baseline = &Baseline{File: file, Suite: base.Suite, Started: base.Started, Report: base}
	before := base.grid()
	name := map[string]string{}
	pairs, _, _ := pairTargets(base, r)
	for _, p := range pairs {
		name[p.now] = p.before
	}
	for i := range r.Results {
		x := &r.Results[i]
		x.Before = before[cell{x.Case, name[x.Target]}].Verdict
	}
}

// failedBefore tells whether the case did not hold in the baseline either.
func (x *Result) failedBefore() bool { return x.Before == Fail || x.Before == Deviation }

// undecidedBefore tells whether the baseline was no more decided.
func (x *Result) undecidedBefore() bool {
	return x.Before == x.Verdict || x.Verdict == Flaky && x.failedBefore()
}
