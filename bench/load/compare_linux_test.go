package load

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
)

// BenchmarkAgainstRedisBenchmark tells how many requests the generator makes of a second of one core, as a multiple of what redis-benchmark does: the
// two in turn on the same server, with the same connections, pipeline, keys and values. The multiple is a median of rounds; the other figures are
// nanoseconds of processor time a request.
//
//	go test -run '^$' -bench RedisBenchmark -benchtime 5x ./bench/load
func BenchmarkAgainstRedisBenchmark(b *testing.B) {
	redis, err := process.New("redis-server", "redis-server")
	if err != nil {
		b.Fatal(err)
	}
	cluster, err := redis.Start(b.Context(), target.Topology{Nodes: 1, Options: map[string]string{"cluster-enabled": "no"}})
	if err != nil {
		b.Fatalf("redis-server has to be installed: %v", err)
	}
	defer cluster.Close()
	addr := cluster.Nodes()[0].Addr()
	for _, c := range []struct{ pipeline, requests int }{{1, 60_000}, {16, 600_000}, {100, 1_200_000}} {
		b.Run(fmt.Sprintf("P=%d", c.pipeline), func(b *testing.B) {
			g, err := Open(b.Context(), Config{
				Addrs: []string{addr}, Connections: 50, Pipeline: c.pipeline,
				Workload: Workload{ReadShare: 1, Keys: 100_000, ValueBytes: 64, Distribution: DistributionUniform},
			})
			if err != nil {
				b.Fatal(err)
			}
			defer g.Close()
			if err := g.Fill(b.Context()); err != nil {
				b.Fatal(err)
			}
			var ours, theirs, multiples []float64
			for range b.N {
				ours = append(ours, ownNanos(b, g))
				theirs = append(theirs, redisBenchmarkNanos(b, addr, c.pipeline, c.requests))
				multiples = append(multiples, theirs[len(theirs)-1]/ours[len(ours)-1])
			}
			b.ReportMetric(stats.Median(multiples), "multiple")
			b.ReportMetric(stats.Median(ours), "ns/request")
			b.ReportMetric(stats.Median(theirs), "redis-benchmark-ns/request")
			b.ReportMetric(0, "ns/op") // a round has no meaning of its own
		})
	}
}

func ownNanos(b *testing.B, g *Generator) float64 {
	s := NewSample()
	g.Run(b.Context(), time.Second, nil, s)
	if s.OK != s.Sent {
		b.Fatalf("%+v", s.Counts)
	}
	return float64(s.OwnCPU) / float64(s.OK)
}

// redisBenchmarkNanos counts the whole process, whose start is a hundredth of it.
func redisBenchmarkNanos(b *testing.B, addr string, pipeline, requests int) float64 {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("redis-benchmark", "-h", host, "-p", port, "-t", "get", "-n", strconv.Itoa(requests), "-P", strconv.Itoa(pipeline),
		"-c", "50", "-d", "64", "-r", "100000", "-q")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("redis-benchmark has to be installed: %v\n%s", err, out)
	}
	return float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / float64(requests)
}
