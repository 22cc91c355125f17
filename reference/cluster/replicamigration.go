package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
)

// Replica migration (spec 3.6): a primary that lost all its replicas gets one from a primary that has several.

// orphanedFor is how long a primary must be without replicas: during a failover it is so for a moment.
const orphanedFor clock.Millis = 5000

// census counts working replicas, from the eyes of a replica.
type census struct {
	orphaned bool // some primary has lost all of them
	most     int  // how many the richest primary has
	ours     int  // how many our primary has
}

func (c *census) count(p, ours *Peer) {
	if !p.IsPrimary() || p.Failed() {
		return
	}
	working := p.workingReplicas()
	c.orphaned = c.orphaned || working == 0 && p.slotCount > 0 && p.Flags.Has(bus.FlagMigrateTo)
	c.most = max(c.most, working)
	if p == ours {
		c.ours = working
	}
}

// migrateReplica moves us to an orphaned primary if we are the one to go: of all replicas of the richest primaries the one
// with the smallest id, so that all come to the same conclusion (clusterHandleSlaveMigration).
func (m *Machine) migrateReplica(c census) {
	primary := m.self.Primary
	if !c.orphaned || c.most < 2 || c.ours != c.most || !m.options.AllowReplicaMigration || !m.up {
		return
	}
	if primary == nil || primary.reliableReplicas() <= m.options.MigrationBarrier {
		return // without one: our election was won a moment ago
	}
	var target *Peer
	candidate := m.self
	for _, p := range m.peers {
		working := 0
		if p.IsPrimary() {
			working = p.workingReplicas()
		}
		m.watchOrphan(p, working)
		if target == nil && p.orphanedAt != never && p.slotCount > 0 {
			target = p
		}
		if working != c.most {
			continue
		}
		for _, r := range p.Replicas {
			if r.ID.Compare(candidate.ID) < 0 {
				candidate = r
			}
		}
	}
	if target != nil && candidate == m.self && m.now.Mono-target.orphanedAt > orphanedFor {
		m.replicate(target)
	}
}

// watchOrphan notes since when a primary has been without a working replica.
func (m *Machine) watchOrphan(p *Peer, working int) {
	orphan := !p.IsReplica() && !p.Failed() && p.Flags.Has(bus.FlagMigrateTo) && working == 0
	switch {
	case !orphan:
		p.orphanedAt = never
	case p.orphanedAt == never:
		p.orphanedAt = m.now.Mono
	}
}

// reliableReplicas counts the replicas that are neither failed nor suspected.
func (p *Peer) reliableReplicas() int {
	n := 0
	for _, r := range p.Replicas {
		if !r.down() {
			n++
		}
	}
	return n
}
