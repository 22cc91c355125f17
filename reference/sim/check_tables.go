package sim

import (
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// soundTables: what a machine says about its peers does not contradict itself. It looks when something has changed, and not
// every time, because it looks at everything.
type soundTables struct {
	turns   int
	version map[*cluster.Machine]uint64
}

func newSoundTables() *soundTables { return &soundTables{version: make(map[*cluster.Machine]uint64)} }

func (c *soundTables) Turn(w *World, n *Node, _ []cluster.Effect) error {
	const lookOneIn = 64
	m := n.Machine
	c.turns++
	if c.turns%lookOneIn != 0 || c.version[m] == m.Version() {
		return nil
	}
	c.version[m] = m.Version()
	if err := SoundTables(m); err != nil {
		return fmt.Errorf("node %d: %w", n.Index, err)
	}
	return nil
}

// SoundTables looks for contradictions in what one machine says about its peers and their slots.
func SoundTables(m *cluster.Machine) error {
	var all slot.Set
	sum := 0
	for _, p := range m.Peers() {
		if err := soundPeer(m, p); err != nil {
			return fmt.Errorf("%v: %w", p.ID, err)
		}
		all.Union(p.Slots)
		sum += p.SlotCount()
	}
	if all.Len() != sum {
		return fmt.Errorf("%d slots have %d owners", all.Len(), sum)
	}
	for n := range slot.Count {
		owner := m.Owner(slot.Slot(n))
		if owner == nil && all.Has(slot.Slot(n)) || owner != nil && !owner.Slots.Has(slot.Slot(n)) {
			return fmt.Errorf("slot %d: table and peers differ", n)
		}
	}
	return nil
}

func soundPeer(m *cluster.Machine, p *cluster.Peer) error {
	switch {
	case m.Peer(p.ID) != p:
		return fmt.Errorf("is not found by its id")
	case p.SlotCount() != p.Slots.Len():
		return fmt.Errorf("counts %d slots and has %d", p.SlotCount(), p.Slots.Len())
	case p.IsPrimary() && p.IsReplica():
		return fmt.Errorf("is primary and replica")
	case p.IsPrimary() && p.Primary != nil:
		return fmt.Errorf("is a primary and replicates %v", p.Primary.ID)
	case p.IsMyself() != (p == m.Myself()):
		return fmt.Errorf("has the wrong idea of who we are")
	case p.IsReplica() && p.SlotCount() != 0:
		return fmt.Errorf("is a replica and owns %d slots", p.SlotCount())
	case p.Primary != nil && !slices.Contains(p.Primary.Replicas, p):
		return fmt.Errorf("is not among its primary's replicas")
	}
	for _, r := range p.Replicas {
		if r.Primary != p || m.Peer(r.ID) != r {
			return fmt.Errorf("has %v as a replica, which does not agree", r.ID)
		}
	}
	return nil
}
