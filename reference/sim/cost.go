package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// BusCost is what each node of an idle cluster spends in a second of virtual time on keeping the cluster together.
type BusCost struct {
	Frames float64 // sent on the cluster bus
	Bytes  float64 // sent on the cluster bus: what the frames have, without what TCP adds
	// CPU is processor time for building, encoding, reading and judging frames and for the periodic work. A real node's
	// system calls come on top of it.
	CPU time.Duration
}

// MeasureBus keeps a cluster of so many primaries together, which share the slots, and says what it cost. The cluster was
// formed before; it has one node timeout to find its rhythm, and then it is watched for as long as watched says.
//
// A World has no clock but its own: cpu reads the processor time that the process has used so far, whatever for.
func MeasureBus(nodes int, nodeTimeout, watched time.Duration, cpu func() time.Duration) (BusCost, error) {
	options := cluster.DefaultOptions()
	options.NodeTimeout = clock.Millis(nodeTimeout.Milliseconds())
	span := clock.Millis(watched.Milliseconds())
	if nodes < 1 || nodes > slot.Count || options.NodeTimeout < 1 || span < 1 {
		return BusCost{}, fmt.Errorf("measuring the bus of %d nodes with a node timeout of %v for %v: all of them must be positive, and nodes at most %d",
			nodes, nodeTimeout, watched, slot.Count)
	}
	w := newWorld(Options{Seed: 1, Nodes: nodes, Machine: &options, CompareOneIn: never, Diskless: true})
	w.startFormed()
	if err := w.Run(max(options.StartupDelay, options.NodeTimeout)); err != nil {
		return BusCost{}, err
	}
	if err := w.Settle(); err != nil {
		return BusCost{}, fmt.Errorf("starting a cluster of %d nodes: %w", nodes, err)
	}
	before, begun := w.traffic, cpu()
	if err := w.Run(span); err != nil {
		return BusCost{}, err
	}
	nodeSeconds := watched.Seconds() * float64(nodes)
	return BusCost{
		Frames: float64(w.traffic.frames-before.frames) / nodeSeconds,
		Bytes:  float64(w.traffic.bytes-before.bytes) / nodeSeconds,
		CPU:    time.Duration(float64(cpu()-begun) / nodeSeconds),
	}, nil
}

// startFormed starts all nodes as members of a cluster that was formed earlier: primaries that share the slots. They begin to
// ping one after the other, as they would after a while, and not all in the same moment.
func (w *World) startFormed() {
	nodes := len(w.Nodes)
	file := nodesconf.File{CurrentEpoch: uint64(nodes), Nodes: make([]nodesconf.Node, nodes)}
	for i := range file.Nodes {
		n := &file.Nodes[i]
		*n = nodesconf.Node{
			ID: drawID(w.rand), ShardID: drawID(w.rand), IP: w.Nodes[i].IP, Port: clientPort, BusPort: busPort,
			Flags: bus.FlagPrimary, ConfigEpoch: uint64(i + 1), Connected: true,
		}
		n.Slots.AddRange(slot.Slot(i*slot.Count/nodes), slot.Slot((i+1)*slot.Count/nodes-1))
	}
	pingInterval := w.options.Machine.NodeTimeout / 2
	for i, n := range w.Nodes {
		file.Nodes[i].Flags |= bus.FlagMyself
		n.startFrom(&file, pingInterval*clock.Millis(i)/clock.Millis(nodes))
		file.Nodes[i].Flags &^= bus.FlagMyself
	}
}

// drawID draws an id of 40 hexadecimal digits.
func drawID(dice *rand.Rand) (id bus.NodeID) {
	copy(id[:], fmt.Sprintf("%016x%016x%08x", dice.Uint64(), dice.Uint64(), dice.Uint32()))
	return id
}
