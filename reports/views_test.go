package reports

import (
	"fmt"
	"strings"
	"testing"
)

// against is a report of one case whose verdicts are given for the reference, two real servers and one of one's own; "" leaves a target out.
func against(verdicts ...Verdict) *runView {
	r := &Report{Cases: []Case{{ID: "a/1", Title: "t"}}}
	for i, t := range []Target{
		{Name: "reference", Kind: "reference", Spec: "reference"}, {Name: "old", Kind: "exec", Spec: "exec:/usr/bin/redis-server --save ''"},
		{Name: "new", Kind: "docker", Spec: "docker:valkey/valkey:8"}, {Name: "mine", Kind: "exec", Spec: "exec:./my-redis-server --port {port}"},
	} {
		if verdicts[i] == "" {
			continue
		}
		t.Joined = true
		r.Targets = append(r.Targets, t)
		r.Results = append(r.Results, Result{Case: "a/1", Target: t.Name, Verdict: verdicts[i], Checks: 1})
	}
	return newRunPage(r, nil)
}

// TestPartings: real servers are right until proven otherwise, and the reference is not trusted blindly.
func TestPartings(t *testing.T) {
	for _, test := range []struct {
		verdicts []Verdict
		want     string
	}{
		{[]Verdict{Pass, Pass, Pass, Pass}, ""},
		{[]Verdict{Pass, Pass, Pass, Fail}, "mine deviates"},
		{[]Verdict{Fail, Pass, Pass, Pass}, "the reference deviates"},
		{[]Verdict{Pass, Fail, Fail, Pass}, "the reference deviates"},
		{[]Verdict{Pass, Pass, Fail, Pass}, "real servers differ"},
		{[]Verdict{Fail, Fail, Fail, Fail}, "the claim is in doubt"},
		{[]Verdict{"", Fail, "", Pass}, "the claim is in doubt"},
		{[]Verdict{Pass, "", "", Deviation}, "mine deviates"},
		{[]Verdict{"", "", "", Fail}, ""}, // nobody to compare with
		{[]Verdict{Pass, Unsupported, Unsupported, Pass}, ""},
		{[]Verdict{Fail, Pass, Pass, Fail}, "the reference deviates, mine deviates"},
	} {
		var got []string
		for _, p := range against(test.verdicts...).Cases[0].Partings {
			got = append(got, p.Short)
		}
		if text := strings.Join(got, ", "); text != test.want {
			t.Errorf("%v: %q, want %q", test.verdicts, text, test.want)
		}
	}
}

// TestPart: what a server calls itself is no proof; a program that only sounds like redis-server is a candidate.
func TestPart(t *testing.T) {
	for spec, want := range map[string]part{
		"redis-server": realServer, "exec:/opt/7.2/redis-server --port {port}": realServer, "docker:redis:7.4": realServer, "docker:registry.example:5000/valkey/valkey@sha256:1": candidate,
		"docker:valkey/valkey:8": realServer, "docker:packed": realServer, "docker:acme/kv": candidate, "exec:./my-redis-server": candidate, "addr:127.0.0.1:7000": candidate,
	} {
		if got := (Target{Spec: spec}).part(); got != want {
			t.Errorf("%s: %d, want %d", spec, got, want)
		}
	}
}

// TestCauses: what differs in names, numbers and addresses alone is one cause; what differs in kind is not.
func TestCauses(t *testing.T) {
	r := &Report{Targets: []Target{{Name: "x", Joined: true}}}
	add := func(v Verdict, f Failure) {
		id := fmt.Sprint("a/", len(r.Cases))
		r.Cases = append(r.Cases, Case{ID: id})
		r.Results = append(r.Results, Result{Case: id, Target: "x", Verdict: v, Checks: 1, Failure: &f, Reason: f.Message})
	}
	moved := func(slot, port int) Failure {
		return Failure{Step: fmt.Sprint("Then step ", slot), Message: "m", Expected: []string{fmt.Sprintf(`error "MOVED %d 127.0.0.1:%d"`, slot, port)}, Got: fmt.Sprintf(`error "MOVED %d 127.0.0.1"`, slot)}
	}
	integer := func(request string) Failure {
		return Failure{Step: "s", Message: "m", Expected: []string{"integer 3"}, Got: "integer 4", Exchanges: []Exchange{{Request: request}}}
	}
	add(Fail, integer(`"PTTL hello"`))
	add(Fail, moved(866, 13281))
	add(Fail, Failure{Message: "node A: invariant: slot 7 is owned by A and B"})
	add(Fail, integer(`"DBSIZE"`))
	add(Fail, moved(12182, 20199))
	add(Fail, Failure{Message: "node C: invariant: slot 9311 is owned by A and B"})
	add(Fail, moved(1, 2))
	add(HarnessError, Failure{Message: "no port within 10s"})
	add(Pass, Failure{})
	var got []string
	for _, c := range causesOf(newRunPage(r, nil).Cases) {
		got = append(got, fmt.Sprint(c.Verdict, " ", c.Cells, " ", c.Members[0].Case.ID))
	}
	want := "fail 3 a/1, fail 2 a/2, fail 1 a/0, fail 1 a/3, harness-error 1 a/7"
	if text := strings.Join(got, ", "); text != want {
		t.Errorf("%s, want %s", text, want)
	}
}

// TestAnswersStandBelowEachOther: what was accepted, what others answered to the same request, what came, and where it parts.
func TestAnswersStandBelowEachOther(t *testing.T) {
	compared := newRunPage(sampleReport(), nil).caseView("redirect/moved/3").Compared[0]
	var got []string
	for _, l := range compared.Lines {
		got = append(got, l.Kind+" "+l.Label+": "+marked(l.Spans))
	}
	want := `want expected: error "MOVED 866 127.0.0.1:[21003]"
other reference and redis-server 7.0.15: error "MOVED 866 127.0.0.1:31003"
got acme-kv 0.9.2: error "MOVED 866 127.0.0.1:[21002]"`
	if text := strings.Join(got, "\n"); text != want || compared.Parts != 25 {
		t.Errorf("parting at byte %d:\n%s\nwant 25:\n%s", compared.Parts, text, want)
	}
}

func TestPartsAt(t *testing.T) {
	for _, test := range []struct {
		expected, got string
		want          int
	}{
		{`error "MOVED 1 a:1"`, `error "MOVED 1 a"`, 10}, {`bulk "a\r\nb"`, `bulk "a\r\nc"`, 4}, {`simple "OK"`, `bulk "OK"`, 0}, {`integer 3`, `integer 4`, 0}, {`bulk "a"`, `bulk "a"`, 0}, {"null", "null", 0},
	} {
		if got := partsAt(test.expected, test.got); got != test.want {
			t.Errorf("%s, %s: byte %d, want %d", test.expected, test.got, got, test.want)
		}
	}
}

func TestTiming(t *testing.T) {
	r := &Report{Targets: []Target{{Name: "x", Joined: true}}, Cases: []Case{{ID: "a/1"}}}
	x := Result{Case: "a/1", Target: "x", Verdict: Pass, Checks: 1}
	for used := int64(0); used < 40; used++ {
		x.Waits = append(x.Waits, Wait{What: fmt.Sprint("wait ", used), UsedMillis: used, AllowedMillis: 100})
	}
	x.Waits = append(x.Waits, Wait{What: "several", UsedMillis: 90, AllowedMillis: 100, RunsMillis: []int64{10, 90, 20}}, Wait{What: "late", UsedMillis: 130, AllowedMillis: 100})
	r.Results = []Result{x}
	got := newRunPage(r, nil).Timing
	if c := got.Columns[0]; c.N != 44 || c.Median.String() != "0.20" || c.P95.String() != "0.39" || c.Most.String() != "1.00" {
		t.Errorf("%d waits, median %s, p95 %s, most %s", c.N, c.Median, c.P95, c.Most)
	}
	if len(got.Tightest) != maxTight || got.More != 42-maxTight || got.Tightest[0].What != "late" || !got.Tightest[0].Over || fmt.Sprint(got.Tightest[1].Marks) != "[10 90 20]" {
		t.Errorf("%d listed, %d more, %+v", len(got.Tightest), got.More, got.Tightest[:2])
	}
	if bars := got.Columns[0].Bars; strings.Count(bars, "M") != 10 {
		t.Errorf("bars in %d of 10 twentieths: %s", strings.Count(bars, "M"), bars)
	}
}

// TestCoverage: gaps come first, and a table of defects that was not filled to the end tells no gaps.
func TestCoverage(t *testing.T) {
	r := &Report{Targets: []Target{{Name: "x", Joined: true}}}
	for i, v := range []Verdict{Pass, Pass, Unsupported, Fail} {
		c := Case{ID: fmt.Sprint("a/b/", i), Feature: "f", Rule: []string{"caught", "caught", "never asked", "catches nothing"}[i]}
		r.Cases = append(r.Cases, c)
		r.Results = append(r.Results, Result{Case: c.ID, Target: "x", Verdict: v, Checks: 1})
	}
	table := &DefectTable{All: true, Defects: []DefectRow{{Name: "d1", CaughtBy: []string{"a/b/1", "elsewhere"}}, {Name: "d2"}}}
	text := func() string {
		v := newRunPage(r, table).Coverage
		var got []string
		for _, rule := range v.Rules {
			got = append(got, fmt.Sprintf("%s (%d, %v) %s", rule.Rule, len(rule.Cases), rule.Defects, rule.Gap))
		}
		for _, d := range v.Defects {
			got = append(got, fmt.Sprintf("%s by %d and %d", d.Name, len(d.By), d.Others))
		}
		return strings.Join(got, "; ")
	}
	if got, want := text(), "never asked (1, []) asked of nobody; catches nothing (1, []) catches no defect; caught (2, [d1]) ; d2 by 0 and 0; d1 by 1 and 1"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	table.All = false
	if got := text(); strings.Contains(got, gapCaught) {
		t.Errorf("nobody knows what catches nothing, and yet: %s", got)
	}
}

// TestViews: a view is offered when there is something in it.
func TestViews(t *testing.T) {
	list := func(r *Report, defects *DefectTable) string {
		var ids []string
		for _, v := range newRunPage(r, defects).Views {
			ids = append(ids, fmt.Sprint(v.ID, " ", v.N))
		}
		return strings.Join(ids, ", ")
	}
	if got, want := list(&Report{}, nil), "scenarios 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	sample := sampleReport()
	sample.Baseline = &Baseline{Report: sampleBaseline()}
	if got, want := list(sample, sampleCatches()), "scenarios 60, causes 9, declared 1, changes 5, ladder 0, waits 0, coverage 17, defects 3"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestStaleEntriesAreTold: a declared case that passes by now is not a row like others, and its page says in words what no longer fits.
func TestStaleEntriesAreTold(t *testing.T) {
	r := sampleReport()
	change(r, "join/meet/2", func(x *Result) { x.Declared = &Declared{Reason: "any port is taken", Stale: "the case passes"} })
	v := newRunPage(r, nil)
	if c := v.caseView("join/meet/2"); !c.Notable || c.Differs {
		t.Errorf("notable %v, differs %v", c.Notable, c.Differs)
	}
	if n := v.staleEntries(); n != 1 {
		t.Errorf("%d stale entries", n)
	}
	page := htmlOf(t, r)
	for _, want := range []string{"Any port is taken", "No longer fits: the case passes", "Fits nothing: no scenario has this id"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestTableAligned(t *testing.T) {
	for text, want := range map[string]string{
		"| a | reply |\n| GET x | ü |": "| a     | reply |\n| GET x | ü     |",
		"no | table":                   "no | table",
		"| a |\nand words":             "| a |\nand words",
		`| a \| b |`:                   `| a \| b |`,
		"":                             "",
	} {
		if got := tableAligned(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
