package load

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/wire"
)

func reads(f *fake) Config {
	return Config{
		Addrs: []string{f.addr}, Connections: 4, Pipeline: 3, Seed: 1, Timeout: 2 * time.Second,
		Workload: Workload{ReadShare: 1, Keys: 100, ValueBytes: fakeValueBytes, Distribution: DistributionUniform},
	}
}

func open(t *testing.T, config Config) *Generator {
	t.Helper()
	g, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// measure runs and checks what holds for every run: each request is counted once, and each one with a latency has one.
func measure(t *testing.T, g *Generator, d time.Duration, p pace.Pacer) *Sample {
	t.Helper()
	s := NewSample()
	g.Run(t.Context(), d, p, s)
	if sum := s.Answered() + s.Failed(); sum != s.Sent || s.Sent == 0 {
		t.Errorf("%d were sent, %d are accounted for: %+v", s.Sent, sum, s.Counts)
	}
	if got, want := s.Latency.TotalCount(), s.Answered()+s.Timeouts+s.Unanswered; got != int64(want) {
		t.Errorf("%d latencies for %d requests: %+v", got, want, s.Counts)
	}
	return s
}

func TestClosedLoop(t *testing.T) {
	for _, share := range []float64{0, 0.5, 1} {
		f := newFake(t, honest)
		config := reads(f)
		config.Workload.ReadShare = share
		g := open(t, config)
		s := measure(t, g, 50*time.Millisecond, nil)
		if s.OK != s.Sent || s.Latency.Max() == 0 || s.Lateness.TotalCount() != 0 || s.Elapsed < 50*time.Millisecond || s.OwnCPU <= 0 {
			t.Errorf("reading %v: %+v in %v for %v of processor time", share, s.Counts, s.Elapsed, s.OwnCPU)
		}
		if again := measure(t, g, 20*time.Millisecond, nil); again.OK != again.Sent {
			t.Errorf("a second run: %+v", again.Counts)
		}
	}
}

func TestFillWritesEachKeyOnce(t *testing.T) {
	one := newFake(t, honest)
	config := reads(one)
	config.Workload.Keys = 1001
	if err := open(t, config).Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys := one.asked()
	for i := range config.Workload.Keys {
		if got := keys[fmt.Sprintf("key:%012d", i)]; got != 1 {
			t.Fatalf("key %d was written %d times", i, got)
		}
	}
	if len(keys) != config.Workload.Keys {
		t.Errorf("%d keys were written", len(keys))
	}
}

func TestFillFailsWhenAWriteIsRefused(t *testing.T) {
	f := newFake(t, func(s *session, args []string) string {
		if args[0] == "SET" && args[1] == "key:000000000050" {
			return "-OOM command not allowed\r\n"
		}
		return honest(s, args)
	})
	if err := open(t, reads(f)).Fill(t.Context()); err == nil || !strings.Contains(err.Error(), "1 answered by OOM") {
		t.Errorf("got %v", err)
	}
}

// A server that answers wrongly is found out, whatever the way.
func TestWrongAnswers(t *testing.T) {
	for _, c := range []struct {
		name, reply string
		count       func(*Sample) uint64
		all         bool // of the requests: no answer spoils the connection
	}{
		{"another value of the right length", "$10\r\n0123456789\r\n", func(s *Sample) uint64 { return s.OK }, true},
		{"null", "$-1\r\n", func(s *Sample) uint64 { return s.Misses }, true},
		{"null of RESP3", "_\r\n", func(s *Sample) uint64 { return s.Misses }, true},
		{"a shorter value", "$9\r\nxxxxxxxxx\r\n", func(s *Sample) uint64 { return s.Wrong }, true},
		{"a longer value", "$11\r\nxxxxxxxxxxx\r\n", func(s *Sample) uint64 { return s.Wrong }, true},
		{"another type", "+OK\r\n", func(s *Sample) uint64 { return s.Wrong }, true},
		{"an array", "*2\r\n$1\r\nx\r\n:1\r\n", func(s *Sample) uint64 { return s.Wrong }, true},
		{"an error", "-LOADING wait\r\n", func(s *Sample) uint64 { return s.Errors["LOADING"] }, true},
		{"an error without words", "-\r\n", func(s *Sample) uint64 { return s.Errors["(empty error)"] }, true},
		{"a redirect that is none", "-MOVED somewhere\r\n", func(s *Sample) uint64 { return s.Errors["MOVED"] }, true},
		{"no RESP", "hello\r\n", func(s *Sample) uint64 { return s.Wrong + s.Lost }, true},
		{"a bulk that is longer than it says", "$10\r\nxxxxxxxxxxxx\r\n", func(s *Sample) uint64 { return s.Wrong + s.Lost }, true},
		{"two replies for one", "$10\r\nxxxxxxxxxx\r\n$10\r\nxxxxxxxxxx\r\n", func(s *Sample) uint64 { return s.Surplus }, false},
		{"a reply larger than any buffer", "$16000000\r\n" + strings.Repeat("x", 200_000), func(s *Sample) uint64 { return s.Wrong + s.Lost }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := measure(t, open(t, reads(newFake(t, instead(c.reply)))), 30*time.Millisecond, nil)
			if got := c.count(s); got == 0 || c.all && got != s.Sent {
				t.Errorf("%d of %+v", got, s.Counts)
			}
		})
	}
}

// The replies may come in any pieces.
func TestRepliesInPieces(t *testing.T) {
	var turn atomic.Int64
	f := newFake(t, func(s *session, args []string) string {
		if args[0] == "CLUSTER" {
			return honest(s, args)
		}
		whole := honest(s, args)
		if turn.Add(1)%7 == 0 {
			time.Sleep(time.Millisecond) // what is buffered so far goes out, being more than the buffer
		}
		return whole
	})
	config := reads(f)
	config.Pipeline, config.Workload.ReadShare = 1000, 0.5 // 1000 replies do not fit into the fake's buffer of 4096
	if s := measure(t, open(t, config), 50*time.Millisecond, nil); s.OK != s.Sent {
		t.Errorf("%+v", s.Counts)
	}
}

func TestLargeValues(t *testing.T) {
	const size = 300_000
	f := newFake(t, instead("$300000\r\n"+strings.Repeat("x", size)+"\r\n"))
	for _, share := range []float64{0, 1} {
		config := reads(f)
		config.Workload.ReadShare, config.Workload.ValueBytes = share, size
		if s := measure(t, open(t, config), 50*time.Millisecond, nil); s.OK != s.Sent {
			t.Errorf("reading %v: %+v", share, s.Counts)
		}
	}
}

// The test of coordinated omission: a server that stands still for 50 ms of every 500. One request in ten falls into a pause, whatever the client
// does, so the p99 is nearly the whole pause. A closed loop stops asking during the pause and all but misses it.
func TestOpenLoopShowsPauses(t *testing.T) {
	const (
		pause  = 50 * time.Millisecond
		second = 500 * time.Millisecond
		rate   = 2000
	)
	p := pauses{started: time.Now(), every: second, length: pause}
	f := newFake(t, func(s *session, args []string) string {
		p.wait()
		return honest(s, args)
	})
	config := reads(f)
	config.Pipeline, config.Connections = 1, 1
	g := open(t, config)
	for name, pacer := range map[string]pace.Pacer{"uniform": pace.Uniform{PerSecond: rate}, "poisson": pace.Poisson{PerSecond: rate, Seed: 3}} {
		s := measure(t, g, 2*second, pacer)
		p50, p99 := time.Duration(s.Latency.ValueAtQuantile(50)), time.Duration(s.Latency.ValueAtQuantile(99))
		if p99 < pause*6/10 || p50 > pause/2 {
			t.Errorf("%s: p50 is %v and p99 is %v of a server that pauses for %v", name, p50, p99, pause)
		}
		if sent := float64(s.Sent) / (rate * 2 * second.Seconds()); sent < 0.85 || sent > 1.15 || s.Lateness.TotalCount() != int64(s.Sent) {
			t.Errorf("%s: %.2f of the requests were sent, %d latenesses", name, sent, s.Lateness.TotalCount())
		}
	}
	closed := measure(t, g, 2*second, nil)
	if share := 1 - closed.shareBelow(pause/2); share > 0.02 {
		t.Errorf("the closed loop had %.1f %% of its requests in a pause: it is not closed", 100*share)
	}
}

func (s *Sample) shareBelow(limit time.Duration) float64 {
	var below int64
	for _, bar := range s.Latency.Distribution() {
		if bar.To <= int64(limit) {
			below += bar.Count
		}
	}
	return float64(below) / float64(s.Latency.TotalCount())
}

// A server that stops answering: what is unanswered in the end counts with its age, in the open loop everything that was due.
func TestUnansweredCountWithTheirAge(t *testing.T) {
	const rate, d, timeout = 1000, 100 * time.Millisecond, 300 * time.Millisecond
	f := newFake(t, instead(""))
	config := reads(f)
	config.Timeout, config.Pipeline = timeout, 1
	g := open(t, config)
	s := measure(t, g, d, pace.Uniform{PerSecond: rate})
	if s.Unanswered+s.Timeouts != s.Sent || s.Sent != rate/10 {
		t.Errorf("open loop: %+v", s.Counts)
	}
	if youngest, oldest := time.Duration(s.Latency.Min()), time.Duration(s.Latency.Max()); youngest < timeout-d || oldest < timeout {
		t.Errorf("open loop: ages from %v to %v", youngest, oldest)
	}
	s = measure(t, g, d, nil)
	if s.Unanswered+s.Timeouts != s.Sent || s.Sent != uint64(config.Connections) || time.Duration(s.Latency.Min()) < timeout-5*time.Millisecond {
		t.Errorf("closed loop: %+v, youngest %v", s.Counts, time.Duration(s.Latency.Min()))
	}
}

// In a long run a request that nobody answers times out, and its connection is made anew.
func TestTimeouts(t *testing.T) {
	f := newFake(t, func(s *session, args []string) string {
		if s.served%20 == 0 {
			time.Sleep(150 * time.Millisecond)
		}
		return honest(s, args)
	})
	config := reads(f)
	config.Timeout = 60 * time.Millisecond
	s := measure(t, open(t, config), 400*time.Millisecond, nil)
	if s.Timeouts == 0 || s.OK == 0 || time.Duration(s.Latency.Max()) < config.Timeout {
		t.Errorf("%+v, slowest %v", s.Counts, time.Duration(s.Latency.Max()))
	}
}

func TestBrokenConnectionsAreMadeAnew(t *testing.T) {
	f := newFake(t, func(s *session, args []string) string {
		s.hangUp = s.served == 100
		return honest(s, args)
	})
	config := reads(f)
	s := measure(t, open(t, config), 300*time.Millisecond, nil)
	if s.Lost == 0 || s.OK <= 100*uint64(config.Connections) {
		t.Errorf("%+v", s.Counts)
	}
}

// A node that is gone takes no time to say so: what waits for it must count as waiting, not as answered.
func TestRequestsWaitForANodeThatIsGone(t *testing.T) {
	f := newFake(t, honest)
	config := reads(f)
	config.Timeout = 200 * time.Millisecond
	g := open(t, config)
	f.stop()
	s := measure(t, g, 100*time.Millisecond, pace.Uniform{PerSecond: 1000})
	if s.OK > 0 || s.Unanswered+s.Timeouts+s.Lost != s.Sent || s.Unanswered+s.Timeouts < s.Sent/2 {
		t.Errorf("%+v", s.Counts)
	}
}

// twoNodes is a cluster whose first node, until it is told the truth, says that it serves all slots.
func twoNodes(t *testing.T, redirect string) (first, second *fake, truth *atomic.Bool) {
	first, second, truth = listen(t), listen(t), &atomic.Bool{}
	second.start(t, func(s *session, args []string) string {
		asked := s.asked
		switch s.asked = args[0] == "ASKING"; {
		case s.asked:
			return "+OK\r\n"
		case args[0] == "CLUSTER":
			return slotsReply(first.addr, second.addr)
		case redirect == "ASK" && !asked:
			return "-MOVED 1 " + first.addr + "\r\n"
		}
		return honest(s, args)
	})
	first.start(t, func(s *session, args []string) string {
		switch {
		case args[0] == "CLUSTER" && truth.Load():
			return slotsReply(first.addr, second.addr)
		case args[0] == "CLUSTER":
			return slotsReply(first.addr)
		case wire.SlotOf(args[1]) >= wire.Slots/2:
			return fmt.Sprintf("-%s %d %s\r\n", redirect, wire.SlotOf(args[1]), second.addr)
		}
		return honest(s, args)
	})
	return first, second, truth
}

func TestMoved(t *testing.T) {
	first, second, truth := twoNodes(t, "MOVED")
	g := open(t, reads(first))
	truth.Store(true)
	s := measure(t, g, 400*time.Millisecond, nil)
	if s.OK != s.Sent || s.Moved == 0 {
		t.Errorf("%+v", s.Counts)
	}
	after := measure(t, g, 100*time.Millisecond, nil)
	if after.OK != after.Sent || after.Moved != 0 {
		t.Errorf("with the new map: %+v", after.Counts)
	}
	for key := range second.asked() {
		if wire.SlotOf(key) < wire.Slots/2 {
			t.Errorf("the second node was asked for %s", key)
		}
	}
}

// When a primary is gone, the generator finds out who has taken over, and what was waiting goes there.
func TestFailover(t *testing.T) {
	first, second := listen(t), listen(t)
	serving := func(addr string) func(*session, []string) string {
		return func(s *session, args []string) string {
			if args[0] == "CLUSTER" {
				return slotsReply(addr)
			}
			return honest(s, args)
		}
	}
	first.start(t, serving(first.addr))
	second.start(t, serving(second.addr))
	config := reads(first)
	config.Addrs = append(config.Addrs, second.addr)
	g := open(t, config)
	first.stop()
	s := measure(t, g, 500*time.Millisecond, pace.Uniform{PerSecond: 1000})
	if s.OK < s.Sent*9/10 || s.OK+s.Lost != s.Sent {
		t.Errorf("%+v", s.Counts)
	}
	if after := measure(t, g, 50*time.Millisecond, nil); after.OK != after.Sent {
		t.Errorf("afterwards: %+v", after.Counts)
	}
}

func TestAsk(t *testing.T) {
	first, second, _ := twoNodes(t, "ASK")
	g := open(t, reads(first))
	s := measure(t, g, 200*time.Millisecond, nil)
	if s.OK != s.Sent || s.Ask == 0 || s.Moved != 0 {
		t.Errorf("%+v", s.Counts)
	}
	if len(second.asked()) == 0 {
		t.Error("the second node was never asked")
	}
}

func TestRedirectsInCirclesEnd(t *testing.T) {
	f := listen(t)
	f.start(t, func(_ *session, args []string) string {
		if args[0] == "CLUSTER" {
			return slotsReply(f.addr)
		}
		return "-MOVED 1 " + f.addr + "\r\n"
	})
	s := measure(t, open(t, reads(f)), 50*time.Millisecond, nil)
	if s.Errors["MOVED"] != s.Sent || s.Moved != maxHops*s.Sent {
		t.Errorf("%+v", s.Counts)
	}
}

// All load is spread over the primaries by what they serve, in both loops.
func TestLoadIsSpread(t *testing.T) {
	var fakes []*fake
	var addrs []string
	for range 3 {
		f := listen(t)
		fakes, addrs = append(fakes, f), append(addrs, f.addr)
	}
	for _, f := range fakes {
		f.start(t, func(s *session, args []string) string {
			if args[0] == "CLUSTER" {
				return slotsReply(addrs...)
			}
			return honest(s, args)
		})
	}
	config := reads(fakes[0])
	config.Workload.Keys, config.Connections = 3000, 7
	g := open(t, config)
	if err := g.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	measure(t, g, 300*time.Millisecond, pace.Uniform{PerSecond: 3000})
	for i, f := range fakes {
		for key, n := range f.asked() {
			if slot := wire.SlotOf(key); slot < i*wire.Slots/3 || slot >= (i+1)*wire.Slots/3 {
				t.Fatalf("node %d was asked for %s %d times, in slot %d", i, key, n, slot)
			}
		}
		if n := f.requests.Load(); n < 1000 {
			t.Errorf("node %d had %d requests", i, n)
		}
	}
	if n := len(g.conns); n != config.Connections {
		t.Errorf("%d connections instead of %d", n, config.Connections)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	g := open(t, reads(newFake(t, honest)))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s := NewSample()
	g.Run(ctx, time.Hour, nil, s)
	if s.OK == 0 || s.OK != s.Sent {
		t.Errorf("%+v", s.Counts)
	}
}

func TestOpenRefuses(t *testing.T) {
	f := newFake(t, honest)
	nobody := newFake(t, func(*session, []string) string { return "*0\r\n" })
	for want, change := range map[string]func(*Config){
		"no address":                func(c *Config) { c.Addrs = nil },
		"0 connections":             func(c *Config) { c.Connections = 0 },
		"10001 connections":         func(c *Config) { c.Connections = 10001 },
		"pipeline of 0":             func(c *Config) { c.Pipeline = 0 },
		"negative":                  func(c *Config) { c.Timeout = -1 },
		"share of reads":            func(c *Config) { c.Workload.ReadShare = 1.1 },
		"0 keys":                    func(c *Config) { c.Workload.Keys = 0 },
		"values of -1 bytes":        func(c *Config) { c.Workload.ValueBytes = -1 },
		"unknown key distribution":  func(c *Config) { c.Workload.Distribution = "normal" },
		"serves no slot":            func(c *Config) { c.Addrs = []string{nobody.addr} },
		"learning who serves which": func(c *Config) { c.Addrs = []string{"127.0.0.1:1"} },
	} {
		config := reads(f)
		change(&config)
		if g, err := Open(t.Context(), config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, g, err)
		}
	}
}

// A real server finds nothing to complain about, and every reply is what it should be.
func TestLiveServer(t *testing.T) {
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
	if reply, err := target.Ask(t.Context(), addr, "CLUSTER", "ADDSLOTSRANGE", "0", "16383"); err != nil || reply.IsError() {
		t.Fatal(reply, err)
	}
	for _, share := range []float64{0, 0.9, 1} {
		for _, size := range []int{0, 64, 100_000} {
			config := Config{
				Addrs: []string{addr}, Connections: 5, Pipeline: 10, Seed: 1,
				Workload: Workload{ReadShare: share, Keys: 500, ValueBytes: size, Distribution: DistributionZipfian},
			}
			g := open(t, config)
			deadline := time.Now().Add(5 * time.Second)
			for err = g.Fill(t.Context()); err != nil && strings.Contains(err.Error(), "CLUSTERDOWN") && time.Now().Before(deadline); {
				time.Sleep(50 * time.Millisecond) // the node has just been given its slots
				err = g.Fill(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := measure(t, g, 30*time.Millisecond, nil); s.OK != s.Sent {
				t.Errorf("reading %v of %d bytes, closed loop: %+v", share, size, s.Counts)
			}
			if s := measure(t, g, 30*time.Millisecond, pace.Uniform{PerSecond: 500}); s.OK != s.Sent {
				t.Errorf("reading %v of %d bytes, open loop: %+v", share, size, s.Counts)
			}
		}
	}
}

func TestQueueKeepsOrderWhileItGrows(t *testing.T) {
	var q queue
	var want []int64
	for i := range int64(1000) {
		q.push(batch{at: i})
		want = append(want, i)
		if i%3 == 2 {
			q.drop()
			want = want[1:]
		}
	}
	var got []int64
	for i := range q.count {
		got = append(got, q.at(i).at)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCountsAdd(t *testing.T) {
	a := Counts{Sent: 1, OK: 2, Misses: 3, Wrong: 4, Lost: 5, Timeouts: 6, Unanswered: 7, Moved: 8, Ask: 9, Surplus: 10, Errors: map[string]uint64{"ERR": 1}}
	b := Counts{}
	b.add(&a)
	b.add(&a)
	sums := []uint64{b.Sent, b.OK, b.Misses, b.Wrong, b.Lost, b.Timeouts, b.Unanswered, b.Moved, b.Ask, b.Surplus, b.Errors["ERR"], b.Answered(), b.Failed()}
	if want := []uint64{2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 2, 10, 46}; !slices.Equal(sums, want) {
		t.Errorf("%+v", b)
	}
}
