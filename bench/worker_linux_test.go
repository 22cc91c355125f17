package bench

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/fake"
)

// A worker and a merge from the command line: what comes out is a result like any other, and what is missing is said before anything is asked of a server.
func TestWorkerAndMerge(t *testing.T) {
	value := fake.Bulk(strings.Repeat("x", 64))
	addr := fake.Start(t, func(args []string) string {
		switch args[0] {
		case "GET":
			return value
		case "SET":
			return "+OK\r\n"
		case "INFO":
			return fake.Bulk("redis_version:9.9.9\r\n")
		}
		return fake.NoCluster
	})
	dir := t.TempDir()
	plan, report, out := filepath.Join(dir, "plan.yaml"), filepath.Join(dir, "worker-0.json"), filepath.Join(dir, "out")
	write := func(text string) {
		if err := os.WriteFile(plan, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) error {
		cmd := Command("test", Reference{})
		cmd.SetArgs(args)
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		return cmd.Execute()
	}
	write("addrs: [" + addr + "]\nworkers: 2\n")
	start := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
	for want, args := range map[string][]string{
		"which of 2 workers": {"worker", plan, "--destructive", "--start", start},
		"--destructive":      {"worker", plan, "--index", "0", "--start", start},
		"no start":           {"worker", plan, "--index", "0", "--destructive"},
		"--start":            {"worker", plan, "--index", "0", "--destructive", "--start", "now"},
	} {
		if err := run(args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
	write("addrs: [" + addr + "]\nkeys: 100\nrate: 1000\nduration: 1s\nconnections: 4\n")
	if err := run("worker", plan, "--destructive", "--out", report); err != nil {
		t.Fatal(err)
	}
	if err := run("merge", report, "--out", out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{FileHTML, FileSummary} {
		text, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || !strings.Contains(string(text), "redis 9.9.9") || !strings.Contains(string(text), "1s from 1 worker") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}
