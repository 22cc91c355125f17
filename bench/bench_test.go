package bench

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
)

// A cluster that was there before is not written into unless that is allowed, and never changed.
func TestExistingClusters(t *testing.T) {
	redis, err := process.New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := redis.Start(t.Context(), target.Topology{Nodes: 1})
	if err != nil {
		t.Fatalf("redis-server has to be installed: %v", err)
	}
	defer cluster.Close()
	addr := cluster.Nodes()[0].Addr()
	if err := serveAllSlots(t.Context(), addr); err != nil {
		t.Fatal(err)
	}
	if err := serveAllSlots(t.Context(), addr); err == nil || !strings.Contains(err.Error(), "already busy") {
		t.Errorf("giving slots twice: %v", err)
	}
	if _, err := start(t.Context(), "addr:"+addr, false); err == nil || !strings.Contains(err.Error(), "--destructive") {
		t.Errorf("without leave: %v", err)
	}
	s, err := start(t.Context(), "addr:"+addr, true)
	if err != nil {
		t.Fatal(err)
	}
	if s.Nodes != 1 || s.Server != "redis" || s.cpu() != nil || !strings.HasPrefix(s.Name, "addr:") {
		t.Errorf("%+v", s.Target)
	}
	if err := s.cluster.Close(); err != nil {
		t.Error(err)
	}
	if reply, err := target.Ask(t.Context(), addr, "DBSIZE"); err != nil || reply.Text != "0" {
		t.Errorf("the cluster has %v keys, %v", reply, err)
	}
}

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Options){
		"no target":          func(o *Options) { o.Targets = nil },
		"too short":          func(o *Options) { o.Duration = time.Second },
		"no pipeline":        func(o *Options) { o.Pipelines = nil },
		"pipeline of -1":     func(o *Options) { o.Pipelines = []int{1, -1} },
		"0 connections":      func(o *Options) { o.Connections = 0 },
		"0 keys":             func(o *Options) { o.Keys = 0 },
		"values of -1 bytes": func(o *Options) { o.ValueBytes = -1 },
	} {
		o := DefaultOptions()
		change(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if r, _, err := Run(t.Context(), o, Listener{}); err == nil || r != nil {
			t.Errorf("%s: the run began", want)
		}
	}
}

// A command line that makes no sense is refused before anything is started.
func TestUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"unknown form":    {"--target", "redis"},
		"unknown flag":    {"--speed", "1"},
		"unknown command": {"redis-server"},
		"too short":       {"--duration", "1s"},
		"pipeline of 0":   {"--pipeline", "1,0"},
	} {
		cmd := Command("test")
		cmd.SetArgs(args)
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// The reference is measured as a process of its own, started from this program.
func TestTheReferenceIsAProcess(t *testing.T) {
	r, err := resolve("reference")
	if err != nil {
		t.Fatal(err)
	}
	if _, isProcess := r.(*process.Target); !isProcess || r.Spec() != "reference" {
		t.Errorf("%T of %q", r, r.Spec())
	}
}

func TestReadJSONRefusesAnotherSchema(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": "clusterspec.bench/2"}`: `"clusterspec.bench/2", this program reads "clusterspec.bench/1"`,
		`{}`:                                `its schema is ""`,
		`{`:                                 "reading a benchmark result",
	} {
		if r, err := ReadJSON(strings.NewReader(text)); r != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// twice are rounds of a base, its twin, and a server twice as fast.
func twice() []duet.Series {
	var series []duet.Series
	for i, name := range []string{"base", "base" + twinSuffix, "other"} {
		speed := []float64{1, 1, 2}[i]
		s := duet.Series{Name: name, Total: load.NewSample(), Rounds: map[duet.Metric][]float64{}}
		for round := range 20 {
			weather := 1 + float64(round)/100
			s.Rounds[duet.Throughput] = append(s.Rounds[duet.Throughput], 1000*speed*weather)
			for _, m := range []duet.Metric{duet.CPU, duet.P50, duet.P99} {
				s.Rounds[m] = append(s.Rounds[m], 1000/speed/weather)
			}
		}
		s.Total.Sent, s.Total.OK, s.Total.Elapsed, s.Total.OwnCPU = 1000, 1000, time.Second, time.Second/2
		series = append(series, s)
	}
	return series
}

// What the generator or a failing server has spoilt is not called faster.
func TestSpoiltComparisons(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(*load.Sample)
		cpuToo bool
		words  string // empty: nothing is spoilt
	}{
		{"nothing", func(*load.Sample) {}, false, ""},
		{"the generator was the bottleneck", func(s *load.Sample) { s.OwnCPU = 950 * time.Millisecond }, false, "the generator spoilt the figures of"},
		{"requests failed", func(s *load.Sample) { s.OK, s.Errors = 990, map[string]uint64{"LOADING": 10} }, true, "10 of 1000 requests to"},
		{"surplus replies", func(s *load.Sample) { s.Surplus = 1 }, true, "0 of 1000 requests to"},
	} {
		for _, spoilt := range []int{0, 2} {
			played := twice()
			c.spoil(played[spoilt].Total)
			s := Series{}
			for _, p := range played {
				s.Parties = append(s.Parties, newParty(p))
			}
			s.compare(played, duet.Metrics, 1)
			for _, comparison := range s.Comparisons {
				want := stats.Faster
				if c.words != "" && (comparison.Metric != duet.CPU || c.cpuToo) {
					want = stats.Inconclusive
				}
				if comparison.Other == "other" && (comparison.Verdict != want || want == stats.Inconclusive && !strings.Contains(comparison.Words, c.words)) {
					t.Errorf("%s, party %d: %s is %s: %s", c.name, spoilt, comparison.Metric, comparison.Verdict, comparison.Words)
				}
			}
			if got := len(notes(&s)) > 0; got != (c.words != "") {
				t.Errorf("%s: the notes are %q", c.name, notes(&s))
			}
		}
	}
}

func TestTooFewRounds(t *testing.T) {
	played := twice()
	for i := range played {
		for m := range played[i].Rounds {
			played[i].Rounds[m] = played[i].Rounds[m][:5]
		}
	}
	s := Series{}
	s.compare(played, duet.Metrics, 1)
	if !strings.Contains(s.Trouble, "measure longer") || len(s.Comparisons) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestFileNames(t *testing.T) {
	for name, want := range map[string]string{
		"redis-server 7.0.15":     "series/get-p1-2-redis-server-7.0.15.hgrm",
		"docker:valkey/valkey:8":  "series/get-p1-2-docker-valkey-valkey-8.hgrm",
		"../../etc":               "series/get-p1-2-..-..-etc.hgrm",
		strings.Repeat("x", 1000): "series/get-p1-2-" + strings.Repeat("x", 40) + ".hgrm",
		"exec:./my server":        "series/get-p1-2-exec-.-my-server.hgrm",
		"\u00fcber":               "series/get-p1-2-ber.hgrm",
	} {
		if got, _ := fileNames("get-p1", 2, name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func TestSteal(t *testing.T) {
	before := parseTicks("cpu  100 0 100 700 50 0 25 25 10 0\ncpu0 1 1 1 1 1 1 1 1 1 1")
	after := parseTicks("cpu  200 0 200 1300 50 0 100 150 10 0")
	if before != (ticks{1000, 25}) || after != (ticks{2000, 150}) {
		t.Fatalf("%+v, %+v", before, after)
	}
	if got := after.stealSince(before); got != 0.125 {
		t.Errorf("%v was stolen", got)
	}
	for _, text := range []string{"", "cpu", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8 9"} {
		if got := parseTicks(text); got != (ticks{}) || got.stealSince(got) != 0 {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

// The summary and the console say all that a reader needs to judge the figures.
func TestSummary(t *testing.T) {
	played := twice()
	played[2].Total.OK, played[2].Total.Misses, played[2].Total.Moved, played[2].Total.Ask = 997, 3, 5, 7
	s := Series{ID: "get-p1", Operation: "GET", Pipeline: 1, Connections: 50, Keys: 10, Distribution: "uniform", ValueBytes: 64, Rounds: 20}
	for _, p := range played {
		s.Parties = append(s.Parties, newParty(p))
	}
	s.compare(played, duet.Metrics, 1)
	r := &Result{
		Suite: "1.2", Seed: 7, Command: []string{"clusterspec", "bench"}, Interrupted: true, Series: []Series{s},
		Targets:     []Target{{Name: "base", Spec: "reference", Server: "clusterspec", Version: "1.2", Nodes: 1}, {Name: "other", Spec: "redis-server", Server: "redis", Version: "7.0.15", Nodes: 3}},
		Environment: Environment{CPU: "a processor", Cores: 2, StealShare: 0.06},
	}
	markdown := Summary(r)
	var console strings.Builder
	if err := WriteSeries(&console, &s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"GET, pipeline 1, closed loop, 50 connections, 64-byte values, 10 keys uniform, 20 rounds", "other / base", "faster: 2.00 times [2.00, 2.00]", "[2.000, 2.000]",
		"the noise floor", "3 keys were not there", "5 MOVED and 7 ASK were followed", "base (again)", "50 %",
	} {
		if !strings.Contains(markdown, want) || !strings.Contains(console.String(), want) {
			t.Errorf("%q is missing in\n%s\n%s", want, markdown, console.String())
		}
	}
	for _, want := range []string{"ended early", "redis 7.0.15, 3 nodes", "the base of all ratios", "a processor, 2 cores", "6.0 % of the processors' time", "seed 7", "`clusterspec bench`", "kernel unknown"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("%q is missing in\n%s", want, markdown)
		}
	}
}
