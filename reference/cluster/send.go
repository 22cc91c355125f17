package cluster

import "github.com/clusterspec/clusterspec/reference/bus"

// newFrame begins a frame with our header (clusterBuildMessageHdr). A replica speaks for its primary: slots and
// configEpoch are the primary's, the flags tell the reader so.
func (m *Machine) newFrame(t bus.Type) *bus.Frame {
	if m.framesUsed == len(m.frames) {
		m.frames = append(m.frames, new(bus.Frame))
	}
	f := m.frames[m.framesUsed]
	m.framesUsed++

	spokenFor := m.self
	if m.self.IsReplica() && m.self.Primary != nil {
		spokenFor = m.self.Primary
	}
	*f = bus.Frame{
		Header: bus.Header{
			Type: t, Port: m.self.Port, BusPort: m.self.BusPort, IP: m.options.AnnounceIP,
			CurrentEpoch: m.currentEpoch, ConfigEpoch: spokenFor.ConfigEpoch, Offset: m.data.ReplicationOffset(),
			Sender: m.self.ID, Slots: *spokenFor.Slots, Flags: m.self.Flags, Down: !m.up,
		},
		Gossip: f.Gossip[:0], Ext: bus.Extensions{Forgotten: f.Ext.Forgotten[:0]},
	}
	if m.self.Primary != nil {
		f.Primary = m.self.Primary.ID
	}
	if m.Paused() {
		f.Message |= bus.Paused
	}
	return f
}

// sendPing sends a ping, pong or meet: the types that carry gossip and extensions (clusterSendPing).
func (m *Machine) sendPing(l *link, t bus.Type) {
	if l.outbound && t == bus.TypePing {
		m.setPingSent(l.peer, m.now.Wall, m.now.Mono)
	}
	f := m.newFrame(t)
	m.appendGossip(f, l.peer)
	m.setExtensions(f)
	m.send(l, f)
}

// pongAudience says who gets an unasked pong.
type pongAudience bool

const (
	toAll    pongAudience = true  // a new owner of slots presents itself
	toRivals pongAudience = false // the other replicas of our primary learn our offset
)

// broadcastPong presents us without being asked (clusterBroadcastPong).
func (m *Machine) broadcastPong(audience pongAudience) {
	for _, p := range m.peers {
		if !m.reachable(p) {
			continue
		}
		rival := p.IsReplica() && p.Primary != nil && (p.Primary == m.self || p.Primary == m.self.Primary)
		if audience == toAll || rival {
			m.sendPing(p.outbound, bus.TypePong)
		}
	}
}

// broadcast sends one frame to every node.
func (m *Machine) broadcast(f *bus.Frame) {
	for _, p := range m.peers {
		m.sendTo(p, f)
	}
}

// sendTo sends a frame on our own link to a peer. Without a link it is lost.
func (m *Machine) sendTo(p *Peer, f *bus.Frame) {
	if m.reachable(p) {
		m.send(p.outbound, f)
	}
}

// reachable reports whether a peer can be sent something that is not an answer.
func (m *Machine) reachable(p *Peer) bool {
	return p.outbound != nil && p != m.self && !p.InHandshake()
}

func (m *Machine) send(l *link, f *bus.Frame) {
	m.stats.Sent[f.Type]++
	m.emit(Send{l.id, f})
}
