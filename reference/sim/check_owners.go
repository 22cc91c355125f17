package sim

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// oneOwner: no two nodes ever own the same slot with the same configEpoch, or nobody could tell which is right. It holds as
// long as nobody uses CLUSTER FAILOVER TAKEOVER or SETSLOT without care.
type oneOwner struct {
	owners map[uint64]*[slot.Count]bus.NodeID // by epoch
	last   map[bus.NodeID]*claim
}

type claim struct {
	epoch uint64
	slots slot.Set
}

func newOneOwner() *oneOwner {
	return &oneOwner{make(map[uint64]*[slot.Count]bus.NodeID), make(map[bus.NodeID]*claim)}
}

func (c *oneOwner) Turn(_ *World, n *Node, _ []cluster.Effect) error {
	self := n.Machine.Myself()
	if !self.IsPrimary() || self.SlotCount() == 0 {
		return nil
	}
	if was := c.last[self.ID]; was != nil && was.epoch == self.ConfigEpoch && was.slots == *self.Slots {
		return nil
	}
	c.last[self.ID] = &claim{self.ConfigEpoch, *self.Slots}
	owners := c.owners[self.ConfigEpoch]
	if owners == nil {
		owners = new([slot.Count]bus.NodeID)
		c.owners[self.ConfigEpoch] = owners
	}
	for s := range self.Slots.All() {
		if !owners[s].IsZero() && owners[s] != self.ID {
			return fmt.Errorf("node %d (%v) owns slot %d in epoch %d, as %v did", n.Index, self.ID, s, self.ConfigEpoch, owners[s])
		}
		owners[s] = self.ID
	}
	return nil
}
