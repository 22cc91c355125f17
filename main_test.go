package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

// The exit codes are promises to scripts.
func TestExitCodes(t *testing.T) {
	wrong, stale := filepath.Join(t.TempDir(), "wrong.yaml"), filepath.Join(t.TempDir(), "stale.yaml")
	for file, text := range map[string]string{wrong: "deviations: yes", stale: "deviations:\n- id: redirection/moved/1\n  reason: redis-server passes it\n"} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"version"}, reports.ExitExpected},
		{[]string{"list", "--id", "redirection/moved"}, reports.ExitExpected},
		{[]string{"list", "--tags", "@must && @may"}, reports.ExitNothing},
		{[]string{"list", "--id", "no/such/id"}, reports.ExitUsage},
		{[]string{"list", "--level", "shall"}, reports.ExitUsage},
		{[]string{"run", "--tags", "must"}, reports.ExitUsage},
		{[]string{"run", "--target", "what"}, reports.ExitUsage},
		{[]string{"run", "--parallel", "-1"}, reports.ExitUsage},
		{[]string{"run", "--no-such-flag"}, reports.ExitUsage},
		{[]string{"run", "an-argument"}, reports.ExitUsage},
		{[]string{"explain", "last", "--report", "no-such-file"}, reports.ExitUsage},
		{[]string{"diff", "no-such-file", "no-such-file"}, reports.ExitUsage},
		{[]string{"repro", "redirection/moved", "--target", "redis-server"}, reports.ExitUsage},
		{[]string{"repro", "redirection/moved/1", "--report", "no-such-file"}, reports.ExitUsage},
		{[]string{"no-such-command"}, reports.ExitUsage},
		{[]string{"defects", "no-such-defect"}, reports.ExitUsage},
		{[]string{"defects", "never-votes", "--parallel", "0"}, reports.ExitUsage},
		{[]string{"defects", "never-votes", "--id", "distribution/slot/4", "--out", t.TempDir()}, reports.ExitUnexpected},
		{[]string{"defects", "moved-without-port", "--id", "redirection/moved/1", "--out", t.TempDir()}, reports.ExitExpected},
		{[]string{"run", "--update-declaration"}, reports.ExitUsage},
		{[]string{"run", "--declaration", "no-such-file"}, reports.ExitUsage},
		{[]string{"run", "--declaration", wrong}, reports.ExitUsage},
		{[]string{"run", "--baseline", "no-such-file"}, reports.ExitUsage},
		{[]string{"run", "--rerun-failed", wrong}, reports.ExitUsage},
		{[]string{"run", "--no-report", "--quiet", "--target", "redis-server", "--id", "redirection/moved/1", "--declaration", stale}, reports.ExitUnexpected},
		{[]string{"run", "--no-report", "--quiet", "--target", "exec:no-such-program"}, reports.ExitNothing},
		{[]string{"run", "--no-report", "--quiet", "--require", "--target", "exec:no-such-program"}, reports.ExitUnexpected},
	} {
		if got := run(c.args); got != c.want {
			t.Errorf("clusterspec %q: exit %d, want %d", c.args, got, c.want)
		}
	}
}

// Every area of the features has a defect, but for those that look at the same rules through other people's programs.
func TestDefectsCoverTheAreas(t *testing.T) {
	covered := map[string]bool{"clients": true, "interop": true, "tools": true}
	for _, d := range knownDefects() {
		covered[d.Area] = true
		if _, err := features.FS.ReadDir(d.Area); err != nil {
			t.Errorf("the area of the defect %s is no folder of the features: %v", d.Name, err)
		}
	}
	folders, err := features.FS.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if folder.IsDir() && !covered[folder.Name()] {
			t.Errorf("no defect breaks a rule of the area %s: docs/defects.md tells how to add one", folder.Name())
		}
	}
}
