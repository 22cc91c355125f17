package reports

import (
	"bytes"
	"strings"
	"testing"
)

// knownReport has one target and a result for each verdict.
func knownReport(verdicts ...Verdict) *Report {
	r := &Report{Targets: []Target{{Name: "t", Joined: true}}}
	for i, v := range verdicts {
		id := "a/x/" + string(rune('1'+i))
		r.Cases = append(r.Cases, Case{ID: id})
		r.Results = append(r.Results, Result{Case: id, Target: "t", Verdict: v, Checks: 1})
	}
	return r
}

// What is known does not fail a run, and what is known no longer does.
func TestExitUnderWhatIsKnown(t *testing.T) {
	stale := func(r *Report) { r.Results[0].Declared = &Declared{Reason: "r", Stale: "it passes"} }
	against := func(base ...Verdict) func(*Report) {
		return func(r *Report) { r.HoldAgainst(knownReport(base...), "base.json") }
	}
	for name, c := range map[string]struct {
		verdicts []Verdict
		change   func(*Report)
		exit     int
		headline string
	}{
		"a stale deviation":               {[]Verdict{Pass, Pass}, stale, ExitUnexpected, "1 declared deviation no longer so on t"},
		"a stale deviation and a failure": {[]Verdict{Pass, Fail}, stale, ExitUnexpected, "1 unexpected result on t"},
		"a stale line": {[]Verdict{Pass}, func(r *Report) { r.Declaration = &Declaration{File: "f", Stale: []StaleEntry{{Entry: "x", Line: 3}}} },
			ExitUnexpected, "1 stale line in f"},
		"failed before":                 {[]Verdict{Pass, Fail}, against(Pass, Fail), ExitExpected, "nothing fails that did not before; 1 failure as before"},
		"was declared before":           {[]Verdict{Pass, Fail}, against(Pass, Deviation), ExitExpected, "nothing fails that did not before; 1 failure as before"},
		"passed before":                 {[]Verdict{Pass, Fail}, against(Fail, Pass), ExitUnexpected, "1 unexpected result on t"},
		"was flaky before":              {[]Verdict{Pass, Fail}, against(Pass, Flaky), ExitUnexpected, "1 unexpected result on t"},
		"was not there before":          {[]Verdict{Pass, Fail}, against(Pass), ExitUnexpected, "1 unexpected result on t"},
		"flaky as before":               {[]Verdict{Pass, Flaky}, against(Pass, Flaky), ExitExpected, "all results are as declared"},
		"flaky, and failed before":      {[]Verdict{Pass, Flaky}, against(Pass, Fail), ExitExpected, "all results are as declared"},
		"flaky, and passed before":      {[]Verdict{Pass, Flaky}, against(Pass, Pass), ExitInconclusive, "nothing failed, but 1 result stayed undecided"},
		"the harness broke as before":   {[]Verdict{Pass, HarnessError}, against(Pass, HarnessError), ExitHarness, "nothing failed, but the harness broke once on t"},
		"stale though it failed before": {[]Verdict{Fail}, func(r *Report) { against(Fail)(r); stale(r) }, ExitUnexpected, "1 unexpected result on t"},
	} {
		r := knownReport(c.verdicts...)
		c.change(r)
		if r.Exit() != c.exit || r.Headline() != c.headline {
			t.Errorf("%s: exit %d, %q; want %d, %q", name, r.Exit(), r.Headline(), c.exit, c.headline)
		}
	}
}

// JUnit is red exactly where the exit code is.
func TestJUnitUnderWhatIsKnown(t *testing.T) {
	r := knownReport(Fail, Fail, Pass)
	r.HoldAgainst(knownReport(Fail, Pass, Pass), "base.json")
	r.Results[2].Declared = &Declared{Reason: "r", Stale: "it passes; the entry can go"}
	r.Declaration = &Declaration{File: "clusterspec.yaml", Stale: []StaleEntry{{Entry: "a/x/9", Line: 7, Why: "no scenario has this id"}}}
	var b bytes.Buffer
	if err := WriteJUnit(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`tests="4" failures="3" errors="0" skipped="1"`, "failed in the baseline as well", "it passes; the entry can go", `line="7"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
