package fleet

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/fake"
	"github.com/clusterspec/clusterspec/bench/histogram"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
)

// counting is a server that counts the GETs it answers, some of them after a while.
func counting(t *testing.T) (addr string, gets *atomic.Int64) {
	gets = &atomic.Int64{}
	value := fake.Bulk(strings.Repeat("x", defaults().ValueBytes))
	return fake.Start(t, func(args []string) string {
		switch args[0] {
		case "GET":
			gets.Add(1)
			time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
			return value
		case "SET":
			return "+OK\r\n"
		case "INFO":
			return fake.Bulk("redis_version:9.9.9\r\n")
		}
		return fake.NoCluster
	}), gets
}

// work has all workers of a plan work side by side, and writes their reports to files.
func work(t *testing.T, p Plan) (reports []*Report, paths []string) {
	t.Helper()
	reports = make([]*Report, p.Workers)
	var workers sync.WaitGroup
	for i := range reports {
		workers.Go(func() {
			var err error
			if reports[i], err = Work(t.Context(), p, i, func(string) {}); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	for _, r := range reports {
		if r == nil {
			t.FailNow()
		}
		var text bytes.Buffer
		if err := WriteReport(&text, r); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, filepath.Join(t.TempDir(), "worker.json"))
		if err := os.WriteFile(paths[len(paths)-1], text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return reports, paths
}

func read(t *testing.T, paths []string) (reports []*Report) {
	t.Helper()
	for _, path := range paths {
		r, err := ReadReport(path)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	return reports
}

// What two workers measured is, merged, what was asked of the server: every request is there once, and every percentile is that of one histogram of all.
func TestMergedIsTheSum(t *testing.T) {
	addr, gets := counting(t)
	p := defaults()
	p.Addrs, p.Workers, p.Shares, p.Rate, p.Duration, p.Keys, p.Connections = []string{addr}, 2, []float64{3, 1}, 2000, 2*time.Second, 100, 8
	p.Start = time.Now().Add(300 * time.Millisecond).UTC()
	_, paths := work(t, p)
	asked := gets.Load()
	reports := read(t, paths)
	r, files, err := Merge([]*Report{reports[1], reports[0]}) // the order of files says nothing
	if err != nil {
		t.Fatal(err)
	}
	s := &r.Series[0]
	party := &s.Parties[0]
	if party.Counts.Sent != uint64(asked) || party.Counts.OK != uint64(asked) || party.Latency.Count != asked {
		t.Errorf("the server answered %d GETs, the result has %+v and %d latencies", asked, party.Counts, party.Latency.Count)
	}
	all := load.NewHistogram()
	for _, r := range reports {
		intervals, err := histogram.ReadLog([]byte(r.Latency))
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range intervals {
			for _, bar := range h.Distribution() {
				all.RecordValues(bar.To, bar.Count)
			}
		}
	}
	if want := result.PercentilesOf(all); party.Latency != want {
		t.Errorf("merged %+v, all in one histogram %+v", party.Latency, want)
	}
	seconds, err := histogram.ReadLog(files[party.IntervalFile])
	if err != nil || len(seconds) != 2 || seconds[0].TotalCount()+seconds[1].TotalCount() != asked {
		t.Errorf("%d seconds are in the log of all, %v", len(seconds), err)
	}
	first, second := s.Workers[0], s.Workers[1]
	if first.Share != 0.75 || first.PerSecond < 2*second.PerSecond || first.Generator.Lateness == nil || second.Generator.CPUShare <= 0 {
		t.Errorf("%+v\n%+v", first, second)
	}
	if due := p.Rate * p.Duration.Seconds(); float64(asked) < 0.9*due || float64(asked) > 1.1*due {
		t.Errorf("%d requests of %v that were due", asked, due)
	}
	if s.Operation != "GET" || s.Loop != result.LoopOpen || s.RatePerSecond != p.Rate || s.Connections != 16 || r.Targets[0].Name != "redis 9.9.9" {
		t.Errorf("%+v of %+v", s, r.Targets)
	}
}

// A worker that is late, was ended, or was the bottleneck makes the whole invalid, and the result says which and why.
func TestOneWorkerSpoilsTheWhole(t *testing.T) {
	addr, _ := counting(t)
	p := defaults()
	p.Addrs, p.Workers, p.Rate, p.Duration, p.Keys, p.Connections = []string{addr}, 2, 400, time.Second, 10, 2
	p.Start = time.Now().Add(200 * time.Millisecond).UTC()
	_, paths := work(t, p)
	for want, spoil := range map[string]func(r *Report){
		"began 3s after the start": func(r *Report) { r.Began = p.Start.Add(3 * time.Second) },
		"was ended after 500ms":    func(r *Report) { r.Interrupted, r.Elapsed = true, 500*time.Millisecond },
		"was the bottleneck":       func(r *Report) { r.OwnCPU = r.Elapsed },
	} {
		reports := read(t, paths)
		reports[1].Host = "elsewhere"
		spoil(reports[1])
		r, _, err := Merge(reports)
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(r.Series[0].Notes(), "\n")
		if !strings.Contains(notes, "invalid: worker 1 (elsewhere) ") && !strings.Contains(notes, "; worker 1 (elsewhere) ") || !strings.Contains(notes, want) {
			t.Errorf("want %q, got %s", want, notes)
		}
		if !strings.Contains(r.Series[0].Workers[1].Generator.Invalid, want) {
			t.Errorf("the worker says %q", r.Series[0].Workers[1].Generator.Invalid)
		}
	}
	for want, wrong := range map[string]func(r []*Report) []*Report{
		"no reports":                func([]*Report) []*Report { return nil },
		"worker 1 is missing":       func(r []*Report) []*Report { return r[:1] },
		"worker 0 is missing":       func(r []*Report) []*Report { return r[1:] },
		"two reports of worker 1":   func(r []*Report) []*Report { return append(r, r[1]) },
		"had different plans":       func(r []*Report) []*Report { r[1].Plan.Rate++; return r },
		"the latencies of worker 0": func(r []*Report) []*Report { r[0].Latency = "1,1,1,HISTFAAAA\n"; return r },
	} {
		if _, _, err := Merge(wrong(read(t, paths))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestPlan(t *testing.T) {
	p, err := parsePlan([]byte("addrs: [a:1]\nworkers: 2\nrate: 100\nstart: 2026-03-09T15:30:00+01:00\nduration: 5s\nreads: 0.9\n"))
	if err != nil || p.Validate() != nil || p.Duration != 5*time.Second || p.Start.Format(time.RFC3339) != "2026-03-09T14:30:00Z" || p.Connections != 50 || p.config(0).Workload.String() != "90 % GET, 10 % SET" {
		t.Errorf("%+v, %v, %v", p, err, p.Validate())
	}
	if p.seed(0) == p.seed(1) {
		t.Error("two workers ask for the same keys at the same times")
	}
	for want, text := range map[string]string{
		"line 1":                "adrs: [a:1]",
		"names no addrs":        "workers: 1",
		"no start":              "{addrs: [a:1], workers: 2}",
		"3 shares for 1":        "{addrs: [a:1], shares: [1, 2, 3]}",
		"a share of 0":          "{addrs: [a:1], shares: [0]}",
		"a rate of -1":          "{addrs: [a:1], rate: -1}",
		"0 connections":         "{addrs: [a:1], connections: 0}",
		"unknown key dist":      "{addrs: [a:1], distribution: normal}",
		"choose a second":       "{addrs: [a:1], duration: 1ms}",
		"0 workers":             "{addrs: [a:1], workers: 0}",
		"this is no plan":       "[1, 2]",
		"a share of reads of 2": `{"addrs": ["a:1"], "reads": 2}`,
	} {
		p, err := parsePlan([]byte(text))
		if err == nil {
			err = p.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	documentation, err := os.ReadFile("../../docs/benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```yaml\n(name: mixed\n.*?)```").FindSubmatch(documentation)
	if example == nil {
		t.Fatal("the documentation has no plan")
	}
	if p, err := parsePlan(example[1]); err != nil || p.Validate() != nil || p.Workers != 4 {
		t.Errorf("the plan in the documentation: %v, %v", err, p.Validate())
	}
	if p, err := ReadPlan("../../compose/bench.plan.yaml"); err != nil || p.Workers != 2 {
		t.Errorf("the plan of the compose file: %+v, %v", p, err)
	}
	if _, err := Work(t.Context(), p, 2, nil); err == nil || !strings.Contains(err.Error(), "worker 2 of 2") {
		t.Errorf("%v", err)
	}
}
