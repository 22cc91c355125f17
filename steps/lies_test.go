package steps

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
)

// lieSuite is a suite in small; each of its scenarios is there to catch some of the lies.
const lieSuite = `@area:a
Feature: A suite in small
  Source: none
  Rule: the fake is right where it does not lie
    @id:a/slot/1 @must
    Scenario: slots
      Given a cluster of 3 primaries
      Then CLUSTER KEYSLOT on node B agrees with an independent CRC16 for 10 random binary keys of up to 10 bytes
    @id:a/write/1 @must
    Scenario: write and read
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command     | reply       |
        | GET hello   | null        |
        | SET hello 1 | simple "OK" |
      Then within 1 node timeout "GET hello" sent to node A gives bulk "1"
      And for 1 node timeout the key count of node A is 1
    @id:a/moved/1 @must
    Scenario: redirection
      Given a cluster of 3 primaries
      When a client sends "SET foo 1" to node A
      Then the reply is error "MOVED 12182 <C.addr>"
    @id:a/needs/1 @must @needs:kill
    Scenario: needs what a fake has not
      Given a cluster of 3 primaries
      When node A is killed
      Then every node reports cluster_state "ok"
    @id:a/since/1 @must @since:7.2
    Scenario: is from a later version
      Given a cluster of 3 primaries
      Then every node reports cluster_state "ok"
    @id:a/nothing/1 @must
    Scenario: asserts nothing
      Given a cluster of 3 primaries
      When a client sends "GET hello" to node A
    @id:a/undefined/1 @must
    Scenario: says what nobody understands
      Given a cluster of 3 primaries
      Then every node is happy
    @id:a/traffic/1 @must
    Scenario: clients at work
      Given a cluster of 3 primaries
      And 2 clients write to and read from 6 keys whatever happens
      And within 20 node timeouts every key has been written in the last node timeout
      And for 2 node timeouts every node reports cluster_state "ok"
      When the clients stop
      Then every node reports cluster_state "ok"
    @id:a/empty/1 @must
    Scenario: the cluster comes empty
      Given a cluster of 3 primaries
      Then the key counts of all nodes are 0
`

// run judges a fake by the small suite.
func run(t *testing.T, o Options, lies ...string) *reports.Report {
	t.Helper()
	for _, lie := range lies {
		o.Targets = append(o.Targets, &fake{lie: lie})
	}
	o.Features, o.NodeTimeout, o.Parallel = featureFile(lieSuite), 100*time.Millisecond, cmp.Or(o.Parallel, 1)
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Validate(); err != nil {
		t.Errorf("the report contradicts itself: %v", err)
	}
	return report
}

// verdicts lists what is not a pass: "a/write/1 fail".
func verdicts(report *reports.Report) []string {
	var all []string
	for _, r := range report.Results {
		if r.Verdict != reports.Pass {
			all = append(all, strings.TrimPrefix(r.Case, "a/")+" "+string(r.Verdict))
		}
	}
	slices.Sort(all)
	return all
}

// always are the verdicts that no honesty changes.
var always = []string{"needs/1 unsupported", "nothing/1 harness-error", "since/1 unsupported", "undefined/1 harness-error"}

func TestLies(t *testing.T) {
	for lie, caught := range map[string][]string{
		"":                   nil,
		"other-crc":          {"slot/1 fail"},
		"moved-without-port": {"moved/1 fail"},
		"serves-everything":  {"moved/1 fail"},
		"ok-as-bulk":         {"write/1 fail"},
		"empty-for-null":     {"write/1 fail"},
		"forgets-values":     {"write/1 fail", "traffic/1 fail"},
		"hangs-up-on-writes": {"write/1 fail", "traffic/1 fail"},
	} {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			want := slices.Sorted(slices.Values(append(caught, always...)))
			if got := verdicts(run(t, Options{}, lie)); !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
	}
}

// A cluster that keeps what the last scenario wrote is not handed to the next one.
func TestDirtyClusterIsNotHandedOn(t *testing.T) {
	report := run(t, Options{IDs: []string{"a/write", "a/empty"}}, "flushes-nothing")
	if got := verdicts(report); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// Clusters that do not form fail the scenarios, with what was in the way, and are not tried for ever.
func TestClusterThatDoesNotForm(t *testing.T) {
	for _, lie := range []string{"never-up", "views-differ"} {
		report := run(t, Options{formLimit: 2 * time.Second, IDs: []string{"a/slot", "a/write", "a/moved", "a/empty"}}, lie)
		counts := report.Counts()
		if counts[reports.Fail] != givingUp || counts[reports.NotRun] != 4-givingUp {
			t.Errorf("%s: %v", lie, counts)
		}
		if f := report.Results[0].Failure; f == nil || !strings.Contains(f.Message, "did not form in time") {
			t.Errorf("%s: %+v", lie, report.Results[0])
		}
	}
}

func TestTargetsThatCannotBeJudged(t *testing.T) {
	report := run(t, Options{}, "knows-every-command", "stands-alone", "does-not-start", "is-not-installed")
	for i, want := range []string{"an unknown command was answered by", "not in cluster mode: start it with cluster-enabled yes", "its log ends: no licence", "fake is not on PATH"} {
		if got := report.Targets[i]; !strings.Contains(got.Reason, want) || got.Joined != (i < 3) {
			t.Errorf("%+v, want the reason %q", got, want)
		}
	}
	if counts := report.Counts(); counts[reports.HarnessError] != len(report.Results) || len(report.Results) != 3*len(report.Cases) {
		t.Errorf("%v of %d", counts, len(report.Results))
	}
	if report.Exit() != reports.ExitHarness {
		t.Errorf("exit %d", report.Exit())
	}
}

func TestExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		lie  string
		exit int
	}{
		"expected":              {Options{IDs: []string{"a/slot"}}, "", reports.ExitExpected},
		"fails":                 {Options{IDs: []string{"a/slot"}}, "other-crc", reports.ExitUnexpected},
		"asserts nothing":       {Options{IDs: []string{"a/nothing"}}, "", reports.ExitHarness},
		"nothing selected":      {Options{Tags: "@may"}, "", reports.ExitNothing},
		"only unsupported":      {Options{IDs: []string{"a/needs"}}, "", reports.ExitNothing},
		"unsupported, required": {Options{IDs: []string{"a/needs"}, Require: true}, "", reports.ExitUnexpected},
		"absent":                {Options{}, "is-not-installed", reports.ExitNothing},
		"absent, required":      {Options{Require: true}, "is-not-installed", reports.ExitUnexpected},
	} {
		if report := run(t, c.o, c.lie); report.Exit() != c.exit {
			t.Errorf("%s: exit %d, want %d (%s)", name, report.Exit(), c.exit, report.Headline())
		}
	}
}

// A failure shows what was wanted, what came, from whom, when, and what went over the wire before.
func TestEvidence(t *testing.T) {
	report := run(t, Options{IDs: []string{"a/write"}}, "forgets-values")
	r := report.Results[0]
	f := r.Failure
	if f == nil || len(f.Expected) != 1 || f.Expected[0] != `bulk "1"` || f.Got != "null bulk" || !strings.Contains(f.Message, "null bulk (after ") || f.Node != "A" || f.AtMillis <= 0 {
		t.Fatalf("%+v", f)
	}
	if n := len(f.Exchanges); n != 3 || f.Exchanges[1].Request != `"SET hello 1"` || f.Exchanges[2].Reply != "null bulk" {
		t.Errorf("%d exchanges: %+v", n, f.Exchanges)
	}
	if len(r.Nodes) != 3 || r.Nodes[1].Name != "B" || !r.Nodes[1].Alive || !strings.Contains(r.Nodes[1].ClusterNodes, "myself") {
		t.Errorf("nodes: %+v", r.Nodes)
	}
	if len(r.Waits) != 1 || r.Waits[0].Allowed != 1 || r.Waits[0].UsedMillis < 100 {
		t.Errorf("waits: %+v", r.Waits)
	}
	var states []reports.Verdict
	for _, step := range r.Steps {
		states = append(states, step.Verdict)
	}
	if want := []reports.Verdict{"pass", "pass", "fail", "not-run"}; !slices.Equal(states, want) {
		t.Errorf("steps: %v", states)
	}
}

func TestParallelAndShuffled(t *testing.T) {
	for _, o := range []Options{{Parallel: 4}, {Shuffle: true, Seed: 7}} {
		if got := verdicts(run(t, o, "", "")); !slices.Equal(got, slices.Sorted(slices.Values(slices.Concat(always, always)))) {
			t.Errorf("%+v: %q", o, got)
		}
	}
}

// An interrupted run says what it did not do, and that is no verdict on the target.
func TestInterruptedRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Parallel: 1, Targets: []target.Target{&fake{}}, Features: featureFile(lieSuite), NodeTimeout: time.Minute, IDs: []string{"a/write", "a/moved"}}
	o.Progress = func(e reports.Event) {
		if e.Target != nil {
			time.AfterFunc(time.Second, cancel) // in the middle of a step that holds for a minute
		}
	}
	report, err := Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Counts(); got[reports.NotRun] != 2 {
		t.Errorf("%v", got)
	}
}

func TestProgressTellsEverything(t *testing.T) {
	var results, targets, last int
	run(t, Options{Progress: func(e reports.Event) {
		switch {
		case e.Result != nil:
			results++
			last = e.Total - e.Done
		case e.Target != nil:
			targets++
		}
	}}, "", "is-not-installed")
	if results != 9 || targets != 2 || last != 0 {
		t.Errorf("%d results, %d targets, %d to go", results, targets, last)
	}
}

var _ target.Cluster = (*fakeCluster)(nil)
