package cluster

import (
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// setExtensions adds what the header has no field for, at the level of Redis 7.2: names if there are any, the nodes we
// were told to forget, and always our shard id (writePingExt).
func (m *Machine) setExtensions(f *bus.Frame) {
	f.Ext.Present = true
	if !m.defects.Has(defect.HostnameNotTold) {
		f.Ext.Hostname, f.Ext.HasHostname = m.self.Hostname, m.self.Hostname != ""
	}
	f.Ext.Nodename, f.Ext.HasNodename = m.self.Nodename, m.self.Nodename != ""
	f.Ext.ShardID = m.self.ShardID
	for _, e := range m.blacklist.current(m.now.Mono) {
		ttl := uint64((e.until - m.now.Mono) / 1000)
		f.Ext.Forgotten = append(f.Ext.Forgotten, bus.Forgotten{ID: e.id, TTLSeconds: ttl})
	}
}

// learnExtensions takes in a known sender's extensions. A name that is missing is a name the sender does not have
// (clusterProcessPingExtensions).
func (m *Machine) learnExtensions(sender *Peer, f *bus.Frame) {
	hostname, nodename := plainText(f.Ext.Hostname), plainText(f.Ext.Nodename)
	if sender.Hostname != hostname || sender.Nodename != nodename {
		sender.Hostname, sender.Nodename = hostname, nodename
		m.changed()
		m.save(false)
	}
	switch {
	case sender.IsReplica() && sender.Primary != nil:
		// Whatever it says: a primary of 7.0 announces no shard id, so that everybody has made up another one for it.
		m.setShardID(sender, sender.Primary.ShardID)
	case f.Ext.ShardID.Valid():
		m.setShardID(sender, f.Ext.ShardID)
	}
	for _, e := range f.Ext.Forgotten {
		p := m.byID.find(&e.ID)
		if p == nil || p == m.self || p == sender || p == m.self.Primary {
			continue
		}
		ttl := clock.Millis(min(e.TTLSeconds, maxForgottenSeconds)) * 1000
		m.blacklist.add(p.ID, m.now.Mono+ttl)
		m.forget(p)
	}
}

// maxForgottenSeconds bounds the time that another node can ask for.
const maxForgottenSeconds = 24 * 60 * 60

// blacklist holds ids that gossip must not bring back.
type blacklist []blacklisted

type blacklisted struct {
	id    bus.NodeID
	until clock.Millis // mono
}

// add lists an id, or gives its entry a new end.
func (b *blacklist) add(id bus.NodeID, until clock.Millis) {
	if i := b.index(id); i >= 0 {
		(*b)[i].until = until
		return
	}
	*b = append(*b, blacklisted{id, until})
}

// has reports whether an id is listed.
func (b *blacklist) has(id bus.NodeID, now clock.Millis) bool {
	b.current(now)
	return b.index(id) >= 0
}

// current is the list without the entries that have ended.
func (b *blacklist) current(now clock.Millis) []blacklisted {
	*b = slices.DeleteFunc(*b, func(e blacklisted) bool { return e.until <= now })
	return *b
}

func (b *blacklist) index(id bus.NodeID) int {
	return slices.IndexFunc(*b, func(e blacklisted) bool { return e.id == id })
}
