package bench

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/reports"
)

// A command line that makes no sense is refused before anything is started.
func TestUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"unknown form":    {"--target", "redis"},
		"unknown flag":    {"--speed", "1"},
		"unknown command": {"redis-server"},
		"too short":       {"--duration", "1s"},
		"pipeline of 0":   {"--pipeline", "1,0"},
		"unknown part":    {"--part", "speed"},
		"unknown figures": {"--figures", "speed"},
		"nowhere.yaml":    {"--gates", "nowhere.yaml"},
		"reading a plan":  {"worker", "nowhere.yaml"},
		"worker's report": {"merge", "nowhere.json"},
		"benchmark resul": {"page", "nowhere.json"},
	} {
		cmd := Command("test", Reference{})
		cmd.SetArgs(args)
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// The gates that are built in can be measured, and a past result is judged by exit code.
func TestGateCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bench := write("bench.json", `{"schema": "clusterspec.bench/1", "targets": [{"name": "a 1", "spec": "a"}, {"name": "b 1", "spec": "b"}],
		"figures": [{"id": "f", "unit": "1", "parties": [{"name": "a 1", "trials": [1], "median": 1}, {"name": "b 1", "trials": [2], "median": 2}]}]}`)
	gates := func(figure, bound string) string {
		return write("g.yaml", "gates:\n  - {name: g, figure: "+figure+", of: b, "+bound+"}\n")
	}
	run := func(args ...string) (string, error) {
		var text strings.Builder
		cmd := Command("test", Reference{})
		cmd.SetArgs(append([]string{"gate"}, args...))
		cmd.SetOut(&text)
		cmd.SetErr(io.Discard)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.Execute()
		return text.String(), err
	}
	for _, c := range []struct {
		figure, bound string
		code          int
		words         string
	}{
		{"f", "value: exactly 2", 0, "1 passed, 0 failed, 0 inconclusive"},
		{"f", "ratio: at most 1.5", reports.ExitUnexpected, "failed: 2.000 times; asked for is at most 1.5"},
		{"other", "value: exactly 2", reports.ExitInconclusive, "the result has no figure other"},
	} {
		text, err := run("--result", bench, "--file", gates(c.figure, c.bound))
		code := 0
		var said *reports.ExitError
		if errors.As(err, &said) {
			code = said.Code
		}
		if code != c.code || err != nil && said == nil || !strings.Contains(text, c.words) {
			t.Errorf("%s of %s: %v, %s", c.bound, c.figure, err, text)
		}
	}
	for want, args := range map[string][]string{
		"g.yaml:2: value":               {"--file", gates("f", "value: 1")},
		"reading gates":                 {"--file", "nowhere.yaml"},
		"reading a benchmark result":    {"--result", "nowhere.json"},
		"the targets are redis-server":  {"--target", "redis-server", "--target", "exec:./x"},
		"it is of reference":            {"--result", bench},
		"not enough to measure":         {"--budget", "1s"},
		"unknown form":                  {"--target", "redis"},
		"unknown command":               {"x"},
		"too short to compare 2 target": {"--duration", "1s"},
	} {
		if _, err := run(args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %s", args, err, want)
		}
	}
	past, err := readGates("")
	if err != nil || len(past) == 0 {
		t.Errorf("%v", err)
	}
}

// A result that was judged into a folder is there as a page with the verdicts, and the page can be written again from it alone.
func TestPageCommand(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	past := write("bench.json", `{"schema": "clusterspec.bench/1", "targets": [{"name": "a 1", "spec": "a"}], "figures": [{"id": "f", "unit": "1", "parties": [{"name": "a 1", "trials": [3], "median": 3}]}]}`)
	gates := write("g.yaml", "gates:\n  - {name: no more than four, figure: f, value: at most 4}\n")
	judged, again := filepath.Join(dir, "judged"), filepath.Join(dir, "again")
	for _, args := range [][]string{{"gate", "--result", past, "--file", gates, "--out", judged}, {"page", filepath.Join(judged, FileJSON), "--out", again}} {
		cmd := Command("test", Reference{})
		cmd.SetArgs(args)
		cmd.SetOut(io.Discard)
		if err := cmd.Execute(); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
	}
	for _, folder := range []string{judged, again} {
		for _, name := range []string{FileHTML, FileSummary} {
			text, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil || !strings.Contains(string(text), "no more than four") || !strings.Contains(string(text), "passed: 3.00; asked for is at most 4") {
				t.Errorf("%s in %s does not have the verdict: %v", name, folder, err)
			}
		}
	}
}

func TestNoTargets(t *testing.T) {
	o := DefaultOptions()
	o.Targets = nil
	if r, _, err := Run(t.Context(), o, &console{io.Discard, io.Discard}); r != nil || err == nil || !strings.Contains(err.Error(), "no target") {
		t.Errorf("%v", err)
	}
}

// The summary and the console say all that a reader needs to judge the figures.
func TestSummary(t *testing.T) {
	s := result.Series{
		ID: "get-p1", Operation: "GET", Pipeline: 1, Connections: 50, Keys: 10, Distribution: "uniform", ValueBytes: 64, Rounds: 20,
		Parties: []result.Party{
			{Name: "base", PerSecond: 1000, Generator: result.Generator{CPUShare: 0.5}}, {Name: "base" + result.TwinSuffix, PerSecond: 1000},
			{Name: "other", PerSecond: 2000, Counts: load.Counts{Sent: 1000, OK: 997, Misses: 3, Moved: 5, Ask: 7}},
		},
		Comparisons: []duet.Comparison{
			{Base: "base", Other: "base" + result.TwinSuffix, Metric: duet.Throughput, Interval: stats.Interval{Ratio: 1, Low: 1, High: 1}},
			{Base: "base", Other: "other", Metric: duet.Throughput, Interval: stats.Interval{Ratio: 2, Low: 2, High: 2}, Words: "faster: 2.00 times [2.00, 2.00]"},
		},
	}
	f := result.Figure{Title: "what a redirect costs", Unit: "ns", Floor: 1e5, FloorSource: "the plan's number", Parties: []result.Measured{
		{Name: "base", Trials: []float64{2e5}}, {Name: "other", Trials: []float64{5e4}}, {Name: "third", Missing: "cannot be seen"},
	}}
	f.Conclude(false, 1)
	r := &result.Result{
		Suite: "1.2", Seed: 7, Command: []string{"clusterspec", "bench"}, Interrupted: true, Series: []result.Series{s}, Figures: []result.Figure{f},
		Targets: []result.Target{
			{Name: "base", Spec: "reference", Server: "clusterspec", Version: "1.2", Nodes: 1},
			{Name: "other", Spec: "redis-server", Server: "redis", Version: "7.0.15", Nodes: 3},
		},
		Environment: result.Environment{CPU: "a processor", Cores: 2, StealShare: 0.06},
	}
	markdown := Summary(r)
	var text strings.Builder
	c := &console{&text, io.Discard}
	c.Series(&s)
	c.Figures(r.Figures)
	for _, want := range []string{
		"GET, pipeline 1, closed loop, 50 connections, 64-byte values, 10 keys uniform, 20 rounds", "other / base", "faster: 2.00 times [2.00, 2.00]", "[2.000, 2.000]",
		"the noise floor", "3 keys were not there", "5 MOVED and 7 ASK were followed", "base (again)", "50 %",
		"what a redirect costs", "200 us", "50.0 us", "0.250", "MISSES the plan's number of 100 us", "cannot be seen",
	} {
		if !strings.Contains(markdown, want) || !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in\n%s\n%s", want, markdown, text.String())
		}
	}
	for _, want := range []string{"ended early", "redis 7.0.15, 3 nodes", "the base of all ratios", "a processor, 2 cores", "6.0 % of the processors' time", "seed 7", "`clusterspec bench`", "kernel unknown"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("%q is missing in\n%s", want, markdown)
		}
	}
}
