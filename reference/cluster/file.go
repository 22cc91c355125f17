package cluster

import (
	"errors"
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
)

// What is kept over a restart (spec 7.6).

// AppendFile appends what nodes.conf must say now. It writes line by line: while a large cluster forms it is asked for the
// file with nearly every frame.
func (m *Machine) AppendFile(dst []byte) []byte {
	for _, p := range m.peers {
		if p.InHandshake() {
			continue
		}
		n := m.record(p)
		if p.Primary != nil {
			n.ShardID = p.Primary.ShardID // 7.2 does not start on a file where they differ
		}
		if m.defects.Has(defect.ForgetsSlotsOnRestart) {
			n.Slots.Clear()
		}
		if m.defects.Has(defect.ForgetsEpochs) {
			n.ConfigEpoch = 0
		}
		if m.defects.Has(defect.OpenSlotsForgotten) {
			n.Migrating, n.Importing = nil, nil
		}
		dst = nodesconf.AppendFileLine(dst, &n)
	}
	if m.defects.Has(defect.NoVars) {
		return dst
	}
	vote := m.lastVoteEpoch
	if m.defects.Has(defect.VoteNotSaved) {
		vote = 0
	}
	return nodesconf.AppendVars(dst, m.currentEpoch, vote)
}

// record is a peer as CLUSTER NODES and nodes.conf describe it.
func (m *Machine) record(p *Peer) nodesconf.Node {
	state := m.lineState(p)
	n := nodesconf.Node{
		ID: p.ID, IP: p.IP, Port: p.Port, BusPort: p.BusPort, Hostname: p.Hostname, Nodename: p.Nodename,
		TLSPort: p.PlainPort, HasTLSPort: true, ShardID: p.ShardID, Extra: p.extra,
		Flags: state.Flags, Primary: state.Primary, PingSent: state.PingSent, PongReceived: state.PongReceived,
		ConfigEpoch: state.ConfigEpoch, Connected: state.Connected, Slots: *p.Slots,
	}
	if p == m.self {
		n.Migrating, n.Importing = m.migrating.list(), m.importing.list()
	}
	return n
}

// lineState is the part of a record that changes most. A replica is shown with its primary's epoch.
func (m *Machine) lineState(p *Peer) nodesconf.State {
	s := nodesconf.State{
		Flags: p.Flags, PingSent: p.PingSent, PongReceived: p.PongReceived, ConfigEpoch: p.ConfigEpoch, Connected: p.Connected(),
	}
	if p.Primary != nil {
		s.Primary = p.Primary.ID
		s.ConfigEpoch = p.Primary.ConfigEpoch
	}
	if p.Suspected() && m.defects.Has(defect.SuspectsAsFailed) {
		s.Flags = s.Flags&^bus.FlagPFail | bus.FlagFail
	}
	return s
}

// load fills a new machine with what nodes.conf said (clusterLoadConfig).
func (m *Machine) load(f *nodesconf.File) error {
	for i := range f.Nodes {
		if err := m.loadPeer(&f.Nodes[i]); err != nil {
			return err
		}
	}
	if m.self == nil {
		return errors.New("nodes.conf names no node as myself")
	}
	m.currentEpoch, m.lastVoteEpoch = f.CurrentEpoch, f.LastVoteEpoch
	for i := range f.Nodes {
		n := &f.Nodes[i]
		p := m.byID.find(&n.ID)
		m.currentEpoch = max(m.currentEpoch, p.ConfigEpoch)
		if primary := m.byID.find(&n.Primary); primary != nil && primary != p {
			m.attach(primary, p)
			p.ShardID = primary.ShardID
		}
		for s := range n.Slots.All() {
			if m.owner[s] == nil {
				m.bind(s, p)
			}
		}
	}
	own := f.Myself()
	return errors.Join(m.loadOpen(&m.migrating, own.Migrating), m.loadOpen(&m.importing, own.Importing))
}

// loadPeer makes a peer of a line. Times are forgotten, except that there was one: then it is now.
func (m *Machine) loadPeer(n *nodesconf.Node) error {
	if m.byID.find(&n.ID) != nil {
		return fmt.Errorf("nodes.conf names node %s twice", n.ID)
	}
	p := m.newPeer(n.ID, n.Flags)
	p.IP, p.Port, p.BusPort, p.PlainPort = n.IP, n.Port, n.BusPort, n.TLSPort
	p.Hostname, p.Nodename, p.extra = n.Hostname, n.Nodename, n.Extra
	if !n.ShardID.IsZero() {
		p.ShardID = n.ShardID
	}
	if !p.IsReplica() {
		p.ConfigEpoch = n.ConfigEpoch // a replica's line has its primary's
	}
	if n.PingSent != 0 {
		p.PingSent, p.pingSentAt = m.now.Wall, m.now.Mono
	}
	if n.PongReceived != 0 {
		p.PongReceived, p.pongReceivedAt = m.now.Wall, m.now.Mono
	}
	if p.Failed() {
		p.failedAt = m.now.Mono
	}
	if p.IsMyself() {
		if m.self != nil {
			return errors.New("nodes.conf names two nodes as myself")
		}
		m.self = p
		p.Flags &^= downFlags | bus.FlagNoAddr
		if !p.IsReplica() {
			p.Flags |= bus.FlagPrimary
		}
	}
	m.addPeer(p)
	return nil
}

func (m *Machine) loadOpen(slots *openSlots, list []nodesconf.Open) error {
	for _, o := range list {
		p := m.byID.find(&o.Node)
		if p == nil {
			return fmt.Errorf("nodes.conf opens slot %d to node %s, which it does not name", o.Slot, o.Node)
		}
		slots.set(o.Slot, p)
	}
	return nil
}
