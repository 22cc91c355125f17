// Package conformance runs the suite from the `go test` of a server's own project: each scenario is a subtest.
//
//	func TestCluster(t *testing.T) {
//		conformance.Test(t, "exec:./my-server --port {port} --dir {dir}", conformance.Options{Declaration: "clusterspec.yaml"})
//	}
//
// A run takes minutes: give `go test` a -timeout, or select with IDs. One scenario alone is -run 'TestCluster/redirection/moved/1'; that runs the others all the
// same, so name it in IDs while working on it.
package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/reports/declaration"
	"github.com/clusterspec/clusterspec/steps"
)

// Options select scenarios and say what is known. The zero value is the whole suite, nothing known.
type Options struct {
	// IDs select scenarios, or all below a slash: "redirection/moved". Tags is an expression over tags: "@must && ~@needs:kill". Levels are must, should and may.
	IDs    []string
	Tags   string
	Levels []reports.Level
	// Declaration is the file of known deviations and missing features; "" is none.
	Declaration string
	// Require fails a scenario for which the target lacks an ability; otherwise it is skipped.
	Require bool
	// Retry is how often a scenario that failed is run again. One that passes then is flaky, and fails the test in those words.
	Retry int
	// Parallel is how many scenarios run at a time; 0 is two. NodeTimeout is cluster-node-timeout, in which all waiting is measured; 0 is two seconds.
	Parallel    int
	NodeTimeout time.Duration
	// Seed is where all chance comes from; 0 is 1, as on the command line.
	Seed uint64
	// ReportDir is the folder that the report is written to, pages and all; "" is none.
	ReportDir string
}

// Test judges a target and makes a subtest of each scenario, with the id as its name. The target is written as on the command line: "exec:COMMAND",
// "docker:IMAGE", "addr:HOST:PORT", "redis-server". A scenario that passes passes, one that is known to deviate or is not supported is skipped with the reason,
// and everything else fails: a declaration that no longer fits and a target that does not start among it.
func Test(t *testing.T, spec string, o Options) {
	t.Helper()
	report := run(t, spec, o)
	if o.ReportDir != "" {
		if err := reports.WriteAll(o.ReportDir, report, nil); err != nil {
			t.Error(err)
		}
	}
	for _, x := range report.Results {
		t.Run(x.Case, func(t *testing.T) { tell(t, report, x) })
	}
	if d := report.Declaration; d != nil {
		for _, s := range d.Stale {
			t.Errorf("%s:%d: %s: %s", d.File, s.Line, s.Entry, s.Why)
		}
	}
	for _, missing := range report.Targets {
		if !missing.Joined {
			t.Errorf("%s did not join: %s", missing.Name, missing.Reason)
		}
	}
	if report.Exit() == reports.ExitNothing {
		t.Error("no scenario ran")
	}
}

// run runs the suite and holds the report against the declaration.
func run(t *testing.T, spec string, o Options) *reports.Report {
	t.Helper()
	judged, err := catalog.Parse(spec, target.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var known *declaration.File
	if o.Declaration != "" {
		if known, err = declaration.Read(o.Declaration); err != nil {
			t.Fatal(err)
		}
	}
	const parallel = 2
	options := steps.Options{
		Targets: []target.Target{judged}, Features: features.FS, IDs: o.IDs, Tags: o.Tags, Levels: o.Levels, Require: o.Require, Retry: o.Retry,
		Parallel: o.Parallel, NodeTimeout: o.NodeTimeout, Seed: max(1, o.Seed), Suite: "go test", Command: []string{"go", "test"},
	}
	if o.Parallel == 0 {
		options.Parallel = parallel
	}
	report, err := steps.Run(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	if known != nil {
		all, err := steps.List(steps.Options{Features: features.FS})
		if err != nil {
			t.Fatal(err)
		}
		known.Apply(report, all, time.Now())
	}
	return report
}

// tell turns a result into that of a subtest.
func tell(t *testing.T, report *reports.Report, x reports.Result) {
	switch {
	case x.Declared != nil && x.Declared.Stale != "":
		t.Errorf("declared, and no longer so: %s", x.Declared.Stale)
	case x.Verdict == reports.Pass:
	case x.Verdict == reports.Deviation:
		t.Skipf("declared: %s", x.Declared.Reason)
	case x.Verdict == reports.Unsupported:
		t.Skip(x.Reason)
	default:
		var page strings.Builder
		if err := reports.WriteExplanation(&page, report, x.Case, true); err != nil {
			t.Error(err)
		}
		t.Errorf("%s\n%s", x.Verdict.Word(), page.String())
	}
}
