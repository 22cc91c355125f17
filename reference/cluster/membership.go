package cluster

import (
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
)

// Who is in the cluster, and who replicates whom. Every change of the tables goes through these functions.

// newID draws an id as Redis writes them: 40 hexadecimal digits.
func (m *Machine) newID() bus.NodeID {
	const digits = "0123456789abcdef"
	var id bus.NodeID
	for i := range id {
		id[i] = digits[m.rand.IntN(len(digits))]
	}
	return id
}

func (m *Machine) addPeer(p *Peer) {
	m.peers = append(m.peers, p)
	m.byID.add(p)
	m.changed()
}

// removePeer forgets a node and everything that refers to it: its slots are nobody's, its replicas have no primary that we
// know (clusterDelNode).
func (m *Machine) removePeer(p *Peer) {
	m.migrating.removePeer(p)
	m.importing.removePeer(p)
	m.unbindAll(p)
	for _, other := range m.peers {
		other.removeReport(p)
	}
	for len(p.Replicas) > 0 {
		m.detach(p.Replicas[0])
	}
	m.detach(p)
	if m.manual.replica == p {
		m.resetManual()
	}
	m.hangUp(p.outbound)
	m.hangUp(p.inbound)
	m.byID.remove(p.ID)
	m.peers = slices.DeleteFunc(m.peers, func(q *Peer) bool { return q == p })
	m.changed()
}

// rename gives a node its real id at the end of a handshake (clusterRenameNode).
func (m *Machine) rename(p *Peer, id bus.NodeID) {
	m.byID.remove(p.ID)
	p.ID = id
	m.byID.add(p)
	m.changed()
}

func (m *Machine) setFlags(p *Peer, set, clear bus.Flags) {
	flags := p.Flags&^clear | set
	switch p.Flags ^ flags {
	case 0:
	case bus.FlagPFail:
		m.restated(p)
	default:
		m.changed()
	}
	p.Flags = flags
}

// attach makes r a replica of primary (clusterNodeAddSlave). A primary with replicas may receive others by migration.
func (m *Machine) attach(primary, r *Peer) {
	m.detach(r)
	r.Primary = primary
	primary.Replicas = append(primary.Replicas, r)
	m.setFlags(primary, bus.FlagMigrateTo, 0)
	m.changed()
}

// detach ends that, if it was so (clusterNodeRemoveSlave).
func (m *Machine) detach(r *Peer) {
	primary := r.Primary
	if primary == nil {
		return
	}
	r.Primary = nil
	primary.Replicas = slices.DeleteFunc(primary.Replicas, func(q *Peer) bool { return q == r })
	if len(primary.Replicas) == 0 {
		m.setFlags(primary, 0, bus.FlagMigrateTo)
	}
	m.changed()
}

// setShardID stores what shard a node belongs to, and its replicas with it: 7.2 does not load a nodes.conf in which they
// differ (updateShardId). It goes no deeper: for a moment two nodes can each be the other's replica.
func (m *Machine) setShardID(p *Peer, id bus.NodeID) {
	m.moveToShard(p, id)
	for _, r := range p.Replicas {
		m.moveToShard(r, id)
	}
}

func (m *Machine) moveToShard(p *Peer, id bus.NodeID) {
	if p.ShardID != id {
		p.ShardID = id
		m.changed()
		m.save(p == m.self)
	}
}
