package steps

import (
	"os/exec"
	"testing"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/target/remote"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

// redisServer is the oracle. The whole suite against it is `make conformance`.
func redisServer(t *testing.T) target.Target {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is not on PATH; `make test` installs it")
	}
	server, err := process.New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func judgeAll(t *testing.T, o Options) *reports.Report {
	t.Helper()
	o.Features = features.FS
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Validate(); err != nil {
		t.Error(err)
	}
	for _, r := range report.Results {
		if r.Verdict == reports.Fail || r.Verdict == reports.HarnessError {
			t.Errorf("%s: %s: %s", r.Case, r.Verdict, r.Reason)
		}
	}
	return report
}

func TestOraclePasses(t *testing.T) {
	ids := []string{"distribution/slot", "redirection/moved/1", "redirection/moved/3", "migration/ask/4", "migration/migrate/1", "failure/coverage/3", "setup/meet/1"}
	report := judgeAll(t, Options{Targets: []target.Target{redisServer(t)}, IDs: ids})
	if counts := report.Counts(); counts[reports.Pass] != len(report.Cases) || len(report.Cases) < len(ids) {
		t.Errorf("%v of %d", counts, len(report.Cases))
	}
	if got := report.Targets[0]; got.Server != "redis" || got.Name != "redis-server "+got.Version {
		t.Errorf("%+v", got)
	}
}

// A cluster that runs already is only looked at, unless that is allowed; then it is formed anew, from whatever state it is in.
func TestClusterThatWasThereBefore(t *testing.T) {
	p := newPool(&entrant{target: redisServer(t), nodeTimeout: DefaultNodeTimeout}, &Options{}, nil)
	s := shape{primaries: 3, replicas: 1}
	own, err := p.take(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer own.close()
	a := own.member("A")
	if err := a.demand(t.Context(), "SET", "hello", "precious"); err != nil {
		t.Fatal(err)
	}
	running, err := remote.New("addr", a.Addr())
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{"setup/nodes", "setup/info", "setup/slots", "distribution/keys/4", "redirection/moved/6"}
	polite := judgeAll(t, Options{Targets: []target.Target{running}, IDs: ids})
	if counts := polite.Counts(); counts[reports.Pass] != 2 || counts[reports.Unsupported] != len(polite.Cases)-2 {
		t.Errorf("without leave: %v of %d", counts, len(polite.Cases))
	}
	if got, err := a.askText(t.Context(), "GET", "hello"); got != "precious" {
		t.Errorf("the cluster was changed without leave: %q, %v", got, err)
	}
	rude := judgeAll(t, Options{Targets: []target.Target{running}, IDs: []string{"setup/slots/1", "setup/slots/2", "distribution/keys/4"}, Destructive: true})
	if counts := rude.Counts(); counts[reports.Pass] != len(rude.Cases) {
		t.Errorf("with leave: %v of %d", counts, len(rude.Cases))
	}
}
