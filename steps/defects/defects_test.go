package defects

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

// withDefect is the reference with a defect, or without.
func withDefect(name string) (target.Target, error) {
	spec := "reference"
	if name != "" {
		spec += ":defect=" + name
	}
	return catalog.Parse(spec, target.Env{})
}

// A defect that breaks what a scenario asks for is caught; one that has nothing to do with it is not.
func TestRun(t *testing.T) {
	told := 0
	table, err := Run(t.Context(), Options{
		Defects: []Defect{
			{Name: "hash-tag-ignored", Area: "distribution", Does: "hashes the whole key"},
			{Name: "never-votes", Area: "bus", Does: "does not vote"},
		},
		Target: withDefect, Features: features.FS, IDs: []string{"distribution/slot/3"}, NodeTimeout: time.Second, Parallel: 1, All: true,
		Progress: func(reports.DefectRow) { told++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	caught, missed := table.Defects[0], table.Defects[1]
	if !slices.Equal(caught.CaughtBy, []string{"distribution/slot/3"}) || !strings.Contains(caught.Symptom, "expected integer") {
		t.Errorf("a defect of hashing is caught by %q, symptom %q", caught.CaughtBy, caught.Symptom)
	}
	if missed.Caught() || !slices.Equal(table.Uncaught(), []string{"never-votes"}) {
		t.Errorf("a defect of voting is caught by %q", missed.CaughtBy)
	}
	if told != 2 || len(table.Silent) != 0 {
		t.Errorf("%d rows were told, silent are %q", told, table.Silent)
	}
}

// What a real server does not pass either is no catch.
func TestConfirm(t *testing.T) {
	real, err := Reported(&reports.Report{
		Targets: []reports.Target{{Name: "reference", Kind: "reference", Joined: true}, {Name: "absent", Kind: "exec"}, {Name: "real", Kind: "exec", Joined: true}},
		Results: []reports.Result{
			{Case: "a/1", Target: "real", Verdict: reports.Pass}, {Case: "a/2", Target: "real", Verdict: reports.Fail}, {Case: "a/2", Target: "reference", Verdict: reports.Pass},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	table := &reports.DefectTable{Defects: []reports.DefectRow{{Name: "one", CaughtBy: []string{"a/1", "a/2"}}, {Name: "two", CaughtBy: []string{"a/2"}}}}
	if err := real.confirm(t.Context(), features.FS, table); err != nil {
		t.Fatal(err)
	}
	if table.Oracle != "real" || !slices.Equal(table.Defects[0].CaughtBy, []string{"a/1"}) || table.Defects[1].Caught() {
		t.Errorf("left: %+v", table)
	}
	if want := "noticed by a/2 alone, which real does not pass"; table.Defects[1].Symptom != want {
		t.Errorf("symptom %q, want %q", table.Defects[1].Symptom, want)
	}
	if _, err := Reported(&reports.Report{Targets: []reports.Target{{Name: "reference", Kind: "reference", Joined: true}}}); err == nil {
		t.Error("the reference was taken for a real server")
	}
}

// A defect meets first what caught it before, then its area.
func TestBatches(t *testing.T) {
	h := &hunter{
		options: &Options{Known: &reports.DefectTable{Defects: []reports.DefectRow{{Name: "d", CaughtBy: []string{"c/1"}}}}},
		cases:   []reports.Case{{ID: "a/1", Feature: "a/x.feature"}, {ID: "b/1", Feature: "b/x.feature"}, {ID: "c/1", Feature: "c/x.feature"}},
	}
	if got := slices.Concat(h.batches(Defect{Name: "d", Area: "b"})...); !slices.Equal(got, []string{"c/1", "b/1", "a/1"}) {
		t.Errorf("order %q", got)
	}
	h.options.All = true
	if got := h.batches(Defect{Name: "d", Area: "b"}); len(got) != 1 || len(got[0]) != 3 {
		t.Errorf("all: %q", got)
	}
}

// Only checks that did not hold count.
func TestNoticed(t *testing.T) {
	for _, c := range []struct {
		what string
		r    reports.Result
		want bool
	}{
		{"a check failed", reports.Result{Verdict: reports.Fail, Failure: &reports.Failure{Step: "Then x", Expected: []string{"1"}, Got: "2"}}, true},
		{"an invariant is broken", reports.Result{Verdict: reports.Fail, Failure: &reports.Failure{Step: "After the scenario", Message: "invariant"}}, true},
		{"the cluster did not form", reports.Result{Verdict: reports.Fail, Failure: &reports.Failure{Step: "Given a cluster of 3 primaries", Message: "did not form"}}, false},
		{"the harness broke", reports.Result{Verdict: reports.HarnessError}, false},
		{"it passed", reports.Result{Verdict: reports.Pass}, false},
	} {
		if got := noticed(&c.r); got != c.want {
			t.Errorf("%s: noticed is %v", c.what, got)
		}
	}
}
