package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
)

// LinkID names one connection of the bus for as long as it lives. It is never used twice.
type LinkID uint64

// link is one connection of the bus. Two nodes have two: each opens one, its outbound link, and accepts one. Answers go
// back on the link the question came in on; everything else goes out on the outbound link (spec 2.7).
type link struct {
	id        LinkID
	peer      *Peer // nil: an accepted link on which no known node has spoken yet
	outbound  bool
	connected bool
	createdAt clock.Instant
	remoteIP  string
	localIP   string
}

// LinkInfo is one link as CLUSTER LINKS shows it.
type LinkInfo struct {
	Link    LinkID
	Peer    *Peer
	Inbound bool
	Created clock.Millis // Unix time
}

// Accepted tells of a connection to our bus port. The texts are the addresses of its two ends, without ports.
func (m *Machine) Accepted(now clock.Instant, remoteIP, localIP string) LinkID {
	m.now = now
	l := m.newLink()
	l.connected, l.remoteIP, l.localIP = true, remoteIP, localIP
	return l.id
}

// Connected tells that a Dial succeeded; localIP is our end's address (clusterLinkConnectHandler).
func (m *Machine) Connected(now clock.Instant, id LinkID, localIP string) {
	m.now = now
	l := m.links[id]
	if l == nil || l.connected {
		return
	}
	l.connected, l.localIP = true, localIP
	p := l.peer
	if p.Flags.Has(bus.FlagMeet) {
		// Redis clears the flag here, and a MEET that is lost on the way makes a one-sided acquaintance. We keep it until
		// the handshake is complete.
		m.sendPing(l, bus.TypeMeet)
		return
	}
	oldest, oldestAt := p.PingSent, p.pingSentAt
	m.sendPing(l, bus.TypePing)
	if oldest != 0 {
		m.setPingSent(p, oldest, oldestAt) // reconnecting must not restart the clock of failure detection
	}
}

// Closed tells that a link ended, or that a Dial failed. The next cron dials again.
func (m *Machine) Closed(now clock.Instant, id LinkID) {
	m.now = now
	l := m.links[id]
	if l == nil {
		return
	}
	if l.outbound && !l.connected {
		m.dialFailed(l.peer)
	}
	m.dropLink(l)
}

// Overflowed tells of a link that ended because its peer left too much unread (cluster-link-sendbuf-limit).
func (m *Machine) Overflowed(now clock.Instant, id LinkID) {
	m.stats.LinksOverflowed++
	m.Closed(now, id)
}

// Links lists the links whose other end is known: first, for each peer, the one we opened, then the one we accepted.
func (m *Machine) Links() []LinkInfo {
	var infos []LinkInfo
	for _, p := range m.peers {
		for _, l := range []*link{p.outbound, p.inbound} {
			if l != nil {
				infos = append(infos, LinkInfo{l.id, p, !l.outbound, l.createdAt.Wall})
			}
		}
	}
	return infos
}

func (m *Machine) newLink() *link {
	m.lastLink++
	l := &link{id: m.lastLink, createdAt: m.now}
	m.links[l.id] = l
	return l
}

// dial opens our link to a peer.
func (m *Machine) dial(p *Peer) {
	if p.IP == "" || p.BusPort == 0 {
		m.dialFailed(p)
		return
	}
	l := m.newLink()
	l.outbound, l.peer, l.remoteIP = true, p, p.IP
	p.outbound = l
	m.restated(p)
	m.emit(Dial{l.id, p.IP, p.BusPort})
}

// dialFailed starts the clock of failure detection for a peer that cannot even be pinged.
func (m *Machine) dialFailed(p *Peer) {
	if p.PingSent == 0 {
		m.setPingSent(p, m.now.Wall, m.now.Mono)
	}
}

// setPingSent stores since when (wall, mono) a ping waits for its answer; at 0 none does.
func (m *Machine) setPingSent(p *Peer, wall, mono clock.Millis) {
	p.PingSent, p.pingSentAt = wall, mono
	m.restated(p)
}

// setPongReceived stores when (wall, mono) the last pong came.
func (m *Machine) setPongReceived(p *Peer, wall, mono clock.Millis) {
	p.PongReceived, p.pongReceivedAt = wall, mono
	m.restated(p)
}

// adopt ties an accepted link to the node that speaks on it. A newer link replaces the older one
// (setClusterNodeToInboundClusterLink).
func (m *Machine) adopt(l *link, p *Peer) {
	if l.peer == p {
		return
	}
	if l.peer != nil {
		l.peer.inbound = nil
	}
	m.hangUp(p.inbound)
	l.peer, p.inbound = p, l
}

// hangUp closes a link, if there is one.
func (m *Machine) hangUp(l *link) {
	if l == nil {
		return
	}
	m.emit(Hangup{l.id})
	m.dropLink(l)
}

func (m *Machine) dropLink(l *link) {
	delete(m.links, l.id)
	switch p := l.peer; {
	case p == nil:
	case l.outbound:
		p.outbound = nil
		m.restated(p)
	default:
		p.inbound = nil
	}
}
