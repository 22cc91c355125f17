package growth

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
)

// connectionsLoaded is how long each number of connections is loaded.
const connectionsLoaded = 1500 * time.Millisecond

// fewestWeighed is how many connections it takes to be seen in the memory of a process.
const fewestWeighed = 100

// byConnections is what a request costs as it comes from more and more connections, all of them busy.
func byConnections(sizes []int) sweep {
	return sweep{
		name: "connections", x: "connections", sizes: sizes,
		costs: []result.Growth{
			{ID: "connections/cpu", Title: "processor time of the server for a GET", Unit: "ns", Note: "closed loop, one request at a time on each connection"},
			{ID: "connections/p99", Title: "latency of a GET, p99", Unit: "ns"},
			{ID: "connections/memory", Title: "resident memory of a busy connection", Unit: "bytes", Note: "that of few connections is lost among the pages of the process"},
		},
		at: loadFrom,
	}
}

// loadFrom loads one node from so many connections.
func loadFrom(ctx context.Context, s *subject, connections int) ([]float64, error) {
	const keys = 10_000
	fresh := s.server == nil
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	g, err := load.Open(ctx, load.Config{
		Addrs: s.server.Addrs, Connections: connections, Pipeline: 1, Seed: s.seed,
		Workload: load.Workload{ReadShare: 1, Keys: keys, ValueBytes: valueBytes, Distribution: load.DistributionUniform},
	})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	if fresh { // the keys are not to be counted with the connections
		if err := g.Fill(ctx); err != nil {
			return nil, err
		}
		if s.bare, err = rig.Resident(s.server.PID(0)); err != nil {
			return nil, err
		}
	}
	before, err := s.server.CPU()()
	if err != nil {
		return nil, err
	}
	sample := load.NewSample()
	g.Run(ctx, connectionsLoaded, nil, sample)
	after, err := s.server.CPU()()
	if err != nil {
		return nil, err
	}
	if sample.Failed() > 0 || sample.Answered() == 0 {
		return nil, fmt.Errorf("%d of %d requests failed", sample.Failed(), sample.Sent)
	}
	full, err := rig.Resident(s.server.PID(0))
	memory := math.NaN()
	if grown := full - s.bare; grown > 0 && connections >= fewestWeighed {
		memory = float64(grown) / float64(connections)
	}
	return []float64{float64(after-before) / float64(sample.Answered()), float64(sample.Latency.ValueAtQuantile(99)), memory}, err
}
