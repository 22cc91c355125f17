package duet

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// machine is what all parties share: weather that changes slowly, and a clock that runs on by the slices.
type machine struct {
	random   *rand.Rand
	weather  float64
	played   []string
	arrivals []pace.Pacer
}

// server is a pretended one: it gives samples like a server of a certain speed on a noisy machine.
type server struct {
	name    string
	machine *machine
	speed   float64
	used    time.Duration
	stop    context.CancelFunc // called in the middle of the slice
	stopAt  int
}

func (v *server) Run(_ context.Context, d time.Duration, p pace.Pacer, s *load.Sample) {
	m := v.machine
	m.arrivals = append(m.arrivals, p)
	m.weather = 0.95*m.weather + 0.1*m.random.NormFloat64()
	rate := 1000 * v.speed * math.Exp(m.weather+0.15*m.random.NormFloat64())
	s.Elapsed = d
	s.OK = uint64(rate)
	s.Sent = s.OK
	for range 100 {
		s.Latency.RecordValue(int64(1e9 / rate * (1 + m.random.ExpFloat64())))
	}
	v.used += time.Duration(float64(s.OK) * 1000 / v.speed * math.Exp(0.05*m.random.NormFloat64()))
	m.played = append(m.played, v.name)
	if v.stop != nil && len(m.played) == v.stopAt {
		v.stop()
	}
}

func (v *server) cpu() (time.Duration, error) { return v.used, nil }

func players(seed uint64, speeds ...float64) (*machine, []Party) {
	m := &machine{random: rand.New(rand.NewPCG(seed, 0))}
	var parties []Party
	for i, speed := range speeds {
		s := &server{name: fmt.Sprint(i), machine: m, speed: speed}
		parties = append(parties, Party{Name: s.name, Loader: s, CPU: s.cpu})
	}
	return m, parties
}

func verdicts(t *testing.T, comparisons []Comparison, other string) map[Metric]stats.Verdict {
	t.Helper()
	found := make(map[Metric]stats.Verdict)
	for _, c := range comparisons {
		if c.Other == other {
			found[c.Metric] = c.Verdict
		}
	}
	return found
}

// A server that is 10 % slower and one that is twice as fast are told from the base, the base is not told from itself.
func TestPlayTellsServersApart(t *testing.T) {
	_, parties := players(1, 1, 1, 0.9, 2)
	series := Play(t.Context(), Plan{Rounds: 400, Seed: 1}, parties)
	comparisons, err := Compare(series, Metrics, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range Metrics {
		if got := verdicts(t, comparisons, "1")[m]; got == stats.Faster || got == stats.Slower {
			t.Errorf("%s: the base is %s than itself", m, got)
		}
		if got := verdicts(t, comparisons, "2")[m]; got != stats.Slower {
			t.Errorf("%s: a server 10 %% slower is %s", m, got)
		}
		if got := verdicts(t, comparisons, "3")[m]; got != stats.Faster {
			t.Errorf("%s: a server twice as fast is %s", m, got)
		}
	}
	for _, c := range comparisons {
		if isNoise := c.Other == "1"; c.Pairs != 400 || isNoise != (c.Floor == 0) {
			t.Errorf("%+v", c)
		}
	}
	if ratio := series[3].Typical(CPU) / series[0].Typical(CPU); math.Abs(ratio-0.5) > 0.02 {
		t.Errorf("processor time a request is %.3f of the base's", ratio)
	}
}

// Every party plays once a round, in an order that differs from round to round and follows from the seed.
func TestOrder(t *testing.T) {
	play := func(seed uint64) []string {
		m, parties := players(1, 1, 1, 1)
		Play(t.Context(), Plan{Rounds: 60, Seed: seed}, parties)
		return m.played
	}
	played := play(1)
	orders := make(map[string]int)
	for round := range slices.Chunk(played, 3) {
		orders[strings.Join(round, "")]++
		slices.Sort(round)
		if !slices.Equal(round, []string{"0", "1", "2"}) {
			t.Fatalf("a round of %v", round)
		}
	}
	if len(orders) != 6 {
		t.Errorf("the orders were %v", orders)
	}
	if len(played) != 3*(60+WarmUp) {
		t.Errorf("%d slices", len(played))
	}
	if !slices.Equal(play(2), play(2)) || slices.Equal(play(2), play(3)) {
		t.Error("the seed does not decide the order")
	}
}

// In an open loop all parties of a round have the same arrivals, and the next round others. Throughput is then no finding.
func TestOpenLoop(t *testing.T) {
	m, parties := players(1, 1, 1, 2)
	pacer := func(round int) pace.Pacer { return pace.Poisson{PerSecond: 100, Seed: uint64(round)} }
	comparisons, err := Compare(Play(t.Context(), Plan{Rounds: 20, Pacer: pacer}, parties), OpenLoopMetrics, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, arrivals := range m.arrivals {
		if arrivals != pacer(i/3) {
			t.Fatalf("slice %d has the arrivals %+v", i, arrivals)
		}
	}
	if found := verdicts(t, comparisons, "2"); len(found) != 3 || found[P50] != stats.Faster || found[Throughput] != "" {
		t.Errorf("%v", found)
	}
}

func TestTotalsAndIntervals(t *testing.T) {
	_, parties := players(1, 1, 1)
	sums, intervals, rounds := []*hdrhistogram.Histogram{load.NewHistogram(), load.NewHistogram()}, 0, 0
	series := Play(t.Context(), Plan{
		Rounds: 45, Slice: 100 * time.Millisecond,
		Progress: func(done, total int) {
			if rounds++; done != rounds || total != 45+WarmUp {
				t.Errorf("round %d of %d", done, total)
			}
		},
		Interval: func(party int, h *hdrhistogram.Histogram) {
			intervals++
			sums[party].Merge(h)
			if h.StartTimeMs() == 0 || h.EndTimeMs() < h.StartTimeMs() {
				t.Errorf("an interval from %d to %d", h.StartTimeMs(), h.EndTimeMs())
			}
		},
	}, parties)
	for i, s := range series {
		if !sums[i].Equals(s.Total.Latency) || s.Total.Latency.TotalCount() != 4500 || s.Total.Elapsed != 4500*time.Millisecond || len(s.Rounds[P99]) != 45 {
			t.Errorf("party %d: %d latencies in %v", i, s.Total.Latency.TotalCount(), s.Total.Elapsed)
		}
	}
	if intervals == 0 {
		t.Error("no interval was handed out")
	}
}

// What was measured when the run was ended is kept, in whole rounds.
func TestPlayKeepsWholeRoundsWhenItsContextEnds(t *testing.T) {
	_, parties := players(1, 1, 1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, p := range parties {
		p.Loader.(*server).stop, p.Loader.(*server).stopAt = cancel, 3*(WarmUp+20)+2
	}
	for _, s := range Play(ctx, Plan{Rounds: 100}, parties) {
		if n := len(s.Rounds[Throughput]); n != 20 {
			t.Errorf("%d rounds of %s were kept", n, s.Name)
		}
	}
}

func TestCompareLeavesOutWhatIsNotKnown(t *testing.T) {
	_, parties := players(1, 1, 1, 1)
	parties[2].CPU = nil
	comparisons, err := Compare(Play(t.Context(), Plan{Rounds: 20}, parties), Metrics, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, known := verdicts(t, comparisons, "2")[CPU]; known {
		t.Error("the processor time of a party is compared that has none")
	}
	if len(verdicts(t, comparisons, "2")) != 3 || len(verdicts(t, comparisons, "1")) != 4 {
		t.Errorf("%d comparisons", len(comparisons))
	}
	if _, err := Compare(Play(t.Context(), Plan{Rounds: 3}, parties), Metrics, 1); err == nil {
		t.Error("three rounds were enough")
	}
}

func TestRoundsIn(t *testing.T) {
	for _, c := range []struct {
		d       time.Duration
		parties int
		want    int
	}{{40 * time.Second, 2, 395}, {3 * time.Second, 3, 15}, {0, 3, 1}} {
		if got := RoundsIn(c.d, c.parties); got != c.want {
			t.Errorf("%d rounds of %d in %v, want %d", got, c.parties, c.d, c.want)
		}
		if needed := TimeFor(c.want, c.parties); c.d > 0 && (needed > c.d || RoundsIn(needed, c.parties) != c.want) {
			t.Errorf("%d rounds of %d need %v", c.want, c.parties, needed)
		}
	}
}

func TestProcessCPU(t *testing.T) {
	if runtime.GOOS != "linux" {
		if _, err := ProcessCPU(os.Getpid())(); err == nil {
			t.Error("found what only Linux has")
		}
		return
	}
	cpu := ProcessCPU(os.Getpid())
	before, err := cpu()
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 30*time.Millisecond; {
	}
	after, err := cpu()
	if err != nil || after-before < 2*time.Millisecond {
		t.Errorf("from %v to %v: %v", before, after, err)
	}
	if _, err := ProcessCPU(1 << 30)(); err == nil {
		t.Error("a process that does not exist has processor time")
	}
}
