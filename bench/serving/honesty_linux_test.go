package serving

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/fake"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/compose/target"
)

// What a stopwatch must not get wrong, tried on servers whose faults are known.

func honestOptions(d time.Duration) Options {
	o := DefaultOptions()
	o.Duration, o.Workloads, o.Pipelines, o.Keys, o.Sweep = d, []string{"get"}, []int{1}, 100, false
	return o
}

// A real server that stands still for 50 ms of every second has that in its p99: one request in twenty is due in a pause, and waits. A benchmark that asks
// again when it is answered would miss it (coordinated omission).
func TestPausesAreInTheP99(t *testing.T) {
	const (
		pause  = 50 * time.Millisecond
		period = time.Second
	)
	s, err := rig.StartNode(t.Context(), "redis-server", false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	session, err := Open(t.Context(), honestOptions(6*time.Second), []*rig.Server{s})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := session.Measure(t.Context(), "get-p1"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var pausing sync.WaitGroup
	pausing.Go(func() { pauseAgainAndAgain(ctx, t, s.Cluster.Nodes()[0].(target.Pauser), period, pause) })
	series, _, err := session.Measure(t.Context(), "get-p1-open")
	cancel()
	pausing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	// The base and its twin are the same server here. A pause begins in a slice of one of them, and lasts longer than what is left of it.
	worst := max(series.Parties[0].Latency.P99, series.Parties[1].Latency.P99)
	if series.Loop != result.LoopOpen || time.Duration(worst) < pause*3/10 {
		t.Errorf("the p99 is %v of a server that stands still for %v of every %v", time.Duration(worst), pause, period)
	}
	for _, p := range series.Parties {
		if p.Generator.Lateness == nil || p.Generator.CPUShare <= 0 || p.Counts.Failed() > 0 {
			t.Errorf("%+v", p)
		}
	}
}

// pauseAgainAndAgain stops the process and lets it go on, until ctx ends.
func pauseAgainAndAgain(ctx context.Context, t *testing.T, node target.Pauser, period, pause time.Duration) {
	for turns := time.NewTicker(period); ; {
		select {
		case <-ctx.Done():
			turns.Stop()
			return
		case <-turns.C:
			err := node.Pause(context.Background())
			time.Sleep(pause) // not for something to happen: it is the pause
			if resumed := node.Resume(context.Background()); err != nil || resumed != nil {
				t.Errorf("pausing: %v, %v", err, resumed)
				return
			}
		}
	}
}

// A server that takes 10 % longer for each request is called slower, and one that takes as long is not. As a gate does, it is measured until it is decided.
func TestTenPercentAreFound(t *testing.T) {
	const (
		cost  = time.Millisecond
		turns = 6
	)
	servers := []*rig.Server{toiling(t, "base", cost), toiling(t, "equal", cost), toiling(t, "slow", cost*11/10)}
	o := honestOptions(4 * time.Second)
	o.Connections = 16
	session, err := Open(t.Context(), o, servers)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := make(map[string]stats.Verdict)
	words := ""
	for turn := 0; turn < turns && verdicts["slow"] != stats.Slower; turn++ {
		s, _, err := session.Measure(t.Context(), "get-p1")
		if err != nil {
			t.Fatal(err)
		}
		words = ""
		for _, c := range s.Comparisons {
			if c.Metric == "throughput" {
				verdicts[c.Other] = c.Verdict
				words += fmt.Sprintf("%s: %s\n", c.Other, c.Words)
			}
		}
	}
	if equal := verdicts["equal"]; verdicts["slow"] != stats.Slower || equal == stats.Slower || equal == stats.Faster {
		t.Error(words)
	}
}

// toiling is a server without cluster mode that works on one request at a time, for as long as each costs. It keeps a timetable, so that it makes up for
// being woken late: how busy the machine is otherwise makes it no slower.
func toiling(t *testing.T, name string, cost time.Duration) *rig.Server {
	var (
		mutex sync.Mutex
		free  time.Time // when all that was accepted is done
	)
	work := func() {
		mutex.Lock()
		if now := time.Now(); free.Before(now) {
			free = now
		}
		free = free.Add(cost)
		done := free
		mutex.Unlock()
		time.Sleep(time.Until(done))
	}
	value := fake.Bulk(strings.Repeat("x", DefaultOptions().ValueBytes))
	addr := fake.Start(t, func(args []string) string {
		switch args[0] {
		case "GET":
			work()
			return value
		case "SET":
			return "+OK\r\n"
		}
		return fake.NoCluster
	})
	return &rig.Server{Target: result.Target{Name: name, Nodes: 1}, Addrs: []string{addr}}
}
