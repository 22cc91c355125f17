package cluster

import "github.com/clusterspec/clusterspec/reference/bus"

// Becoming a replica and becoming a primary.

// setAsPrimary notes that a node, which may be ours, is a primary (clusterSetNodeAsMaster).
func (m *Machine) setAsPrimary(p *Peer) {
	if p.IsPrimary() {
		return
	}
	if p.Primary != nil {
		m.detach(p)
		if p != m.self {
			m.setFlags(p, bus.FlagMigrateTo, 0) // it takes over from one that had replicas
		}
	}
	m.setFlags(p, bus.FlagPrimary, bus.FlagReplica)
	m.save(false)
	m.wantState = true
}

// replicate makes us a replica of p, whatever we were (clusterSetMaster). An election that was under way is void: it was
// about another primary.
func (m *Machine) replicate(p *Peer) {
	if m.self.IsPrimary() {
		m.migrating, m.importing = nil, nil
	}
	m.unbindAll(m.self)
	m.setFlags(m.self, bus.FlagReplica, bus.FlagPrimary|bus.FlagMigrateTo)
	m.attach(p, m.self)
	m.setShardID(m.self, p.ShardID)
	m.election = election{scheduledAt: never}
	m.resetManual()
	m.note(BecameReplica, p, 0, "")
	m.follow()
	m.save(true)
	m.wantState = true
}

// follow starts replication from our primary, or moves it to the primary's new address. Without an address the cron does
// it when there is one.
func (m *Machine) follow() {
	p := m.self.Primary
	m.replicating = p.HasAddress()
	if m.replicating {
		m.emit(Follow{p.ID, p.IP, p.Port})
	}
}

// takeOver makes us the owner of all our primary's slots (clusterFailoverReplaceYourMaster). Our configEpoch must be high
// enough already for others to believe it.
func (m *Machine) takeOver() {
	old := m.self.Primary
	m.stopReplicating()
	slots := *old.Slots
	for s := range slots.All() {
		m.bind(s, m.self)
	}
	m.election = election{scheduledAt: never}
	m.resetManual()
	m.note(BecamePrimary, nil, m.self.ConfigEpoch, "")
	m.updateState()
	m.save(true)
	m.broadcastPong(toAll)
}

// stopReplicating turns us into a primary without slots.
func (m *Machine) stopReplicating() {
	m.setAsPrimary(m.self)
	m.replicating = false
	m.emit(Promoted{})
}
