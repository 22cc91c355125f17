package sim

import (
	"errors"
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// Agreement returns nil when all running nodes see the same cluster: the same members, all well, the same roles and the
// same slots, and the cluster up. The error names the first difference. It is the condition to give to Until.
func (w *World) Agreement() error {
	var first *Node
	for _, n := range w.Nodes {
		if n.Machine == nil {
			continue
		}
		if first == nil {
			first = n
		}
		if err := w.agrees(n, first); err != nil {
			return fmt.Errorf("node %d: %w", n.Index, err)
		}
	}
	if first == nil {
		return errors.New("no node runs")
	}
	return nil
}

func (w *World) agrees(n, first *Node) error {
	m := n.Machine
	if !m.Up() {
		return errors.New("its cluster is down")
	}
	for _, other := range w.Nodes {
		if other.Machine == nil {
			continue
		}
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
		if q == nil || p.Slots != q.Slots {
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
