package messages

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cucumber "github.com/cucumber/messages/go/v21"

	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

// sample is a report about real scenarios, one of them a row of an outline, with made-up results.
func sample(verdicts ...reports.Verdict) *reports.Report {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := &reports.Report{Suite: "1.0", Started: began, Finished: began.Add(time.Minute), Targets: []reports.Target{{Name: "mine 1.0", Joined: true}, {Name: "absent"}}}
	text, err := features.FS.ReadFile("redirection/moved.feature")
	if err != nil {
		panic(err)
	}
	line := func(what string) int {
		return 1 + strings.Count(string(text[:strings.Index(string(text), what)]), "\n")
	}
	for i, at := range []int{line("Scenario: A read at the wrong node"), line("      | 5460 ")} {
		c := reports.Case{ID: "redirection/moved/" + string(rune('1'+i)), Feature: "redirection/moved.feature", Line: at}
		x := reports.Result{Case: c.ID, Target: "mine 1.0", Verdict: verdicts[i], Reason: "why", Started: began.Add(time.Second), Checks: 1}
		if verdicts[i] != reports.Unsupported {
			x.Steps = []reports.Step{{Text: "a", Verdict: reports.Pass, DurationMillis: 1500}, {Text: "b", Verdict: reports.Fail, Error: "expected this"}}
			if verdicts[i] == reports.Pass {
				x.Steps[1] = reports.Step{Text: "b", Verdict: reports.Pass}
			}
		}
		r.Cases, r.Results = append(r.Cases, c), append(r.Results, x)
	}
	return r
}

// read decodes a stream strictly.
func read(t *testing.T, b []byte) []cucumber.Envelope {
	t.Helper()
	var all []cucumber.Envelope
	for line := range bytes.Lines(b) {
		var e cucumber.Envelope
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all = append(all, e)
	}
	return all
}

// Everything that is named has been said before, and everything that begins ends.
func TestStreamHoldsTogether(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample(reports.Pass, reports.Fail), "mine 1.0", features.FS); err != nil {
		t.Fatal(err)
	}
	known, open, cases := map[string]bool{}, map[string]bool{}, 0
	all := read(t, b.Bytes())
	for _, e := range all {
		switch {
		case e.Pickle != nil:
			known[e.Pickle.Id] = true
			for _, s := range e.Pickle.Steps {
				known[s.Id] = true
			}
		case e.TestCase != nil:
			cases++
			for _, s := range e.TestCase.TestSteps {
				if known[s.Id] = true; !known[s.PickleStepId] {
					t.Errorf("step %s is of no pickle", s.PickleStepId)
				}
			}
			if known[e.TestCase.Id] = true; !known[e.TestCase.PickleId] {
				t.Errorf("pickle %s is not there", e.TestCase.PickleId)
			}
		case e.TestCaseStarted != nil:
			if open[e.TestCaseStarted.Id] = true; !known[e.TestCaseStarted.TestCaseId] {
				t.Errorf("case %s is not there", e.TestCaseStarted.TestCaseId)
			}
		case e.TestStepFinished != nil:
			if !open[e.TestStepFinished.TestCaseStartedId] || !known[e.TestStepFinished.TestStepId] {
				t.Errorf("%+v has not begun", e.TestStepFinished)
			}
		case e.TestCaseFinished != nil:
			delete(open, e.TestCaseFinished.TestCaseStartedId)
		}
	}
	if all[0].Meta == nil || all[len(all)-1].TestRunFinished == nil || len(open) > 0 || cases != 2 {
		t.Errorf("%d cases, %d open", cases, len(open))
	}
}

// No outcome that keeps the exit code from being 0 reads as a pass, and nothing that was not asked does.
func TestStatus(t *testing.T) {
	for verdict, want := range map[reports.Verdict]string{
		reports.Pass: "PASSED", reports.Fail: "FAILED", reports.Flaky: "FAILED", reports.HarnessError: "FAILED", reports.Inconclusive: "UNKNOWN",
		reports.Deviation: "SKIPPED", reports.Unsupported: "SKIPPED", reports.NotRun: "SKIPPED",
	} {
		r := sample(reports.Pass, verdict)
		var b bytes.Buffer
		if err := Write(&b, r, "mine 1.0", features.FS); err != nil {
			t.Fatal(err)
		}
		worst, text := "PASSED", ""
		success := false
		for _, e := range read(t, b.Bytes()) {
			if e.TestStepFinished != nil && e.TestStepFinished.TestStepResult.Status != "PASSED" {
				if result := e.TestStepFinished.TestStepResult; worst == "PASSED" || worst == "SKIPPED" && result.Status != "SKIPPED" {
					worst = string(result.Status)
					text += result.Message
				}
			}
			if e.TestRunFinished != nil {
				success = e.TestRunFinished.Success
			}
		}
		if worst != want || success != (r.Exit() == reports.ExitExpected) || want == "FAILED" && !strings.Contains(text, verdict.Word()) {
			t.Errorf("%s: %s %q, success %v; want %s", verdict, worst, text, success, want)
		}
	}
}

func TestWriteFiles(t *testing.T) {
	dir := t.TempDir()
	r := sample(reports.Pass, reports.Pass)
	if err := WriteFiles(filepath.Join(dir, "one.ndjson"), r, features.FS); err != nil {
		t.Fatal(err)
	}
	r.Targets[1] = reports.Target{Name: "docker:redis/7 x", Joined: true}
	if err := WriteFiles(filepath.Join(dir, "two.ndjson"), r, features.FS); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one.ndjson", "two.mine-1.0.ndjson", "two.docker-redis-7-x.ndjson"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestOtherFeatures(t *testing.T) {
	r := sample(reports.Pass, reports.Pass)
	r.Cases[0].Line = 1
	if err := Write(new(bytes.Buffer), r, "mine 1.0", features.FS); err == nil || !strings.Contains(err.Error(), "made with other features") {
		t.Errorf("got %v", err)
	}
}
