package reports

import (
	"bytes"
	"strings"
	"testing"
)

func TestExplanation(t *testing.T) {
	r := knownReport(Fail, Pass)
	r.Cases[0].Title, r.Cases[0].Rule, r.Cases[0].Level = "A read", "It must", Must
	x := &r.Results[0]
	x.Steps = []Step{{Keyword: "When", Text: "it reads", Verdict: Fail, DurationMillis: 3}}
	x.Failure = &Failure{Step: "When it reads", Expected: []string{"a"}, Got: "b\x1b[31m", Node: "A", AtMillis: 1500}
	x.Timeline = Timeline{
		Exchanges: []Exchange{{AtMillis: 1200, Node: "A", Request: `"GET x"`, Reply: "null bulk"}},
		Frames:    []Frame{{AtMillis: 1100, From: "B", To: "A", Type: "fail", Text: "C has failed", Lost: true}},
		Faults:    []Fault{{AtMillis: 1000, Kind: "kill", Nodes: []string{"C"}, Text: "node C is killed"}}, Dropped: 4,
	}
	r.Targets = append(r.Targets, Target{Name: "u", Joined: true}, Target{Name: "v", Reason: "no such program"})
	r.Results = append(r.Results, Result{Case: "a/x/1", Target: "u", Verdict: Pass, Checks: 1})
	var b bytes.Buffer
	if err := WriteExplanation(&b, r, "a/x/1", false); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	at := 0
	for _, want := range []string{
		"a/x/1 · MUST · A read", "requires   It must", "t  F fail", "expected   a", `got        b\x1b[31m`, "seen       on node A 1.50 s into the scenario", "F     3 ms  When it reads",
		"1.000  *** kill C: node C is killed", "1.100  bus    B → A    fail: C has failed (lost)", `1.200  client → A    "GET x": null bulk`, "and 4 more", "reproduce  clusterspec run", "u  P pass", "v did not join: no such program",
	} {
		next := strings.Index(text[at:], want)
		if next < 0 {
			t.Fatalf("no %q behind byte %d of\n%s", want, at, text)
		}
		at += next
	}
	if err := WriteExplanation(&b, r, "a/x", false); err == nil || !strings.Contains(err.Error(), "such as a/x/1, a/x/2") {
		t.Errorf("half an id: %v", err)
	}
}

func TestChangesAsText(t *testing.T) {
	before, now := knownReport(Pass, Fail, Pass, Deviation), knownReport(Fail, Pass, Pass, Fail)
	now.Results[0].Reason = "expected `a|b`"
	var text, md bytes.Buffer
	if err := WriteChanges(&text, Diff(before, now), false); err != nil {
		t.Fatal(err)
	}
	want := "Newly failing (1)\n  a/x/1 on t: fail, was pass: expected `a|b`\n\nNewly passing (1)\n  a/x/2 on t: pass, was fail\n\nChanged (1)\n  a/x/4 on t: fail, was deviation\n"
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
	if err := WriteChanges(&md, Diff(before, now), true); err != nil || !strings.Contains(md.String(), "- a/x/1 on t: fail, was pass: expected \\`a\\|b\\`") {
		t.Errorf("%v\n%s", err, md.String())
	}
	text.Reset()
	if err := WriteChanges(&text, Diff(now, now), false); err != nil || text.String() != "No verdict has changed.\n" {
		t.Errorf("%v, %q", err, text.String())
	}
	if added := Diff(knownReport(Pass), knownReport(Pass, Fail)); added.AddedFailing() != 1 {
		t.Errorf("%+v", added)
	}
}
