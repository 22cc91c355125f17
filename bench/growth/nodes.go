package growth

import (
	"context"
	"errors"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
)

const (
	// nodesTimeout is cluster-node-timeout of the growing cluster: half of it is the longest a node goes without a ping.
	nodesTimeout = 5 * time.Second
	// nodesWatched is how long each cluster is watched, doing nothing.
	nodesWatched = 5 * time.Second
)

// byNodes is what keeping the cluster together costs each node of an idle cluster of primaries.
func byNodes(sizes []int) sweep {
	return sweep{
		name: "nodes", x: "nodes", sizes: sizes,
		costs: []result.Growth{
			{ID: "nodes/bus-bytes", Title: "bytes a second that a node sends on the cluster bus", Unit: "bytes",
				Note: "an idle cluster of primaries, node timeout 5 s; payload, from the kernel's counters of the bus connections"},
			{ID: "nodes/cpu", Title: "processor time that a node of an idle cluster takes in a second", Unit: "ns",
				Note: "simulated nodes make no system calls, and those are most of a real node's"},
		},
		at: watchIdle,
	}
}

// watchIdle forms a cluster and looks at it for a while.
func watchIdle(ctx context.Context, s *subject, nodes int) (_ []float64, err error) {
	server, err := rig.StartCluster(ctx, s.spec, rig.Shape{Primaries: nodes, NodeTimeout: nodesTimeout})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	s.name = server.Name
	ports := make(map[uint16]bool)
	for _, n := range server.Cluster.Nodes() {
		ports[uint16(n.BusPort())] = true
	}
	before, err := look(server, ports)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(nodesWatched):
	}
	after, err := look(server, ports)
	if err != nil {
		return nil, err
	}
	nodeSeconds := time.Since(begun).Seconds() * float64(nodes)
	return []float64{float64(after.bytes-before.bytes) / nodeSeconds, float64(after.cpu-before.cpu) / nodeSeconds}, nil
}

// spent is what a cluster has used up so far.
type spent struct {
	bytes uint64
	cpu   time.Duration
}

func look(s *rig.Server, ports map[uint16]bool) (now spent, err error) {
	for i := range s.Addrs {
		if s.PID(i) == 0 {
			return spent{}, errors.New("the nodes are no processes of this machine")
		}
		cpu, err := duet.ProcessCPU(s.PID(i))()
		if err != nil {
			return spent{}, err
		}
		now.cpu += cpu
	}
	now.bytes, err = bytesSent(ports)
	return now, err
}
