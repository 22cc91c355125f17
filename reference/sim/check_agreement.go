package sim

import (
	"errors"
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// Agreement returns nil when the given nodes, or all if none are given, see the same cluster, as far as they run: each
// other, all well, the same roles and the same slots, and the cluster up. The error names the first difference. It is the
// condition to give to Until.
func (w *World) Agreement(nodes ...*Node) error {
	if len(nodes) == 0 {
		nodes = w.Nodes
	}
	nodes = slices.DeleteFunc(slices.Clone(nodes), func(n *Node) bool { return n.Machine == nil })
	if len(nodes) == 0 {
		return errors.New("no node runs")
	}
	for _, n := range nodes {
		if err := n.agrees(nodes); err != nil {
			return fmt.Errorf("node %d: %w", n.Index, err)
		}
	}
	return nil
}

// agrees compares what n sees with what the others are, and its slot table with that of the first.
func (n *Node) agrees(nodes []*Node) error {
	m, first := n.Machine, nodes[0]
	if !m.Up() {
		return errors.New("its cluster is down")
	}
	for _, other := range nodes {
		self := other.Machine.Myself()
		p := m.Peer(self.ID)
		switch {
		case p == nil:
			return fmt.Errorf("does not know node %d", other.Index)
		case p.Failed() || p.Suspected():
			return fmt.Errorf("thinks that node %d has failed", other.Index)
		case p.IsPrimary() != self.IsPrimary() || p.IsReplica() != self.IsReplica():
			return fmt.Errorf("thinks that node %d is %v", other.Index, p.Flags)
		case idOf(p.Primary) != idOf(self.Primary):
			return fmt.Errorf("thinks that node %d replicates %v, it replicates %v", other.Index, idOf(p.Primary), idOf(self.Primary))
		}
	}
	for _, p := range m.Peers() {
		q := first.Machine.Peer(p.ID)
		if q == nil || *p.Slots != *q.Slots {
			return fmt.Errorf("and node %d differ about the slots of %v", first.Index, p.ID)
		}
	}
	if len(m.Peers()) != len(first.Machine.Peers()) {
		return fmt.Errorf("knows %d nodes, node %d knows %d", len(m.Peers()), first.Index, len(first.Machine.Peers()))
	}
	return nil
}

// Epochs returns nil when no two primaries with slots have the same configEpoch. In a quiet cluster collisions do not last.
func (w *World) Epochs() error {
	owners := make(map[uint64]*Node)
	for _, n := range w.Nodes {
		if n.Machine == nil {
			continue
		}
		self := n.Machine.Myself()
		if !self.IsPrimary() || self.SlotCount() == 0 {
			continue
		}
		if other := owners[self.ConfigEpoch]; other != nil {
			return fmt.Errorf("nodes %d and %d both have configEpoch %d", other.Index, n.Index, self.ConfigEpoch)
		}
		owners[self.ConfigEpoch] = n
	}
	return nil
}

func idOf(p *cluster.Peer) bus.NodeID {
	if p == nil {
		return bus.NodeID{}
	}
	return p.ID
}
