package reports

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// changesText is a change a line: group, case, target, verdicts.
func changesText(c Changes) string {
	var lines []string
	word := func(x *Result) string {
		if x == nil {
			return "none"
		}
		return string(x.Verdict)
	}
	for _, g := range c.Groups() {
		for _, x := range g.Changes {
			lines = append(lines, fmt.Sprintf("%s: %s on %s, %s to %s", g.Title, x.Case.ID, x.Target, word(x.Before), word(x.Now)))
		}
	}
	for _, t := range c.TargetsAdded {
		lines = append(lines, "new target "+t)
	}
	for _, t := range c.TargetsGone {
		lines = append(lines, "lost target "+t)
	}
	return strings.Join(lines, "\n")
}

// change edits the result of the sample's own server for this case.
func change(r *Report, id string, edit func(*Result)) {
	for i := range r.Results {
		if r.Results[i].Case == id && r.Results[i].Target == sampleAcme {
			edit(&r.Results[i])
		}
	}
}

func dropCase(r *Report, id string) {
	kept := r.Cases[:0]
	for _, c := range r.Cases {
		if c.ID != id {
			kept = append(kept, c)
		}
	}
	r.Cases = kept
	var results []Result
	for _, x := range r.Results {
		if x.Case != id {
			results = append(results, x)
		}
	}
	r.Results = results
}

func TestDiff(t *testing.T) {
	base, now := sampleReport(), sampleReport()
	if c := Diff(base, now); !c.Empty() {
		t.Fatalf("a report differs from itself:\n%s", changesText(c))
	}
	change(now, "redirect/moved/3", func(x *Result) { x.Verdict = Pass; x.Failure = nil })
	change(now, "slots/key/1", func(x *Result) { x.failAt(3, Fail, "") })
	change(now, "redirect/ask/3", func(x *Result) {
		x.failAt(1, Fail, "")
		x.Steps[3].Verdict = NotRun
	})
	change(now, "slots/key/2", func(x *Result) { x.skip(Unsupported, "no longer") })
	dropCase(base, "slots/own/1")
	dropCase(now, "slots/own/2")
	want := `Newly failing: slots/key/1 on acme-kv 0.9.2, pass to fail
Newly passing: redirect/moved/3 on acme-kv 0.9.2, fail to pass
Changed: slots/key/2 on acme-kv 0.9.2, pass to unsupported
Changed: redirect/ask/3 on acme-kv 0.9.2, fail to fail
Added: slots/own/1 on reference, none to pass
Added: slots/own/1 on redis-server 7.0.15, none to pass
Added: slots/own/1 on acme-kv 0.9.2, none to pass
Gone: slots/own/2 on reference, pass to none
Gone: slots/own/2 on redis-server 7.0.15, pass to none
Gone: slots/own/2 on acme-kv 0.9.2, pass to none`
	if got := changesText(Diff(base, now)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDiffTargets: a target is known by its name, or its spec; a lone one whatever it is called.
func TestDiffTargets(t *testing.T) {
	rename := func(r *Report, from, to string) *Report {
		for i := range r.Targets {
			if r.Targets[i].Name == from {
				r.Targets[i].Name = to
			}
		}
		for i := range r.Results {
			if r.Results[i].Target == from {
				r.Results[i].Target = to
			}
		}
		return r
	}
	if c := Diff(sampleReport(), rename(sampleReport(), sampleAcme, "acme-kv 0.9.3")); !c.Empty() {
		t.Errorf("another version under the same spec is another target:\n%s", changesText(c))
	}
	now := rename(sampleReport(), sampleAcme, "other")
	now.Targets[2].Spec = "exec:./other"
	if got, want := changesText(Diff(sampleReport(), now)), "new target other\nlost target acme-kv 0.9.2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	lone := func(name, spec string, v Verdict) *Report {
		return &Report{Targets: []Target{{Name: name, Spec: spec, Joined: true}}, Cases: []Case{{ID: "a/1"}}, Results: []Result{{Case: "a/1", Target: name, Verdict: v}}}
	}
	if got, want := changesText(Diff(lone("redis 7.0", "/a", Pass), lone("redis 7.2", "/b", Fail))), "Newly failing: a/1 on redis 7.2, pass to fail"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestDiffDrift: a machine that is slower throughout is one figure, not a list of cases.
func TestDiffDrift(t *testing.T) {
	run := func(millis ...int64) *Report {
		r := &Report{Targets: []Target{{Name: "x", Joined: true}}, Started: time.Unix(0, 0)}
		for i, m := range millis {
			id := fmt.Sprint("a/", i)
			r.Cases = append(r.Cases, Case{ID: id})
			r.Results = append(r.Results, Result{Case: id, Target: "x", Verdict: Pass, Checks: 1, DurationMillis: m})
		}
		return r
	}
	drift := Diff(run(1000, 2000, 3000, 4000, 20), run(1500, 3000, 12000, 1000, 400)).Drift[0]
	if drift.Cases != 5 || drift.Ratio != 1.5 {
		t.Errorf("%d cases at %.2f, want 5 at 1.50", drift.Cases, drift.Ratio)
	}
	if len(drift.Slower) != 1 || drift.Slower[0].Case.ID != "a/2" || len(drift.Faster) != 1 || drift.Faster[0].Case.ID != "a/3" {
		t.Errorf("slower %v, faster %v; want a/2 and a/3: 380 ms are nothing to look at", drift.Slower, drift.Faster)
	}
}
