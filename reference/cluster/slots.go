package cluster

import (
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// The slot table, and the commands that write it by hand.

// Owner is the node that a slot is bound to; nil: none.
func (m *Machine) Owner(s slot.Slot) *Peer { return m.owner[s] }

// Settled says that a slot is served here without a question: the cluster is up, the slot is ours, and no slot is on its way.
func (m *Machine) Settled(s slot.Slot) bool {
	return m.up && m.self.Slots.Has(s) && len(m.migrating)+len(m.importing) == 0
}

// bind makes p the owner of a slot, whoever was.
func (m *Machine) bind(s slot.Slot, p *Peer) {
	m.unbind(s)
	m.owner[s] = p
	p.Slots.Add(s)
	p.slotCount++
	if p.slotCount == 1 && m.anyReplicas() {
		m.setFlags(p, bus.FlagMigrateTo, 0) // where primaries have replicas, a new primary is to get some too
	}
	m.changed()
}

// unbind leaves a slot without an owner.
func (m *Machine) unbind(s slot.Slot) {
	p := m.owner[s]
	if p == nil {
		return
	}
	m.owner[s] = nil
	m.notClaiming.Remove(s)
	p.Slots.Remove(s)
	p.slotCount--
	m.changed()
}

// unbindAll leaves all slots of p without an owner (clusterDelNodeSlots).
func (m *Machine) unbindAll(p *Peer) {
	slots := *p.Slots
	for s := range slots.All() {
		m.unbind(s)
	}
}

// anyReplicas reports whether some primary has a replica (clusterMastersHaveSlaves).
func (m *Machine) anyReplicas() bool {
	return slices.ContainsFunc(m.peers, func(p *Peer) bool { return !p.IsReplica() && len(p.Replicas) > 0 })
}

// shardSlots are the slots our shard serves: ours, or our primary's.
func (m *Machine) shardSlots() slot.Set {
	if p := m.self.ShardPrimary(); p != nil {
		return *p.Slots
	}
	return slot.Set{}
}

// noteSlotsGone tells, once per turn, which slots our shard has stopped serving.
func (m *Machine) noteSlotsGone() {
	if m.servedVersion == m.version {
		return
	}
	m.servedVersion = m.version
	gone := m.served
	m.served = m.shardSlots()
	gone.Subtract(&m.served)
	if !gone.Empty() && !m.defects.Has(defect.ShardSubscribersStay) {
		m.emit(SlotsGone{gone})
	}
}

// AddSlots makes us the owner of slots that nobody owns: CLUSTER ADDSLOTS (ranges of one slot) and ADDSLOTSRANGE. It takes
// all of them or none. Like Redis it does not ask whether we are a primary.
func (m *Machine) AddSlots(now clock.Instant, ranges []slot.Range) error {
	free := func(s slot.Slot) bool { return m.owner[s] == nil }
	return m.assign(now, ranges, "Slot %d is already busy", free, func(s slot.Slot) {
		m.importing.remove(s) // we are the real owner now
		m.bind(s, m.self)
	})
}

// DelSlots unbinds slots, whoever owns them: CLUSTER DELSLOTS and DELSLOTSRANGE. It takes all of them or none, and tells
// no other node.
func (m *Machine) DelSlots(now clock.Instant, ranges []slot.Range) error {
	bound := func(s slot.Slot) bool { return m.owner[s] != nil }
	return m.assign(now, ranges, "Slot %d is already unassigned", bound, m.unbind)
}

// assign checks all slots in the order given, then changes them.
func (m *Machine) assign(
	now clock.Instant, ranges []slot.Range, refusal string, ok func(slot.Slot) bool, change func(slot.Slot),
) error {
	m.now = now
	var chosen slot.Set
	for _, r := range ranges {
		if r.From > r.To {
			return ReplyError(fmt.Sprintf("start slot number %d is greater than end slot number %d", r.From, r.To))
		}
		for n := int(r.From); n <= int(r.To); n++ {
			s := slot.Slot(n)
			switch {
			case n >= slot.Count:
				return ReplyError("Invalid or out of range slot")
			case !ok(s):
				return ReplyError(fmt.Sprintf(refusal, s))
			case chosen.Has(s):
				return ReplyError(fmt.Sprintf("Slot %d specified multiple times", s))
			}
			chosen.Add(s)
			if m.defects.Has(defect.AddSlotsHalf) {
				change(s)
			}
		}
	}
	for s := range chosen.All() {
		change(s)
	}
	m.save(false)
	m.wantState = true
	return nil
}

// FlushSlots unbinds all our slots.
func (m *Machine) FlushSlots(now clock.Instant) error {
	m.now = now
	if m.data.Keys() != 0 {
		return ReplyError("DB must be empty to perform CLUSTER FLUSHSLOTS.")
	}
	m.unbindAll(m.self)
	m.save(false)
	m.wantState = true
	return nil
}

// VerifyData corrects the slot table of a primary that loaded a snapshot: keys in a slot nobody owns make us its owner,
// keys in another's slot make us importing it (verifyClusterConfigWithData).
func (m *Machine) VerifyData(now clock.Instant) {
	m.now = now
	if m.self.IsReplica() {
		return
	}
	for n := range slot.Count {
		s := slot.Slot(n)
		owner := m.owner[s]
		if owner == m.self || m.importing.peer(s) != nil || m.data.KeysInSlot(s) == 0 {
			continue
		}
		if owner == nil {
			m.bind(s, m.self)
		} else {
			m.importing.set(s, owner)
			m.changed()
		}
		m.save(true)
		m.wantState = true
	}
}
