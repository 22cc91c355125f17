package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reports"
)

func TestRepeatedRunsBecomeOneResult(t *testing.T) {
	pass := reports.Result{Verdict: reports.Pass, Waits: []reports.Wait{{What: "up", UsedMillis: 5, AllowedMillis: 100}}}
	slow := reports.Result{Verdict: reports.Pass, Waits: []reports.Wait{{What: "up", UsedMillis: 50, AllowedMillis: 100}}}
	fail := reports.Result{Verdict: reports.Fail, Reason: "no answer", Failure: &reports.Failure{Message: "no answer"}}
	for name, test := range map[string]struct {
		runs    []reports.Result
		verdict reports.Verdict
		passed  int
		reason  string
	}{
		"all pass":     {[]reports.Result{pass, slow, pass}, reports.Pass, 3, ""},
		"all fail":     {[]reports.Result{fail, fail}, reports.Fail, 0, "no answer"},
		"some fail":    {[]reports.Result{pass, fail, slow}, reports.Flaky, 2, "passed 2 of 3 times; otherwise fail: no answer"},
		"first fails":  {[]reports.Result{fail, pass}, reports.Flaky, 1, "passed 1 of 2 times; otherwise fail: no answer"},
		"only one run": {[]reports.Result{pass}, reports.Pass, 0, ""},
	} {
		got := together(test.runs)
		if got.Verdict != test.verdict || got.Passed != test.passed || got.Reason != test.reason {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if w := together([]reports.Result{pass, slow, pass}).Waits; len(w) != 1 || w[0].UsedMillis != 50 || !slices.Equal(w[0].RunsMillis, []int64{5, 50, 5}) {
		t.Errorf("waits: %+v", w)
	}
}

func TestRepeat(t *testing.T) {
	report := run(t, Options{IDs: []string{"a/write", "a/moved"}, Repeat: 3}, "first-moved-without-port")
	var all []string
	for _, r := range report.Results {
		all = append(all, string(r.Verdict))
		if r.Runs != 3 || r.Verdict == reports.Flaky && (r.Passed == 0 || !strings.HasPrefix(r.Reason, "passed ")) {
			t.Errorf("%+v", r)
		}
	}
	if !slices.Contains(all, "flaky") || report.Exit() != reports.ExitInconclusive {
		t.Errorf("%q, exit %d", all, report.Exit())
	}
}

// What fails is run again and nothing else; what passes then is flaky, and keeps the evidence of its failure.
func TestRetry(t *testing.T) {
	report := run(t, Options{IDs: []string{"a/write", "a/moved"}, Retry: 3}, "first-moved-without-port")
	for _, r := range report.Results {
		switch {
		case r.Case == "a/write/1" && (r.Verdict != reports.Pass || r.Runs != 0):
			t.Errorf("it had passed: %+v", r)
		case r.Case == "a/moved/1" && (r.Verdict != reports.Flaky || r.Runs != 2 || r.Passed != 1 || r.Failure == nil):
			t.Errorf("%s in %d runs, %d passed, %+v", r.Verdict, r.Runs, r.Passed, r.Failure)
		}
	}
	if report.Exit() != reports.ExitInconclusive {
		t.Errorf("exit %d", report.Exit())
	}
	always := run(t, Options{IDs: []string{"a/moved"}, Retry: 2}, "moved-without-port").Results[0]
	if always.Verdict != reports.Fail || always.Runs != 3 || always.Passed != 0 {
		t.Errorf("%s in %d runs", always.Verdict, always.Runs)
	}
}
