package reports

import (
	"strings"
	"testing"
)

func climber(verdicts ...Verdict) *Report {
	r := &Report{Ladder: []Rung{{36, "key slots"}, {37, "nodes"}, {38, "commands"}}, Targets: []Target{{Name: "s", Joined: true}}}
	ids := []string{"a/1", "b/1", "b/2", "c/1"}
	for i, phase := range []int{36, 37, 37, 38} {
		r.Cases = append(r.Cases, Case{ID: ids[i], Title: "title of " + ids[i], Level: Must, Phase: phase})
		r.Results = append(r.Results, Result{Case: ids[i], Target: "s", Verdict: verdicts[i]})
	}
	return r
}

func TestClimb(t *testing.T) {
	for _, c := range []struct {
		verdicts []Verdict
		want     string
	}{
		{[]Verdict{Pass, Pass, Pass, Pass}, "s: up to 38 commands, all that ran"},
		{[]Verdict{Pass, Pass, Fail, Pass}, "s: up to 36 key slots; 37 nodes: 1 of 2; next: b/2 · title of b/2"},
		{[]Verdict{Fail, Pass, Pass, Pass}, "s: on no rung yet; 36 key slots: 0 of 1; next: a/1"},
		{[]Verdict{Pass, Unsupported, Unsupported, Flaky}, "s: up to 36 key slots; 38 commands: 0 of 1; next: c/1"}, // 37 holds nobody up, and is not reached
	} {
		var out strings.Builder
		NewConsole(&out, ConsoleOptions{}).ladder(&out, climber(c.verdicts...))
		if !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: %q says not %q", c.verdicts, out.String(), c.want)
		}
	}
	r := climber(NotRun, NotRun, Unsupported, Unsupported)
	if climb, climbed := r.Climb("s"); climbed {
		t.Errorf("nothing ran, and the target climbed: %+v", climb)
	}
	r = climber(Fail, Pass, Pass, Pass)
	r.Cases[0].Level = Should
	if climb, _ := r.Climb("s"); climb.First != nil {
		t.Errorf("a should-case held it up: %+v", climb)
	}
}
