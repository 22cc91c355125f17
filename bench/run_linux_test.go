package bench

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
)

const testDuration = 3 * time.Second

// ender ends a run when the last measurement starts.
type ender struct {
	last    string
	end     context.CancelFunc
	started []string
}

func (e *ender) Starting(name string, elapsed, estimate time.Duration) {
	if e.started = append(e.started, name); name == e.last {
		e.end()
	}
}
func (e *ender) Series(*result.Series)     {}
func (e *ender) Figures([]result.Figure)   {}
func (e *ender) Timeline(*result.Timeline) {}
func (e *ender) Growths([]result.Growth)   {}

// A whole run on real servers, ended before its last series: what was measured is kept, and the files agree with the figures.
func TestRun(t *testing.T) {
	o := DefaultOptions()
	o.Targets, o.Parts, o.Suite = []string{"redis-server", "redis-server"}, []string{PartServing}, "test"
	o.Serving.Duration, o.Serving.Pipelines, o.Serving.Keys, o.Serving.Sweep = testDuration, []int{16}, 1000, false
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	listen := &ender{last: "set-p16-open", end: cancel}
	r, files, err := Run(ctx, o, listen)
	if err != nil {
		t.Fatal(err)
	}
	const perSeries = 3 * 2 // parties and their files
	if got := strings.Join(listen.started, " "); !r.Interrupted || len(r.Series) != 6 || len(files) != 6*perSeries ||
		got != "get-p16 set-p16 mixed-p16 mget-p16 mset-p16 get-p16-open set-p16-open" {
		t.Fatalf("%d series of %v, %d files", len(r.Series), got, len(files))
	}
	for i := range r.Series {
		checkSeries(t, &r.Series[i], files)
	}
	closed, open := &r.Series[0], &r.Series[5]
	for _, p := range open.Parties {
		due := open.RatePerSecond * duet.DefaultSlice.Seconds() * float64(open.Rounds)
		if kept := float64(p.Counts.Sent) / due; kept < 0.9 || kept > 1.1 || p.Generator.Lateness == nil {
			t.Errorf("%s: %.2f of what was due, %+v", p.Name, kept, p.Generator)
		}
	}
	if closed.RatePerSecond != 0 || closed.Loop != result.LoopClosed || open.Loop != result.LoopOpen || open.RatePerSecond <= 0 {
		t.Errorf("%s at %v, %s at %v", closed.Loop, closed.RatePerSecond, open.Loop, open.RatePerSecond)
	}
	dir := t.TempDir()
	if err := Write(dir, r, files); err != nil {
		t.Fatal(err)
	}
	checkWritten(t, dir, r)
}

func checkSeries(t *testing.T, s *result.Series, files map[string][]byte) {
	t.Helper()
	metrics := len(duet.Metrics)
	if s.Loop == result.LoopOpen {
		metrics = len(duet.OpenLoopMetrics)
	}
	if len(s.Parties) != 3 || s.Rounds != duet.RoundsIn(testDuration, 3) || s.Trouble != "" || len(s.Comparisons) != 2*metrics {
		t.Fatalf("%d parties, %d rounds, %d comparisons, trouble %q", len(s.Parties), s.Rounds, len(s.Comparisons), s.Trouble)
	}
	names := map[string]bool{}
	for _, p := range s.Parties {
		names[p.Name] = true
		if p.Counts.OK == 0 || p.Counts.OK != p.Counts.Sent || p.Latency.Count != int64(p.Counts.Sent) {
			t.Errorf("%s: %+v with %d latencies", p.Name, p.Counts, p.Latency.Count)
		}
		if p.PerSecond <= 0 || p.CPUNanos <= 0 || p.Latency.P50 <= 0 || p.Latency.P50 > p.Latency.P99 || p.Latency.P99 > p.Latency.Max || p.Generator.CPUShare <= 0 {
			t.Errorf("%s: %+v", p.Name, p)
		}
		if got := readLog(t, files[p.IntervalFile], s.ID); got.TotalCount() != p.Latency.Count || got.Max() != p.Latency.Max || got.ValueAtQuantile(99) != p.Latency.P99 {
			t.Errorf("%s: the intervals merge to %d latencies up to %d, not %d up to %d", p.Name, got.TotalCount(), got.Max(), p.Latency.Count, p.Latency.Max)
		}
		if text := string(files[p.PercentileFile]); !strings.Contains(text, "1/(1-Percentile)") || !strings.Contains(text, "#[Max ") {
			t.Errorf("%s: percentiles read\n%s", p.Name, text)
		}
	}
	if len(names) != 3 {
		t.Errorf("the names are %v", names)
	}
}

// readLog merges all intervals of an .hlog file.
func readLog(t *testing.T, text []byte, tag string) *hdrhistogram.Histogram {
	t.Helper()
	all, r := load.NewHistogram(), hdrhistogram.NewHistogramLogReader(bytes.NewReader(text))
	for {
		h, err := r.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			return all
		}
		if dropped := all.Merge(h); dropped != 0 || h.Tag() != tag {
			t.Errorf("an interval of %q, %d dropped", h.Tag(), dropped)
		}
	}
}

func checkWritten(t *testing.T, dir string, r *result.Result) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, FileJSON))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read, err := result.ReadJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	var wrote, again bytes.Buffer
	if err := result.WriteJSON(&wrote, r); err != nil {
		t.Fatal(err)
	}
	if err := result.WriteJSON(&again, read); err != nil || wrote.String() != again.String() {
		t.Errorf("%v: what was read is not what was written:\n%s\n%s", err, wrote.String(), again.String())
	}
	for _, p := range r.Series[0].Parties {
		for _, name := range []string{p.PercentileFile, p.IntervalFile, FileSummary} {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*.new")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
