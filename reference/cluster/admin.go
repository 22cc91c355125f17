package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// The commands about nodes (spec 7.2). Meet, AddSlots and the others stand where their subject is. Ids come as the client
// wrote them: the refusals quote them.

// ReplyError is a command's refusal. Its text follows "ERR " in the reply, byte for byte what redis-server says.
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// Forget removes a node and keeps gossip from bringing it back for a while. The others are told to do the same
// (spec 2.4, FORGOTTEN_NODE), so a node that is already forgotten is no error.
func (m *Machine) Forget(now clock.Instant, id string) error {
	m.now = now
	p := m.lookup(id)
	switch {
	case p == nil && len(id) == bus.NodeIDBytes && m.blacklist.has(bus.NodeID([]byte(id)), now.Mono):
		return nil
	case p == nil:
		return ReplyError("Unknown node " + id)
	case p == m.self:
		return ReplyError("I tried hard but I can't forget myself...")
	case p == m.self.Primary && !m.defects.Has(defect.ForgetsAnybody):
		return ReplyError("Can't forget my master!")
	}
	if !m.defects.Has(defect.ForgetsForget) {
		m.blacklist.add(p.ID, now.Mono+m.options.BlacklistTTL)
	}
	m.forget(p)
	return nil
}

// forget removes a node for good.
func (m *Machine) forget(p *Peer) {
	m.note(PeerForgotten, p, 0, "")
	m.removePeer(p)
	m.save(false)
	m.wantState = true
}

// Replicate makes us a replica of node id.
func (m *Machine) Replicate(now clock.Instant, id string) error {
	m.now = now
	p := m.lookup(id)
	switch {
	case p == nil:
		return ReplyError("Unknown node " + id)
	case p == m.self:
		return ReplyError("Can't replicate myself")
	case p.IsReplica() && !m.defects.Has(defect.ReplicaOfReplica):
		return ReplyError("I can only replicate a master, not a replica.")
	case m.self.IsPrimary() && (m.self.slotCount != 0 || m.data.Keys() != 0) && !m.defects.Has(defect.ReplicateWithSlots):
		return ReplyError("To set a master the node must be empty and without assigned slots.")
	}
	m.replicate(p)
	return nil
}

// Reset forgets all other nodes and all slots; a replica becomes an empty primary. A hard reset also gives us a new id and
// sets the epochs to 0 (clusterReset).
func (m *Machine) Reset(now clock.Instant, hard bool) error {
	m.now = now
	if m.self.IsPrimary() && m.data.Keys() != 0 {
		return ReplyError("CLUSTER RESET can't be called with master nodes containing keys")
	}
	if m.self.IsReplica() {
		m.stopReplicating()
		if !m.defects.Has(defect.ResetKeepsData) {
			m.emit(FlushAll{})
		}
	}
	m.migrating, m.importing, m.blacklist = nil, nil, nil
	m.election = election{scheduledAt: never}
	m.resetManual()
	for len(m.peers) > 1 {
		last := m.peers[len(m.peers)-1]
		if last == m.self {
			last = m.peers[0]
		}
		m.removePeer(last)
	}
	m.unbindAll(m.self)
	if hard || m.defects.Has(defect.SoftResetIsHard) {
		if !m.defects.Has(defect.ResetKeepsEpochs) {
			m.currentEpoch, m.lastVoteEpoch, m.self.ConfigEpoch = 0, 0, 0
		}
		if !m.defects.Has(defect.HardResetKeepsID) {
			m.rename(m.self, m.newID())
		}
		m.self.ShardID = m.newID()
	}
	m.changed()
	m.note(WasReset, nil, 0, "")
	m.save(true)
	m.wantState = true
	return nil
}

// CountFailureReports counts the primaries that say that node id does not answer.
func (m *Machine) CountFailureReports(id string) (int, error) {
	p := m.lookup(id)
	if p == nil {
		return 0, ReplyError("Unknown node " + id)
	}
	return m.countReports(p), nil
}

// Replicas lists the replicas of primary id.
func (m *Machine) Replicas(id string) ([]*Peer, error) {
	p := m.lookup(id)
	switch {
	case p == nil:
		return nil, ReplyError("Unknown node " + id)
	case p.IsReplica():
		return nil, ReplyError("The specified node is not a master")
	}
	return p.Replicas, nil
}
