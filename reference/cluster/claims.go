package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Claims (spec 4.3). Every primary says in every header which slots it owns and since which epoch; a higher epoch takes a
// slot from its owner, and whoever claims with an older one is told so.

// learnSlots compares the slots in the sender's header, its own or its primary's, with our table.
func (m *Machine) learnSlots(sender *Peer, f *bus.Frame) {
	claimant := sender.ShardPrimary()
	if claimant == nil || *claimant.Slots == f.Slots {
		return
	}
	if sender.IsPrimary() || m.defects.Has(defect.ReplicaClaims) {
		m.adoptClaims(sender, f.ConfigEpoch, &f.Slots)
	}
	m.correctClaims(sender, f)
}

// correctClaims sends the owner of the first slot that the sender claims wrongly, with all its slots. The rest follows
// with the next pings. Replicas do that as well.
func (m *Machine) correctClaims(sender *Peer, f *bus.Frame) {
	if !m.reachable(sender) || m.defects.Has(defect.UpdateNotSent) {
		return
	}
	for s := range f.Slots.All() {
		owner := m.owner[s]
		if owner == sender || m.unclaimed(s) || owner.ConfigEpoch <= f.ConfigEpoch {
			continue
		}
		update := m.newFrame(bus.TypeUpdate)
		update.Update = bus.Update{ConfigEpoch: owner.ConfigEpoch, ID: owner.ID, Slots: *owner.Slots}
		m.send(sender.outbound, update)
		m.note(UpdateSent, sender, owner.ConfigEpoch, "slots belong to "+owner.ID.String())
		return
	}
}

// receiveUpdate believes a newer configuration of some owner of slots, whoever sends it.
func (m *Machine) receiveUpdate(f *bus.Frame) {
	u := &f.Update
	p := m.byID.find(&u.ID)
	if p == nil || p == m.self || p.ConfigEpoch >= u.ConfigEpoch || m.defects.Has(defect.UpdateIgnored) {
		return
	}
	m.setAsPrimary(p)
	p.ConfigEpoch = u.ConfigEpoch
	m.changed()
	m.save(true)
	m.adoptClaims(p, u.ConfigEpoch, &u.Slots)
}

// unclaimed reports whether a slot is free for whoever claims it: without an owner, or given up by its owner
// (isSlotUnclaimed).
func (m *Machine) unclaimed(s slot.Slot) bool { return m.owner[s] == nil || m.notClaiming.Has(s) }

// adoptClaims gives p the slots it claims, where its epoch is high enough, and draws the conclusions for ourselves
// (clusterUpdateSlotsConfigWith).
func (m *Machine) adoptClaims(p *Peer, epoch uint64, claimed *slot.Set) {
	ours := m.self.ShardPrimary()
	taken := 0         // from our shard
	var stray slot.Set // taken from us, with keys still here
	for s := range claimed.All() {
		owner := m.owner[s]
		if owner == p {
			m.notClaiming.Remove(s)
			continue
		}
		if m.importing.peer(s) != nil {
			continue // opened by hand, to be closed by hand
		}
		if !m.unclaimed(s) && owner.ConfigEpoch >= epoch && !m.defects.Has(defect.StaleClaimWins) {
			continue
		}
		if owner == m.self && m.defects.Has(defect.ClaimsIgnored) {
			continue
		}
		if owner == m.self && m.data.KeysInSlot(s) > 0 && !m.defects.Has(defect.StrayKeysStay) {
			stray.Add(s)
		}
		if owner != nil && owner == ours {
			taken++
		}
		m.bind(s, p)
		m.save(false) // we promise nothing by it, and hear it again; Redis waits for the disk here, for every slot of a migration
		m.wantState = true
	}
	// What it has, but does not claim, stays bound to it: better a redirect too many than a cluster that is down. But
	// anybody may take it.
	given := *p.Slots
	given.Subtract(claimed)
	m.notClaiming.Union(&given)
	if m.defects.Has(defect.QuietOwnerLoses) {
		for s := range given.All() {
			m.unbind(s)
		}
	}
	m.concludeClaims(p, ours, taken == claimed.Len(), taken, &stray)
}

// concludeClaims finds out what we are after p took slots from ours, the primary of our shard.
func (m *Machine) concludeClaims(p, ours *Peer, nothingElse bool, taken int, stray *slot.Set) {
	primary := m.self.Primary
	switch {
	case taken > 0 && ours.slotCount == 0 && (m.options.AllowReplicaMigration || nothingElse):
		if m.self.IsPrimary() && m.defects.Has(defect.LoserStaysPrimary) || m.self.IsReplica() && m.defects.Has(defect.SiblingStays) {
			return
		}
		m.replicate(p) // we were failed over, or our primary was
	case primary != nil && primary.Primary != nil && primary.Primary != m.self:
		m.replicate(primary.Primary) // no replicas of replicas
	case !stray.Empty():
		m.emit(DropSlots{*stray})
		m.note(SlotsLost, p, p.ConfigEpoch, "")
	}
}
