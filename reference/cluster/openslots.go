package cluster

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// openSlots are the slots that are on their way to or from another node, ascending. They are few, and usually none.
type openSlots []openSlot

type openSlot struct {
	slot slot.Slot
	peer *Peer // the node at the other end
}

// peer is the node at the other end; nil: the slot is not open.
func (o openSlots) peer(s slot.Slot) *Peer {
	if i, found := o.find(s); found {
		return o[i].peer
	}
	return nil
}

func (o *openSlots) set(s slot.Slot, p *Peer) {
	i, found := o.find(s)
	if !found {
		*o = slices.Insert(*o, i, openSlot{slot: s})
	}
	(*o)[i].peer = p
}

func (o *openSlots) remove(s slot.Slot) {
	if i, found := o.find(s); found {
		*o = slices.Delete(*o, i, i+1)
	}
}

func (o *openSlots) removePeer(p *Peer) {
	*o = slices.DeleteFunc(*o, func(e openSlot) bool { return e.peer == p })
}

func (o openSlots) find(s slot.Slot) (int, bool) {
	return slices.BinarySearchFunc(o, s, func(e openSlot, s slot.Slot) int { return cmp.Compare(e.slot, s) })
}

// list is the form nodes.conf and CLUSTER NODES write.
func (o openSlots) list() []nodesconf.Open {
	var list []nodesconf.Open
	for _, e := range o {
		list = append(list, nodesconf.Open{Slot: e.slot, Node: e.peer.ID})
	}
	return list
}

// Migrating is the node that a slot of ours is on its way to; nil: it is not migrating.
func (m *Machine) Migrating(s slot.Slot) *Peer { return m.migrating.peer(s) }

// Importing is the node that a slot is on its way to us from; nil: it is not importing.
func (m *Machine) Importing(s slot.Slot) *Peer { return m.importing.peer(s) }

// CLUSTER SETSLOT (spec 8.1). Ids come as the client wrote them: the refusals quote them.

// CheckSetSlot is the refusal that CLUSTER SETSLOT begins with, before it looks at its arguments; nil on a primary. The
// four methods below begin with it, too.
func (m *Machine) CheckSetSlot() error {
	if m.self.IsReplica() {
		return ReplyError("Please use SETSLOT only with masters.")
	}
	return nil
}

// SetMigrating marks a slot of ours as on its way to node id.
func (m *Machine) SetMigrating(now clock.Instant, s slot.Slot, id string) error {
	m.now = now
	if err := m.CheckSetSlot(); err != nil {
		return err
	}
	if m.owner[s] != m.self {
		return ReplyError(fmt.Sprintf("I'm not the owner of hash slot %d", s))
	}
	return m.open(&m.migrating, s, id)
}

// SetImporting marks a slot as on its way to us from node id.
func (m *Machine) SetImporting(now clock.Instant, s slot.Slot, id string) error {
	m.now = now
	if err := m.CheckSetSlot(); err != nil {
		return err
	}
	if m.owner[s] == m.self {
		return ReplyError(fmt.Sprintf("I'm already the owner of hash slot %d", s))
	}
	return m.open(&m.importing, s, id)
}

func (m *Machine) open(slots *openSlots, s slot.Slot, id string) error {
	p := m.lookup(id)
	switch {
	case p == nil:
		return ReplyError("I don't know about node " + id)
	case p.IsReplica():
		return ReplyError("Target node is not a master")
	}
	slots.set(s, p)
	m.slotSet()
	return nil
}

// SetStable clears both marks of a slot.
func (m *Machine) SetStable(now clock.Instant, s slot.Slot) error {
	m.now = now
	if err := m.CheckSetSlot(); err != nil {
		return err
	}
	if !m.defects.Has(defect.StableIgnored) {
		m.migrating.remove(s)
		m.importing.remove(s)
	}
	m.slotSet()
	return nil
}

// SetNode binds a slot to node id, whatever its epoch. It ends a migration: the old owner may be left without slots and
// then replicates the new one; the new owner raises its epoch, so that everybody believes it.
func (m *Machine) SetNode(now clock.Instant, s slot.Slot, id string) error {
	m.now = now
	if err := m.CheckSetSlot(); err != nil {
		return err
	}
	p := m.lookup(id)
	wasOurs, keys := m.owner[s] == m.self, m.data.KeysInSlot(s)
	switch {
	case p == nil:
		return ReplyError("Unknown node " + id)
	case p.IsReplica():
		return ReplyError("Target node is not a master")
	case wasOurs && p != m.self && keys != 0 && !m.defects.Has(defect.SetSlotLeavesKeys):
		return ReplyError(fmt.Sprintf(
			"Can't assign hashslot %d to a different node while I still hold keys for this hash slot.", s))
	}
	if keys == 0 {
		m.migrating.remove(s)
	}
	m.bind(s, p)
	if wasOurs && m.self.slotCount == 0 && m.options.AllowReplicaMigration {
		m.replicate(p)
	}
	if p == m.self && m.importing.peer(s) != nil {
		if !m.defects.Has(defect.ImportWithoutEpoch) {
			m.bumpWithoutConsensus(fmt.Sprintf("slot %d imported", s))
		}
		if !m.defects.Has(defect.ImportStaysOpen) {
			m.importing.remove(s)
		}
		m.broadcastPong(toAll)
	}
	m.slotSet()
	return nil
}

func (m *Machine) slotSet() {
	m.changed()
	m.save(false)
	m.wantState = true
}

// lookup finds a node by the text of its id; nil: unknown, or not an id at all.
func (m *Machine) lookup(id string) *Peer {
	if len(id) != bus.NodeIDBytes {
		return nil
	}
	known := bus.NodeID([]byte(id))
	return m.byID.find(&known)
}
